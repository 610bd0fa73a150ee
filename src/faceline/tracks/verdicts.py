"""A yes or no that a track keeps until it really changes.

The readings of a trait are cut into stretches by the cheapest two-state path (Viterbi 1967). A reading speaks for yes
by how far its probability p lies above the trait's threshold t (`faceline.domain.verdicts`), on a scale from -1 to 1
that is straight on both sides of it: (p - t) / (1 - t) above, (p - t) / t below; times the seconds it stands for and
how clear it is. Every change of the verdict costs a fixed number of such seconds. So a single reading can never change
a verdict, however sure it is, and a change that lasts is found at the very sample where it happens, without blurring.

A stretch's value is the weighted mean of its readings on that scale, as a probability again (at t = 1/2 the weighted
mean of the probabilities, a linear opinion pool). It lies between the least and the most sure of its readings. Readings
of one face in successive frames err together, so their number is not taken as evidence at all: the pool counts as one
reading (effective sample size 1). A pool of calibrated probabilities is never overconfident (Ranjan and Gneiting
2010); the price is that it may be a little too modest. The verdict that the path found and the one that the mean shows
at the threshold are the same, because both add up the same numbers.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class _Cut:
    """The beginning of a stretch, and what had been added up before it; the stretches before it hang on `earlier`."""

    begin_s: float
    weight: float
    weighted: float
    earlier: Self | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begin_s` on the trait has this probability."""

    begin_s: float
    probability: float


class TwoState:
    """The readings of one trait on one track so far: two scores, two sums and the cuts of two paths, however long."""

    __slots__ = ("_change_s", "_no", "_no_cut", "_threshold", "_weight", "_weighted", "_yes", "_yes_cut")

    def __init__(self, change_s: float, threshold: float) -> None:
        """`change_s` is what a change of the verdict costs, in seconds of sure and clear readings; the verdict is yes
        where a stretch's probability is above `threshold`."""
        self._change_s, self._threshold = change_s, threshold
        self._weight = self._weighted = self._yes = self._no = 0.0
        self._yes_cut: _Cut | None = None
        self._no_cut: _Cut | None = None

    def add(self, time_s: float, probability: float, weight: float) -> None:
        """Take in the next reading; `weight`, above 0, is in seconds."""
        yes, no = self._yes, self._no
        yes_cut, no_cut = self._yes_cut, self._no_cut
        if no - self._change_s > yes:
            self._yes, self._yes_cut = no - self._change_s, self._cut(time_s, no_cut)
        elif yes - self._change_s > no:
            self._no, self._no_cut = yes - self._change_s, self._cut(time_s, yes_cut)
        level = self._level(probability)
        said = weight * (2 * level - 1)
        self._yes += said
        self._no -= said
        self._weight += weight
        self._weighted += weight * level

    def stretches(self) -> list[Stretch]:
        """The best path's stretches in order of time; the first begins at minus infinity."""
        cut = self._yes_cut if self._yes > self._no else self._no_cut
        weight, weighted = self._weight, self._weighted
        found: list[Stretch] = []
        while cut is not None:
            found.append(Stretch(cut.begin_s, self._probability((weighted - cut.weighted) / (weight - cut.weight))))
            weight, weighted, cut = cut.weight, cut.weighted, cut.earlier
        found.append(Stretch(float("-inf"), self._probability(weighted / weight)))
        return found[::-1]

    def _level(self, probability: float) -> float:
        """0..1 with one half at the threshold, and small probabilities kept to their last digit."""
        threshold = self._threshold
        if probability > threshold:
            return 0.5 + (probability - threshold) / (2 * (1 - threshold))
        return probability / (2 * threshold)

    def _probability(self, level: float) -> float:
        """The inverse of `_level`."""
        threshold = self._threshold
        return threshold + (2 * level - 1) * (1 - threshold) if level > 0.5 else 2 * level * threshold

    def _cut(self, time_s: float, earlier: _Cut | None) -> _Cut:
        return _Cut(time_s, self._weight, self._weighted, earlier)
