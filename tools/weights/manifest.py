"""Writes `manifest.toml`: what each file beside it is, where it comes from and how it is used."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tools.weights.canonical import CANONICAL_FACE
from tools.weights.catalogue import NETWORKS, Network
from tools.weights.sources import MIND_AR, Package, sha256

HEADER: Final = """\
# Written by `python -m tools.weights convert`. Do not edit.
# Every network takes one input, `pixels`: uint8, red green blue, (N, H, W, 3), N free. Cast, normalisation and
# transposition happen inside; `normalisation` says which. All outputs are float32. Files are ONNX, opset 17.
# `tolerance` is the largest absolute difference from the original runtime that counts as the same network.
"""


def text(value: str) -> str:
    """Quote a TOML string; JSON's rules for ASCII text are the same."""
    return json.dumps(value)


def array(values: Sequence[str | int]) -> str:
    return json.dumps(list(values))


def origin(package: Package, files: Sequence[str]) -> Iterator[str]:
    """Describe the pinned package and the files read from it."""
    yield f"registry = {text(package.registry)}"
    yield f"package = {text(package.name)}"
    yield f"version = {text(package.version)}"
    yield f"archive = {text(package.archive)}"
    yield f"archive_sha256 = {text(package.sha256)}"
    yield "sources = ["
    for source in package.files:
        if source.path in files:
            yield f"  {{ file = {text(source.path)}, sha256 = {text(source.sha256)} }},"
    yield "]"


def network_table(network: Network, folder: Path) -> Iterator[str]:
    path = folder / f"{network.name}.onnx"
    yield f"[networks.{network.name}]"
    yield f"file = {text(path.name)}"
    yield f"sha256 = {text(sha256(path))}"
    yield f"profile = {text(network.profile)}"
    yield f"licence = {text(network.licence)}"
    yield f"training_data = {text(network.training_data)}"
    yield from origin(network.package, network.files)
    yield f"input_shape = {array(network.shape)}"
    yield f"input_side = {text(network.side)}"
    yield f"product_size = {array(network.size)}"
    yield f"normalisation = {text(network.normalisation)}"
    for output in network.outputs:
        yield ""
        yield f"[[networks.{network.name}.outputs]]"
        yield f"name = {text(output.name)}"
        yield f"shape = {array(output.shape)}"
        yield f"tolerance = {output.tolerance}"
        yield f"meaning = {text(output.meaning)}"


def canonical_table(folder: Path) -> Iterator[str]:
    path = folder / CANONICAL_FACE
    yield "[arrays.canonical_face]"
    yield f"file = {text(path.name)}"
    yield f"sha256 = {text(sha256(path))}"
    yield 'profile = "permissive"'
    yield 'licence = "Apache-2.0 (MediaPipe, face_geometry), shipped again in a package under MIT"'
    yield from origin(MIND_AR, [source.path for source in MIND_AR.files])
    yield "shape = [468, 3]"
    yield 'meaning = "vertices of the canonical face in centimetres: x to the picture\'s right, y up, z to the viewer"'


def write_manifest(folder: Path) -> None:
    """Write the manifest for the files that lie in `folder`."""
    tables = [network_table(network, folder) for network in NETWORKS]
    parts = ["\n".join(table) for table in (*tables, canonical_table(folder))]
    (folder / "manifest.toml").write_text("\n\n".join([HEADER.rstrip(), *parts]) + "\n")
