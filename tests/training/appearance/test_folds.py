"""A half of the face-free pictures that is left out is neither drawn for training nor part of any fit."""

import csv
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from faceline.vision.geometry import Floats, Pixels
from training.appearance.fuse import load_looks
from training.appearance.labels import LEFT_OUT, TEST, TRAIN, VAL, load_labels
from training.appearance.pictures import SETS
from training.appearance.sampling import chances
from training.appearance.store import SIDE
from training.detector.folds import FOLDS, half_of

NAMES = tuple(f"noface_{number:02d}.jpg" for number in range(12))
MINED = 4
"""Negatives from other collections: their row says nothing, and they have no square."""


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    """Tables of all sets; only `noface` has rows."""
    for name in SETS:
        table = "scenes_boxes" if name == "scenes" else f"{name}_labels"
        with (tmp_path / f"{table}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("file",))
            rows.writerows((one,) for one in NAMES if name == "noface")
    return tmp_path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two crops of every face-free picture, one of train and one of val, then mined negatives of train."""
    own = 2 * len(NAMES)
    count = own + MINED
    random = np.random.default_rng(0)
    np.save(tmp_path / "crops.npy", np.zeros((count, SIDE, SIDE, 3), np.uint8))
    np.save(tmp_path / "mesh.npy", random.random((count, 478, 3), np.float32))
    np.savez(
        tmp_path / "faces.npz",
        set=np.full(count, SETS.index("noface")),
        row=np.concatenate([np.arange(own) // 2, np.zeros(MINED, np.int64)]),
        split=np.concatenate([np.arange(own) % 2, np.zeros(MINED, np.int64)]),
        kind=np.ones(count, np.int64),
        square=np.concatenate([np.full((own, 4), 20.0), np.full((MINED, 4), np.nan)]),
    )
    return tmp_path


def hidden(fold: int) -> np.ndarray:
    """(N,) crops that the fold must not see."""
    return np.array([half_of(name) == fold for name in NAMES for _ in range(2)] + [False] * MINED)


@pytest.mark.parametrize("fold", FOLDS)
def test_its_crops_are_in_no_part_and_never_drawn(stills: Path, store: Path, fold: int) -> None:
    labels = load_labels(stills, store, fold)

    assert hidden(fold).any()
    assert (labels.split[hidden(fold)] == LEFT_OUT).all()
    assert np.isin(labels.split[~hidden(fold)], (TRAIN, VAL, TEST)).all()
    drawn = chances(labels, {"noface": 1.0})
    assert (drawn[hidden(fold)] == 0).all()
    assert (drawn[~hidden(fold) & (labels.split == TRAIN)] > 0).all()


def test_without_a_fold_nothing_is_left_out(stills: Path, store: Path) -> None:
    assert (load_labels(stills, store).split == np.load(store / "faces.npz")["split"]).all()


@pytest.mark.parametrize("fold", FOLDS)
def test_heads_and_calibration_are_fitted_without_them(stills: Path, store: Path, fold: int) -> None:
    class Silent:
        entry = SimpleNamespace(input=SimpleNamespace(row_shape=(112, 112, 3)))

        def run(self, pixels: Pixels) -> tuple[Floats, ...]:
            return tuple(np.zeros((len(pixels), width), np.float32) for width in (10, 101, 7))

    looks = load_looks(store, load_labels(stills, store, fold).split, Silent(), 0, 1.0)  # type: ignore[arg-type]  # two members of Network are enough

    assert not hidden(fold)[looks.first.crop].any()
    assert set(looks.both.crop) == set(np.flatnonzero(~hidden(fold)))
