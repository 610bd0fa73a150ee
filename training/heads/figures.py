"""Figures of classifiers, with bootstrap intervals."""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from faceline.vision.geometry import Doubles

DRAWS = 400


def auc(scores: Doubles, truth: Doubles) -> float:
    """Area under the curve of false against true alarms, 0..1; NaN where a class is missing."""
    positive = truth > 0.5
    count, rest = int(positive.sum()), int((~positive).sum())
    if not count or not rest:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * rest))


def balanced(scores: Doubles, truth: Doubles, threshold: float) -> float:
    """Mean of the two classes' recalls."""
    positive = truth > 0.5
    if not positive.any() or positive.all():
        return float("nan")
    return float(((scores[positive] > threshold).mean() + (scores[~positive] <= threshold).mean()) / 2)


def best_threshold(scores: Doubles, truth: Doubles) -> float:
    """The threshold with the best balanced accuracy."""
    places = np.unique(np.quantile(scores, np.linspace(0, 1, 401)))
    return float(places[int(np.argmax([balanced(scores, truth, place) for place in places]))])


def ece(chances: Doubles, truth: Doubles, bins: int = 15) -> float:
    """Expected calibration error of the stated value's confidence, in bins of equal mass."""
    confidence = np.maximum(chances, 1 - chances)
    right = ((chances > 0.5) == (truth > 0.5)).astype(float)
    parts = np.array_split(np.argsort(confidence), min(bins, len(confidence)))
    return float(sum(len(p) * abs(confidence[p].mean() - right[p].mean()) for p in parts) / len(confidence))


def interval(measure: Callable[..., float], *columns: Doubles, seed: int = 5) -> list[float]:
    """95 % bootstrap interval of `measure` over resampled rows of the columns."""
    random = np.random.default_rng(seed)
    values = []
    for _ in range(DRAWS):
        drawn = random.integers(0, len(columns[0]), len(columns[0]))
        values.append(measure(*(column[drawn] for column in columns)))
    low, high = np.nanquantile(values, [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]
