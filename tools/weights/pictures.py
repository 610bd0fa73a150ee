"""The fixed inputs on which the converted networks are held against the originals.

Two for each network: noise from a formula, which reaches every channel, and a face, cut from the astronaut of
scikit-image (NASA, public domain; the 256 x 256 pixels that are used lie beside the reference numbers).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

REFERENCE: Final = Path(__file__).parents[2] / "tests" / "vision" / "reference"
MULTIPLIER: Final = 2654435761
"""Knuth's multiplicative hash: 2 ** 32 divided by the golden ratio."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Window:
    """A square of the stored picture, in pixels: corner, side after taking every `step`-th pixel."""

    top: int
    left: int
    side: int
    step: int = 1


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one network is fed: height and width of the noise, and the window around the face."""

    noise: tuple[int, int]
    face: Window


INPUTS: Final = {
    "back": Inputs((96, 160), Window(0, 0, 256)),
    "amesh": Inputs((192, 192), Window(20, 32, 192)),
    "faceres": Inputs((160, 160), Window(36, 46, 160)),
    "emotion": Inputs((64, 64), Window(52, 62, 64, 2)),
    "expression": Inputs((112, 112), Window(60, 70, 112)),
    "agegender": Inputs((112, 112), Window(60, 70, 112)),
}


def noise(height: int, width: int) -> Pixels:
    """Give the same noise on every machine, uint8 (1, height, width, 3)."""
    index = np.arange(height * width * 3, dtype=np.uint64)
    return ((index * MULTIPLIER) % 2**32 >> 24).astype(np.uint8).reshape(1, height, width, 3)


def face(window: Window) -> Pixels:
    """Cut a window out of the stored picture, uint8 (1, side, side, 3)."""
    with Image.open(REFERENCE / "astronaut.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    rows, columns = (start + np.arange(window.side) * window.step for start in (window.top, window.left))
    return np.ascontiguousarray(pixels[np.ix_(rows, columns)][None])


def inputs(network: str) -> dict[str, Pixels]:
    """Give a network's inputs by name."""
    fixed = INPUTS[network]
    return {"noise": noise(*fixed.noise), "face": face(fixed.face)}
