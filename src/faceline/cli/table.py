"""The CSV of `faceline analyze`: one row per face, one column per value."""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from faceline.domain.face import EMOTIONS, LANDMARK_TYPES, Attributes, Face
from faceline.domain.verdicts import stated

BOX = ("left", "top", "width", "height")
BASE = ("confidence", "roll_deg", "yaw_deg", "pitch_deg", "brightness", "sharpness")
FLAGS = ("smile", "eyeglasses", "sunglasses", "beard", "mustache", "eyes_open", "mouth_open")
ATTRIBUTES = (
    *("age_low", "age_high", "gender", "gender_confidence"),
    *(column for name in FLAGS for column in (name, f"{name}_confidence")),
    *("emotion", *(emotion.lower() for emotion in EMOTIONS)),
)
OCCLUSION = ("face_occluded", "face_occluded_confidence", "eye_yaw_deg", "eye_pitch_deg", "eye_direction_confidence")


class FaceTable:
    """Writes rows to a binary file.

    attributes   whether ALL was asked for: then the columns of attributes are there
    occlusion    whether FaceOccluded and EyeDirection are there
    """

    def __init__(self, out: BinaryIO, *, attributes: bool, occlusion: bool) -> None:
        self._text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        self._rows = csv.writer(self._text)
        self._attributes = attributes
        self._occlusion = attributes and occlusion
        self._rows.writerow(self._header())

    def write(self, time_s: float | None, face: Face, track: int | None, file: str) -> None:
        """One face; in a picture it has no time and no track. What was not told of it is an empty cell."""
        row: list[str | float] = ["" if time_s is None else f"{time_s:.3f}"]
        box = face.box
        row += _rounded(box.left, box.top, box.width, box.height)
        row += _rounded(100 * face.score, face.pose.roll_deg, face.pose.yaw_deg, face.pose.pitch_deg)
        row += _rounded(face.quality.brightness, face.quality.sharpness)
        if self._attributes:
            row += _attribute_values(face.attributes) if face.attributes else [""] * len(ATTRIBUTES)
        if self._occlusion:
            row += _occlusion_values(face)
        for point in face.landmarks:
            row += _rounded(point.x, point.y)
        self._rows.writerow([*row, "" if track is None else track, file])

    def detach(self) -> None:
        """Leave the file open for its owner."""
        self._text.detach()

    def _header(self) -> list[str]:
        columns = ["time_s", *BOX, *BASE]
        if self._attributes:
            columns += ATTRIBUTES
        if self._occlusion:
            columns += OCCLUSION
        columns += [f"{kind.value}_{axis}" for kind in LANDMARK_TYPES for axis in "xy"]
        return [*columns, "track", "file"]


def _rounded(*values: float) -> Iterator[float]:
    return (round(value, 5) for value in values)


def _verdict(trait: str, seen: Attributes) -> tuple[str, float]:
    share = stated(trait, getattr(seen, trait))
    return ("true" if share > 0.5 else "false", round(100 * max(share, 1 - share), 3))


def _attribute_values(attributes: Attributes) -> list[str | float]:
    age = attributes.age_range
    male, gender_confidence = _verdict("male", attributes)
    values: list[str | float] = [age.low, age.high]
    values += ["Male" if male == "true" else "Female", gender_confidence]
    for name in FLAGS:
        values += _verdict(name, attributes)
    shares = attributes.emotions
    values += [EMOTIONS[shares.index(max(shares))].value]
    return [*values, *(round(100 * share, 3) for share in shares)]


def _occlusion_values(face: Face) -> list[str | float]:
    hidden = _verdict("occluded", face.attributes) if face.attributes else ("", "")
    gaze = face.gaze
    return [*hidden, *(_rounded(gaze.yaw_deg, gaze.pitch_deg, 100 * gaze.score) if gaze else ("", "", ""))]
