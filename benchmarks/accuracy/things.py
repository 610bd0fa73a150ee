"""Hands, phones and scarves drawn before test faces: the committed generator behind the figures of FaceOccluded.

The training draws its own things in another way (training/appearance/augment.py); shapes, shades and places here were
written for the test alone. They are placed by a box from the hair line to the chin, and cover at least an eye, the
nose or the mouth.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from faceline.vision.geometry import Doubles, Pixels

Place = tuple[float, float, float, float]
Colour = tuple[int, ...]
SUPER = 4
"""Things are drawn at that many times the size and reduced, so that edges are smooth."""
PHONES: tuple[Colour, ...] = ((22, 22, 26), (38, 40, 48), (200, 198, 194), (150, 60, 60), (70, 90, 120))
KINDS = ("hand", "phone", "scarf")


def with_thing(pixels: Pixels, place: Place, kind: str, random: np.random.Generator) -> Pixels:
    """A copy of (H, W, 3) with a thing before the face at `place` (left, top, right, bottom in pixels)."""
    draw: Callable[[Pixels, Place, np.random.Generator, Colour], None] = DRAWERS[kind]
    large = np.asarray(cv2.resize(pixels, None, fx=SUPER, fy=SUPER, interpolation=cv2.INTER_LINEAR), np.uint8)
    left, top, right, bottom = (SUPER * value for value in place)
    before = large.copy()
    draw(large, (left, top, right, bottom), random, _skin(pixels, place))
    changed = np.any(large != before, axis=2).astype(np.float32)
    size = (pixels.shape[1], pixels.shape[0])
    opacity = cv2.GaussianBlur(cv2.resize(changed, size, interpolation=cv2.INTER_AREA), (3, 3), 0)[:, :, None]
    small = cv2.resize(large, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    shaded = small + random.normal(0, 2.0, (*pixels.shape[:2], 1))
    return np.asarray(np.clip(pixels + (shaded - pixels) * opacity, 0, 255), np.uint8)


def _skin(pixels: Pixels, place: Place) -> Colour:
    """Colour of the cheeks and the brow."""
    left, top, right, bottom = place
    spots = ((0.3, 0.62), (0.7, 0.62), (0.5, 0.22))
    rows = []
    for across, down in spots:
        x, y = left + across * (right - left), top + down * (bottom - top)
        row, column = (int(np.clip(v, 0, n - 1)) for v, n in ((y, pixels.shape[0]), (x, pixels.shape[1])))
        rows.append(pixels[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].reshape(-1, 3).mean(axis=0))
    return tuple(int(value) for value in np.median(np.array(rows), axis=0))


def _hand(pixels: Pixels, place: Place, random: np.random.Generator, skin: Colour) -> None:
    """A palm below the chin or beside the face and four fingers that lie over mouth, nose or an eye."""
    left, top, right, bottom = place
    size = bottom - top
    side = random.choice((-1.0, 1.0))
    goal = np.array([(left + right) / 2, top + size * random.choice((0.45, 0.62, 0.78))])
    goal += random.normal(0, 0.03 * size, 2)
    palm = goal + np.array([side * size * random.uniform(0.3, 0.5), size * random.uniform(0.3, 0.55)])
    along = (goal - palm) / np.hypot(*(goal - palm))
    across = np.array([-along[1], along[0]])
    tone = tuple(int(np.clip(value * random.uniform(0.85, 1.08), 0, 255)) for value in skin)
    edge = tuple(int(value * 0.62) for value in tone)
    thick = int(size * random.uniform(0.115, 0.145))
    wrist = palm - along * size * 0.7
    _stroke(pixels, palm, wrist, edge, int(thick * 2.9))
    _stroke(pixels, palm, wrist, tone, int(thick * 2.7))
    cv2.circle(pixels, _whole(palm), int(thick * 2.05), tone, -1, cv2.LINE_AA)
    for finger, reach in enumerate((0.06, 0.17, 0.15, 0.0)):
        shift = across * thick * (finger - 1.5) * 1.02
        tip = goal + shift + along * size * (reach + random.normal(0, 0.02))
        _stroke(pixels, palm + shift * 0.95, tip, edge, thick + max(2, thick // 6))
        _stroke(pixels, palm + shift * 0.95, tip, tone, thick)
        nail = tip + along * thick * 0.12
        lighter = tuple(min(255, int(value * 1.12) + 8) for value in tone)
        cv2.circle(pixels, _whole(nail), max(1, int(thick * 0.3)), lighter, -1, cv2.LINE_AA)


def _phone(pixels: Pixels, place: Place, random: np.random.Generator, skin: Colour) -> None:
    """The back of a telephone held before a part of the face, with the fingertips that hold it."""
    left, top, right, bottom = place
    size = bottom - top
    middle = np.array([(left + right) / 2 + random.normal(0, 0.13) * size, top + size * random.uniform(0.45, 0.78)])
    wide, high = size * random.uniform(0.36, 0.48), size * random.uniform(0.75, 0.95)
    angle = float(random.choice((0.0, 90.0)) + random.normal(0, 14))
    colour = PHONES[int(random.integers(len(PHONES)))]
    box = np.asarray(
        cv2.boxPoints(((float(middle[0]), float(middle[1])), (float(wide), float(high)), angle)), np.float64
    )
    _polygon(pixels, box, tuple(int(value * 0.6) for value in colour))
    _polygon(pixels, middle + (box - middle) * 0.965, colour)
    lens = middle + (box[1] - middle) * 0.72
    for shift in (0.0, 0.16):
        spot = lens + (box[0] - box[1]) * shift
        cv2.circle(pixels, _whole(spot), max(2, int(wide * 0.1)), (12, 12, 14), -1, cv2.LINE_AA)
        cv2.circle(pixels, _whole(spot), max(1, int(wide * 0.05)), (60, 62, 80), -1, cv2.LINE_AA)
    thick = int(size * 0.12)
    start, end = box[0], box[3]
    for step in (0.25, 0.45, 0.65):
        edge = start + (end - start) * step
        _stroke(pixels, edge + (edge - middle) * 0.5, edge - (edge - middle) * 0.25, skin, thick)


def _scarf(pixels: Pixels, place: Place, random: np.random.Generator, _skin_colour: Colour) -> None:
    """Cloth from the nose or the upper lip down to the neck, with folds and a pattern."""
    left, top, right, bottom = place
    size, wide = bottom - top, right - left
    colour = tuple(int(value) for value in random.integers(20, 225, 3))
    upper = top + size * random.uniform(0.5, 0.66)
    across = np.linspace(left - 0.16 * wide, right + 0.16 * wide, 24)
    sag = size * random.uniform(-0.05, 0.07)
    wave = upper + sag * np.sin(np.linspace(0, np.pi, 24)) + random.normal(0, 0.006 * size, 24)
    lower = np.full(24, bottom + size * random.uniform(0.12, 0.35))
    shape = np.concatenate([np.column_stack([across, wave]), np.column_stack([across[::-1], lower])])
    layer = pixels.copy()
    _polygon(layer, shape, colour)
    second = tuple(int(value) for value in random.integers(20, 225, 3))
    for fold in np.arange(0.08, 1.0, float(random.uniform(0.1, 0.2))):
        line = np.column_stack([across, wave + (lower - wave) * fold + random.normal(0, 0.01 * size, 24)])
        shade = second if random.random() < 0.4 else tuple(int(value * 0.75) for value in colour)
        cv2.polylines(layer, [np.round(line).astype(np.int32)], False, shade, max(1, int(size * 0.02)), cv2.LINE_AA)
    mask = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(shape).astype(np.int32)], 1)
    np.copyto(pixels, layer, where=mask[:, :, None].astype(bool))


DRAWERS = {"hand": _hand, "phone": _phone, "scarf": _scarf}


def _polygon(pixels: Pixels, shape: Doubles, colour: Colour) -> None:
    cv2.fillPoly(pixels, [np.round(shape).astype(np.int32)], colour, cv2.LINE_AA)


def _stroke(pixels: Pixels, start: Doubles, end: Doubles, colour: Colour, thick: int) -> None:
    cv2.line(pixels, _whole(start), _whole(end), colour, max(1, thick), cv2.LINE_AA)


def _whole(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
