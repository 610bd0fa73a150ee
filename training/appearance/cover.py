"""Draws things before a stored face and on it: hands, slabs, cloths, glasses, paint, beards; each says what it hid.

Everything is placed by the mesh in the crop's frame. The test has a generator of its own
(benchmarks/accuracy/things.py), which shares nothing with this one.
"""

import cv2
import numpy as np

from faceline.vision.geometry import Doubles, Pixels
from training.appearance.store import SIDE

LOWER_FACE = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
"""Jaw line of the mesh from ear to ear; a mask hangs below a line over the nose."""
NOSE_LINE = (454, 280, 5, 50, 234)
FOREHEAD = (454, 389, 251, 284, 332, 297, 338, 10, 109, 67, 103, 54, 21, 162, 127, 234)
MOUSTACHE = (50, 205, 206, 92, 165, 0, 391, 322, 426, 425, 280)
LIPS = (61, 39, 0, 269, 291, 405, 17, 181)
EYE_RINGS = ((70, 105, 107, 122, 114, 120, 117, 111), (300, 334, 336, 351, 343, 349, 346, 340))
"""Rough outlines of sunglass lenses on the mesh."""
VISOR = (162, 70, 105, 9, 334, 300, 389, 345, 330, 4, 101, 116)
EYES = (33, 133, 159, 145, 468), (362, 263, 386, 374, 473)
NOSE = (1, 4, 5, 195, 98, 327)
MOUTH = (61, 291, 13, 14, 0, 17, 37, 267)


def mask(pixels: Pixels, mesh: Doubles, other: Pixels, random: np.random.Generator) -> Pixels:
    """A cloth over nose, mouth and chin, painted or cut from another picture; where it is, (S, S) 0..255."""
    shape = mesh[list(LOWER_FACE + NOSE_LINE), :2] * SIDE
    shape[len(LOWER_FACE) :, 1] += random.uniform(-0.03, 0.05) * SIDE
    return _fill(pixels, shape, _texture(other, random))


def cloth(pixels: Pixels, mesh: Doubles, other: Pixels, random: np.random.Generator) -> Pixels:
    """A scarf, a collar or a sheet of paper that ends at some height of nose or mouth and goes on below the chin."""
    upper = mesh[int(random.choice((5, 4, 2, 0))), 1] * SIDE
    slope, bow = random.normal(0, 0.12), random.normal(0, 0.06)
    x = np.linspace(-0.1, 1.1, 9) * SIDE
    line = upper + slope * (x - SIDE / 2) + bow * SIDE * np.cos((x / SIDE - 0.5) * np.pi)
    shape = np.concatenate([np.stack([x, line], 1), [[1.1 * SIDE, 1.2 * SIDE], [-0.1 * SIDE, 1.2 * SIDE]]])
    return _fill(pixels, shape, _striped(_texture(other, random), random))


def fingers(pixels: Pixels, mesh: Doubles, random: np.random.Generator) -> Pixels:
    """Shaded ellipses that spread from one place outside the face: a hand, in about the face's colour."""
    target = mesh[int(random.choice((33, 263, 1, 13, 50, 280, 152))), :2] * SIDE
    direction = float(random.uniform(0, 2 * np.pi))
    length = random.uniform(0.3, 0.55) * SIDE
    root = target - length * 0.6 * np.array([np.cos(direction), np.sin(direction)])
    skin = _skin(pixels, mesh) * random.uniform(0.7, 1.1)
    stencil = np.zeros((SIDE, SIDE), np.uint8)
    shade = np.full((SIDE, SIDE), 1.0, np.float32)
    count, spread = int(random.integers(2, 6)), random.uniform(0.1, 0.24)
    for finger in range(count):
        angle = direction + (finger - (count - 1) / 2) * spread
        middle = root + length * random.uniform(0.45, 0.55) * np.array([np.cos(angle), np.sin(angle)])
        axes = (int(length * random.uniform(0.5, 0.62)), int(SIDE * random.uniform(0.035, 0.055)))
        place = (int(middle[0]), int(middle[1]))
        cv2.ellipse(shade, place, (axes[0] + 2, axes[1] + 2), np.degrees(angle), 0, 360, 0.65, -1)
        cv2.ellipse(shade, place, axes, np.degrees(angle), 0, 360, float(random.uniform(0.92, 1.08)), -1)
        cv2.ellipse(stencil, place, (axes[0] + 1, axes[1] + 1), np.degrees(angle), 0, 360, 255, -1)
    cv2.circle(stencil, (int(root[0]), int(root[1])), int(SIDE * random.uniform(0.1, 0.17)), 255, -1)
    tone = skin * cv2.GaussianBlur(shade, (0, 0), 1.0)[:, :, None] + random.normal(0, 4, (SIDE, SIDE, 1))
    return _blend(pixels, stencil, np.clip(tone, 0, 255).astype(np.uint8))


