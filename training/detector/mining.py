"""Looks at the training pictures with the current network: false boxes are shown to it again, and what
may be a face that nobody labelled is left out of the losses."""

from dataclasses import dataclass

import cv2
import numpy as np

from training.detector.canvases import Material, Mistake
from training.detector.faces import Faces, Floats, Pixels
from training.detector.pictures import Picture
from training.detector.predict import Detector

_EMPTY_SCORE = 0.36
_PEOPLE_SCORE = 0.42
"""Raw scores: about a half is as likely a face as not. A face nobody labelled must not become a mistake."""
_PER_PICTURE = 6
_KEPT = 1600
_INCOMPLETE = ("scenes", "wider_val", "facemask853")
"""Pictures of these origins have people without a box. On contact sheets about half of the confident finds there that
no label covers were heads and small faces, so nothing in them is surely false."""
_DOUBT_SCORE, _DOUBT_HEIGHT = 0.4, 16.0
"""A find of such a picture that scores as much and is lower, in pixels of the picture, is left out of the losses."""


@dataclass(frozen=True, slots=True)
class Mined:
    """What one look at all pictures gave."""

    mistakes: list[Mistake]
    doubts: dict[str, Faces]
    """Boxes to ignore, by the name of the picture."""


def mine(detect: Detector, material: Material, old: list[Mistake], rng: np.random.Generator) -> Mined:
    """Look at a random scale of each picture; keep some of the earlier mistakes."""
    fresh: list[Mistake] = []
    doubts: dict[str, Faces] = {}
    for picture in material.empty:
        fresh += _mistakes(detect, picture, _EMPTY_SCORE, rng)
    for source in material.sources:
        for picture in source.pictures:
            if picture.origin.startswith(_INCOMPLETE):
                boxes = _unlabelled(detect, picture, _DOUBT_SCORE, rng)
                doubts[picture.name] = _as_ignored(boxes[boxes[:, 3] - boxes[:, 1] < _DOUBT_HEIGHT])
            else:
                fresh += _mistakes(detect, picture, _PEOPLE_SCORE, rng)
    kept = [old[i] for i in rng.permutation(len(old))[: max(0, _KEPT - len(fresh))]]
    return Mined([fresh[i] for i in rng.permutation(len(fresh))[:_KEPT]] + kept, doubts)


def _mistakes(detect: Detector, picture: Picture, threshold: float, rng: np.random.Generator) -> list[Mistake]:
    return [Mistake(picture, box) for box in _unlabelled(detect, picture, threshold, rng)[:_PER_PICTURE]]


def _unlabelled(detect: Detector, picture: Picture, threshold: float, rng: np.random.Generator) -> Floats:
    """Return (M, 4) finds, best first, in pixels of the picture, that touch no label."""
    scale = float(np.exp(rng.uniform(np.log(0.4), np.log(1.5))))
    boxes = detect(resized(picture.pixels, scale), threshold).boxes / scale
    free = [not _touches(box, picture.faces.boxes) for box in boxes]
    return np.asarray(boxes[np.asarray(free, np.bool_)], np.float32)


def _as_ignored(boxes: Floats) -> Faces:
    count = len(boxes)
    unknown = np.full((count, 5, 2), np.nan, np.float32)
    return Faces(boxes, unknown, np.full(count, np.nan, np.float32), np.ones(count, np.bool_))


def resized(pixels: Pixels, scale: float) -> Pixels:
    """Scale a picture, averaging when it shrinks."""
    size = (max(32, round(pixels.shape[1] * scale)), max(32, round(pixels.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)


def _touches(box: Floats, faces: Floats) -> bool:
    """True where the box shares a fifth of the smaller area with any face, learnt or ignored."""
    if not len(faces):
        return False
    sides = np.minimum(box[2:], faces[:, 2:]) - np.maximum(box[:2], faces[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    smaller = np.minimum(np.prod(box[2:] - box[:2]), np.prod(faces[:, 2:] - faces[:, :2], axis=1))
    return bool((shared > 0.2 * smaller).any())
