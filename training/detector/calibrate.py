"""Fits score to truth on the validation split: logit, offset and size of the box, for each head.

All three are linear in what the last convolution of a head puts out, so the fit costs nothing at run time.
"""

from pathlib import Path

import numpy as np
import torch

from training.detector.faces import Floats
from training.detector.mining import resized
from training.detector.net import BASES, STRIDES, DetectorNet
from training.detector.pictures import Picture, load_detection, load_noface, load_scenes
from training.detector.predict import Detector, torch_detector
from training.detector.scoring import compare

_SCALES = (1.0, 0.5, 0.25)
_FLOOR = 0.03
_PRIOR = 4.0
"""Weight of the pull towards no change, in detections: some heads see few faces."""

_STEPS = 60

Calibration = tuple[tuple[float, float, float], ...]
"""For each head: slope of the logit, offset, slope of the log of the box size in its base."""


def calibrate(net: DetectorNet, root: Path, left_out: int | None = None) -> Calibration:
    """Fit each head to what the network finds on all validation pictures but a half of the face-free ones."""
    torch.set_num_threads(1)
    detect = torch_detector(net, torch.device("cpu"))
    pictures = load_detection(root, ("val",)) + load_scenes(root, ("val",)) + load_noface(root, ("val",), left_out)
    rows = np.concatenate([_outcomes(detect, p, s) for p in pictures for s in _SCALES])
    return tuple(_platt(rows[rows[:, 2] == stride], base) for stride, base in zip(STRIDES, BASES, strict=True))


def _outcomes(detect: Detector, picture: Picture, scale: float) -> Floats:
    """Return (D, 4): logit, face or not, stride, log size; detections on ignored boxes left out."""
    found = detect(resized(picture.pixels, scale), _FLOOR)
    faces = picture.faces
    scored = compare(found, type(faces)(faces.boxes * scale, faces.points, faces.covered, faces.ignored))
    outcome = np.full(len(found.scores), np.nan, np.float32)
    outcome[np.isin(found.scores, scored.right[scored.right > 0])] = 1.0
    outcome[np.isin(found.scores, scored.false)] = 0.0
    logits = np.log(found.scores / (1 - found.scores))
    size = np.log(np.maximum(found.boxes[:, 2:] - found.boxes[:, :2], 1.0)).mean(axis=1)
    table = np.stack([logits, outcome, found.strides, size], axis=1)
    return np.asarray(table[np.isfinite(outcome)], np.float32)


def _platt(rows: Floats, base: float) -> tuple[float, float, float]:
    """Newton's method on the logistic likelihood with a weak pull to the identity."""
    design = np.stack([rows[:, 0], np.ones(len(rows)), rows[:, 3] - np.log(base)], axis=1).astype(np.float64)
    truth = rows[:, 1].astype(np.float64)
    identity = np.asarray([1.0, 0.0, 0.0])
    weights = identity.copy()
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (chance - truth) + _PRIOR * (weights - identity)
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + _PRIOR * np.eye(3)
        weights -= np.linalg.solve(bend, gradient)
    slope, offset, size = (round(float(w), 4) for w in weights)
    return slope, offset, size
