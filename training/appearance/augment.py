"""Draws training pictures from stored crops: place, resolution, light, compression and things before the face.

Works on one crop at a time with OpenCV; about 0.5 ms each. What is drawn over a face changes its labels, so every
augmentation says what it hid.
"""

from dataclasses import dataclass
from math import pi

import cv2
import numpy as np

from faceline.vision.attributes.appearance import TRAITS
from faceline.vision.crops import cut
from faceline.vision.geometry import Doubles, Pixels, RotatedSquare
from training.appearance import cover
from training.appearance.store import MARGIN, SIDE

INPUT_MARGIN = 1.15
"""Side of the network's crop in units of the face (appearance.md section 1)."""
COVERED, PARTLY = 0.5, 0.15
"""Share of an eye, the nose or the mouth from which it is hidden, and from which one cannot say."""
HIDDEN_BELOW = tuple(TRAITS.index(name) for name in ("smile", "beard", "mustache", "mouth_open"))
HIDDEN_ABOVE = (TRAITS.index("eyes_open"),)
HAIR = tuple(TRAITS.index(name) for name in ("beard", "mustache"))


@dataclass(frozen=True, slots=True)
class Hidden:
    """What was drawn over a face.

    occluded   something hides an eye, the nose or the mouth; None where it hides too little to say
    above      an eye is hidden, so that its label says nothing
    below      mouth and chin are hidden
    glasses    dark or mirrored glasses were drawn
    hair       nothing can be said of beard and mustache
    """

    occluded: bool | None = False
    above: bool = False
    below: bool = False
    glasses: bool = False
    hair: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """One training picture: (S, S, 3) uint8 RGB, whether it is mirrored left to right, and what is drawn over it."""

    pixels: Pixels
    flipped: bool
    hidden: Hidden


def draw(crop: Pixels, mesh: Doubles, other: Pixels, size: int, random: np.random.Generator, human: bool) -> Drawn:
    """One picture of `size` from a stored crop, its mesh (478, 3) in 0..1, and another crop to take textures from."""
    pixels = np.array(crop)
    if random.random() < 0.35:
        pixels = _smeared(pixels, random)
    hidden = _covered(pixels, mesh, other, random) if human else Hidden()
    pixels = _placed(pixels, size, random)
    pixels = _coarse(pixels, random)
    pixels = _lit(pixels, random)
    flipped = bool(random.random() < 0.5)
    return Drawn(pixels[:, ::-1] if flipped else pixels, flipped, hidden)


def _covered(pixels: Pixels, mesh: Doubles, other: Pixels, random: np.random.Generator) -> Hidden:
    """Draw something over one face in four."""
    kind = random.random()
    if kind < 0.14:
        stencil = _thing(pixels, mesh, other, random)
        shares = cover.hidden(stencil, mesh)
        below = shares[2] >= PARTLY
        occluded = True if max(shares) >= COVERED else None if max(shares) >= PARTLY else False
        return Hidden(occluded, above=shares[0] >= PARTLY, below=below, hair=below)
    if kind < 0.17:
        cover.sunglasses(pixels, mesh, other, random)
        return Hidden(True, above=True, glasses=True)
    if kind < 0.19:
        cover.paint(pixels, mesh, random)
        return Hidden(hair=True)
    if kind < 0.2:
        cover.beard(pixels, mesh, random)
        return Hidden(hair=True)
    if kind < 0.25:
        _patch(pixels, other, random)
    return Hidden()


def _thing(pixels: Pixels, mesh: Doubles, other: Pixels, random: np.random.Generator) -> Pixels:
    kind = random.random()
    if kind < 0.35:
        return cover.mask(pixels, mesh, other, random)
    if kind < 0.5:
        return cover.cloth(pixels, mesh, other, random)
    if kind < 0.75:
        return cover.fingers(pixels, mesh, random)
    return cover.slab(pixels, mesh, other, random)


def plain(crop: Pixels, size: int) -> Pixels:
    """The picture that the product would cut: no augmentation."""
    return cut(crop, RotatedSquare(SIDE / 2, SIDE / 2, SIDE / MARGIN * INPUT_MARGIN, 0.0), size)


def _placed(pixels: Pixels, size: int, random: np.random.Generator) -> Pixels:
    side = SIDE / MARGIN * INPUT_MARGIN * float(np.exp(random.normal(0, 0.06)))
    x, y = SIDE / 2 + random.normal(0, 0.02, 2) * SIDE / MARGIN
    return cut(pixels, RotatedSquare(float(x), float(y), side, float(random.normal(0, 4 * pi / 180))), size)


def _smeared(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """The border replicated from a random inner window, as around tight crops: else the streaks would tell the set."""
    left, top, right, bottom = (int(value) for value in random.uniform(8, 30, 4))
    inner = pixels[top : SIDE - bottom, left : SIDE - right]
    return np.asarray(cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE), np.uint8)


def _coarse(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Small faces and compression."""
    size = pixels.shape[0]
    kind = random.random()
    if kind < 0.35:
        small = int(np.exp(random.uniform(np.log(20), np.log(64))) * INPUT_MARGIN)
        method = cv2.INTER_AREA if random.random() < 0.7 else cv2.INTER_LINEAR
        reduced = np.asarray(cv2.resize(pixels, (small, small), interpolation=method), np.uint8)
        if random.random() < 0.4:
            reduced = _jpeg(reduced, random)
        method = cv2.INTER_LINEAR if random.random() < 0.7 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(reduced, (size, size), interpolation=method), np.uint8)
    if kind < 0.5:
        return _jpeg(pixels, random)
    if kind < 0.6:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(random.uniform(0.5, 1.8))), np.uint8)
    return pixels


def _jpeg(pixels: Pixels, random: np.random.Generator) -> Pixels:
    _, code = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 90))])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def _lit(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Gamma, contrast, brightness and colour as one table per channel; grey; noise."""
    if random.random() < 0.8:
        levels = np.linspace(0, 1, 256)
        curve = levels ** np.exp(random.normal(0, 0.3)) * np.exp(random.normal(0, 0.15)) + random.normal(0, 0.05)
        gains = np.exp(random.normal(0, 0.06, 3))
        table = np.clip(curve[:, None] * gains * 255, 0, 255).astype(np.uint8)
        pixels = np.asarray(cv2.LUT(pixels, table[:, None, :].reshape(1, 256, 3)), np.uint8)
    if random.random() < 0.15:
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        pixels = np.repeat(grey[:, :, None], 3, axis=2)
    if random.random() < 0.08:
        noise = random.normal(0, random.uniform(2, 12), pixels.shape)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    return pixels


def _patch(pixels: Pixels, other: Pixels, random: np.random.Generator) -> None:
    """A small thing anywhere: it hides nothing that is asked for."""
    side = int(random.uniform(0.06, 0.14) * SIDE)
    x, y = (int(value) for value in random.integers(20, SIDE - 20 - side, 2))
    pixels[y : y + side, x : x + side] = other[y : y + side, x : x + side]
