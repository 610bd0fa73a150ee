"""A run of a fold keeps to its half: no other weights to start from or to go on with, and no calibration on it."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from training.detector import calibrate as calibration
from training.detector import train as training
from training.detector.canvases import Material, make_source
from training.detector.export import load_average
from training.detector.faces import Faces, one_face
from training.detector.net import DetectorNet
from training.detector.pictures import Crop, Picture, pyramid
from training.detector.train import Settings, Trainer


def material() -> Material:
    face = one_face((40.0, 30.0, 100.0, 110.0))
    pixels = np.full((160, 160, 3), 90, np.uint8)
    picture, empty = (Picture("p", "afw", pyramid(pixels), faces) for faces in (face, Faces.none()))
    return Material((make_source(0.6, [picture]),), (Crop("c", "afw", pixels, face),), (empty,), 0.2, 0.1, 0.1)


def test_a_fold_starts_at_random(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="starts at random"):
        training.train(Settings(tmp_path, tmp_path / "run", start=tmp_path / "checkpoint.pt", fold=0))


def test_a_run_of_one_fold_is_not_gone_on_with_as_another(tmp_path: Path) -> None:
    Trainer(Settings(tmp_path, tmp_path, steps=1, batch=1, fold=0), material(), {}).run()

    assert load_average(tmp_path / "checkpoint.pt")[2] == 0
    for other in (1, None):
        with pytest.raises(ValueError, match="of fold 0"):
            Trainer(Settings(tmp_path, tmp_path, steps=2, batch=1, fold=other), material(), {})


def test_calibration_reads_nothing_of_the_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(calibration, "load_detection", lambda *_: [])
    monkeypatch.setattr(calibration, "load_scenes", lambda *_: [])
    monkeypatch.setattr(calibration, "load_noface", lambda *given: asked.append(given) or ["one"])
    monkeypatch.setattr(calibration, "_outcomes", lambda *_: np.zeros((4, 4), np.float32))
    monkeypatch.setattr(calibration, "_platt", lambda *_: (1.0, 0.0, 0.0))

    calibration.calibrate(DetectorNet(), tmp_path, 1)

    assert asked == [(tmp_path, ("val",), 1)]
