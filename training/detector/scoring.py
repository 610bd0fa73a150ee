"""Compares detections with labelled faces: which are right, which false, which faces are missed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.detector.decode import Detections
from training.detector.faces import Faces, Floats

MATCH = 0.4
"""Least overlap of a detection with the face that it finds."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One picture compared."""

    right: Floats
    """Per learnable face, the score of the detection that found it, or -1."""
    heights: Floats
    """Per learnable face, its height in pixels."""
    covered: Floats
    """Per learnable face, whether a mask covers it (1, 0, NaN)."""
    false: Floats
    """Scores of detections that are no labelled and no ignored face."""
    false_boxes: Floats


def compare(found: Detections, faces: Faces, match: float = MATCH) -> Scored:
    """Match greedily, best score first; each face once; detections on ignored boxes do not count."""
    learn = faces.select(~faces.ignored)
    skip = faces.select(faces.ignored)
    right = np.full(len(learn), -1.0, np.float32)
    false: list[int] = []
    ious = overlap_table(found.boxes, learn.boxes)
    for i in np.argsort(-found.scores, kind="stable"):
        free = np.where(right < 0, ious[i], 0.0)
        if len(free) and free.max() >= match:
            right[int(free.argmax())] = found.scores[i]
        elif not _on_ignored(found.boxes[i], skip.boxes):
            false.append(int(i))
    return Scored(
        right,
        learn.boxes[:, 3] - learn.boxes[:, 1],
        learn.covered,
        found.scores[false],
        found.boxes[false].reshape(-1, 4),
    )


def overlap_table(a: Floats, b: Floats) -> Floats:
    """Return (A, B) intersection over union."""
    shared = _shared_table(a, b)
    area_a = np.prod(a[:, 2:] - a[:, :2], axis=1)[:, None]
    area_b = np.prod(b[:, 2:] - b[:, :2], axis=1)[None]
    return np.asarray(shared / np.maximum(area_a + area_b - shared, 1e-6), np.float32)


def threshold_at(scored: list[Scored], per_picture: float) -> float:
    """Return the lowest score threshold that leaves at most `per_picture` false boxes a picture."""
    false = np.sort(np.concatenate([s.false for s in scored]))[::-1]
    allowed = int(per_picture * len(scored))
    return float(false[allowed]) if len(false) > allowed else 0.0


def found_count(
    scored: list[Scored], threshold: float, low: float, high: float = np.inf, covered: bool | None = None
) -> tuple[int, int]:
    """Return (found, all) of the faces with low <= height < high pixels."""
    right = np.concatenate([s.right for s in scored])
    chosen: NDArray[np.bool_] = np.concatenate([(s.heights >= low) & (s.heights < high) for s in scored])
    if covered is not None:
        chosen &= np.concatenate([s.covered for s in scored]) == float(covered)
    return int(np.count_nonzero(right[chosen] > threshold)), int(np.count_nonzero(chosen))


def _on_ignored(box: Floats, ignored: Floats) -> bool:
    if not len(ignored):
        return False
    shared = _shared_table(box[None], ignored)[0]
    area = np.prod(box[2:] - box[:2])
    return bool((shared > 0.5 * area).any() or (overlap_table(box[None], ignored) > 0.3).any())


def _shared_table(a: Floats, b: Floats) -> Floats:
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=2), np.float32)
