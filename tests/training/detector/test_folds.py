"""A half of the face-free pictures that is left out reaches nothing the detector is trained on."""

import csv
import io
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.detector import recipe
from training.detector.faces import one_face
from training.detector.folds import FOLDS, half_of
from training.detector.pictures import Crop, Picture, load_noface, pyramid

NAMES = tuple(f"noface_{number:02d}.png" for number in range(16))
MAGENTA, GREY = (255, 0, 255), (90, 90, 90)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Face-free pictures alone, those of half 1 magenta, all in the training split."""
    stills = tmp_path / "stills"
    stills.mkdir()
    with (stills / "noface_labels.csv").open("w", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(("file", "split", "kind"))
        rows.writerows((name, "train", "easy") for name in NAMES)
    with tarfile.open(stills / "noface.tar.gz", "w:gz") as archive:
        for name in NAMES:
            plain = np.full((60, 80, 3), MAGENTA if half_of(name) else GREY, np.uint8)
            content = cv2.imencode(".png", plain)[1].tobytes()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return tmp_path


def mostly_magenta(picture: Picture) -> bool:
    return bool((picture.pixels == MAGENTA).all(axis=2).mean() > 0.2)


def test_every_picture_is_in_one_half_and_both_halves_have_some() -> None:
    assert {half_of(name) for name in NAMES} == set(FOLDS)
    assert half_of(NAMES[0]) == half_of(NAMES[0])


def test_a_half_that_is_left_out_is_not_read(data: Path) -> None:
    for fold in FOLDS:
        kept = {picture.name for picture in load_noface(data, ("train",), fold)}
        assert kept == {name for name in NAMES if half_of(name) != fold}
    assert len(load_noface(data, ("train",))) == len(NAMES)


def test_it_is_no_ground_and_in_no_drawing_either(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pastes, decoys, face-free tiles and mining all take their pictures from the material."""
    face = Picture("p", "wider_val", pyramid(np.full((80, 80, 3), 60, np.uint8)), one_face((10, 10, 50, 60)))
    monkeypatch.setattr(recipe, "load_detection", lambda *_: [face])
    monkeypatch.setattr(recipe, "load_scenes", lambda *_: [face])
    monkeypatch.setattr(recipe, "load_crops", lambda *_: [Crop("c", "celeba", face.pixels, face.faces)])

    with_all, without = (recipe.load_material(data, 1, left_out) for left_out in (None, 1))

    drawn = [picture for picture in with_all.empty if picture.origin == "drawn"]
    assert sum(map(mostly_magenta, drawn)) > 20
    shown = [*without.empty, *(picture for source in without.sources for picture in source.pictures)]
    assert not any(mostly_magenta(picture) for picture in shown)
    names = {picture.name for picture in shown if picture.origin.startswith("noface")}
    assert names == {name for name in NAMES if half_of(name) == 0}
