"""Shares, balanced accuracies and calibration errors, each with a 95 % interval.

Bootstrap over pictures (1,000 draws, fixed seed): faces of one picture are drawn together, as they are not
independent. Where every case is right (or wrong) a bootstrap would give an interval of no width: then it is Wilson's.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.results import Curve, Figure
from faceline.vision.geometry import Doubles
from training.heads.figures import auc, best_threshold

DRAWS = 1000
SEED = 5
BINS = 15
Z = 1.96

Measure = Callable[..., float]


def rounded(value: float) -> float:
    """Five significant places after the point are enough for a committed file."""
    return round(float(value), 5)


def wilson(hits: float, total: int) -> tuple[float, float]:
    """95 % interval of a share."""
    share = hits / total
    scale = 1 + Z**2 / total
    middle = (share + Z**2 / (2 * total)) / scale
    spread = Z * float(np.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))) / scale
    return max(middle - spread, 0.0), min(middle + spread, 1.0)


def bootstrap(
    measure: Measure, columns: Sequence[NDArray[np.generic]], clusters: NDArray[np.generic] | None = None
) -> tuple[float, float]:
    """95 % interval of `measure(*columns)` over resampled rows, or over resampled clusters of rows."""
    random = np.random.default_rng(SEED)
    count = len(columns[0])
    if clusters is None:
        groups = [np.array([row]) for row in range(count)]
    else:
        groups = [np.flatnonzero(clusters == value) for value in np.unique(clusters)]
    values = []
    for _ in range(DRAWS):
        drawn = random.integers(0, len(groups), len(groups))
        rows = drawn if clusters is None else np.concatenate([groups[k] for k in drawn])
        values.append(measure(*(column[rows] for column in columns)))
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def figure(
    name: str,
    measure: Measure,
    columns: Sequence[NDArray[np.generic]],
    *,
    clusters: NDArray[np.generic] | None = None,
    unit: str = "",
    missed: int = 0,
    tainted: str = "",
) -> Figure:
    """A figure with its bootstrap interval."""
    low, high = bootstrap(measure, columns, clusters)
    value = measure(*columns)
    count = len(columns[0])
    return Figure(name, rounded(value), rounded(low), rounded(high), count, unit, missed, tainted)


def share(
    name: str,
    right: NDArray[np.generic],
    *,
    clusters: NDArray[np.generic] | None = None,
    missed: int = 0,
    tainted: str = "",
) -> Figure:
    """How many are right, 0..1."""
    if not len(right):
        return Figure(name, float("nan"), of=0, missed=missed, tainted=tainted)
    values = right.astype(np.float64)
    if values.min() == values.max():
        low, high = wilson(float(values.sum()), len(values))
        return Figure(name, float(values[0]), rounded(low), rounded(high), len(values), "", missed, tainted)
    return figure(name, _mean, [values], clusters=clusters, missed=missed, tainted=tainted)


def _mean(values: Doubles) -> float:
    return float(values.mean()) if len(values) else float("nan")


def balanced(right: Doubles, truth: Doubles) -> float:
    """Mean of the recalls of the classes in `truth`."""
    recalls = [right[truth == value].mean() for value in np.unique(truth)]
    return float(np.mean(recalls))


def at_best_threshold(name: str, test: tuple[Doubles, Doubles], held: tuple[Doubles, Doubles]) -> Figure:
    """Balanced accuracy of found faces at the threshold that is best on val: what the values could give.

    No answer of faceline is made that way: its verdicts change at the thresholds of `faceline.domain.verdicts`.

    test, held   chances and truth of found faces
    """
    right = (test[0] > best_threshold(*held)) == (test[1] > 0.5)
    columns = [right.astype(np.float64), test[1]]
    return _balanced_figure(f"{name}: balanced accuracy at val's best threshold, found faces", columns, 0, "")


def two_classes(name: str, chances: Doubles, truth: Doubles, *, tainted: str = "", miss_is_wrong: bool) -> list[Figure]:
    """Balanced accuracy at 0.5, AUC and share of a yes-or-no answer.

    chances        (N,) that the answer is yes, as stated (`facts.values`); NaN where the face was not found
    truth          (N,) 0 or 1
    miss_is_wrong  a face that was not found counts as a wrong answer; otherwise it is left out and counted beside
    """
    found = ~np.isnan(chances)
    missed = int((~found).sum())
    kept = np.ones(len(found), bool) if miss_is_wrong else found
    right = (np.where(found, chances > 0.5, truth < 0.5) == (truth > 0.5)).astype(np.float64)
    columns = [right[kept], truth[kept]]
    return [
        _balanced_figure(f"{name}: balanced accuracy", columns, missed, tainted),
        figure(f"{name}: AUC", auc, [chances[found], truth[found]], missed=missed, tainted=tainted),
    ]


def _balanced_figure(name: str, columns: list[Doubles], missed: int, tainted: str) -> Figure:
    right, truth = columns
    if len(np.unique(truth)) < 2:
        return Figure(name, float("nan"), of=len(right))
    if right.all():
        low = float(np.mean([wilson(n, n)[0] for n in ((truth == 0).sum(), (truth == 1).sum())]))
        return Figure(name, 1.0, rounded(low), 1.0, len(right), "", missed, tainted)
    return figure(name, balanced, columns, missed=missed, tainted=tainted)


def _parts(confidence: Doubles) -> list[NDArray[np.intp]]:
    return np.array_split(np.argsort(confidence, kind="stable"), min(BINS, len(confidence)))


def ece(confidence: Doubles, right: Doubles) -> float:
    """Expected calibration error in 15 bins of equal mass."""
    return float(
        sum(len(p) * abs(confidence[p].mean() - right[p].mean()) for p in _parts(confidence)) / len(confidence)
    )


def ece_by_chance(confidence: Doubles) -> float:
    """The error that a perfectly calibrated model with these confidences stays under in 95 of 100 draws."""
    random = np.random.default_rng(SEED)
    draws = [ece(confidence, (random.random(len(confidence)) < confidence).astype(float)) for _ in range(DRAWS)]
    return float(np.quantile(draws, 0.95))


def reliability(name: str, confidence: Doubles, right: Doubles, tainted: str = "") -> tuple[list[Figure], Curve]:
    """Calibration error, what chance alone would give, and the points of the plot."""
    parts = _parts(confidence)
    curve = Curve(
        name,
        [rounded(confidence[p].mean()) for p in parts],
        [rounded(right[p].mean()) for p in parts],
        of=[len(p) for p in parts],
    )
    figures = [
        figure(f"{name}: ECE", ece, [confidence, right], tainted=tainted),
        Figure(f"{name}: ECE of a perfect model, 95 %", rounded(ece_by_chance(confidence)), of=len(right)),
    ]
    return figures, curve
