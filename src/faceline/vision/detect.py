"""Where faces may be: a detector run at two scales and once more at each place, behind one interface.

Every candidate is checked and given its final box by the mesh, so a detector only has to say where to look, how
large, and how the eyes lie.
"""

from dataclasses import dataclass
from math import atan2
from typing import Protocol

import cv2
import numpy as np

from faceline.vision.geometry import Doubles, PixelBox, Pixels, RotatedSquare
from faceline.vision.rows import Rows, merged
from faceline.vision.second_look import SecondLook
from faceline.vision.settings import DetectorSettings

MULTIPLE = 32
"""Detectors take sides that are whole multiples of their largest stride."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a face may be, in pixels of the frame.

    score       0..1
    eye_left    x, y of the eye on the picture's left
    eye_right   x, y of the eye on the picture's right
    search      square to cut for the mesh
    bounds      to expect of the mesh
    """

    box: PixelBox
    score: float
    eye_left: tuple[float, float]
    eye_right: tuple[float, float]
    search: RotatedSquare
    bounds: PixelBox


class Detector(Protocol):
    """Finds candidates, whatever network is behind it."""

    def detect(self, frame: Pixels) -> tuple[Candidate, ...]:
        """Candidates in one (H, W, 3) uint8 RGB frame, best first, at most one per face."""
        ...


@dataclass(frozen=True, slots=True)
class Scaled:
    """A frame reduced and padded for a detector.

    pixels   (1, H', W', 3), H' and W' whole multiples of 32, zeros right of and below the picture
    x, y     frame pixels per pixel of the reduced picture
    """

    pixels: Pixels
    x: float
    y: float


def scales_of(frame: Pixels, long_side: int, short_pass: int) -> list[Scaled]:
    """The frame at min(own size, `long_side`), and once more at `short_pass` unless that would not reduce it.

    The second picture is made from the first one, halved by an area filter and then bilinear: 1080p costs 0.9 ms for
    the first and a third of that for the second (detector.md section 2).
    """
    height, width = frame.shape[:2]
    first = _reduced(frame, long_side, cv2.INTER_AREA)
    scaled = [_padded(first, height, width)]
    if max(first.shape[:2]) > short_pass * 1.25:
        second = first
        while max(second.shape[:2]) >= 2 * short_pass:
            second = _reduced(second, max(second.shape[:2]) // 2, cv2.INTER_AREA)
        scaled.append(_padded(_reduced(second, short_pass, cv2.INTER_LINEAR), height, width))
    return scaled


def _reduced(picture: Pixels, long_side: int, method: int) -> Pixels:
    height, width = picture.shape[:2]
    factor = long_side / max(height, width)
    if factor >= 1:
        return picture
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)


def _padded(picture: Pixels, frame_height: int, frame_width: int) -> Scaled:
    height, width = picture.shape[:2]
    canvas = np.zeros((1, -(-height // MULTIPLE) * MULTIPLE, -(-width // MULTIPLE) * MULTIPLE, 3), np.uint8)
    canvas[0, :height, :width] = picture
    return Scaled(canvas, frame_width / width, frame_height / height)


class MultiScaleDetector:
    """Runs a network at two scales, merges what it finds, and looks again at each place; see `Detector`."""

    def __init__(self, rows: Rows, settings: DetectorSettings) -> None:
        self._rows = rows
        self._settings = settings
        look = settings.second_look
        self._look_again = SecondLook(rows, look, settings.merge_iou) if look else None
        floors = (look.floor, look.resolved) if look else (1.0, 1.0)
        self._floors = tuple(min(floor, settings.score) for floor in floors)

    def detect(self, frame: Pixels) -> tuple[Candidate, ...]:
        """See `Detector`."""
        settings = self._settings
        found = []
        for scaled, floor in zip(scales_of(frame, settings.long_side, settings.short_pass), self._floors, strict=False):
            rows = self._worth_a_look(self._rows.find(scaled.pixels, floor))
            rows[:, :8] *= np.tile([scaled.x, scaled.y], 4)
            found.append(rows)
        rows = merged(np.concatenate(found), settings.merge_iou)
        if self._look_again:
            rows = self._look_again(frame, rows)
            rows = merged(rows[rows[:, -1] > settings.score], settings.merge_iou)
        return tuple(self._candidate(row) for row in rows[rows[:, 3] - rows[:, 1] >= settings.smallest])

    def _worth_a_look(self, rows: Doubles) -> Doubles:
        """Rows in pixels of a reduced frame without those that a second look would show no better."""
        look = self._settings.second_look
        if not look:
            return rows
        sides = (rows[:, 2:4] - rows[:, :2]).max(axis=1, initial=0.0)
        worth = (rows[:, -1] > look.resolved) | (sides < look.face)
        return np.asarray(rows[worth])

    def _candidate(self, row: Doubles) -> Candidate:
        left, top, right, bottom, x0, y0, x1, y1, score = (float(value) for value in row)
        box = PixelBox(left, top, right, bottom)
        search = self._rows.search(box, atan2(y1 - y0, x1 - x0))
        return Candidate(box, score, (x0, y0), (x1, y1), search, self._rows.bounds(box))
