"""Look at what faceline sees: `python -m benchmarks.annotate OUT.png VIDEO_OR_PICTURE... [--samples 6]`.

Draws boxes, the 30 landmarks, a nose line along the pose, and the attributes of every face on frames spread over each
video (or on the picture), one row per file. The sheet is for the eye; do not publish other people's pictures.
"""

import argparse
from collections.abc import Iterator
from math import radians, sin
from pathlib import Path

import cv2
import numpy as np

from faceline.domain.face import EMOTIONS, LANDMARK_TYPES, Attributes, Face, LandmarkType
from faceline.domain.job import FaceAttributes
from faceline.domain.verdicts import THRESHOLDS
from faceline.domain.video import SERVICE_SAMPLE_RATE
from faceline.media.container import MediaLimits
from faceline.media.picture import decode_picture
from faceline.media.probe import probe
from faceline.media.samples import samples
from faceline.vision.analyse import Analyser
from faceline.vision.geometry import Pixels

WIDTH = 360
"""Pixels of a drawn frame."""
PICTURES = (".jpg", ".jpeg", ".png")
MAX_PIXELS = 50_000_000
GREEN, YELLOW, BLUE, RED = (90, 230, 90), (250, 220, 60), (90, 160, 255), (255, 70, 70)


def frames_of(path: Path, count: int) -> list[tuple[str, Pixels]]:
    """Up to `count` sampled frames spread over the file, each with its time as text."""
    if path.suffix.lower() in PICTURES:
        return [("", decode_picture(path.read_bytes(), MAX_PIXELS))]
    with path.open("rb") as stream:
        plan = probe(stream, MediaLimits())
        wanted = set(np.linspace(0, max(plan.facts.duration_ms / 500 - 1, 0), count).round().astype(int).tolist())
        return [
            (f"{sample.time.timestamp_ms} ms", sample.pixels)
            for span in plan.spans
            for sample in samples(stream, plan, span, SERVICE_SAMPLE_RATE, MediaLimits())
            if sample.index in wanted
        ]


def drawn(frame: Pixels, faces: tuple[Face, ...], caption: str) -> Pixels:
    """The frame at `WIDTH` with its faces drawn in."""
    height, width = frame.shape[:2]
    size = (WIDTH, max(round(height * WIDTH / width), 1))
    canvas = np.array(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    for face in faces:
        _draw(canvas, face)
    _text(canvas, caption, 4, size[1] - 6, YELLOW)
    return canvas


def _draw(canvas: Pixels, face: Face) -> None:
    height, width = canvas.shape[:2]
    box = face.box
    corner = (round(box.left * width), round(box.top * height))
    end = (round((box.left + box.width) * width), round((box.top + box.height) * height))
    cv2.rectangle(canvas, corner, end, GREEN, 1)
    for kind, point in zip(LANDMARK_TYPES, face.landmarks, strict=True):
        colour = RED if kind in (LandmarkType.EYE_LEFT, LandmarkType.EYE_RIGHT) else BLUE
        cv2.circle(canvas, (round(point.x * width), round(point.y * height)), 1, colour, -1, cv2.LINE_AA)
    nose = face.landmarks[LANDMARK_TYPES.index(LandmarkType.NOSE)]
    reach = box.height * height * 0.6
    start = (round(nose.x * width), round(nose.y * height))
    tip = (
        round(start[0] + reach * sin(radians(face.pose.yaw_deg))),
        round(start[1] - reach * sin(radians(face.pose.pitch_deg))),
    )
    cv2.line(canvas, start, tip, YELLOW, 1, cv2.LINE_AA)
    for row, line in enumerate(_lines(face)):
        _text(canvas, line, corner[0], end[1] + 11 * (row + 1), GREEN)


def _lines(face: Face) -> Iterator[str]:
    pose = face.pose
    yield f"{face.score:.2f} y{pose.yaw_deg:+.0f} p{pose.pitch_deg:+.0f} r{pose.roll_deg:+.0f}"
    if face.attributes:
        yield from _attributes(face.attributes)


def _attributes(attributes: Attributes) -> Iterator[str]:
    ages = attributes.age_range
    sex = "M" if attributes.male > THRESHOLDS["male"] else "F"
    yield f"{sex}{max(attributes.male, 1 - attributes.male):.2f} {ages.low}-{ages.high}"
    order = np.argsort(attributes.emotions)[::-1][:2]
    yield " ".join(f"{EMOTIONS[at].value.lower()}{attributes.emotions[at]:.2f}" for at in order)
    shown = {
        "smile": "smile",
        "glass": "eyeglasses",
        "sun": "sunglasses",
        "beard": "beard",
        "must": "mustache",
        "mouth": "mouth_open",
        "hidden": "occluded",
    }
    said = [name for name, trait in shown.items() if getattr(attributes, trait) > THRESHOLDS[trait]]
    if attributes.eyes_open <= THRESHOLDS["eyes_open"]:
        said.append("shut")
    yield " ".join(said)


def _text(canvas: Pixels, text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    for thickness, tone in ((3, (0, 0, 0)), (1, colour)):
        cv2.putText(canvas, text, (max(x, 0), y), cv2.FONT_HERSHEY_SIMPLEX, 0.33, tone, thickness, cv2.LINE_AA)


def sheet(rows: list[list[Pixels]]) -> Pixels:
    """Rows of drawn frames as one picture."""
    wide = max(len(row) for row in rows) * WIDTH
    strips = []
    for row in rows:
        high = max(one.shape[0] for one in row)
        strip = np.zeros((high, wide, 3), np.uint8)
        for column, one in enumerate(row):
            strip[: one.shape[0], column * WIDTH : (column + 1) * WIDTH] = one
        strips.append(strip)
    return np.concatenate(strips)


def main() -> None:
    """Read the arguments and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--samples", type=int, default=6)
    arguments = parser.parse_args()
    analyser = Analyser()
    rows = []
    for path in arguments.files:
        row = []
        for caption, frame in frames_of(path, arguments.samples):
            (faces,) = analyser.analyse([frame], FaceAttributes.ALL)
            row.append(drawn(frame, faces, f"{path.stem[:24]} {caption}"))
        if row:
            rows.append(row)
    cv2.imwrite(str(arguments.out), sheet(rows)[..., ::-1])


if __name__ == "__main__":
    main()
