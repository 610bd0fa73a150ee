"""Cut every labelled face once: `python -m training.appearance.store --data FOLDER --out FOLDER`.

Writes beside each other
  crops.npy    (N, 144, 144, 3) uint8 RGB, side 1.5 x the mesh's bounds, turned upright: room to draw rotation, scale
               and shift without the pictures
  mesh.npy     (N, 478, 3) float32, points in the crop's frame, 0..1 along its side, z in the same unit
  faces.npz    set, row, split, kind (0 face, 1 box on a face-free picture, 2 random square on one), flag,
               square (x, y, side at margin 1, angle in the picture), picture (number within the set)
The first place is the label's; the mesh is the product's, with both passes.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from faceline.vision.crops import cut
from faceline.vision.detect import Detector, MultiScaleDetector
from faceline.vision.geometry import Doubles, Pixels, RotatedSquare
from faceline.vision.mesh import CROP, SEARCH_MARGIN, FaceMesh, to_frame
from faceline.vision.network import Network
from faceline.vision.rows import BlazeRows
from faceline.vision.settings import DetectorSettings
from training.appearance.pictures import SETS, LabelledPicture, Place, pictures_of
from training.appearance.weights import converted

SIDE, MARGIN = 144, 1.5
LOW_SCORE = 0.3
"""Detector boxes above it on face-free pictures become negatives."""
SPLITS = ("train", "val", "test")
RANDOM_SQUARES = 8
"""Random squares per face-free training picture."""


@dataclass(frozen=True, slots=True)
class Record:
    """One crop before it is written."""

    set_name: str
    row: int
    split: str
    kind: int
    picture: int
    flag: float
    square: RotatedSquare
    points: Doubles
    crop: Pixels


class Meshes:
    """Both passes of the mesh on given squares, without any test of the flag."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def find(self, pixels: Pixels, squares: list[RotatedSquare]) -> list[FaceMesh]:
        first = self._pass(pixels, squares)
        return self._pass(pixels, [mesh.square(SEARCH_MARGIN) for mesh in first])

    def _pass(self, pixels: Pixels, squares: list[RotatedSquare]) -> list[FaceMesh]:
        crops = np.stack([cut(pixels, square, CROP) for square in squares])
        points, flags = self._network.run(crops)
        chance = 1 / (1 + np.exp(-flags.reshape(-1).astype(np.float64)))
        placed = [to_frame(one.astype(np.float64), square) for one, square in zip(points, squares, strict=True)]
        return [FaceMesh(one, float(flag), 1.0) for one, flag in zip(placed, chance, strict=True)]


def records(stills: Path, name: str, meshes: Meshes, detector: Detector, seed: int) -> Iterator[Record]:
    """All crops of a set."""
    random = np.random.default_rng(seed)
    for number, picture in enumerate(pictures_of(stills, name)):
        places, kinds = list(picture.places), [0] * len(picture.places)
        if name == "noface":
            places, kinds = _negatives(picture, number, detector, random)
        places, kinds = _inside(picture, places, kinds)
        if not places:
            continue
        found = meshes.find(picture.pixels, [place.search for place in places])
        for place, kind, mesh in zip(places, kinds, found, strict=True):
            record = _record(picture, number, place, kind, mesh)
            if record is not None:
                yield record


def _inside(picture: LabelledPicture, places: list[Place], kinds: list[int]) -> tuple[list[Place], list[int]]:
    height, width = picture.pixels.shape[:2]
    kept = [
        (place, kind)
        for place, kind in zip(places, kinds, strict=True)
        if -0.3 * width < place.search.x < 1.3 * width and -0.3 * height < place.search.y < 1.3 * height
    ]
    return [place for place, _ in kept], [kind for _, kind in kept]


def _negatives(
    picture: LabelledPicture, number: int, detector: Detector, random: np.random.Generator
) -> tuple[list[Place], list[int]]:
    """What the detector takes for faces at three scales, and random squares in the training part."""
    places = []
    for factor in (1.0, 0.5, 2.0):
        scaled = cv2.resize(picture.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        for candidate in detector.detect(np.asarray(scaled, np.uint8)):
            square = candidate.search
            search = RotatedSquare(square.x / factor, square.y / factor, square.side / factor, square.angle_rad)
            places.append(Place(number, picture.split, search))
    kinds = [1] * len(places)
    if picture.split == "train":
        height, width = picture.pixels.shape[:2]
        for _ in range(RANDOM_SQUARES):
            side = float(np.exp(random.uniform(np.log(24), np.log(0.8 * min(height, width)))))
            x, y = random.uniform(side / 2, width - side / 2), random.uniform(side / 2, height - side / 2)
            places.append(Place(number, picture.split, RotatedSquare(x, y, side * 1.5, random.normal(0, 0.2))))
            kinds.append(2)
    return places, kinds


def _record(picture: LabelledPicture, number: int, place: Place, kind: int, mesh: FaceMesh) -> Record | None:
    if kind == 0 and mesh.flag <= 0.5:
        return None
    square = mesh.square(1.0)
    height, width = picture.pixels.shape[:2]
    if square.side < 6 or not (0 < square.x < width and 0 < square.y < height):
        return None
    wide = square.scaled(MARGIN)
    c, s = np.cos(square.angle_rad), np.sin(square.angle_rad)
    turn = np.array([[c, s], [-s, c]]) / wide.side
    points = np.empty_like(mesh.points)
    points[:, :2] = (mesh.points[:, :2] - (square.x, square.y)) @ turn.T + 0.5
    points[:, 2] = mesh.points[:, 2] / wide.side
    crop = cut(picture.pixels, wide, SIDE)
    return Record(picture.set_name, place.row, place.split, kind, number, mesh.flag, square, points, crop)


def write(found: list[Record], out: Path) -> None:
    """Write the three files."""
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "crops.npy", np.stack([record.crop for record in found]))
    np.save(out / "mesh.npy", np.stack([record.points for record in found]).astype(np.float32))
    squares = [(r.square.x, r.square.y, r.square.side, r.square.angle_rad) for r in found]
    np.savez(
        out / "faces.npz",
        set=np.array([SETS.index(record.set_name) for record in found]),
        row=np.array([record.row for record in found]),
        split=np.array([SPLITS.index(record.split) for record in found]),
        kind=np.array([record.kind for record in found]),
        picture=np.array([record.picture for record in found]),
        flag=np.array([record.flag for record in found]),
        square=np.array(squares),
    )


def main() -> None:
    """Read the arguments and build the store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    meshes = Meshes(converted("amesh"))
    detector = MultiScaleDetector(BlazeRows(converted("back")), DetectorSettings(score=LOW_SCORE, second_look=None))
    found: list[Record] = []
    for name in SETS:
        before = len(found)
        found.extend(records(arguments.data / "stills", name, meshes, detector, arguments.seed))
        print(json.dumps({"set": name, "crops": len(found) - before}), flush=True)
    write(found, arguments.out)


if __name__ == "__main__":
    main()
