"""Our faces beside recorded answers of the real service, value by value: `python -m benchmarks.recorded`.

Reads the recorded answers that come with a picture from the folder `recorded` of FACELINE_TEST_DATA, analyses the
pictures with every attribute, and writes docs/recorded.md and docs/recorded.json. No picture is copied.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from faceline.domain.face import EMOTIONS, LANDMARK_TYPES, Attributes, Face
from faceline.domain.job import FaceAttributes
from faceline.domain.verdicts import THRESHOLDS
from faceline.vision.analyse import Analyser

DOCS = Path(__file__).parents[1] / "docs"
MATCH_IOU = 0.3
MIN_HEIGHT = 60
"""Pixels of face height from which attributes are compared."""
EYES_AND_MOUTH = ("eyeLeft", "eyeRight", "mouthLeft", "mouthRight")
OUTER_CORNERS = ("leftEyeLeft", "rightEyeRight")
OUTER_OVER_PUPILS = 1.42
"""Outer eye corners apart over pupils apart, for recorded faces that name five points only."""
BOOLEANS = {
    "Smile": "smile",
    "Eyeglasses": "eyeglasses",
    "Sunglasses": "sunglasses",
    "Beard": "beard",
    "Mustache": "mustache",
    "EyesOpen": "eyes_open",
    "MouthOpen": "mouth_open",
    "FaceOccluded": "occluded",
}
ASKED = ("Gender", "Smile", "Eyeglasses", "Sunglasses", "Beard", "MouthOpen", "Emotion")
"""Values of the acceptance figure; the others are shown beside it."""
BROWS_INTERCHANGED = ("detectfaces_small120x160", "getfacedetection_all_25fps_2021")
"""Answers from the time when the service gave the brows' upper and right ends each other's names (B204)."""
ANSWERS = {
    "detectfaces_group27": "detectfaces_group27.jpg",
    "indexfaces_default_single": "indexfaces_default_single.jpg",
    "indexfaces_all_yaw_right": "indexfaces_all_yaw_right.jpg",
    "detectfaces_small120x160": "detectfaces_small120x160.jpg",
    "comparefaces_2019_group9": "comparefaces_2019_group9.jpg",
    "comparefaces_group_target": "comparefaces_group_target.jpg",
    "comparefaces_pair": "comparefaces_pair_target.jpg",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A recorded face and ours, or None where we found none."""

    answer: str
    number: int
    width: int
    height: int
    theirs: dict[str, Any]
    ours: Face | None

    @property
    def pixels(self) -> float:
        """Height of the recorded face in pixels."""
        return float(self.theirs["BoundingBox"]["Height"] * self.height)


