"""Yes-or-no attributes against labels: gender apart (gender.py), occlusion apart (occlusion.py)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.facts import Facts, values
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.sets import Seen
from benchmarks.accuracy.statistics import at_best_threshold, two_classes
from faceline.vision.geometry import Doubles

CELEBA = {
    "smile": ("Smile", "Smiling"),
    "eyeglasses": ("Eyeglasses", "Eyeglasses"),
    "sunglasses": ("Sunglasses", "Sunglasses"),
    "beard": ("Beard", "Beard_clean"),
    "mustache": ("Mustache", "Mustache"),
    "mouth_open": ("MouthOpen", "Mouth_Slightly_Open"),
}
"""Attribute: its name in answers, and the column of the table."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Chances of yes (NaN where the face was not found) and the truth, both (N,)."""

    chances: Doubles
    truth: Doubles

    @property
    def found(self) -> tuple[Doubles, Doubles]:
        """Those of found faces."""
        kept = ~np.isnan(self.chances)
        return self.chances[kept], self.truth[kept]


def cases(seen: Sequence[Seen], attribute: str, column: str) -> Cases:
    """The labelled pictures of a column; blank cells are left out."""
    rows = [each for each in seen if each.row[column]]
    return Cases(values(rows, attribute), np.array([float(each.row[column]) for each in rows]))


def celeba(facts: Facts, attribute: str, split: str = "test") -> Cases:
    """One attribute on CelebA."""
    return cases(facts.set("attributes_celeba", (split,)), attribute, CELEBA[attribute][1])


def eyes_open(facts: Facts, split: str = "test") -> Cases:
    """Closed: CEW and landmarks68; open: landmarks68 and CelebA without narrow eyes and without dark glasses.

    The two classes come mostly from different sets, so that a reader may tell the sets instead of the eyes: the blinks
    in the clips are the test without that flaw.
    """
    seen = facts.set("attributes_celeba", (split,))
    wide = [each for each in seen if each.row["Narrow_Eyes"] == "0" and each.row["Sunglasses"] == "0"]
    shut = facts.set("eyes_closed_cew", (split,))
    marked = cases(facts.set("landmarks68", (split,)), "eyes_open", "eyes_open_est")
    chances = np.concatenate([values(wide, "eyes_open"), values(shut, "eyes_open"), marked.chances])
    return Cases(chances, np.concatenate([np.ones(len(wide)), np.zeros(len(shut)), marked.truth]))


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Balanced accuracy and AUC of each."""
    figures = []
    for attribute, (name, _) in CELEBA.items():
        found = celeba(facts, attribute)
        figures += two_classes(name, found.chances, found.truth, miss_is_wrong=True)
        figures.append(at_best_threshold(name, found.found, celeba(facts, attribute, "val").found))
    eyes = eyes_open(facts)
    figures += two_classes("EyesOpen", eyes.chances, eyes.truth, miss_is_wrong=False)
    figures.append(at_best_threshold("EyesOpen", eyes.found, eyes_open(facts, "val").found))
    marked = cases(facts.set("landmarks68"), "mouth_open", "mouth_open_est")
    figures += two_classes("MouthOpen, by 68 points", marked.chances, marked.truth, miss_is_wrong=True)
    return figures, []
