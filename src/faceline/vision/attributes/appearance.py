"""What a face looks like: the interface between networks that read crops and everything that uses their answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from faceline.vision.geometry import Doubles, Floats, Pixels

TRAITS = (
    "human",
    "male",
    "smile",
    "eyeglasses",
    "sunglasses",
    "beard",
    "mustache",
    "mouth_open",
    "eyes_open",
    "occluded",
)
"""Order of the columns of `AppearanceBatch.traits`."""
SEVEN_EMOTIONS = ("CALM", "HAPPY", "SURPRISED", "SAD", "ANGRY", "DISGUSTED", "FEAR")
"""Order of the columns of `AppearanceBatch.emotions`: the service's eight without CONFUSED, which no picture set
labels."""


@dataclass(frozen=True, slots=True)
class AppearanceBatch:
    """N faces.

    traits       (N, 10) calibrated probabilities 0..1 in the order of `TRAITS`
    age_years    (N,) estimates
    age_error    (N,) years, the absolute error to expect
    emotions     (N, 7) calibrated probabilities, rows sum to 1, in the order of `SEVEN_EMOTIONS`
    """

    traits: Doubles
    age_years: Doubles
    age_error: Doubles
    emotions: Doubles

    def trait(self, name: str) -> Doubles:
        """One column of `traits`, (N,)."""
        return self.traits[:, TRAITS.index(name)]


@dataclass(frozen=True, slots=True)
class Glance:
    """What the first network says of N crops: enough to tell faces from things, and kept for the rest.

    crops     (N, S, S, 3) uint8 RGB
    outputs   of the first network, each (N, ...)
    human     (N,) probabilities that this is a human face, not an animal or a thing
    """

    crops: Pixels
    outputs: tuple[Floats, ...]
    human: Doubles

    def only(self, rows: Sequence[int]) -> "Glance":
        """The given crops alone, in the given order."""
        index = np.array(rows, np.int64)
        return Glance(self.crops[index], tuple(output[index] for output in self.outputs), self.human[index])


class AppearanceReader(Protocol):
    """Reads faces from crops: squares along the eye line around the mesh's bounds."""

    @property
    def crop_side(self) -> int:
        """Pixels along a side of the crops it takes."""
        ...

    @property
    def crop_margin(self) -> float:
        """Side of the square that is cut, in units of the longer side of the mesh's turned bounds."""
        ...

    def glance(self, crops: Pixels) -> Glance:
        """Look at (N, S, S, 3) uint8 RGB crops: all that DEFAULT needs."""
        ...

    def read(self, glance: Glance, measures: Doubles) -> AppearanceBatch:
        """Everything, for the crops of a glance and the (N, 24) measures of their meshes."""
        ...
