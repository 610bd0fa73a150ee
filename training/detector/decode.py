"""Turns the outputs of the exported network into detections: threshold, scales, weighted NMS."""

from dataclasses import dataclass

import numpy as np

from training.detector.faces import Floats

_SAME_FACE = 0.4
"""Boxes that overlap more than this are one face."""

_NESTED = 0.75
"""A box with more than this share of its area inside a better one is the same face."""


@dataclass(frozen=True, slots=True)
class Detections:
    """D detections, best score first."""

    scores: Floats
    """(D,) probability 0..1."""
    boxes: Floats
    """(D, 4) left, top, right, bottom in pixels."""
    points: Floats
    """(D, 5, 2) pixels."""
    covered: Floats
    """(D,) probability 0..1 that mouth and nose are covered."""
    strides: Floats
    """(D,) stride of the head that saw the face; scores are calibrated per head."""


def suppress(found: Detections) -> Detections:
    """Merge detections of the same face, averaging boxes and points with the scores as weights."""
    order = np.argsort(-found.scores, kind="stable")
    boxes, scores = found.boxes[order], found.scores[order]
    points, covered, strides = found.points[order], found.covered[order], found.strides[order]
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3), axis=1)
    alive = np.ones(len(order), bool)
    kept: list[tuple[float, Floats, Floats, float, float]] = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        shared = _shared(boxes[i], boxes)
        iou = shared / (areas + areas[i] - shared)
        same = alive & ((iou > _SAME_FACE) | (shared > _NESTED * np.minimum(areas, areas[i])))
        close = same & (iou > _SAME_FACE)
        close[i] = True
        weights = (scores[close] ** 2).astype(np.float32)
        weights /= weights.sum()
        alive &= ~same
        merged = np.tensordot(weights, boxes[close], 1), np.tensordot(weights, points[close], 1)
        kept.append((float(scores[i]), merged[0], merged[1], float(weights @ covered[close]), float(strides[i])))
    return Detections(
        np.asarray([k[0] for k in kept], np.float32),
        np.asarray([k[1] for k in kept], np.float32).reshape(-1, 4),
        np.asarray([k[2] for k in kept], np.float32).reshape(-1, 5, 2),
        np.asarray([k[3] for k in kept], np.float32),
        np.asarray([k[4] for k in kept], np.float32),
    )


def join_scales(parts: list[Detections]) -> Detections:
    """Concatenate detections of several scales, already in the same pixels."""
    return Detections(
        np.concatenate([p.scores for p in parts]),
        np.concatenate([p.boxes for p in parts]),
        np.concatenate([p.points for p in parts]),
        np.concatenate([p.covered for p in parts]),
        np.concatenate([p.strides for p in parts]),
    )


def scaled(found: Detections, factor_x: float, factor_y: float) -> Detections:
    """Multiply the coordinates."""
    factors = np.asarray([factor_x, factor_y], np.float32)
    boxes, points = found.boxes * np.tile(factors, 2), found.points * factors
    return Detections(found.scores, boxes, points, found.covered, found.strides)


def _shared(box: Floats, boxes: Floats) -> Floats:
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    return np.asarray(np.prod(np.maximum(sides, 0), axis=1), np.float32)
