"""The 30 landmarks against the 68 points of 300-W, where both name the same place.

NME: mean distance over the points, in distances between the labelled outer eye corners. The service's points are not
those of 300-W to the last pixel (its mouth corners are the inner ones, its brows run along the middle): part of the
error is that difference. So three more things are measured: the vertices of the mesh that lie where 300-W has its
points, either of the two less each point's mean offset on train, and the mesh by a correspondence that was fitted on
train (`correspondence.py`). Nothing that ships was fitted to these points, so that all splits count for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.accuracy.alone import rows_of
from benchmarks.accuracy.correspondence import Correspondence
from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.sets import MATCH, Seen, Shown, shown
from benchmarks.accuracy.statistics import figure, rounded, share
from benchmarks.accuracy.turned import labelled, turned
from faceline.domain.face import LANDMARK_TYPES, Face
from faceline.domain.face import LandmarkType as Kind
from faceline.domain.job import FaceAttributes
from faceline.vision.detect import MultiScaleDetector
from faceline.vision.geometry import Doubles, PixelBox
from faceline.vision.manifest import Manifest
from faceline.vision.mesh import FaceMesh, Mesher
from faceline.vision.network import Network

Points = dict[Kind, tuple[int, ...]]

EYES: Points = {
    Kind.LEFT_EYE_LEFT: (36,),
    Kind.LEFT_EYE_UP: (37, 38),
    Kind.LEFT_EYE_RIGHT: (39,),
    Kind.LEFT_EYE_DOWN: (40, 41),
    Kind.RIGHT_EYE_LEFT: (42,),
    Kind.RIGHT_EYE_UP: (43, 44),
    Kind.RIGHT_EYE_RIGHT: (45,),
    Kind.RIGHT_EYE_DOWN: (46, 47),
}
BROWS: Points = {
    Kind.LEFT_EYE_BROW_LEFT: (17,),
    Kind.LEFT_EYE_BROW_UP: (19,),
    Kind.LEFT_EYE_BROW_RIGHT: (21,),
    Kind.RIGHT_EYE_BROW_LEFT: (22,),
    Kind.RIGHT_EYE_BROW_UP: (24,),
    Kind.RIGHT_EYE_BROW_RIGHT: (26,),
}
NOSE: Points = {Kind.NOSE: (30,), Kind.NOSE_LEFT: (31,), Kind.NOSE_RIGHT: (35,)}
MOUTH: Points = {Kind.MOUTH_LEFT: (60,), Kind.MOUTH_RIGHT: (64,), Kind.MOUTH_UP: (51,), Kind.MOUTH_DOWN: (66,)}
JAW: Points = {
    Kind.UPPER_JAWLINE_LEFT: (0,),
    Kind.MID_JAWLINE_LEFT: (4,),
    Kind.CHIN_BOTTOM: (8,),
    Kind.MID_JAWLINE_RIGHT: (12,),
    Kind.UPPER_JAWLINE_RIGHT: (16,),
}
PARTS: dict[str, Points] = {"eyes": EYES, "brows": BROWS, "nose": NOSE, "mouth": MOUTH, "jaw": JAW}
INNER: Points = {**EYES, **BROWS, **NOSE, **MOUTH}
# fmt: off
MESH = {
    17: 70, 18: 63, 19: 105, 20: 66, 21: 107, 22: 336, 23: 296, 24: 334, 25: 293, 26: 300,
    27: 168, 28: 197, 29: 5, 30: 4, 31: 75, 32: 97, 33: 2, 34: 326, 35: 305,
    36: 33, 37: 160, 38: 158, 39: 133, 40: 153, 41: 144, 42: 362, 43: 385, 44: 387, 45: 263, 46: 373, 47: 380,
    48: 61, 49: 39, 50: 37, 51: 0, 52: 267, 53: 269, 54: 291, 55: 405, 56: 314, 57: 17, 58: 84, 59: 181,
    60: 78, 61: 82, 62: 13, 63: 312, 64: 308, 65: 317, 66: 14, 67: 87,
}
# fmt: on
"""Points of 300-W without the jaw, and the vertices of the mesh at the same places."""
EIGHT = {36: 33, 39: 133, 42: 362, 45: 263, 48: 61, 54: 291, 30: 4, 8: 152}
"""Corners of eyes and mouth, tip of the nose, chin."""
MESH_PARTS = {
    "points in both sets": MESH,
    "eyes": {k: v for k, v in MESH.items() if 36 <= k < 48},
    "brows": {k: v for k, v in MESH.items() if k < 27},
    "nose": {k: v for k, v in MESH.items() if 27 <= k < 36},
    "mouth": {k: v for k, v in MESH.items() if k >= 48},
    "eight points": EIGHT,
}
OUTER_LEFT, OUTER_RIGHT = 36, 45
SPLITS = ("train", "val", "test")
TURNS = (30, 45, 60, 90)
"""Degrees by which the pictures of test are turned, to either side."""
ASKEW = 0.1
"""NME from which landmarks do not lie on the face."""
LESS_OFFSET = "less each point's mean offset on train"


def along_eyes(offsets: Doubles, label: Doubles) -> Doubles:
    """(P, 2) pixels as parts along and across the labelled eye line, in outer-eye distances."""
    x, y = label[OUTER_RIGHT] - label[OUTER_LEFT]
    return np.asarray(offsets @ np.array([[x, -y], [y, x]]) / (x**2 + y**2))


def wire_offsets(seen: Seen, face: Face, points: Points) -> Doubles:
    """(P, 2) from the label to the face's landmarks, see `along_eyes`."""
    label = labelled(seen.row)
    wanted = np.array([label[list(numbers)].mean(axis=0) for numbers in points.values()])
    ours = [face.landmarks[LANDMARK_TYPES.index(kind)] for kind in points]
    return along_eyes(np.array([[each.x * seen.width, each.y * seen.height] for each in ours]) - wanted, label)


