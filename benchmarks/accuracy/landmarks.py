"""The 30 landmarks against the 68 points of 300-W, where both name the same place.

NME: mean distance over the points, in distances between the labelled outer eye corners. The service's points are not
those of 300-W to the last pixel (its mouth corners are the inner ones, its brows run along the middle): part of the
error is that difference. Nothing of faceline was fitted to these points, so that all splits count.
"""

import numpy as np

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.sets import Seen
from benchmarks.accuracy.statistics import figure, rounded
from faceline.domain.face import LANDMARK_TYPES, Face
from faceline.domain.face import LandmarkType as Kind
from faceline.vision.geometry import Doubles

Points = dict[Kind, tuple[int, ...]]

EYES: Points = {
    Kind.LEFT_EYE_LEFT: (36,),
    Kind.LEFT_EYE_UP: (37, 38),
    Kind.LEFT_EYE_RIGHT: (39,),
    Kind.LEFT_EYE_DOWN: (40, 41),
    Kind.RIGHT_EYE_LEFT: (42,),
    Kind.RIGHT_EYE_UP: (43, 44),
    Kind.RIGHT_EYE_RIGHT: (45,),
    Kind.RIGHT_EYE_DOWN: (46, 47),
}
BROWS: Points = {
    Kind.LEFT_EYE_BROW_LEFT: (17,),
    Kind.LEFT_EYE_BROW_UP: (19,),
    Kind.LEFT_EYE_BROW_RIGHT: (21,),
    Kind.RIGHT_EYE_BROW_LEFT: (22,),
    Kind.RIGHT_EYE_BROW_UP: (24,),
    Kind.RIGHT_EYE_BROW_RIGHT: (26,),
}
NOSE: Points = {Kind.NOSE: (30,), Kind.NOSE_LEFT: (31,), Kind.NOSE_RIGHT: (35,)}
MOUTH: Points = {Kind.MOUTH_LEFT: (60,), Kind.MOUTH_RIGHT: (64,), Kind.MOUTH_UP: (51,), Kind.MOUTH_DOWN: (66,)}
JAW: Points = {
    Kind.UPPER_JAWLINE_LEFT: (0,),
    Kind.MID_JAWLINE_LEFT: (4,),
    Kind.CHIN_BOTTOM: (8,),
    Kind.MID_JAWLINE_RIGHT: (12,),
    Kind.UPPER_JAWLINE_RIGHT: (16,),
}
PARTS: dict[str, Points] = {"eyes": EYES, "brows": BROWS, "nose": NOSE, "mouth": MOUTH, "jaw": JAW}
INNER: Points = {**EYES, **BROWS, **NOSE, **MOUTH}
OUTER_LEFT, OUTER_RIGHT = 36, 45
SPLITS = ("train", "val", "test")


def errors(seen: Seen, face: Face, points: Points) -> Doubles:
    """(P,) distances in outer-eye distances."""
    label = np.array([[float(seen.row[f"{axis}{k}"]) for axis in "xy"] for k in range(68)])
    unit = float(np.hypot(*(label[OUTER_RIGHT] - label[OUTER_LEFT])))
    size = np.array([seen.width, seen.height])
    distances = []
    for kind, numbers in points.items():
        ours = face.landmarks[LANDMARK_TYPES.index(kind)]
        offset = np.array([ours.x, ours.y]) * size - label[list(numbers)].mean(axis=0)
        distances.append(float(np.hypot(*offset)) / unit)
    return np.array(distances)


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """NME of the points in both sets without the jaw, of each part, and the share of bad faces."""
    everything = facts.set("landmarks68", SPLITS)
    figures: list[Figure] = []
    asked = {"points in both sets": INNER, **PARTS}
    for part, splits in (("test", ("test",)), ("all splits", SPLITS)):
        seen = [each for each in everything if each.row["split"] in splits]
        found = [(each, face) for each in seen if (face := each.face)]
        missed = len(seen) - len(found)
        for name, points in asked.items():
            means = np.array([errors(each, face, points).mean() for each, face in found])
            figures.append(figure(f"landmarks, {part}: NME, {name}", lambda v: float(v.mean()), [means], missed=missed))
        inner = np.array([errors(each, face, INNER).mean() for each, face in found])
        figures.append(Figure(f"landmarks, {part}: median NME", rounded(np.median(inner)), of=len(inner)))
        figures.append(Figure(f"landmarks, {part}: NME over 8 %", rounded((inner > 0.08).mean()), of=len(inner)))
    curve = Curve("NME by point, all splits", [], [])
    for number, kind in enumerate({**INNER, **JAW}):
        points = {kind: {**INNER, **JAW}[kind]}
        rows = [errors(each, face, points)[0] for each in everything if (face := each.face)]
        curve.x.append(float(number))
        curve.y.append(rounded(np.mean(rows)))
    return figures, [curve]
