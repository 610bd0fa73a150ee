"""FaceOccluded: face masks, dark sunglasses, and things drawn before test faces."""

from collections.abc import Iterator

import numpy as np

from benchmarks.accuracy.booleans import Cases
from benchmarks.accuracy.detection import MATCH, SCENE_HEIGHT, scenes_test
from benchmarks.accuracy.facts import Facts, as_stated, values
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.sets import Seen, Shown, shown
from benchmarks.accuracy.statistics import share, two_classes
from benchmarks.accuracy.things import KINDS, with_thing

SEED = 23


def masks(facts: Facts) -> Cases:
    """The crops of `masks` and the faces of the scenes, masked or bare."""
    seen = facts.set("masks")
    chances: list[float] = list(values(seen, "occluded"))
    truth = [float(each.row["mask"]) for each in seen]
    for whole in scenes_test(facts):
        heights = [box[3] - box[1] for box in whole.boxes]
        for face, covered, height in zip(whole.pairs(MATCH), whole.covered, heights, strict=True):
            if height >= SCENE_HEIGHT:
                chances.append(as_stated("occluded", face.attributes.occluded) if face and face.attributes else np.nan)
                truth.append(covered)
    return Cases(np.array(chances), np.array(truth))


def sunglasses(facts: Facts) -> Cases:
    """Dark sunglasses against faces without any glasses."""
    seen = facts.set("attributes_celeba")
    dark = [each for each in seen if each.row["Sunglasses"] == "1"]
    bare = [each for each in seen if each.row["Eyeglasses"] == "0"]
    chances = np.concatenate([values(dark, "occluded"), values(bare, "occluded")])
    return Cases(chances, np.concatenate([np.ones(len(dark)), np.zeros(len(bare))]))


def drawn(facts: Facts) -> list[Seen]:
    """Test faces of landmarks68 and of the uncropped part of CelebA with a thing before each."""

    def make() -> Iterator[Shown]:
        random = np.random.default_rng(SEED)
        for number, each in enumerate(_bare(facts)):
            kind = KINDS[number % len(KINDS)]
            row = {**each.row, "thing": kind}
            yield Shown(row, with_thing(each.pixels, each.place, kind, random), each.place)

    return facts.seen("drawn-things", make)


def _bare(facts: Facts) -> Iterator[Shown]:
    for set_name in ("landmarks68", "attributes_celeba"):
        for each in shown(facts.stills, set_name):
            if usable(each.row):
                yield each


def usable(row: dict[str, str]) -> bool:
    """Whether nothing covers the face already."""
    if "face_occluded" in row:
        return row["face_occluded"] == "0"
    return row["subset"] == "wild" and row["Sunglasses"] == "0"


def things(facts: Facts) -> dict[str, Cases]:
    """Each kind of thing, and all, against the same faces without it."""
    seen = drawn(facts)
    plain = [each for name in ("landmarks68", "attributes_celeba") for each in facts.set(name) if usable(each.row)]
    bare = values(plain, "occluded")
    found = {}
    for kind in (*KINDS, "all"):
        chosen = [each for each in seen if kind in ("all", each.row["thing"])]
        chances = values(chosen, "occluded")
        found[kind] = Cases(
            np.concatenate([chances, bare]), np.concatenate([np.ones(len(chances)), np.zeros(len(bare))])
        )
    return found


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Balanced accuracy and AUC; a face that was not found counts as wrong, and beside it without those."""
    cases = {
        "FaceOccluded, masks and scenes": masks(facts),
        "FaceOccluded, dark sunglasses": sunglasses(facts),
        **{f"FaceOccluded, drawn things, {kind}": each for kind, each in things(facts).items()},
    }
    figures = []
    for name, each in cases.items():
        figures += two_classes(name, each.chances, each.truth, miss_is_wrong=True)
        chances, truth = each.found
        figures.append(two_classes(f"{name}, found faces", chances, truth, miss_is_wrong=False)[0])
        for part, value in (("covered", 1.0), ("bare", 0.0)):
            right = (chances[truth == value] > 0.5) == (value > 0.5)
            figures.append(share(f"{name}, found faces: right of the {part}", right))
    return figures, []
