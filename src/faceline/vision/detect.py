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

from faceline.vision.crops import cut, touches
from faceline.vision.geometry import Doubles, Floats, PixelBox, Pixels, RotatedSquare
from faceline.vision.network import Network
from faceline.vision.numerics import logit, sigmoid
from faceline.vision.settings import DetectorSettings, SecondLookSettings

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
    """A detector network, decoded. A row is what one cell says: box left, top, right, bottom, left eye x, y, right eye
    x, y in pixels of the picture, and the score 0..1."""

    def find(self, pixels: Pixels, floor: float) -> Doubles:
        """(1, H, W, 3), H and W multiples of 32, to (M, 9): the cells that score above `floor`."""
        ...

    def cells(self, pixels: Pixels) -> Doubles:
        """(N, H, W, 3), H and W multiples of 32, to (N, A, 9): all cells of each."""
        ...

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """Where the mesh shall look for the face of a box whose eye line has that direction."""
        ...


class MultiScaleDetector:
    """Runs a network at two scales, merges what it finds, and looks again at each place; see `Detector`."""

    def __init__(self, rows: Rows, settings: DetectorSettings) -> None:
        self._rows = rows
        self._settings = settings

    def detect(self, frame: Pixels) -> tuple[Candidate, ...]:
        """See `Detector`."""
        settings = self._settings
        floor = min(settings.look_again.floor, settings.score)
        found = []
        for scaled in scales_of(frame, settings.long_side, settings.short_pass):
            rows = self._rows.find(scaled.pixels, floor)
            rows[:, :8] *= np.tile([scaled.x, scaled.y], 4)
            found.append(rows)
        rows = self._looked_again(frame, merged(np.concatenate(found), settings.merge_iou))
        rows = rows[rows[:, -1] > settings.score]
        return tuple(self._candidate(row) for row in merged(rows, settings.merge_iou))

    def _looked_again(self, frame: Pixels, rows: Doubles) -> Doubles:
        """The rows (M, 9) in the frame after a second look at each: mean of both boxes and eyes, and of the logits.

        At `look_again.face` px the network is at its best, and a reduced frame has more detail to show: of faces of 28
        px in 1080p, 93 % instead of 75 % are candidates then, at as many false ones (validation part).
        """
        look = self._settings.look_again
        rows = np.array([row for row in rows if touches(frame, _upright(row, look))]).reshape(-1, 9)
        if not len(rows):
            return rows
        squares = [_upright(row, look) for row in rows]
        crops = np.zeros((len(rows), look.side, look.side, 3), np.uint8)
        for number, square in enumerate(squares):
            crops[number] = cut(frame, square, look.side, cv2.BORDER_CONSTANT)
        corners = np.array([(square.x - square.side / 2, square.y - square.side / 2) for square in squares])
        corners, scales = (
            np.tile(corners, 4),
            np.array([[square.side / look.side] for square in squares]),
        )
        seen = nearest((rows[:, :4] - corners[:, :4]) / scales, self._rows.cells(crops), self._settings.merge_iou)
        there = seen[:, 8] > 0
        both = rows.copy()
        both[there, :8] = ((rows[:, :8] + seen[:, :8] * scales + corners) / 2)[there]
        both[:, 8] = sigmoid((logit(rows[:, 8]) + logit(seen[:, 8], look.unseen)) / 2)
        return both

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
        rows: Doubles = self._decoded(kept, scores[:, kept], regressions[:, kept], pixels)[0]
        return rows

    def cells(self, pixels: Pixels) -> Doubles:
        """See `Rows`."""
        scores, regressions = self._network.run(pixels)
        return self._decoded(np.arange(scores.shape[1]), scores, regressions, pixels)

    def _decoded(self, numbers: np.ndarray, scores: Floats, regressions: Floats, pixels: Pixels) -> Doubles:
        """Rows of the anchors with the given numbers."""
        centres = anchor_centres(numbers, pixels.shape[1], pixels.shape[2], self.STRIDES)
        values = regressions.astype(np.float64)
        middle, size = centres + values[..., 0:2], values[..., 2:4]
        eyes = np.tile(centres, 2) + values[..., 4:8]
        return np.concatenate([middle - size / 2, middle + size / 2, eyes, sigmoid(scores)], axis=2)

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
        rows: Doubles = _joined(scores[:, kept], boxes[:, kept], points[:, kept])[0]
        return rows

    def cells(self, pixels: Pixels) -> Doubles:
        """See `Rows`."""
        scores, boxes, points, _ = self._network.run(pixels)
        return _joined(scores, boxes, points)

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """See `Rows`."""
        return _square(candidate, angle_rad, self.MARGIN, self.DROP)


def _joined(scores: Floats, boxes: Floats, points: Floats) -> Doubles:
    """Rows (N, A, 9) of scores (N, A), boxes (N, A, 4) and points (N, A, 5, 2)."""
    eyes = points[:, :, :2].reshape(*scores.shape, 4)
    return np.concatenate([boxes, eyes, scores[:, :, None]], axis=2).astype(np.float64)


def _upright(row: Doubles, look: SecondLookSettings) -> RotatedSquare:
    """The square around a found box in which its face has the size that the second look wants."""
    left, top, right, bottom = (float(value) for value in row[:4])
    scale = min(look.face / max(right - left, bottom - top, 1.0), look.enlarge)
    return RotatedSquare((left + right) / 2, (top + bottom) / 2, look.side / scale, 0.0)


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
    rows = rows[np.argsort(-rows[:, -1], kind="stable")]
    near = _overlaps(rows, rows) > iou
    free = np.ones(len(rows), np.bool_)
    kept = []
    for number in range(len(rows)):
        if free[number]:
            group = near[number] & free
            group[number] = True
            free &= ~group
            weights = rows[group, -1]
            kept.append(np.append(weights @ rows[group, :-1] / weights.sum(), rows[number, -1]))
    return np.array(kept).reshape(-1, rows.shape[1])


def nearest(boxes: Doubles, cells: Doubles, iou: float) -> Doubles:
    """What the cells of N pictures say of one box in each: the mean of those that overlap the best one there.

    boxes   (N, 4) pixels
    cells   (N, A, 9) rows
    ->      (N, 9) rows; box and eyes are meaningless where the score is 0, as no cell overlaps the box by `iou`
    """
    scores = np.where(_overlaps(boxes[:, None], cells)[:, 0] > iou, cells[:, :, 8], 0.0)
    best = cells[np.arange(len(cells)), scores.argmax(axis=1)]
    weights = np.where(_overlaps(best[:, None], cells)[:, 0] > iou, scores, 0.0)
    rows: Doubles = (weights[:, :, None] * cells).sum(axis=1) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    rows[:, 8] = scores.max(axis=1, initial=0.0)
    return rows


def _overlaps(first: Doubles, second: Doubles) -> Doubles:
    """(..., F, S) IoU of each of (..., F, 4 or more) with each of (..., S, 4 or more)."""
    one, other = first[..., :, None, :4], second[..., None, :, :4]
    sides = np.clip(np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2]), 0, None)
    common = sides[..., 0] * sides[..., 1]
    areas = [(box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1]) for box in (one, other)]
    return np.asarray(common / np.maximum(areas[0] + areas[1] - common, 1e-9))
