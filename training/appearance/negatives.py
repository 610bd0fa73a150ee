"""Mine what is taken for faces and is none: `python -m training.appearance.negatives --data FOLDER --out FOLDER`.

Looks at the training pictures of `detection` (away from every box, ignored ones included) and at drawn pictures
(`training.detector.drawn`: lettering, icons, drawn faces, backs of heads, skin, lenses) with the converted detector at
a low score and at several scales. Writes crops.npy (N, 144, 144, 3) and split.npy (0 train, 1 val, by picture).
"""

import argparse
import csv
import json
import tarfile
from pathlib import Path

import cv2
import numpy as np

from faceline.vision.crops import cut
from faceline.vision.detect import MultiScaleDetector
from faceline.vision.geometry import PixelBox, Pixels
from faceline.vision.rows import BlazeRows
from faceline.vision.settings import DetectorSettings
from training.appearance.pictures import decode
from training.appearance.store import MARGIN, SIDE, Meshes
from training.appearance.weights import converted
from training.detector.drawn import drawn_pictures

SCALES = (1.0, 0.5)
LOW_SCORE = 0.2
CLEAR = 0.15
"""Share of a candidate that may lie in a labelled box."""
DRAWN = 700
SMALLEST = 12.0
"""Pixels of a candidate's side."""


def faces_by_file(folder: Path) -> dict[str, list[PixelBox]]:
    """Boxes of each picture, a quarter larger on every side: hair and neck are no clean negatives."""
    found: dict[str, list[PixelBox]] = {}
    with (folder / "detection_boxes.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            x, y, w, h = (float(row[key]) for key in "xywh")
            box = PixelBox(x - 0.25 * w, y - 0.25 * h, x + 1.25 * w, y + 1.25 * h)
            found.setdefault(row["file"], []).append(box)
    return found


def mined(pixels: Pixels, faces: list[PixelBox], detector: MultiScaleDetector, meshes: Meshes) -> list[Pixels]:
    """Crops of what the detector finds away from the faces, placed as the product would place them."""
    squares = []
    for factor in SCALES:
        scaled = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
        for candidate in detector.detect(scaled):
            box = candidate.box
            place = PixelBox(box.left / factor, box.top / factor, box.right / factor, box.bottom / factor)
            taken = max((place.intersection(face) / max(place.area, 1e-6) for face in faces), default=0.0)
            if taken < CLEAR and place.width > SMALLEST:
                search = candidate.search.scaled(1 / factor)
                squares.append(type(search)(search.x / factor, search.y / factor, search.side, search.angle_rad))
    height, width = pixels.shape[:2]
    squares = [one for one in squares if 0 < one.x < width and 0 < one.y < height]
    found = meshes.find(pixels, squares) if squares else []
    places = [mesh.square(MARGIN) for mesh in found]
    return [
        cut(pixels, place, SIDE)
        for place in places
        if place.side > SMALLEST and 0 < place.x < width and 0 < place.y < height
    ]


def main() -> None:
    """Read the arguments and mine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=17)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    random = np.random.default_rng(arguments.seed)
    detector = MultiScaleDetector(BlazeRows(converted("back")), DetectorSettings(score=LOW_SCORE, second_look=None))
    meshes = Meshes(converted("amesh"))
    folder = arguments.data / "detection"
    faces = faces_by_file(folder)
    with (folder / "detection_pictures.csv").open(newline="") as table:
        split = {row["file"]: row["split"] for row in csv.DictReader(table)}
    crops: list[Pixels] = []
    parts: list[int] = []
    with tarfile.open(folder / "detection.tar.gz") as archive:
        for member in archive:
            name = member.name.rsplit("/", 1)[-1]
            stream = archive.extractfile(member) if split.get(name) in ("train", "val") else None
            if stream is not None:
                found = mined(decode(stream.read()), faces.get(name, []), detector, meshes)
                crops += found
                parts += [("train", "val").index(split[name])] * len(found)
    print(json.dumps({"pictures": len(crops)}), flush=True)
    for number, pixels in enumerate(drawn_pictures(random, DRAWN, [])):
        found = mined(pixels, [], detector, meshes)
        crops += found
        parts += [int(number % 5 == 0)] * len(found)
    print(json.dumps({"with_drawn": len(crops)}), flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    np.save(arguments.out / "crops.npy", np.stack(crops))
    np.save(arguments.out / "split.npy", np.array(parts))


if __name__ == "__main__":
    main()