def recorded_faces(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The faces of an answer of DetectFaces, IndexFaces or CompareFaces (those of the target picture)."""
    if "FaceDetails" in answer:
        return list(answer["FaceDetails"])
    if "FaceDetail" in answer:
        return [answer["FaceDetail"]]
    if "FaceRecords" in answer:
        return [record["FaceDetail"] for record in answer["FaceRecords"]]
    return [match["Face"] for match in answer["FaceMatches"]] + list(answer.get("UnmatchedFaces", []))


def pairs_of(folder: Path, analyser: Analyser) -> Iterator[tuple[list[Pair], int]]:
    """For each answer its pairs and the number of our faces that match none of its."""
    for name, picture in ANSWERS.items():
        faces = recorded_faces(json.loads((folder / f"{name}.json").read_text()))
        pixels = np.asarray(Image.open(folder / picture).convert("RGB"))
        height, width = pixels.shape[:2]
        ours = list(analyser.analyse([pixels], FaceAttributes.ALL)[0])
        pairs = []
        for number, theirs in enumerate(faces):
            best = max(ours, key=lambda face: iou(theirs["BoundingBox"], face), default=None)
            if best is not None and iou(theirs["BoundingBox"], best) > MATCH_IOU:
                ours.remove(best)
            else:
                best = None
            pairs.append(Pair(name, number, width, height, theirs, best))
        yield pairs, len(ours)


def iou(theirs: dict[str, float], ours: Face) -> float:
    """Intersection over union of a recorded box and ours."""
    box = ours.box
    wide = min(theirs["Left"] + theirs["Width"], box.left + box.width) - max(theirs["Left"], box.left)
    high = min(theirs["Top"] + theirs["Height"], box.top + box.height) - max(theirs["Top"], box.top)
    common = max(wide, 0.0) * max(high, 0.0)
    return common / (theirs["Width"] * theirs["Height"] + box.area - common)


def landmark_errors(pair: Pair) -> dict[str, float]:
    """Distance of each recorded landmark to ours, in outer-eye distances."""
    assert pair.ours is not None
    points = {
        brow_name(row["Type"], pair.answer): np.array([row["X"] * pair.width, row["Y"] * pair.height])
        for row in pair.theirs["Landmarks"]
    }
    if all(name in points for name in OUTER_CORNERS):
        unit = float(np.hypot(*(points[OUTER_CORNERS[1]] - points[OUTER_CORNERS[0]])))
    else:
        unit = OUTER_OVER_PUPILS * float(np.hypot(*(points["eyeRight"] - points["eyeLeft"])))
    ours = {
        kind.value: np.array([point.x * pair.width, point.y * pair.height])
        for kind, point in zip(LANDMARK_TYPES, pair.ours.landmarks, strict=True)
    }
    return {name: float(np.hypot(*(ours[name] - place))) / unit for name, place in points.items()}


def brow_name(name: str, answer: str) -> str:
    """The name that a landmark of that answer has today."""
    if answer not in BROWS_INTERCHANGED or "EyeBrow" not in name or name.endswith("Left"):
        return name
    return name.removesuffix("Up") + "Right" if name.endswith("Up") else name.removesuffix("Right") + "Up"


def values_of(pair: Pair) -> dict[str, tuple[str, str]]:
    """Name to recorded and own value of every attribute that the record has."""
    assert pair.ours is not None
    attributes = pair.ours.attributes
    theirs = pair.theirs
    if attributes is None or "Gender" not in theirs:
        return {}
    found = {
        name: (yes_no(theirs[name]["Value"]), yes_no(getattr(attributes, field) > THRESHOLDS[field]))
        for name, field in BOOLEANS.items()
        if name in theirs
    }
    found["Gender"] = (theirs["Gender"]["Value"], "Male" if attributes.male > THRESHOLDS["male"] else "Female")
    emotion = max(theirs["Emotions"], key=lambda row: row["Confidence"])["Type"]
    found["Emotion"] = (emotion, EMOTIONS[int(np.argmax(attributes.emotions))].value)
    return found


def yes_no(value: bool) -> str:
    """The word for a table."""
    return "yes" if value else "no"


def pose_errors(pair: Pair) -> dict[str, float]:
    """Absolute differences of pose in degrees, of quality in points."""
    assert pair.ours is not None
    pose, theirs = pair.ours.pose, pair.theirs
    found = {
        "Roll": abs(pose.roll_deg - theirs["Pose"]["Roll"]),
        "Yaw": abs(pose.yaw_deg - theirs["Pose"]["Yaw"]),
        "Pitch": abs(pose.pitch_deg - theirs["Pose"]["Pitch"]),
    }
    if "Quality" in theirs:
        found["Brightness"] = abs(pair.ours.quality.brightness - theirs["Quality"]["Brightness"])
        found["Sharpness"] = abs(pair.ours.quality.sharpness - theirs["Quality"]["Sharpness"])
    return found


def age_errors(pair: Pair) -> tuple[float, bool] | None:
    """Our estimate minus the middle of the recorded range, years; whether it lies in that range."""
    attributes: Attributes | None = pair.ours.attributes if pair.ours else None
    if attributes is None or "AgeRange" not in pair.theirs:
        return None
    low, high = pair.theirs["AgeRange"]["Low"], pair.theirs["AgeRange"]["High"]
    return attributes.age_years - (low + high) / 2, low <= attributes.age_years <= high


def summary(pairs: list[Pair], extra: int) -> dict[str, Any]:
    """All figures."""
    matched = [pair for pair in pairs if pair.ours is not None]
    boxes = [iou(pair.theirs["BoundingBox"], pair.ours) for pair in matched if pair.ours]
    errors = [landmark_errors(pair) for pair in matched]
    by_type = {kind.value: [row[kind.value] for row in errors if kind.value in row] for kind in LANDMARK_TYPES}
    eyes_mouth = [row[name] for row in errors for name in EYES_AND_MOUTH]
    poses = [pose_errors(pair) for pair in matched]
    counts: dict[str, list[int]] = {}
    for pair in matched:
        if pair.pixels >= MIN_HEIGHT:
            for name, (theirs, ours) in values_of(pair).items():
                counts.setdefault(name, []).append(int(theirs == ours))
    asked = [hit for name in ASKED for hit in counts.get(name, [])]
    ages = [found for pair in matched if (found := age_errors(pair)) is not None]
    return {
        "recorded_faces": len(pairs),
        "found": len(matched),
        "further_faces_of_ours": extra,
        "box_iou_mean": round(float(np.mean(boxes)), 3),
        "box_iou_worst": round(float(np.min(boxes)), 3),
        "eyes_and_mouth_mean_iod": round(float(np.mean(eyes_mouth)), 4),
        "eyes_and_mouth_largest_iod": round(float(np.max(eyes_mouth)), 4),
        "all_landmarks_mean_iod": round(float(np.mean([value for row in errors for value in row.values()])), 4),
        "landmarks_iod": {name: round(float(np.mean(values)), 4) for name, values in by_type.items() if values},
        "mean_absolute_difference": {
            name: round(float(np.mean([row[name] for row in poses if name in row])), 2)
            for name in ("Roll", "Yaw", "Pitch", "Brightness", "Sharpness")
        },
        "same_values": {name: f"{sum(hits)}/{len(hits)}" for name, hits in counts.items()},
        "same_values_share": round(float(np.mean(asked)), 3),
        "age_mean_absolute_difference_years": round(float(np.mean([abs(error) for error, _ in ages])), 1),
        "age_bias_years": round(float(np.mean([error for error, _ in ages])), 1),
        "age_inside_recorded_range": f"{sum(inside for _, inside in ages)}/{len(ages)}",
    }


def row_of(pair: Pair) -> dict[str, Any]:
    """One recorded face beside ours."""
    row: dict[str, Any] = {"answer": pair.answer, "face": pair.number, "height_px": round(pair.pixels)}
    if pair.ours is None:
        return row | {"found": False}
    errors = landmark_errors(pair)
    pose, theirs = pair.ours.pose, pair.theirs["Pose"]
    row |= {
        "found": True,
        "box_iou": round(iou(pair.theirs["BoundingBox"], pair.ours), 3),
        "eyes_mouth_iod": round(float(np.mean([errors[name] for name in EYES_AND_MOUTH])), 3),
        "roll": [round(theirs["Roll"], 1), round(pose.roll_deg, 1)],
        "yaw": [round(theirs["Yaw"], 1), round(pose.yaw_deg, 1)],
        "pitch": [round(theirs["Pitch"], 1), round(pose.pitch_deg, 1)],
    }
    if "Quality" in pair.theirs:
        quality = pair.theirs["Quality"]
        row["brightness"] = [round(quality["Brightness"], 1), round(pair.ours.quality.brightness, 1)]
        row["sharpness"] = [round(quality["Sharpness"], 1), round(pair.ours.quality.sharpness, 1)]
    if pair.ours.attributes and "AgeRange" in pair.theirs:
        low, high = pair.theirs["AgeRange"]["Low"], pair.theirs["AgeRange"]["High"]
        ours = pair.ours.attributes.age_range
        row["age"] = [f"{low}-{high}", f"{ours.low}-{ours.high}"]
    if pair.ours.gaze and "EyeDirection" in pair.theirs:
        eyes, gaze = pair.theirs["EyeDirection"], pair.ours.gaze
        row["eye_yaw"] = [round(eyes["Yaw"], 1), round(gaze.yaw_deg, 1)]
        row["eye_pitch"] = [round(eyes["Pitch"], 1), round(gaze.pitch_deg, 1)]
    return row | {name: list(both) for name, both in values_of(pair).items()}


def markdown(figures: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """The page."""
    lines = [
        "# Beside recorded answers of the real service",
        "",
        "Written by `python -m benchmarks.recorded`. Every recorded answer of Amazon Rekognition that comes with its",
        "picture, beside what faceline says of that picture. The record is one vendor's output, not the truth. Where a",
        "cell holds two values, the first is the record's and the second ours; **bold** where they differ.",
        f"Attributes count in the figures from {MIN_HEIGHT} px of face height.",
        "",
        "| figure | value |",
        "| --- | --- |",
    ]
    for name, value in figures.items():
        if not isinstance(value, dict):
            lines.append(f"| {name.replace('_', ' ')} | {value} |")
    for name in ("mean_absolute_difference", "same_values"):
        lines += [f"| {name.replace('_', ' ')}: {key} | {value} |" for key, value in figures[name].items()]
    lines += ["", "Landmarks, mean distance in outer-eye distances:", "", "| landmark | distance |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in figures["landmarks_iod"].items()]
    names = list(dict.fromkeys(key for row in rows for key in row))
    lines += ["", "## Face by face", "", "| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        theirs, ours = value
        if isinstance(theirs, str):
            return theirs if theirs == ours else f"**{theirs} / {ours}**"
        return f"{theirs} / {ours}"
    return yes_no(value) if isinstance(value, bool) else str(value)


def main() -> int:
    """Write both files; 1 without the data."""
    root = os.environ.get("FACELINE_TEST_DATA")
    if not root:
        print("set FACELINE_TEST_DATA to the folder that holds recorded/", file=sys.stderr)
        return 1
    found = list(pairs_of(Path(root) / "recorded", Analyser()))
    pairs = [pair for group, _ in found for pair in group]
    figures = summary(pairs, sum(extra for _, extra in found))
    rows = [row_of(pair) for pair in pairs]
    DOCS.mkdir(exist_ok=True)
    (DOCS / "recorded.json").write_text(json.dumps({"figures": figures, "faces": rows}, indent=1) + "\n")
    (DOCS / "recorded.md").write_text(markdown(figures, rows))
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
