"""The manifest of the weights: what each file is, where it comes from, and what goes in and out.

`weights/manifest.toml` is written by `tools/weights` for the converted networks, `weights/trained.toml` by `training/`
for what we trained. A file is used only if its bytes have the checksum that stands there, and only if the profile that
was chosen admits it: the others' entries are not even kept, so that nothing can load them.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faceline.domain.faults import Unusable
from faceline.domain.weights import WeightsProfile

MANIFESTS = ("manifest.toml", "trained.toml")
Shape = tuple[int | str | None, ...]


class WeightsBroken(Unusable):
    """A weight file is missing, changed, or not what the manifest says."""


class WeightsNotAdmitted(Unusable):
    """A weight file was asked for that the chosen profile does not admit."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a network; letters in the shape stand for free dimensions."""

    name: str
    shape: Shape

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Shape of one row, free dimensions counted as 0."""
        return tuple(length if isinstance(length, int) else 0 for length in self.shape[1:])


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file beside the manifest with its checksum and what is known of its licence."""

    name: str
    path: Path
    sha256: str
    profile: WeightsProfile

    def read(self) -> bytes:
        """The file's bytes. Raises WeightsBroken if it is missing or its checksum differs."""
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise WeightsBroken(f"cannot read the weights {self.path}: {error.strerror}") from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise WeightsBroken(f"{self.path} has sha256 {found[:16]}..., the manifest says {self.sha256[:16]}...")
        return content


@dataclass(frozen=True, slots=True)
class NetworkEntry(WeightFile):
    """An ONNX file. Its input takes uint8 RGB pictures (N, H, W, 3); normalisation is part of the graph."""

    input: Port
    outputs: tuple[Port, ...]

    def check_interface(self, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> None:
        """Compare names and shapes with those of the loaded file. Raises WeightsBroken."""
        for kind, stated, found in (("inputs", (self.input,), inputs), ("outputs", self.outputs, outputs)):
            if {port.name for port in stated} != set(found):
                raise WeightsBroken(f"{self.path} has {kind} {sorted(found)}, not those of the manifest")
            for port in stated:
                if not _agree(port.shape, found[port.name]):
                    raise WeightsBroken(f"{self.path}: {port.name} has shape {found[port.name]}, not {port.shape}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The entries that a profile admits, by name.

    barred   names of the entries that it does not admit
    """

    profile: WeightsProfile
    networks: Mapping[str, NetworkEntry]
    arrays: Mapping[str, WeightFile]
    barred: frozenset[str]

    @staticmethod
    def load(folder: Path, profile: WeightsProfile = WeightsProfile.RESEARCH) -> "Manifest":
        """Read the manifests of a weights folder. Raises WeightsBroken if one is missing or malformed."""
        networks: dict[str, NetworkEntry] = {}
        arrays: dict[str, WeightFile] = {}
        for name in MANIFESTS:
            try:
                document = tomllib.loads((folder / name).read_text(encoding="utf-8"))
                networks |= {key: _network(folder, key, row) for key, row in document.get("networks", {}).items()}
                arrays |= {key: _file(folder, key, row) for key, row in document.get("arrays", {}).items()}
            except OSError as error:
                raise WeightsBroken(f"cannot read the manifest {folder / name}: {error.strerror}") from error
            except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
                raise WeightsBroken(f"the manifest {folder / name} is malformed: {error}") from error
        files: dict[str, WeightFile] = {**networks, **arrays}
        return Manifest(
            profile,
            {name: entry for name, entry in networks.items() if profile.admits(entry.profile)},
            {name: file for name, file in arrays.items() if profile.admits(file.profile)},
            frozenset(name for name, file in files.items() if not profile.admits(file.profile)),
        )

    def network(self, name: str) -> NetworkEntry:
        """The network of that name. Raises WeightsNotAdmitted, or WeightsBroken if there is none."""
        if name not in self.networks:
            raise self._missing(name, "network", self.networks)
        return self.networks[name]

    def array(self, name: str) -> WeightFile:
        """The array file of that name. Raises WeightsNotAdmitted, or WeightsBroken if there is none."""
        if name not in self.arrays:
            raise self._missing(name, "array", self.arrays)
        return self.arrays[name]

    def _missing(self, name: str, kind: str, there: Iterable[str]) -> Unusable:
        if name in self.barred:
            return WeightsNotAdmitted(f"the weights profile {self.profile.value} does not admit {name}")
        return WeightsBroken(f"the manifest names no {kind} {name!r}; it has {', '.join(sorted(there))}")


def _file(folder: Path, name: str, row: Mapping[str, object]) -> WeightFile:
    return WeightFile(name, folder / str(row["file"]), str(row["sha256"]), WeightsProfile(str(row["profile"])))


def _network(folder: Path, name: str, row: Mapping[str, Any]) -> NetworkEntry:
    file = _file(folder, name, row)
    outputs = tuple(Port(str(output["name"]), tuple(output["shape"])) for output in row["outputs"])
    pixels = Port("pixels", tuple(row["input_shape"]))
    return NetworkEntry(name, file.path, file.sha256, file.profile, pixels, outputs)


def _agree(stated: Shape, found: Shape) -> bool:
    """Whether every fixed length agrees; free dimensions may have any name."""
    return len(stated) == len(found) and all(
        (isinstance(a, int), a if isinstance(a, int) else 0) == (isinstance(b, int), b if isinstance(b, int) else 0)
        for a, b in zip(stated, found, strict=True)
    )
