"""Figures of an exported detector on splits it never saw: synthetic frames, real pictures, no faces.

Recall on real pictures is given at fixed rates of false boxes a picture; a box counts as right from
an overlap of 0.4 with a labelled face (0.35 on synthetic frames). The detector is judged alone:
no mesh, no second opinion.
"""

import json
import time
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from training.detector.faces import Pixels
from training.detector.pictures import Picture, load_detection, load_noface, load_scenes
from training.detector.runtime import OneScale, at_scales, back_detector, own_detector
from training.detector.scoring import Scored, compare, found_count, threshold_at
from training.detector.synth import HEIGHTS, frames

SETUPS = {"960+256": (960.0, 256.0), "1280+320": (1280.0, 320.0), "1920+384": (1920.0, 384.0)}
HELD_OUT = ("val", "test")
_FLOOR = 0.02
_SYNTHETIC_MATCH = 0.35
_BANDS = ((12, 16), (16, 24), (24, 48), (48, 1e9))
_FALSE_RATES = (0.25, 1.0, 4.0)
_SPEED_SIZES = {"960x544": (544, 960), "256x160": (160, 256), "1280x736": (736, 1280)}
_REPEATS = 9

Figures = dict[str, object]


def evaluate(weights: Path, root: Path, score: float, count: int, back: bool) -> Figures:
    """Measure everything; `score` is the threshold of the rows that need one, `count` synthetic frames."""
    cv2.setNumThreads(1)
    detect = back_detector(weights) if back else own_detector(weights)
    detection = load_detection(root, HELD_OUT)
    scenes = [p for p in load_scenes(root, HELD_OUT) if p.origin != "scenes_helen"]
    wider = [p for p in detection if p.origin == "wider_val"]
    return {
        "weights": weights.name,
        "sha256": sha256(weights.read_bytes()).hexdigest(),
        "score": score,
        "synthetic": _synthetic(detect, root, score, count),
        "scenes": _real(detect, scenes),
        "wider": _real(detect, wider),
        "noface": _noface(detect, load_noface(root, HELD_OUT), score),
        "speed_ms": _speed(detect),
    }


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, hits / total
    middle = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    spread = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / (1 + z**2 / total)
    return round(float(middle - spread), 4), round(float(middle + spread), 4)


def _share(pair: tuple[int, int]) -> Figures:
    hits, total = pair
    return {"found": hits, "of": total, "recall": round(hits / max(1, total), 4), "interval": wilson(hits, total)}


def _synthetic(detect: OneScale, root: Path, score: float, count: int) -> Figures:
    """Recall by height at the given score, and at the score that leaves one false box a frame."""
    scored: dict[str, list[Scored]] = {name: [] for name in SETUPS}
    for frame in frames(root, ("test",), HELD_OUT, count, seed=8):
        for name, sides in SETUPS.items():
            found = at_scales(detect, frame.pixels, sides, _FLOOR)
            scored[name].append(compare(found, frame.faces, _SYNTHETIC_MATCH))
    return {name: _by_height(rows, score) for name, rows in scored.items()}


def _by_height(rows: list[Scored], score: float) -> Figures:
    figures: Figures = {}
    for name, threshold in {"at_score": score, "at_one_false": threshold_at(rows, 1.0)}.items():
        figures[name] = {
            "threshold": round(threshold, 4),
            "false_boxes": int(sum((s.false > threshold).sum() for s in rows)),
            "frames": len(rows),
            "heights": {str(h): _share(found_count(rows, threshold, h - 0.5, h + 0.5)) for h in HEIGHTS},
        }
    return figures


def _real(detect: OneScale, pictures: Sequence[Picture]) -> Figures:
    """Recall at fixed false boxes a picture, native size and a quarter, faces by height and covering."""
    scored = [compare(at_scales(detect, p.pixels, _native(p.pixels), _FLOOR), p.faces) for p in pictures]
    figures: Figures = {"pictures": len(pictures)}
    for rate in _FALSE_RATES:
        threshold = threshold_at(scored, rate)
        row = {"threshold": round(threshold, 4), "16 and more": _share(found_count(scored, threshold, 16))}
        row |= {f"{low}-{high:g}": _share(found_count(scored, threshold, low, high)) for low, high in _BANDS}
        for name, covered in {"bare": False, "masked": True}.items():
            row[f"24 and more, {name}"] = _share(found_count(scored, threshold, 24, covered=covered))
        figures[f"at {rate:g} false boxes a picture"] = row
    return figures


def _native(pixels: Pixels) -> tuple[float, ...]:
    side = float(max(pixels.shape[:2]))
    return side, side / 4


def _noface(detect: OneScale, pictures: Iterable[Picture], score: float) -> Figures:
    """False boxes on face-free pictures."""
    scores = [at_scales(detect, p.pixels, _native(p.pixels), _FLOOR).scores for p in pictures]
    joined = np.concatenate(scores)
    return {
        "pictures": len(scores),
        "false_boxes": int((joined > score).sum()),
        "false_boxes_by_score": {str(t): int((joined > t).sum()) for t in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)},
        "worst_score": round(float(joined.max()), 4) if len(joined) else 0.0,
    }


def _speed(detect: OneScale) -> dict[str, float]:
    """CPU ms of network and threshold on one thread, smallest of nine, on noise."""
    rng = np.random.default_rng(0)
    fastest: dict[str, float] = {}
    for name, (height, width) in _SPEED_SIZES.items():
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        times = []
        for _ in range(_REPEATS):
            start = time.process_time()
            detect(pixels, 0.5)
            times.append(time.process_time() - start)
        fastest[name] = round(min(times) * 1000, 2)
    return fastest


def write(figures: Figures, path: Path) -> None:
    """Write figures as JSON."""
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
