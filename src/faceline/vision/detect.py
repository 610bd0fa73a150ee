"""Where faces may be: a detector run at two scales, behind one interface.

Every candidate is checked and given its final box by the mesh, so a detector only has to say where to look, how
large, and how the eyes lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, log
from typing import Protocol

import cv2
import numpy as np

from faceline.vision.geometry import Doubles, PixelBox, Pixels, RotatedSquare
from faceline.vision.network import Network
from faceline.vision.numerics import sigmoid
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
    """

    box: PixelBox
    score: float
    eye_left: tuple[float, float]
    eye_right: tuple[float, float]
    search: RotatedSquare


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


class Rows(Protocol):
    """A detector network, decoded: what it finds in one padded picture."""

    def find(self, pixels: Pixels, floor: float) -> Doubles:
        """(1, H, W, 3), H and W multiples of 32, to (M, 9) of all cells that score above `floor`: box left, top,
        right, bottom, left eye x, y, right eye x, y in pixels of the picture, and the score 0..1."""
        ...

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """Where the mesh shall look for the face of a box whose eye line has that direction."""
        ...


class MultiScaleDetector:
    """Runs a network at two scales and merges what it finds; see `Detector`."""

    def __init__(self, rows: Rows, settings: DetectorSettings) -> None:
        self._rows = rows
        self._settings = settings

    def detect(self, frame: Pixels) -> tuple[Candidate, ...]:
        """See `Detector`."""
        settings = self._settings
        found = []
        for scaled in scales_of(frame, settings.long_side, settings.short_pass):
            rows = self._rows.find(scaled.pixels, settings.score)
            rows[:, :8] *= np.tile([scaled.x, scaled.y], 4)
            found.append(rows)
        return tuple(self._candidate(row) for row in merged(np.concatenate(found), settings.merge_iou))

    def _candidate(self, row: Doubles) -> Candidate:
        left, top, right, bottom, x0, y0, x1, y1, score = (float(value) for value in row)
        box = PixelBox(left, top, right, bottom)
        return Candidate(box, score, (x0, y0), (x1, y1), self._rows.search(box, atan2(y1 - y0, x1 - x0)))


class BlazeRows:
    """BlazeFace "back" (MediaPipe, Apache-2.0), fully convolutional: strides 16 (2 anchors) and 32 (6 anchors)."""

    STRIDES = ((16, 2), (32, 6))
    MARGIN = 1.5
    """Side of the square for the mesh in units of the longer side of the raw box, which reaches from the brows to the
    chin (vision.md section 5)."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def find(self, pixels: Pixels, floor: float) -> Doubles:
        """See `Rows`."""
        scores, regressions = self._network.run(pixels)
        kept = np.flatnonzero(scores[0, :, 0] > log(floor / (1 - floor)))
        centres = anchor_centres(kept, pixels.shape[1], pixels.shape[2], self.STRIDES)
        values = regressions[0, kept].astype(np.float64)
        middle, size = centres + values[:, 0:2], values[:, 2:4]
        eyes = np.tile(centres, 2) + values[:, 4:8]
        return np.hstack([middle - size / 2, middle + size / 2, eyes, sigmoid(scores[0, kept])])

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """See `Rows`."""
        return _square(candidate, angle_rad, self.MARGIN, 0.0)


class OwnRows:
    """Our own detector (`training/detector`): decoded in the graph, boxes from the hair line to the chin."""

    MARGIN, DROP = 1.3, 0.04
    """Side of the square for the mesh in units of the longer side of the box, and how far below the box's middle its
    own middle lies, in box heights (detector.md section 1)."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def find(self, pixels: Pixels, floor: float) -> Doubles:
        """See `Rows`."""
        scores, boxes, points, _ = self._network.run(pixels)
        kept = np.flatnonzero(scores[0] > floor)
        eyes = points[0, kept, :2].reshape(-1, 4)
        return np.hstack([boxes[0, kept], eyes, scores[0, kept, None]]).astype(np.float64)

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """See `Rows`."""
        return _square(candidate, angle_rad, self.MARGIN, self.DROP)


def _square(box: PixelBox, angle_rad: float, margin: float, drop: float) -> RotatedSquare:
    y = (box.top + box.bottom) / 2 + drop * box.height
    return RotatedSquare((box.left + box.right) / 2, y, margin * max(box.width, box.height), angle_rad)


def anchor_centres(cells: np.ndarray, height: int, width: int, strides: Sequence[tuple[int, int]]) -> Doubles:
    """Centres in input pixels of the anchors with the given numbers.

    cells     (M,) numbers in the order of the network: strides in turn, rows, columns, anchors innermost
    strides   pairs of stride in pixels and anchors per cell
    ->        (M, 2) x, y
    """
    centres = np.zeros((len(cells), 2))
    first = 0
    for stride, anchors in strides:
        columns = width // stride
        count = columns * (height // stride) * anchors
        inside = (cells >= first) & (cells < first + count)
        row, column = np.divmod((cells[inside] - first) // anchors, columns)
        centres[inside] = (np.stack([column, row], axis=1) + 0.5) * stride
        first += count
    return centres


def merged(rows: Doubles, iou: float) -> Doubles:
    """Weighted non-maximum suppression: each best row takes in all that overlap it, weighted by their scores.

    rows   (M, K) left, top, right, bottom, any further coordinates, and the score last
    ->     (F, K) best first; the score is that of the best row
    """
    rest = rows[np.argsort(-rows[:, -1], kind="stable")]
    kept = []
    while len(rest):
        group = _ious(rest[0], rest) > iou
        group[0] = True
        weights = rest[group, -1:]
        mean = (rest[group, :-1] * weights).sum(axis=0) / weights.sum()
        kept.append(np.append(mean, rest[0, -1]))
        rest = rest[~group]
    return np.array(kept).reshape(-1, rows.shape[1])


def _ious(row: Doubles, rows: Doubles) -> Doubles:
    low, high = np.maximum(row[:2], rows[:, :2]), np.minimum(row[2:4], rows[:, 2:4])
    common = np.clip(high - low, 0, None).prod(axis=1)
    areas = (rows[:, 2:4] - rows[:, :2]).prod(axis=1)
    union = (row[2] - row[0]) * (row[3] - row[1]) + areas - common
    return np.asarray(common / np.maximum(union, 1e-9))
