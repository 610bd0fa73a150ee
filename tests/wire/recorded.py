"""Recorded answers of the real service, turned into domain facts so that our encoder can write them again."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from faceline.domain.face import EMOTIONS, Attributes, Box, Face, Gaze, Point, Pose, Quality

type_of_json = Mapping[str, Any]


def recorded(name: str) -> type_of_json:
    """The parsed file, or a skip with the reason."""
    root = os.environ.get("FACELINE_TEST_DATA")
    if not root:
        pytest.skip("FACELINE_TEST_DATA names no folder with recorded answers")
    document: type_of_json = json.loads((Path(root) / "recorded" / name).read_text())
    return document


def content_length(document: type_of_json) -> int:
    """What the service's header said."""
    return int(document["ResponseMetadata"]["HTTPHeaders"]["content-length"])


def face_of(detail: type_of_json) -> Face:
    """Domain facts that must be printed as this FaceDetail."""
    box, pose, quality = detail["BoundingBox"], detail["Pose"], detail["Quality"]
    return Face(
        box=Box(box["Left"], box["Top"], box["Width"], box["Height"]),
        score=detail["Confidence"] / 100,
        landmarks=tuple(Point(point["X"], point["Y"]) for point in detail["Landmarks"]),
        pose=Pose(pose["Roll"], pose["Yaw"], pose["Pitch"]),
        quality=Quality(quality["Brightness"], quality["Sharpness"]),
        attributes=_attributes_of(detail) if "AgeRange" in detail else None,
        gaze=_gaze_of(detail) if "AgeRange" in detail else None,
    )


def _attributes_of(detail: type_of_json) -> Attributes:
    low, high = detail["AgeRange"]["Low"], detail["AgeRange"]["High"]
    return Attributes(
        age_years=(low + high) / 2,
        age_spread=(high - low) / 2,
        male=_probability(detail["Gender"], "Male"),
        smile=_probability(detail["Smile"]),
        eyeglasses=_probability(detail["Eyeglasses"]),
        sunglasses=_probability(detail["Sunglasses"]),
        beard=_probability(detail["Beard"]),
        mustache=_probability(detail["Mustache"]),
        eyes_open=_probability(detail["EyesOpen"]),
        mouth_open=_probability(detail["MouthOpen"]),
        occluded=_probability(detail.get("FaceOccluded", {"Value": False, "Confidence": 50.0})),
        emotions=_emotions(detail["Emotions"]),
    )


def _gaze_of(detail: type_of_json) -> Gaze:
    gaze = detail.get("EyeDirection", {"Yaw": 0.0, "Pitch": 0.0, "Confidence": 0.0})
    return Gaze(gaze["Yaw"], gaze["Pitch"], gaze["Confidence"] / 100)


def _probability(verdict: type_of_json, positive: object = True) -> float:
    share: float = verdict["Confidence"] / 100
    return share if verdict["Value"] == positive else 1 - share


def _emotions(entries: Sequence[type_of_json]) -> tuple[float, ...]:
    confidences = {entry["Type"]: entry["Confidence"] / 100 for entry in entries}
    return tuple(confidences[emotion.value] for emotion in EMOTIONS)