def slab(pixels: Pixels, mesh: Doubles, other: Pixels, random: np.random.Generator) -> Pixels:
    """A cup, a book, a microphone, a telephone: an ellipse or a turned rectangle before any part of the face."""
    middle = mesh[int(random.choice((13, 13, 1, 33, 263, 152, 6))), :2] * SIDE + random.normal(0, 0.04 * SIDE, 2)
    axes = random.uniform(0.12, 0.34, 2) * SIDE
    angle = float(random.uniform(0, 360))
    if random.random() < 0.4:
        corners = cv2.ellipse2Poly(
            (int(middle[0]), int(middle[1])), (int(axes[0]), int(axes[1])), int(angle), 0, 360, 20
        )
        shape = np.asarray(corners, np.float64)
    else:
        sides = (float(axes[0] * 1.8), float(axes[1] * 1.8))
        shape = np.asarray(cv2.boxPoints(((float(middle[0]), float(middle[1])), sides, angle)), np.float64)
    texture = _texture(other, random)
    if random.random() < 0.3:
        tone = _skin(pixels, mesh) * random.uniform(0.75, 1.1) + random.normal(0, 4, (SIDE, SIDE, 1))
        texture = np.clip(tone, 0, 255).astype(np.uint8)
    return _fill(pixels, shape, texture)


def sunglasses(pixels: Pixels, mesh: Doubles, other: Pixels, random: np.random.Generator) -> Pixels:
    """Dark or mirrored lenses with a bridge or a frame, or one visor over both eyes."""
    kind, size = random.random(), random.uniform(0.85, 1.3)
    rings = (VISOR,) if random.random() < 0.25 else EYE_RINGS
    if kind < 0.55:
        colour = np.clip(random.normal(22, 14, 3) + random.normal(0, 6), 0, 90)
        texture = np.broadcast_to(colour.astype(np.uint8), (SIDE, SIDE, 3))
    else:
        colour = random.uniform(10, 240, 3)
        slope = np.linspace(0, 1, SIDE)[:, None, None]
        tint = colour + (random.uniform(10, 250, 3) - colour) * slope
        share = random.uniform(0.1, 0.6)
        texture = np.clip(tint * (1 - share) + cv2.GaussianBlur(other, (0, 0), 3.0) * share, 0, 255).astype(np.uint8)
    frame = random.uniform(0, 255, 3) if random.random() < 0.4 else colour
    stencil = np.zeros((SIDE, SIDE), np.uint8)
    for ring in rings:
        shape = mesh[list(ring), :2] * SIDE
        middle = shape.mean(axis=0)
        shape = middle + (shape - middle) * size
        stencil |= _fill(pixels, shape, texture)
        if random.random() < 0.5:
            _line(pixels, shape, frame, closed=True)
    _line(pixels, mesh[[193, 417], :2] * SIDE, frame, closed=False)
    return stencil


