"""Agreement with recorded answers of the real service (benchmarks/recorded.py): one vendor's output, not the truth."""

from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.statistics import figure, share
from benchmarks.recorded import (
    ASKED,
    EYES_AND_MOUTH,
    MIN_HEIGHT,
    Pair,
    age_errors,
    iou,
    landmark_errors,
    pairs_of,
    pose_errors,
    values_of,
)
from faceline.vision.geometry import Doubles

OLDER = "comparefaces_2019_group9"
"""An older model of the service: its pitch contradicts its own landmarks (training/geometry), so that figures are
shown without it, too."""


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Box, landmarks, pose, attributes; pictures are few, so whole answers are resampled."""
    groups = list(pairs_of(facts.data / "recorded", facts.setup.analyser))
    pairs = [pair for group, _ in groups for pair in group]
    matched = [pair for pair in pairs if pair.ours is not None]
    clusters = np.array([pair.answer for pair in matched])

    def of(name: str, column: Sequence[float], unit: str = "") -> Figure:
        return figure(name, _mean, [np.array(column)], clusters=clusters, unit=unit)

    landmarks = [landmark_errors(pair) for pair in matched]
    poses = [pose_errors(pair) for pair in matched]
    figures = [
        share("recorded: face found", np.array([pair.ours is not None for pair in pairs])),
        Figure("recorded: further faces of ours", sum(extra for _, extra in groups), of=len(groups), unit="faces"),
        of("recorded: IoU of boxes", [iou(pair.theirs["BoundingBox"], pair.ours) for pair in matched if pair.ours]),
        of("recorded: landmarks, all types", [float(np.mean(list(row.values()))) for row in landmarks]),
        of(
            "recorded: landmarks, eyes and mouth",
            [float(np.mean([row[name] for name in EYES_AND_MOUTH])) for row in landmarks],
        ),
        *(
            of(f"recorded: {name}, mean difference", [p[name] for p in poses], "degrees")
            for name in ("Roll", "Yaw", "Pitch")
        ),
    ]
    return figures + _newer_poses(matched) + _values(matched), []


def _newer_poses(matched: Sequence[Pair]) -> list[Figure]:
    """Yaw and pitch without the answer of 2019."""
    newer = [pair for pair in matched if pair.answer != OLDER]
    poses, clusters = [pose_errors(pair) for pair in newer], np.array([pair.answer for pair in newer])
    return [
        figure(
            f"recorded: {name}, mean difference, without the answer of 2019",
            _mean,
            [np.array([pose[name] for pose in poses])],
            clusters=clusters,
            unit="degrees",
        )
        for name in ("Yaw", "Pitch")
    ]


def _values(matched: Sequence[Pair]) -> list[Figure]:
    tall = [pair for pair in matched if pair.pixels >= MIN_HEIGHT]
    equal: list[bool] = []
    clusters: list[str] = []
    figures = []
    found = [(pair.answer, values_of(pair)) for pair in tall]
    for name in dict.fromkeys(key for _, row in found for key in row):
        same = [row[name][0] == row[name][1] for _, row in found if name in row]
        figures.append(share(f"recorded: {name} equal", np.array(same)))
        if name in ASKED:
            equal += same
            clusters += [answer for answer, row in found if name in row]
    ages = [error for pair in matched if (error := age_errors(pair)) is not None]
    return [
        share("recorded: attributes equal", np.array(equal), clusters=np.array(clusters)),
        *figures,
        figure(
            "recorded: age from the middle of the range", _mean, [np.array([abs(e) for e, _ in ages])], unit="years"
        ),
        share("recorded: age inside the recorded range", np.array([inside for _, inside in ages])),
    ]


def _mean(values: Doubles) -> float:
    return float(values.mean())
