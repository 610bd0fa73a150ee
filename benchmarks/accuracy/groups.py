"""The same figures by race, gender and age as UTKFace is labelled, and by size of the face.

The labels of race are crude and here only to look for bias; outside "White" the groups are small.
"""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from benchmarks.accuracy.age import mean
from benchmarks.accuracy.booleans import CELEBA, cases
from benchmarks.accuracy.facts import Facts, values
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.sets import Seen, Shown, padded, shown
from benchmarks.accuracy.statistics import figure, share, two_classes
from benchmarks.accuracy.taints import taint
from faceline.domain.verdicts import THRESHOLDS

BANDS = ((0, 3), (3, 10), (10, 16), (16, 30), (30, 45), (45, 60), (60, 75), (75, 120))
SIZES = (64, 48, 32, 24)
EVERY_NTH = 3
"""Of CelebA's test pictures, for the sizes."""
JPEG = 80


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Gender and age by group, and attributes by size of the face."""
    figures: list[Figure] = []
    seen = facts.set("age_utkface")
    for kind, name_of in (("race", _column("race")), ("gender", _column("gender")), ("age", _band)):
        names = dict.fromkeys(name_of(each) for each in sorted(seen, key=lambda each: float(each.row["age"])))
        for name in sorted(names) if kind != "age" else names:
            figures += _of_people(f"{kind} {name}", [each for each in seen if name_of(each) == name], facts)
    for size in SIZES:
        figures += _of_size(facts, size)
    return figures, []


def _column(name: str) -> Callable[[Seen], str]:
    return lambda seen: seen.row[name]


def _band(seen: Seen) -> str:
    age = float(seen.row["age"])
    low, high = next(band for band in BANDS if band[0] <= age < band[1])
    return f"{low} to {high - 1}" if high < 120 else f"{low} and more"


def _of_people(name: str, seen: Sequence[Seen], facts: Facts) -> list[Figure]:
    of_gender, of_age = (taint(facts.setup, "age_utkface", asked) for asked in ("gender", "age"))
    found = [(each.row, face.attributes) for each in seen if (face := each.face) and face.attributes]
    missed = len(seen) - len(found)
    right = np.array([(seen_as.male > THRESHOLDS["male"]) == (row["gender"] == "Male") for row, seen_as in found])
    error = np.array([abs(seen_as.age_years - float(row["age"])) for row, seen_as in found])
    inside = np.array([r.low <= float(row["age"]) <= r.high for row, seen_as in found for r in (seen_as.age_range,)])
    return [
        share(f"{name}: face found", np.arange(len(seen)) < len(found)),
        share(f"{name}: gender right", right, missed=missed, tainted=of_gender),
        figure(f"{name}: age, mean absolute error", mean, [error], unit="years", missed=missed, tainted=of_age),
        share(f"{name}: true age inside AgeRange", inside, missed=missed, tainted=of_age),
    ]


def _of_size(facts: Facts, size: int) -> list[Figure]:
    seen = facts.seen(f"celeba-{size}px", lambda: _reduced(facts, size))
    found = np.array([each.face is not None for each in seen])
    figures = [share(f"face {size} px: found", found)]
    truth = np.array([float(each.row["Male"]) for each in seen])
    figures.append(two_classes(f"face {size} px: Gender", values(seen, "male"), truth, miss_is_wrong=False)[0])
    for attribute, (name, column) in CELEBA.items():
        each = cases(seen, attribute, column)
        figures.append(two_classes(f"face {size} px: {name}", each.chances, each.truth, miss_is_wrong=False)[0])
    return figures


def _reduced(facts: Facts, size: int) -> Iterator[Shown]:
    """Every third CelebA picture with its face at that height, saved as JPEG, with a border around it."""
    for number, each in enumerate(shown(facts.stills, "attributes_celeba")):
        left, top, right, bottom = each.place
        if number % EVERY_NTH:
            continue
        factor = size / (bottom - top)
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        reduced = cv2.resize(each.pixels, None, fx=factor, fy=factor, interpolation=method)
        _, code = cv2.imencode(".jpg", reduced[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG])
        small = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)[:, :, ::-1]
        around = padded(each.row, np.ascontiguousarray(small), enlarge=False)
        x, y = around.place[:2]
        place = (x + factor * left, y + factor * top, x + factor * right, y + factor * bottom)
        yield Shown(each.row, around.pixels, place)
