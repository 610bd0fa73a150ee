"""The age of a track: the weighted mean of the middle half of its estimates, so that single wild ones do not count."""

import numpy as np

OLDEST = 100
_KEPT = 0.25, 0.75


class AgeTally:
    """All estimates of a track so far, in bins of one year: 102 pairs of numbers, however long the track."""

    __slots__ = ("_spread", "_weight", "_weighted")

    def __init__(self) -> None:
        self._weight = np.zeros(OLDEST + 1)
        self._weighted = np.zeros(OLDEST + 1)
        self._spread = 0.0

    def add(self, years: float, spread: float, weight: float) -> None:
        """Take in an estimate with the half width of its range; `weight` is above 0."""
        place = min(max(int(years), 0), OLDEST)
        self._weight[place] += weight
        self._weighted[place] += weight * years
        self._spread += weight * spread

    def years(self) -> float:
        """The mean of the middle half. Where a bin is cut, its share counts with the bin's own mean."""
        upto = np.cumsum(self._weight)
        low, high = _KEPT[0] * upto[-1], _KEPT[1] * upto[-1]
        inside = np.clip(upto, low, high) - np.clip(upto - self._weight, low, high)
        means = self._weighted / np.maximum(self._weight, 1e-12)
        return float((inside * means).sum() / inside.sum())

    def spread(self) -> float:
        """The mean half width, in whole years as the service states it (B214)."""
        return float(round(self._spread / float(self._weight.sum())))
