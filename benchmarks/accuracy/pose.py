"""Pose against what six of the 68 points give for a rough head: good for sign and rank, not for degrees.

Roll is measured between the labelled eyes, so its error is one in degrees. Agreement with the recorded answers of the
service stands in recorded.py.
"""

import numpy as np
from scipy.stats import spearmanr

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.landmarks import SPLITS
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.statistics import figure, share
from faceline.vision.geometry import Doubles

CLEAR = 15.0
"""Degrees from which a sign is asked for."""


def rank(ours: Doubles, theirs: Doubles) -> float:
    """Spearman's correlation."""
    return float(spearmanr(ours, theirs).statistic)


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Sign and rank of yaw and pitch, error of roll, over all splits: nothing was fitted to them."""
    seen = facts.set("landmarks68", SPLITS)
    found = [(each.row, face.pose) for each in seen if (face := each.face)]
    missed = len(seen) - len(found)
    # the table's pitch is positive downwards
    yaw = np.array([[pose.yaw_deg, float(row["yaw_est"])] for row, pose in found])
    pitch = np.array([[pose.pitch_deg, -float(row["pitch_est"])] for row, pose in found])
    roll = np.array([[pose.roll_deg, float(row["roll_eyes"])] for row, pose in found])
    figures = []
    for name, pairs in (("yaw", yaw), ("pitch", pitch)):
        clear = np.abs(pairs[:, 1]) > CLEAR
        right = (pairs[clear, 0] > 0) == (pairs[clear, 1] > 0)
        figures += [
            share(f"pose: sign of {name} where the estimate is over {CLEAR:g} degrees", right, missed=missed),
            figure(f"pose: rank correlation of {name}", rank, [pairs[:, 0], pairs[:, 1]], unit="of 1"),
        ]
    error = np.abs(roll[:, 0] - roll[:, 1])
    figures.append(figure("pose: roll, mean absolute error", lambda v: float(v.mean()), [error], unit="degrees"))
    return figures, []
