"""The labelled stills as a stream of pictures with the places where faces are said to be."""

import csv
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from faceline.vision.geometry import Pixels, RotatedSquare

BOX_MARGIN, BOX_DROP = 1.3, 0.04
"""Square for the mesh around a forehead-to-chin box: side over its longer side, and how far below its middle in box
heights (detector.md section 1)."""
TILE_MARGIN = 1.25
"""The same for a tile that the face fills."""

FACES = (
    "attributes_celeba",
    "age_utkface",
    "emotions_ferplus",
    "emotions_ckplus48",
    "emotions_muxspace",
    "eyes_closed_cew",
    "masks",
    "scenes",
    "landmarks68",
)
SETS = (*FACES, "noface")


@dataclass(frozen=True, slots=True)
class Place:
    """One labelled face.

    row       of the set's table (for scenes: of scenes_boxes.csv)
    split     train, val or test
    search    square for the first pass of the mesh
    """

    row: int
    split: str
    search: RotatedSquare


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture of a set with its places; none in `noface`."""

    set_name: str
    split: str
    pixels: Pixels
    places: tuple[Place, ...]


def rows_of(stills: Path, set_name: str) -> list[dict[str, str]]:
    """The set's table, one dictionary per row; of scenes the table of boxes."""
    name = "scenes_boxes.csv" if set_name == "scenes" else f"{set_name}_labels.csv"
    with (stills / name).open(newline="") as table:
        return list(csv.DictReader(table))


def pictures_of(stills: Path, set_name: str) -> Iterator[LabelledPicture]:
    """All pictures of a set in the order of its table."""
    with tarfile.open(stills / f"{set_name}.tar.gz") as archive:
        files = {member.name.rsplit("/", 1)[-1]: _bytes(archive, member) for member in archive if member.isfile()}
    rows = rows_of(stills, set_name)
    if set_name in ("emotions_ferplus", "emotions_ckplus48"):
        yield from _tiles(set_name, files, rows)
    elif set_name == "scenes":
        yield from _scenes(files, rows)
    else:
        for number, row in enumerate(rows):
            pixels = decode(files[row["file"]])
            search = _search(row, pixels)
            places = (Place(number, row["split"], search),) if set_name != "noface" else ()
            yield LabelledPicture(set_name, row["split"], pixels, places)


def decode(content: bytes) -> Pixels:
    """JPEG bytes to (H, W, 3) RGB."""
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    assert stream is not None
    return stream.read()


def _tiles(set_name: str, files: dict[str, bytes], rows: list[dict[str, str]]) -> Iterator[LabelledPicture]:
    sheets = {name: decode(content) for name, content in files.items()}
    for number, row in enumerate(rows):
        x, y = int(row["col"]) * 48, int(row["row"]) * 48
        pixels = sheets[row["file"]][y : y + 48, x : x + 48]
        yield LabelledPicture(set_name, row["split"], pixels, (Place(number, row["split"], _whole(pixels)),))


def _scenes(files: dict[str, bytes], rows: list[dict[str, str]]) -> Iterator[LabelledPicture]:
    by_file: dict[str, list[Place]] = {}
    for number, row in enumerate(rows):
        if min(float(row["w"]), float(row["h"])) >= 20:
            box = [float(row[key]) for key in "xywh"]
            by_file.setdefault(row["file"], []).append(Place(number, row["split"], _around(*box)))
    for name, places in by_file.items():
        yield LabelledPicture("scenes", places[0].split, decode(files[name]), tuple(places))


def _search(row: dict[str, str], pixels: Pixels) -> RotatedSquare:
    if "face_x" in row:
        return _around(*(float(row[f"face_{key}"]) for key in "xywh"))
    if "x0" in row:
        x = np.array([float(row[f"x{k}"]) for k in range(68)])
        y = np.array([float(row[f"y{k}"]) for k in range(68)])
        top = y.min() - 0.25 * (y.max() - y.min())
        return _around(x.min(), top, x.max() - x.min(), y.max() - top)
    if "orig_face_px" in row:
        height, width = pixels.shape[:2]
        side = max(height, width) / 1.6
        return RotatedSquare(width / 2, height / 2 + BOX_DROP * side, side * BOX_MARGIN, 0.0)
    return _whole(pixels)


def _around(x: float, y: float, width: float, height: float) -> RotatedSquare:
    side = BOX_MARGIN * max(width, height)
    return RotatedSquare(float(x + width / 2), float(y + (0.5 + BOX_DROP) * height), float(side), 0.0)


def _whole(pixels: Pixels) -> RotatedSquare:
    height, width = pixels.shape[:2]
    return RotatedSquare(width / 2, height / 2, TILE_MARGIN * max(height, width), 0.0)
