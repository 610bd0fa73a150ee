import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from faceline.vision.manifest import Manifest, Port, WeightsBroken
from faceline.vision.network import Network, Runtime
from faceline.vision.settings import WEIGHTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A weights folder with the smallest network."""
    for name in ("manifest.toml", "trained.toml", "expression.onnx"):
        shutil.copy(WEIGHTS / name, tmp_path / name)
    return tmp_path


def test_a_changed_byte_is_noticed(folder: Path) -> None:
    path = folder / "expression.onnx"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsBroken, match="sha256"):
        Network(Manifest.load(folder).network("expression"), Runtime())


def test_a_missing_file_is_named(folder: Path) -> None:
    with pytest.raises(WeightsBroken, match=r"emotion\.onnx"):
        Manifest.load(folder).network("emotion").read()


def test_a_missing_or_malformed_manifest_is_named(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(WeightsBroken, match=r"manifest\.toml"):
        Manifest.load(tmp_path_factory.mktemp("empty"))
    (folder / "trained.toml").write_text("[networks.x]\nfile = 3\n")
    with pytest.raises(WeightsBroken, match="malformed"):
        Manifest.load(folder)


def test_unknown_names_are_refused_with_the_known_ones(manifest: Manifest) -> None:
    with pytest.raises(WeightsBroken, match="amesh"):
        manifest.network("nose")
    with pytest.raises(WeightsBroken, match="canonical_face"):
        manifest.array("nose")


def test_other_shapes_or_names_than_the_manifest_s_are_refused(manifest: Manifest) -> None:
    entry = manifest.network("expression")
    wrong_shape = replace(entry, input=Port("pixels", ("N", 96, 96, 3)))
    with pytest.raises(WeightsBroken, match="shape"):
        Network(wrong_shape, Runtime())
    wrong_name = replace(entry, outputs=(Port("moods", ("N", 7)),))
    with pytest.raises(WeightsBroken, match="outputs"):
        Network(wrong_name, Runtime())
