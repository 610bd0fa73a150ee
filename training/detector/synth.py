"""Synthetic 1080p frames with faces of known height: the committed generator behind the figures.

Faces come from `landmarks68` (Helen, AFW) and the uncropped part of CelebA, backgrounds from
`noface`; only the splits that the caller names, so no face and no background was trained on. The
training pastes faces in a similar way (canvases.py): this is home ground, unlike `scenes` and WIDER.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.detector.faces import Faces, Floats, Pixels, join, move
from training.detector.pictures import Crop, load_crops, load_noface

WIDTH, HEIGHT = 1920, 1080
HEIGHTS = (20, 24, 28, 32, 40, 48, 64, 96)
"""Heights of the labelled boxes, hair line to chin, in pixels of the 1080p frame."""

_PER_HEIGHT = 2
_JPEG_QUALITY = 88


@dataclass(frozen=True, slots=True)
class Frame:
    """One 1080p frame and its faces."""

    pixels: Pixels
    faces: Faces


def frames(
    root: Path, face_splits: tuple[str, ...], ground_splits: tuple[str, ...], count: int, seed: int
) -> Iterator[Frame]:
    """Yield `count` frames with two faces of each height, never overlapping."""
    rng = np.random.default_rng(seed)
    crops = load_crops(root, face_splits, ("landmarks68", "celeba"))
    landmarks = [c for c in crops if c.origin.startswith("landmarks68")]
    celeba = [c for c in crops if c.origin == "celeba_wild"]
    grounds = [p.pixels for p in load_noface(root, ground_splits)]
    for _ in range(count):
        pixels = _ground(rng, grounds)
        placed: list[Faces] = []
        areas: list[Floats] = []
        for height in sorted(HEIGHTS * _PER_HEIGHT, reverse=True):
            pool = landmarks if rng.random() < 0.5 else celeba
            placed.append(_place(pixels, pool[rng.integers(len(pool))], float(height), areas, rng))
        yield Frame(_compressed(pixels), join(placed))


def _ground(rng: np.random.Generator, grounds: list[Pixels]) -> Pixels:
    """Six face-free photographs side by side, each enlarged to 640x540."""
    rows = []
    for _ in range(2):
        chosen = [grounds[i] for i in rng.choice(len(grounds), 3, replace=False)]
        rows.append(np.hstack([_cover(p, WIDTH // 3, HEIGHT // 2) for p in chosen]))
    return np.vstack(rows)


def _cover(pixels: Pixels, width: int, height: int) -> Pixels:
    high, wide = pixels.shape[:2]
    scale = max(width / wide, height / high)
    size = (int(np.ceil(wide * scale)), int(np.ceil(high * scale)))
    large = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large[:height, :width], np.uint8)


def _place(pixels: Pixels, crop: Crop, wanted: float, areas: list[Floats], rng: np.random.Generator) -> Faces:
    """Paste one face with soft edges where no other crop lies."""
    box = crop.face.boxes[0]
    scale = wanted / float(box[3] - box[1])
    high, wide = (max(4, round(s * scale)) for s in crop.pixels.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    patch = np.asarray(cv2.resize(crop.pixels, (wide, high), interpolation=method), np.float32)
    area = _free_area(wide, high, areas, rng)
    areas.append(area)
    left, top = int(area[0]), int(area[1])
    alpha = _soft(wide, high)
    under = pixels[top : top + high, left : left + wide]
    pixels[top : top + high, left : left + wide] = (under + (patch - under) * alpha).astype(np.uint8)
    scales = (wide / crop.pixels.shape[1], high / crop.pixels.shape[0])
    matrix = np.asarray([[scales[0], 0, left], [0, scales[1], top]], np.float32)
    return move(crop.face, matrix, False)


def _free_area(width: int, height: int, areas: list[Floats], rng: np.random.Generator) -> Floats:
    while True:
        left, top = rng.integers(0, WIDTH - width), rng.integers(0, HEIGHT - height)
        area = np.asarray([left, top, left + width, top + height], np.float32)
        if all(a[0] > area[2] or a[2] < area[0] or a[1] > area[3] or a[3] < area[1] for a in areas):
            return area


def _soft(width: int, height: int) -> Floats:
    """Return the opacity (H, W, 1) of a patch: full inside, falling to 0 over a tenth at the edge."""
    across = np.minimum(np.arange(width) + 0.5, width - np.arange(width) - 0.5) / max(1.0, 0.1 * width)
    down = np.minimum(np.arange(height) + 0.5, height - np.arange(height) - 0.5) / max(1.0, 0.1 * height)
    opacity = np.minimum(across[None], 1) * np.minimum(down[:, None], 1)
    return np.asarray(opacity, np.float32)[:, :, None]


def _compressed(pixels: Pixels) -> Pixels:
    _, code = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)[:, :, ::-1])