def paint(pixels: Pixels, mesh: Doubles, random: np.random.Generator) -> None:
    """Face paint: a tint over the whole face, and stripes, spots or dark rings on it."""
    hull = _stencil(mesh[list(LOWER_FACE + FOREHEAD), :2] * SIDE)
    layer = pixels.astype(np.float32)
    if random.random() < 0.6:
        layer += (random.uniform(0, 255, 3) - layer) * random.uniform(0.25, 0.75)
    for _ in range(int(random.integers(0, 5))):
        middle = mesh[int(random.integers(468)), :2] * SIDE
        place, colour = (int(middle[0]), int(middle[1])), tuple(float(value) for value in random.uniform(0, 255, 3))
        axes = tuple(int(value) for value in random.uniform(0.02, 0.14, 2) * SIDE)
        spot = layer.copy()
        cv2.ellipse(spot, place, axes, float(random.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
        layer += (cv2.GaussianBlur(spot, (0, 0), 1.0) - layer) * random.uniform(0.5, 1.0)
    share = cv2.GaussianBlur(hull, (0, 0), 2.0)[:, :, None].astype(np.float32) / 255
    pixels[:] = np.clip(pixels * (1 - share) + layer * share, 0, 255).astype(np.uint8)


def beard(pixels: Pixels, mesh: Doubles, random: np.random.Generator) -> None:
    """Short strokes of hair over jaw, chin and upper lip, the lips left free."""
    stencil = _stencil(mesh[list(LOWER_FACE + MOUSTACHE[::-1]), :2] * SIDE)
    stencil[_stencil(mesh[list(LIPS), :2] * SIDE) > 0] = 0
    colour = random.choice([random.uniform(10, 60), random.uniform(60, 130), random.uniform(150, 220)])
    hair = np.clip(colour * np.array([1.1, 0.95, 0.8]) + random.normal(0, 22, (SIDE, SIDE, 1)), 0, 255)
    streaks = cv2.GaussianBlur(hair, (0, 0), sigmaX=0.6, sigmaY=float(random.uniform(0.8, 2.5)))
    share = cv2.GaussianBlur(stencil, (0, 0), float(random.uniform(2, 5)))[:, :, None] / 255 * random.uniform(0.6, 1.0)
    pixels[:] = np.clip(pixels * (1 - share) + streaks * share, 0, 255).astype(np.uint8)


def hidden(stencil: Pixels, mesh: Doubles) -> tuple[float, float, float]:
    """How much of the more hidden eye, of the nose and of the mouth lies below a stencil, each 0..1."""
    places = np.clip(np.round(mesh[:, :2] * SIDE).astype(np.int64), 0, SIDE - 1)

    def share(points: tuple[int, ...]) -> float:
        x, y = places[list(points)].T
        return float((stencil[y, x] > 127).mean())

    return max(share(eye) for eye in EYES), share(NOSE), share(MOUTH)


def _skin(pixels: Pixels, mesh: Doubles) -> Doubles:
    x, y = np.clip(mesh[50, :2] * SIDE, 0, SIDE - 1).astype(np.int64)
    return np.asarray(pixels[y, x], np.float64)


def _striped(texture: Pixels, random: np.random.Generator) -> Pixels:
    """With soft stripes at some angle."""
    angle, wave = random.uniform(0, np.pi), random.uniform(6, 40)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    phase = (columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / wave
    stripes = np.sin(phase)[:, :, None] * random.uniform(0, 35)
    return np.asarray(np.clip(texture + stripes, 0, 255), np.uint8)


def _texture(other: Pixels, random: np.random.Generator) -> Pixels:
    """A picture to fill with: another crop, or one colour with a soft gradient."""
    if random.random() < 0.3:
        return np.asarray(cv2.GaussianBlur(other, (0, 0), 2.0), np.uint8)
    colour = random.choice([random.uniform(180, 250, 3), random.uniform(5, 60, 3), random.uniform(20, 230, 3)])
    slope = np.linspace(-1, 1, SIDE)[:, None, None] * random.normal(0, 25)
    return np.asarray(np.clip(np.broadcast_to(colour + slope, (SIDE, SIDE, 3)), 0, 255), np.uint8)


def _line(pixels: Pixels, points: Doubles, colour: Doubles, *, closed: bool) -> None:
    whole = [np.round(points).astype(np.int32)]
    cv2.polylines(pixels, whole, closed, tuple(int(value) for value in colour), 2, cv2.LINE_AA)


def _stencil(shape: Doubles) -> Pixels:
    stencil = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(stencil, [np.round(shape).astype(np.int32)], 255, lineType=cv2.LINE_AA)
    return stencil


def _fill(pixels: Pixels, shape: Doubles, texture: Pixels) -> Pixels:
    return _blend(pixels, _stencil(shape), texture)


def _blend(pixels: Pixels, stencil: Pixels, texture: Pixels) -> Pixels:
    if stencil.any():
        share = cv2.GaussianBlur(stencil, (0, 0), 0.8)[:, :, None].astype(np.float32) / 255
        pixels[:] = (pixels * (1 - share) + texture * share).astype(np.uint8)
    return stencil