def errors(seen: Seen, face: Face, points: Points) -> Doubles:
    """(P,) distances in outer-eye distances."""
    return np.asarray(np.hypot(*wire_offsets(seen, face, points).T))


@dataclass(frozen=True, slots=True)
class Mesh:
    """The mesh of a labelled picture: x, y of 478 vertices in pixels; none where no face was found."""

    row: dict[str, str]
    points: list[tuple[float, float]]


def meshes(facts: Facts) -> list[Mesh]:
    """Of every labelled picture the mesh that the pipeline lays over the labelled face."""

    def make() -> list[Mesh]:
        settings = facts.setup.settings
        detector = MultiScaleDetector(rows_of(facts.setup), settings.detector)
        mesher = Mesher(Network(Manifest.load(settings.weights).network("amesh"), settings.runtime), settings.mesh)
        return [
            _mesh(each, mesher.meshes([each.pixels], [detector.detect(each.pixels)])[0])
            for each in facts.limited(shown(facts.stills, "landmarks68", SPLITS))
        ]

    return facts.kept("meshes", list[Mesh], make)


def _mesh(each: Shown, found: Sequence[FaceMesh]) -> Mesh:
    best = max(found, key=lambda mesh: mesh.bounds.iou(PixelBox(*each.place)), default=None)
    if best is None or best.bounds.iou(PixelBox(*each.place)) < MATCH:
        return Mesh(each.row, [])
    return Mesh(each.row, [(rounded(x), rounded(y)) for x, y in best.points[:, :2]])


def mesh_offsets(mesh: Mesh, points: dict[int, int]) -> Doubles:
    """(P, 2) from the label to the mesh, see `along_eyes`."""
    label = labelled(mesh.row)
    return along_eyes(np.array(mesh.points)[list(points.values())] - label[list(points)], label)


def mean_length(offsets: Doubles) -> float:
    """Of (P, 2) offsets."""
    return float(np.hypot(offsets[:, 0], offsets[:, 1]).mean())


def _of_mesh(facts: Facts) -> list[Figure]:
    figures = []
    for part, splits in (("test", ("test",)), ("all splits", SPLITS)):
        chosen = [mesh for mesh in meshes(facts) if mesh.row["split"] in splits]
        found = [mesh for mesh in chosen if mesh.points]
        for name, points in MESH_PARTS.items():
            values = np.array([mean_length(mesh_offsets(mesh, points)) for mesh in found])
            missed = len(chosen) - len(found)
            figures.append(figure(f"mesh, {part}: NME, {name}", lambda v: float(v.mean()), [values], missed=missed))
    found = [mesh for mesh in meshes(facts) if mesh.points]
    offsets = [(mesh.row["split"], mesh_offsets(mesh, MESH)) for mesh in found]
    return [*figures, _less_offset("mesh", offsets), *_corresponding(found)]


