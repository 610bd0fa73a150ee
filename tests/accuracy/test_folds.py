"""The 2-fold figure is of the right pictures and of the right networks."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.accuracy import folds
from benchmarks.accuracy.setups import shipped
from benchmarks.accuracy.whole import Labelled, Whole
from faceline.domain.face import LANDMARK_TYPES, Box, Face, Point, Pose, Quality
from faceline.vision.settings import VisionSettings
from training.detector.faces import Faces
from training.detector.folds import FOLDS, half_of
from training.detector.pictures import Picture

NAMES = tuple(f"noface_{number:02d}.jpg" for number in range(12))


def whole(name: str, false: int) -> Whole:
    nowhere = tuple(Point(0.0, 0.0) for _ in LANDMARK_TYPES)
    face = Face(Box(0.1, 0.1, 0.2, 0.2), 0.9, nowhere, Pose(0, 0, 0), Quality(50, 50))
    return Whole(f"noface_easy/{name}", 10, 10, [], [], [], (face,) * false)


def kept(_data: Path, _splits: tuple[str, ...], left_out: int | None = None) -> list[Picture]:
    pixels = (np.zeros((8, 8, 3), np.uint8),)
    return [Picture(name, "noface_easy", pixels, Faces.none()) for name in NAMES if half_of(name) != left_out]


@pytest.mark.parametrize("fold", FOLDS)
def test_a_fold_judges_the_half_that_it_left_out(monkeypatch: pytest.MonkeyPatch, fold: int) -> None:
    def names(_facts: object, _name: str, pictures: Callable[[], Labelled], *_: object) -> list[str]:
        return [each[0] for each in pictures()]

    monkeypatch.setattr(folds, "load_noface", kept)
    monkeypatch.setattr(folds, "analysed", names)
    facts = SimpleNamespace(data=Path(), setup=SimpleNamespace(settings=VisionSettings()))

    judged: Sequence[object] = folds.unseen(facts, fold)  # type: ignore[arg-type]  # the two members that are asked for

    assert judged == [f"noface_easy/{name}" for name in NAMES if half_of(name) == fold]


def test_both_halves_count_together_and_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folds, "load_noface", lambda *_: kept(Path(), ())[:1])
    halves = [[whole(name, 2 + fold) for name in NAMES if half_of(name) == fold] for fold in FOLDS]

    found = {each.name: each for each in folds.false_faces(Path(), halves)}

    total = found[folds.FALSE]
    assert (total.value, total.of) == (2 * len(halves[0]) + 3 * len(halves[1]), len(NAMES))
    assert total.low is not None
    assert total.low < total.value < (total.high or 0)
    assert found["no face, half 1, by fold 1: false faces"].value == 3 * len(halves[1])
    assert found["no face, val and test, 2-fold: false faces"].of == 1


def test_networks_of_another_fold_or_of_none_are_refused() -> None:
    with pytest.raises(SystemExit, match="does not hold both networks of fold 0"):
        folds.trained(shipped(), 0)
