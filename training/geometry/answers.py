"""Recorded answers of the service as arrays, and what we see in those that come with their picture."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.recorded import ANSWERS, OUTER_OVER_PUPILS, brow_name, recorded_faces
from faceline.domain.face import LANDMARK_TYPES
from faceline.vision.box import service_box
from faceline.vision.crops import cut_box
from faceline.vision.detect import MultiScaleDetector
from faceline.vision.geometry import Doubles, PixelBox
from faceline.vision.manifest import Manifest
from faceline.vision.mesh import Mesher
from faceline.vision.network import Network
from faceline.vision.quality import SIDE
from faceline.vision.rows import OwnRows
from faceline.vision.settings import DetectorChoice, VisionSettings

KINDS = [kind.value for kind in LANDMARK_TYPES]
OUTER = [KINDS.index("leftEyeLeft"), KINDS.index("rightEyeRight")]
PUPILS = [KINDS.index("eyeLeft"), KINDS.index("eyeRight")]
SAME_PICTURE = {"comparefaces_group_target": "indexfaces_default_single"}
"""Two photographs of one sitting; they are left out together."""
OLDER_MODEL = "comparefaces_2019_group9"
"""The pose in it follows neither the mesh nor its own landmarks (pitch against its own nose: correlation -0.2)."""
WITHOUT_PICTURE: Mapping[str, tuple[float, float]] = {
    "getfacedetection_all_25fps_2021": (1280 / 720, 0.3),
    "detectfaces_classroom_1_nopicture": (16 / 9, 1.0),
    "detectfaces_classroom_2_nopicture": (16 / 9, 1.0),
    "detectfaces_classroom_3_nopicture": (16 / 9, 1.0),
    "detectfaces_classroom_4_nopicture": (16 / 9, 1.0),
    "detectfaces_2020_nopicture": (1.4, 1.0),
}
"""Answer to width over height of its picture, and weight of one face. The video's stands in its answer, the others are
those at which boxes have the usual shape; its 80 faces are few people, so each counts less."""
BEFORE_2021 = ("detectfaces_2020_nopicture",)
MATCH_IOU = 0.3


@dataclass(frozen=True, slots=True)
class Answers:
    """Recorded faces.

    groups      (N,) their picture's or answer's name
    landmarks   (N, 30, 2) pixels; NaN where a face has five points only
    boxes       (N, 4) left, top, right, bottom, pixels
    poses       (N, 3) yaw, pitch, roll, degrees
    quality     (N, 2) brightness, sharpness
    gaze        (N, 2) yaw, pitch, degrees; NaN where there is none
    weights     (N,)
    """

    groups: np.ndarray
    landmarks: Doubles
    boxes: Doubles
    poses: Doubles
    quality: Doubles
    gaze: Doubles
    weights: Doubles

    @property
    def complete(self) -> np.ndarray:
        """(N,) whether all 30 landmarks are there."""
        return np.asarray(~np.isnan(self.landmarks).any(axis=(1, 2)))

    @property
    def units(self) -> Doubles:
        """(N,) pixels between the outer corners of the eyes."""
        outer = np.hypot(*np.diff(self.landmarks[:, OUTER], axis=1)[:, 0].T)
        pupils = OUTER_OVER_PUPILS * np.hypot(*np.diff(self.landmarks[:, PUPILS], axis=1)[:, 0].T)
        return np.asarray(np.where(np.isnan(outer), pupils, outer))


@dataclass(frozen=True, slots=True)
class Seen:
    """What we see of the recorded faces.

    meshes   (N, 478, 3) pixels
    light    (N, 3) of our box's crop: mean luma, ln(1 + variance of the Laplacian), ln(box height in pixels)
    """

    meshes: Doubles
    light: Doubles


def without_picture(folder: Path) -> Answers:
    """All faces of the answers of `WITHOUT_PICTURE`, pictures 1 pixel high."""
    rows = [
        (_row(face, answer, wide, 1.0), answer, weight)
        for answer, (wide, weight) in WITHOUT_PICTURE.items()
        for face in _faces(json.loads((folder / f"{answer}.json").read_text()))
    ]
    return _answers([row for row, _, _ in rows], [name for _, name, _ in rows], [weight for _, _, weight in rows])


def with_picture(folder: Path) -> tuple[Answers, Seen]:
    """All faces of the answers with a picture that we find, with what the product's mesh says of them.

    No appearance is asked here, so the mesh must be sure of itself.
    """
    settings = VisionSettings()
    manifest = Manifest.load(settings.weights)
    rows = OwnRows(Network(manifest.network(DetectorChoice.OWN), settings.runtime))
    detector = MultiScaleDetector(rows, settings.detector)
    mesher = Mesher(Network(manifest.network("amesh"), settings.runtime), replace(settings.mesh, flag=0.5, sure=1.0))
    found, names, meshes, light = [], [], [], []
    for answer, picture in ANSWERS.items():
        pixels = np.asarray(Image.open(folder / picture).convert("RGB"))
        height, width = pixels.shape[:2]
        ours = mesher.meshes([pixels], [detector.detect(pixels)])[0]
        for face in recorded_faces(json.loads((folder / f"{answer}.json").read_text())):
            row = _row(face, answer, width, height)
            box = PixelBox(*row["box"])
            best = max(ours, key=lambda mesh: service_box(mesh.bounds).iou(box))
            bounds = service_box(best.bounds)
            if bounds.iou(box) > MATCH_IOU:
                grey = cv2.cvtColor(cut_box(pixels, bounds, SIDE), cv2.COLOR_RGB2GRAY)
                detail = np.log1p(cv2.Laplacian(grey, cv2.CV_64F).var())
                found.append(row)
                names.append(SAME_PICTURE.get(answer, answer))
                meshes.append(best.points)
                light.append([grey.mean(dtype=np.float64), detail, np.log(bounds.height)])
    return _answers(found, names, [1.0] * len(found)), Seen(np.array(meshes), np.array(light))


def _faces(document: Any) -> Iterator[dict[str, Any]]:
    """Every face in a document, however deep."""
    if isinstance(document, list):
        for part in document:
            yield from _faces(part)
    elif isinstance(document, dict):
        if "Landmarks" in document and "BoundingBox" in document:
            yield document
        else:
            for part in document.values():
                yield from _faces(part)


def _row(face: dict[str, Any], answer: str, width: float, height: float) -> dict[str, Any]:
    points = np.full((len(KINDS), 2), np.nan)
    for row in face["Landmarks"]:
        points[KINDS.index(brow_name(row["Type"], answer))] = row["X"] * width, row["Y"] * height
    box = face["BoundingBox"]
    left, top = box["Left"] * width, box["Top"] * height
    gaze = face.get("EyeDirection", {})
    return {
        "landmarks": points,
        "box": (left, top, left + box["Width"] * width, top + box["Height"] * height),
        "pose": [face["Pose"][name] for name in ("Yaw", "Pitch", "Roll")],
        "quality": [face.get("Quality", {}).get(name, np.nan) for name in ("Brightness", "Sharpness")],
        "gaze": [gaze.get(name, np.nan) for name in ("Yaw", "Pitch")],
    }


def _answers(rows: list[dict[str, Any]], names: list[str], weights: list[float]) -> Answers:
    landmarks, boxes, poses, quality, gaze = (
        np.array([row[key] for row in rows]) for key in ("landmarks", "box", "pose", "quality", "gaze")
    )
    return Answers(np.array(names), landmarks, boxes, poses, quality, gaze, np.array(weights))
