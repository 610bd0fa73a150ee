"""The converted networks are the files of the manifest, and they compute what the originals compute."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

import faceline
from tools.weights.pictures import INPUTS, REFERENCE, inputs

WEIGHTS = Path(faceline.__file__).parent / "vision" / "weights"
MANIFEST = tomllib.loads((WEIGHTS / "manifest.toml").read_text())
FILES = MANIFEST["networks"] | MANIFEST["arrays"]
PICTURES = ("noise", "face")


@cache
def converted(network: str, picture: str) -> dict[str, NDArray[np.float32]]:
    """Outputs of the converted network on one of its fixed inputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = WEIGHTS / MANIFEST["networks"][network]["file"]
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"pixels": inputs(network)[picture]}), strict=True))


@cache
def original(network: str) -> dict[str, NDArray[np.float32]]:
    """What the original runtime gave for the network, by `picture.output`."""
    with np.load(REFERENCE / f"{network}.npz") as numbers:
        return dict(numbers)


@pytest.mark.parametrize("name", FILES)
def test_file_is_the_one_in_the_manifest(name: str) -> None:
    content = (WEIGHTS / FILES[name]["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == FILES[name]["sha256"]


def test_every_network_has_fixed_inputs() -> None:
    assert set(INPUTS) == set(MANIFEST["networks"])


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("name", MANIFEST["networks"])
def test_outputs_equal_those_of_the_original_runtime(name: str, picture: str) -> None:
    outputs = converted(name, picture)
    stated: list[dict[str, Any]] = MANIFEST["networks"][name]["outputs"]
    assert list(outputs) == [output["name"] for output in stated]
    for output in stated:
        reference = original(name)[f"{picture}.{output['name']}"]
        got = outputs[output["name"]]
        assert got.dtype == np.float32
        assert got.shape == reference.shape
        assert np.abs(got - reference).max() <= output["tolerance"], output["name"]


def test_noise_and_face_give_different_outputs() -> None:
    """A reference that a constant network could meet would prove nothing."""
    for name in MANIFEST["networks"]:
        for output in MANIFEST["networks"][name]["outputs"]:
            noise, face = (original(name)[f"{picture}.{output['name']}"] for picture in PICTURES)
            shared = min(noise.shape[1], face.shape[1])
            assert np.abs(noise[:, :shared] - face[:, :shared]).max() > 10 * output["tolerance"]


def test_detector_puts_the_best_anchor_on_the_face() -> None:
    """Anchors come in the stated order: cells of 16 pixels in rows of 16, 2 a cell, then 6 a cell of 32 pixels."""
    outputs = converted("back", "face")
    best = int(outputs["scores"].argmax())
    assert outputs["scores"].max() > 1
    cell, stride, across = (best // 2, 16, 16) if best < 512 else ((best - 512) // 6, 32, 8)
    corner = np.array([cell % across, cell // across])
    points = (corner + 0.5) * stride + outputs["regressions"][0, best, 4:].reshape(6, 2)
    # Left eye, right eye, nose, mouth; read off the picture by eye.
    seen = np.array([[105, 100], [151, 103], [127, 127], [127, 144]])
    assert np.abs(points[:4] - seen).max() < 10


def test_mesh_sees_a_face_where_there_is_one() -> None:
    assert converted("amesh", "face")["flag"].item() > 10
    assert converted("amesh", "noise")["flag"].item() < -10


def test_irises_lie_between_the_eyes_corners() -> None:
    points = converted("amesh", "face")["points"][0, :, :2]
    for outer, inner, iris in ((33, 133, 468), (263, 362, 473)):
        along = points[inner] - points[outer]
        share = (points[iris] - points[outer]) @ along / (along @ along)
        assert 0.2 < share < 0.8


def test_notice_names_every_package() -> None:
    notice = (WEIGHTS / "NOTICE.md").read_text()
    for row in FILES.values():
        assert f"{row['package']} {row['version']}" in notice
