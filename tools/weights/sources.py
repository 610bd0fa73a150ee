"""The pinned packages that the weights are rebuilt from, and how to fetch them."""

import hashlib
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file inside a package's archive, with the sha256 of its content."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Package:
    """A package of one version in one registry (`pypi` or `npm`)."""

    registry: str
    name: str
    version: str
    archive: str
    sha256: str
    files: tuple[SourceFile, ...]


class ChecksumError(Exception):
    """A fetched archive or a file in it is not the one that was pinned."""


MEDIAPIPE: Final = Package(
    "pypi",
    "mediapipe",
    "0.10.21",
    "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
    "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    (
        SourceFile(
            "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",
            "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
        ),
    ),
)
HUMAN: Final = Package(
    "npm",
    "@vladmandic/human",
    "3.3.6",
    "vladmandic-human-3.3.6.tgz",
    "425e9c51dbbca0c8934362b170cb0d54c2529c11c654b3c03092b16e9d6ad3f7",
    (
        SourceFile("package/models/blazeface.json", "cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f"),
        SourceFile("package/models/blazeface.bin", "dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72"),
        SourceFile("package/models/faceres.json", "5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df"),
        SourceFile("package/models/faceres.bin", "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b"),
        SourceFile("package/models/emotion.json", "56f7e557eb0c863a8b9ab04ac7ccba756e93bf2c27dce135ef0e8712b80b7ad2"),
        SourceFile("package/models/emotion.bin", "927ac8224f356ab1e68c2bcfbfa07b0c8567047d1bcf817388ba6e38214c4987"),
    ),
)
FACE_API: Final = Package(
    "npm",
    "@vladmandic/face-api",
    "1.7.15",
    "vladmandic-face-api-1.7.15.tgz",
    "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
    (
        SourceFile(
            "package/model/face_expression_model-weights_manifest.json",
            "5b349c17c7836da506e03422cd6461c74085d8bb2713ad4114647dc5d28174c8",
        ),
        SourceFile(
            "package/model/face_expression_model.bin",
            "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
        ),
        SourceFile(
            "package/model/age_gender_model-weights_manifest.json",
            "74b60bf3ebf981bf4e661e9cca3a185614e10b25d797118b62e2a68d3ff2569f",
        ),
        SourceFile(
            "package/model/age_gender_model.bin",
            "49f92bbc0afef2342c4385e4a2b0acb6d7a727c6f0aa539499719a81acf9abaa",
        ),
    ),
)
MIND_AR: Final = Package(
    "npm",
    "mind-ar",
    "1.2.5",
    "mind-ar-1.2.5.tgz",
    "e14a0f6e1bdd85beb757d72354999a967efcaaac2fc9a036ce1852ea2d6c5193",
    (
        SourceFile(
            "package/src/face-target/face-geometry/canonical-face-model.obj",
            "8bac80443397e113f41a8b565ea72c59390bc031d9defab289dba7bc0c54e618",
        ),
    ),
)
"""Holds MediaPipe's canonical face model, which the wheel of mediapipe does not."""

PACKAGES: Final = (MEDIAPIPE, HUMAN, FACE_API, MIND_AR)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(package: Package, folder: Path) -> Path:
    """Fetch a package's archive into `folder`, unless it is there already, and check it.

    Raises:
        ChecksumError: the archive is not the pinned one.
        subprocess.CalledProcessError: pip or npm failed.
    """
    archive = folder / package.archive
    if not archive.exists():
        specifier = f"{package.name}=={package.version}"
        pip = ["pip", "download", "--no-deps", "--only-binary=:all:", "--python-version=3.11"]
        pip += ["--platform=manylinux_2_28_x86_64", specifier]
        npm = ["npm", "pack", f"{package.name}@{package.version}"]
        subprocess.run(pip if package.registry == "pypi" else npm, cwd=folder, check=True)
    if sha256(archive) != package.sha256:
        raise ChecksumError(f"{archive} has sha256 {sha256(archive)}, expected {package.sha256}")
    return archive


def unpack(package: Package, archive: Path, folder: Path) -> None:
    """Extract the files that the converters read, below `folder` under their paths in the archive.

    Raises:
        ChecksumError: a file is not the pinned one.
    """
    for source in package.files:
        target = folder / source.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(member(archive, source.path))
        if sha256(target) != source.sha256:
            raise ChecksumError(f"{target} has sha256 {sha256(target)}, expected {source.sha256}")


def member(archive: Path, path: str) -> bytes:
    """Read one file out of a wheel or an npm archive."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(path)
    with tarfile.open(archive) as tar:
        content = tar.extractfile(path)
        assert content is not None, path
        return content.read()


def unpack_all(archive: Path, folder: Path) -> None:
    """Extract a whole npm archive, for running the package itself."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def home(package: Package, cache: Path) -> Path:
    """Where a package's files lie below the cache folder."""
    return cache / package.archive.removesuffix(".tgz").removesuffix(".whl")


def fetch(cache: Path) -> None:
    """Fetch, check and unpack every package."""
    cache.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        archive = download(package, cache)
        unpack(package, archive, home(package, cache))
        print(f"{package.name} {package.version}: {len(package.files)} files, checksums right")
