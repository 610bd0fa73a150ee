"""The detector without anything behind it: all it finds above a low score, at full and at a quarter of the size."""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.setups import Setup
from benchmarks.accuracy.whole import detections
from faceline.vision.detect import MultiScaleDetector
from faceline.vision.geometry import Pixels
from faceline.vision.manifest import Manifest
from faceline.vision.network import Network
from faceline.vision.rows import BlazeRows, OwnRows, Rows
from faceline.vision.settings import DetectorChoice
from training.detector.faces import Faces
from training.detector.pictures import Picture, load_detection, load_scenes
from training.detector.scoring import Scored, compare

HELD_OUT = ("val", "test")
FLOOR = 0.02
LENIENT, STRICT = 0.4, 0.5
SMALL = 16
BACK_BOX = (0.005, -0.1, 0.925, 1.226)
"""From the square of `back` to a box from the hair line to the chin, in its side: shift of the centre, width, height;
medians of 443 pairs of the train split (training/detector/runtime.py)."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Per picture the finds against the labels, at the lenient and at the strict overlap.

    In `strict` labels below 16 px are ignored; in `lenient` they may be found without being asked for.
    """

    lenient: list[Scored]
    strict: list[Scored]


def rows_of(setup: Setup) -> Rows:
    """The product's detector network, decoded."""
    choice = setup.settings.detector_network
    network = Network(Manifest.load(setup.settings.weights).network(choice), setup.settings.runtime)
    return OwnRows(network) if choice is DetectorChoice.OWN else BlazeRows(network)


def alone(facts: Facts, name: str) -> Alone:
    """On `scenes` or `wider`, val and test."""
    pictures = list(facts.limited(_pictures(facts, name)))

    def make() -> list[list[tuple[float, ...]]]:
        rows = rows_of(facts.setup)
        return [_found(rows, facts.setup, picture.pixels) for picture in pictures]

    found = facts.kept(f"alone-{name}", list[list[tuple[float, ...]]], make)
    rows = [np.array(each, np.float32).reshape(len(each), 5) for each in found]
    made = [detections(each[:, :4], [float(score) for score in each[:, 4]]) for each in rows]
    return Alone(
        [compare(each, picture.faces, LENIENT) for each, picture in zip(made, pictures, strict=True)],
        [compare(each, _from_small(picture.faces), STRICT) for each, picture in zip(made, pictures, strict=True)],
    )


def _pictures(facts: Facts, name: str) -> list[Picture]:
    if name == "scenes":
        return [p for p in load_scenes(facts.data, HELD_OUT) if p.origin != "scenes_helen"]
    return [p for p in load_detection(facts.data, HELD_OUT) if p.origin == "wider_val"]


def _found(network: Rows, setup: Setup, pixels: Pixels) -> list[tuple[float, ...]]:
    side = max(pixels.shape[:2])
    settings = replace(setup.settings.detector, long_side=side, short_pass=side // 4, score=FLOOR)
    back = setup.settings.detector_network is DetectorChoice.CONVERTED
    rows: list[tuple[float, ...]] = []
    for found in MultiScaleDetector(network, settings).detect(np.ascontiguousarray(pixels)):
        box = found.box
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        if back:
            x, y = (left + right) / 2 + BACK_BOX[0] * box.width, (top + bottom) / 2 + BACK_BOX[1] * box.height
            wide, high = BACK_BOX[2] * box.width / 2, BACK_BOX[3] * box.height / 2
            left, top, right, bottom = x - wide, y - high, x + wide, y + high
        rows.append((left, top, right, bottom, found.score))
    return rows


def _from_small(faces: Faces) -> Faces:
    low = faces.boxes[:, 3] - faces.boxes[:, 1] < SMALL
    return Faces(faces.boxes, faces.points, faces.covered, faces.ignored | low)
