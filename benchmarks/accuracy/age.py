"""Age against UTKFace: the estimate, and what AgeRange covers."""

import numpy as np

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.statistics import figure, rounded, share
from benchmarks.accuracy.taints import taint
from faceline.vision.geometry import Doubles

BANDS = ((0, 10), (10, 20), (20, 40), (40, 60), (60, 120))
OLD = 60


def mean(values: Doubles) -> float:
    """Of no values: NaN."""
    return float(values.mean()) if len(values) else float("nan")


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Mean absolute error in years, all and by band; share of true ages inside the stated range."""
    seen = facts.set("age_utkface")
    found = [(float(each.row["age"]), face.attributes) for each in seen if (face := each.face) and face.attributes]
    why, missed = taint(facts.setup, "age_utkface", "age"), len(seen) - len(found)
    truth = np.array([age for age, _ in found])
    guess = np.array([attributes.age_years for _, attributes in found])
    ranges = [attributes.age_range for _, attributes in found]
    inside = np.array([r.low <= age <= r.high for age, r in zip(truth, ranges, strict=True)])
    error = np.abs(guess - truth)
    figures = [
        figure("Age: mean absolute error", mean, [error], unit="years", missed=missed, tainted=why),
        figure("Age: mean error", mean, [guess - truth], unit="years", tainted=why),
        share("AgeRange: holds the true age", inside, missed=missed, tainted=why),
    ]
    old = truth > OLD
    figures.append(figure("Age over 60: mean absolute error", mean, [error[old]], unit="years", tainted=why))
    for low, high in BANDS:
        chosen = (truth >= low) & (truth < high)
        name = f"{low} to {high}" if high < 120 else f"{low} and more"
        figures += [
            figure(f"Age {name}: mean absolute error", mean, [error[chosen]], unit="years", tainted=why),
            share(f"AgeRange {name}: holds the true age", inside[chosen], tainted=why),
        ]
    widths = np.array([r.high - r.low for r in ranges])
    for width in np.unique(widths):
        figures.append(Figure(f"AgeRange: share {width} years wide", rounded((widths == width).mean()), of=len(widths)))
        figures.append(share(f"AgeRange {width} years wide: holds the true age", inside[widths == width], tainted=why))
    points = np.argsort(truth, kind="stable")
    curve = Curve("age", [rounded(v) for v in truth[points]], [round(float(v), 1) for v in guess[points]])
    return figures, [curve]