def _less_offset(name: str, rows: Sequence[tuple[str, Doubles]]) -> Figure:
    """Each point's mean offset on train is what the two conventions differ by; what is left on test is error."""
    constant = np.mean([offsets for split, offsets in rows if split == "train"], axis=0)
    values = [mean_length(offsets - constant) for split, offsets in rows if split == "test"]
    return figure(
        f"{name}, test: NME, points in both sets, {LESS_OFFSET}", lambda v: float(v.mean()), [np.array(values)]
    )


def _corresponding(found: Sequence[Mesh]) -> list[Figure]:
    """The mesh on test by what train says of where 300-W has its points."""

    def part(split: str) -> tuple[Doubles, Doubles]:
        rows = [mesh for mesh in found if mesh.row["split"] == split]
        return np.array([mesh.points for mesh in rows]), np.array([labelled(mesh.row)[list(MESH)] for mesh in rows])

    fitted = Correspondence.chosen(part("train"), part("val"), list(MESH.values()))
    tested = [mesh for mesh in found if mesh.row["split"] == "test"]
    offsets = []
    for mesh in tested:
        label = labelled(mesh.row)
        offsets.append(along_eyes(fitted.points(np.array(mesh.points)) - label[list(MESH)], label))
    figures = []
    for name, points in MESH_PARTS.items():
        rows = [list(MESH).index(k) for k in points if k in MESH]
        if len(rows) == len(points):
            values = np.array([mean_length(each[rows]) for each in offsets])
            title = f"mesh, test: NME, {name}, by a correspondence fitted on train"
            figures.append(figure(title, lambda v: float(v.mean()), [values]))
    return figures


def _turned(facts: Facts) -> list[Figure]:
    """What becomes of finding and of landmarks when heads lean."""
    figures = []
    for angle in TURNS:
        seen = [
            each
            for sign in (-1, 1)
            for each in facts.seen(
                f"landmarks68-turned{sign * angle}",
                partial(_pictures_turned, facts, sign * angle),
                FaceAttributes.DEFAULT,
            )
        ]
        found = [errors(each, face, INNER).mean() for each in seen if (face := each.face)]
        title = f"landmarks, test turned by {angle} degrees"
        straight = np.array(found) < ASKEW
        figures += [
            share(f"{title}: face found", np.arange(len(seen)) < len(found)),
            share(f"{title}: found, NME under 10 %", np.arange(len(seen)) < straight.sum()),
        ]
    return figures


def _pictures_turned(facts: Facts, angle_deg: float) -> Iterator[Shown]:
    return (turned(each, angle_deg) for each in shown(facts.stills, "landmarks68"))


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """NME of the points in both sets without the jaw, of each part, and the share of bad faces."""
    everything = facts.set("landmarks68", SPLITS)
    figures: list[Figure] = []
    asked = {"points in both sets": INNER, **PARTS}
    for part, splits in (("test", ("test",)), ("all splits", SPLITS)):
        seen = [each for each in everything if each.row["split"] in splits]
        found = [(each, face) for each in seen if (face := each.face)]
        missed = len(seen) - len(found)
        for name, points in asked.items():
            means = np.array([errors(each, face, points).mean() for each, face in found])
            figures.append(figure(f"landmarks, {part}: NME, {name}", lambda v: float(v.mean()), [means], missed=missed))
        inner = np.array([errors(each, face, INNER).mean() for each, face in found])
        figures.append(Figure(f"landmarks, {part}: median NME", rounded(np.median(inner)), of=len(inner)))
        figures.append(Figure(f"landmarks, {part}: NME over 8 %", rounded((inner > 0.08).mean()), of=len(inner)))
    everywhere = [(each.row["split"], wire_offsets(each, face, INNER)) for each in everything if (face := each.face)]
    figures.append(_less_offset("landmarks", everywhere))
    curve = Curve("NME by point, all splits", [], [])
    for number, kind in enumerate({**INNER, **JAW}):
        points = {kind: {**INNER, **JAW}[kind]}
        rows = [errors(each, face, points)[0] for each in everything if (face := each.face)]
        curve.x.append(float(number))
        curve.y.append(rounded(np.mean(rows)))
    return [*figures, *_of_mesh(facts), *_turned(facts)], [curve]
