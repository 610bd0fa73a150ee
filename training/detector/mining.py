"""Finds false boxes of the current network on the training pictures, to show them to it again."""

import cv2
import numpy as np

from training.detector.canvases import Material, Mistake
from training.detector.faces import Floats, Pixels
from training.detector.pictures import Picture
from training.detector.predict import Detector

_EMPTY_SCORE = 0.36
_PEOPLE_SCORE = 0.42
"""Raw scores: about a half is as likely a face as not. A face nobody labelled must not become a mistake."""
_PER_PICTURE = 6
_KEPT = 1600
_INCOMPLETE = "scenes"
"""Pictures of this origin have people without a box, so nothing in them is surely false."""


def mine(detect: Detector, material: Material, old: list[Mistake], rng: np.random.Generator) -> list[Mistake]:
    """Look for false boxes at a random scale of each picture; keep some of the earlier ones."""
    fresh: list[Mistake] = []
    for picture in material.empty:
        fresh += _false_boxes(detect, picture, _EMPTY_SCORE, rng)
    for source in material.sources:
        for picture in source.pictures:
            if not picture.origin.startswith(_INCOMPLETE):
                fresh += _false_boxes(detect, picture, _PEOPLE_SCORE, rng)
    kept = [old[i] for i in rng.permutation(len(old))[: max(0, _KEPT - len(fresh))]]
    return [fresh[i] for i in rng.permutation(len(fresh))[:_KEPT]] + kept


def _false_boxes(detect: Detector, picture: Picture, threshold: float, rng: np.random.Generator) -> list[Mistake]:
    scale = float(np.exp(rng.uniform(np.log(0.4), np.log(1.5))))
    found = detect(resized(picture.pixels, scale), threshold)
    boxes = found.boxes / scale
    return [Mistake(picture, b) for b in boxes[:_PER_PICTURE] if not _touches(b, picture.faces.boxes)]


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
