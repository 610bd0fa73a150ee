"""Gender against labels. It is what a picture looks like, no identity (docs/responsible-use.md)."""

import numpy as np

from benchmarks.accuracy.booleans import Cases
from benchmarks.accuracy.facts import Facts, values
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.statistics import two_classes
from benchmarks.accuracy.taints import taint

GROWN = 16
"""Years."""


def celeba(facts: Facts) -> Cases:
    """Grown people, mostly known ones."""
    seen = facts.set("attributes_celeba")
    return Cases(values(seen, "male"), np.array([float(each.row["Male"]) for each in seen]))


def utkface(facts: Facts, grown: bool) -> Cases:
    """Tight crops of all ages."""
    seen = [each for each in facts.set("age_utkface") if (float(each.row["age"]) >= GROWN) == grown]
    return Cases(values(seen, "male"), np.array([float(each.row["gender"] == "Male") for each in seen]))


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Balanced accuracy and AUC."""
    why = taint(facts.setup, "age_utkface", "gender")
    found, grown, young = celeba(facts), utkface(facts, True), utkface(facts, False)
    return [
        *two_classes("Gender, CelebA", found.chances, found.truth, miss_is_wrong=True),
        *two_classes("Gender, UTKFace 16 and over", grown.chances, grown.truth, tainted=why, miss_is_wrong=False),
        *two_classes("Gender, UTKFace under 16", young.chances, young.truth, tainted=why, miss_is_wrong=False),
    ], []
