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
from training.appearance.store import MARGIN, SIDE

INPUT_MARGIN = 1.15
"""Side of the network's crop in units of the face (appearance.md section 1)."""
LOWER_FACE = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
"""Jaw line of the mesh from ear to ear; a mask hangs below a line over the nose."""
NOSE_LINE = (454, 280, 5, 50, 234)
EYE_RINGS = ((70, 105, 107, 122, 114, 120, 117, 111), (300, 334, 336, 351, 343, 349, 346, 340))
"""Rough outlines of sunglass lenses on the mesh."""
HIDDEN_BELOW = tuple(TRAITS.index(name) for name in ("smile", "beard", "mustache", "mouth_open"))
HIDDEN_ABOVE = (TRAITS.index("eyes_open"),)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One training picture.

    pixels     (S, S, 3) uint8 RGB
    flipped    mirrored left to right
    occluded   something was drawn over a large part of the face
    below      mouth and chin are hidden, so that their labels say nothing
    glasses    dark glasses were drawn
    """

    pixels: Pixels
    flipped: bool
    occluded: bool = False
    below: bool = False
    glasses: bool = False


def draw(crop: Pixels, mesh: Doubles, other: Pixels, size: int, random: np.random.Generator, human: bool) -> Drawn:
    """One picture of `size` from a stored crop, its mesh (478, 3) in 0..1, and another crop to take textures from."""
    pixels = np.array(crop)
    occluded = below = glasses = False
    if random.random() < 0.35:
        pixels = _smeared(pixels, random)
    if human:
        kind = random.random()
        if kind < 0.06:
            _mask(pixels, mesh, other, random)
            occluded = below = True
        elif kind < 0.10:
            _thing(pixels, mesh, other, random)
            occluded = below = True
        elif kind < 0.125:
            _sunglasses(pixels, mesh, random)
            occluded = glasses = True
        elif kind < 0.18:
            _patch(pixels, other, random)
    pixels = _placed(pixels, size, random)
    pixels = _coarse(pixels, random)
    pixels = _lit(pixels, random)
    flipped = bool(random.random() < 0.5)
    return Drawn(pixels[:, ::-1] if flipped else pixels, flipped, occluded, below, glasses)


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
        reduced = cv2.resize(pixels, (small, small), interpolation=method)
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


def _mask(pixels: Pixels, mesh: Doubles, other: Pixels, random: np.random.Generator) -> None:
    """A cloth over nose, mouth and chin, painted or cut from another picture."""
    shape = mesh[list(LOWER_FACE + NOSE_LINE), :2] * SIDE
    drop = random.uniform(-0.03, 0.05) * SIDE
    shape[len(LOWER_FACE) :, 1] += drop
    _fill(pixels, shape, _texture(other, random))


def _thing(pixels: Pixels, mesh: Doubles, other: Pixels, random: np.random.Generator) -> None:
    """A hand, scarf, cup or telephone before mouth and chin: an ellipse or a turned rectangle."""
    middle = mesh[13, :2] * SIDE + random.normal(0, 0.04 * SIDE, 2)
    axes = random.uniform(0.16, 0.34, 2) * SIDE
    angle = float(random.uniform(0, 360))
    if random.random() < 0.5:
        shape = cv2.ellipse2Poly((int(middle[0]), int(middle[1])), (int(axes[0]), int(axes[1])), int(angle), 0, 360, 20)
    else:
        shape = cv2.boxPoints(
            ((float(middle[0]), float(middle[1])), (float(axes[0] * 1.8), float(axes[1] * 1.8)), angle)
        )
    skin = pixels[int(np.clip(mesh[50, 1] * SIDE, 0, SIDE - 1)), int(np.clip(mesh[50, 0] * SIDE, 0, SIDE - 1))]
    if random.random() < 0.4:
        shade = np.clip(skin * random.uniform(0.75, 1.1), 0, 255)
        texture = np.clip(shade + random.normal(0, 4, (SIDE, SIDE, 1)), 0, 255).astype(np.uint8)
        texture = np.broadcast_to(texture, (SIDE, SIDE, 3))
    else:
        texture = _texture(other, random)
    _fill(pixels, np.asarray(shape, np.float64), texture)


def _sunglasses(pixels: Pixels, mesh: Doubles, random: np.random.Generator) -> None:
    """Two dark lenses and a bridge."""
    colour = np.clip(random.normal(22, 14, 3) + random.normal(0, 6), 0, 90)
    texture = np.broadcast_to(colour.astype(np.uint8), (SIDE, SIDE, 3))
    for ring in EYE_RINGS:
        shape = mesh[list(ring), :2] * SIDE
        middle = shape.mean(axis=0)
        _fill(pixels, middle + (shape - middle) * random.uniform(0.85, 1.15), texture)
    ends = [tuple(int(value) for value in mesh[vertex, :2] * SIDE) for vertex in (193, 417)]
    cv2.line(pixels, ends[0], ends[1], tuple(int(value) for value in colour), 2)


def _patch(pixels: Pixels, other: Pixels, random: np.random.Generator) -> None:
    """A small thing anywhere: it hides nothing that is asked for."""
    side = int(random.uniform(0.06, 0.14) * SIDE)
    x, y = (int(value) for value in random.integers(20, SIDE - 20 - side, 2))
    pixels[y : y + side, x : x + side] = other[y : y + side, x : x + side]


def _texture(other: Pixels, random: np.random.Generator) -> Pixels:
    """A picture to fill with: another crop, or one colour with a soft gradient."""
    if random.random() < 0.3:
        return np.asarray(cv2.GaussianBlur(other, (0, 0), 2.0), np.uint8)
    colour = random.choice([random.uniform(180, 250, 3), random.uniform(5, 60, 3), random.uniform(20, 230, 3)])
    slope = np.linspace(-1, 1, SIDE)[:, None, None] * random.normal(0, 25)
    return np.clip(np.broadcast_to(colour + slope, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)


def _fill(pixels: Pixels, shape: Doubles, texture: Pixels) -> None:
    stencil = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(stencil, [np.round(shape).astype(np.int32)], 255, lineType=cv2.LINE_AA)
    if stencil.any():
        share = cv2.GaussianBlur(stencil, (0, 0), 0.8)[:, :, None].astype(np.float32) / 255
        pixels[:] = (pixels * (1 - share) + texture * share).astype(np.uint8)
