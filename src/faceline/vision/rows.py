"""Detector networks, decoded to rows, and what is done with rows.

A row is what one cell of a network says: left, top, right, bottom of a box, left eye x, y, right eye x, y in pixels of
the picture, and the score 0..1.
"""

from collections.abc import Sequence
from math import log
from typing import Protocol

import numpy as np

from faceline.vision.geometry import Doubles, Floats, PixelBox, Pixels, RotatedSquare
from faceline.vision.network import Network
from faceline.vision.numerics import sigmoid


class Rows(Protocol):
    """A detector network, decoded."""

    def find(self, pixels: Pixels, floor: float) -> Doubles:
        """(1, H, W, 3), H and W multiples of 32, to (M, 9): the cells that score above `floor`."""
        ...

    def cells(self, pixels: Pixels) -> Doubles:
        """(N, H, W, 3), H and W multiples of 32, to (N, A, 9): all cells of each."""
        ...

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """Where the mesh shall look for the face of a box whose eye line has that direction."""
        ...

    def bounds(self, candidate: PixelBox) -> PixelBox:
        """The bounds to expect of the mesh of the face in a box."""
        ...


class BlazeRows:
    """BlazeFace "back" (MediaPipe, Apache-2.0), fully convolutional: strides 16 (2 anchors) and 32 (6 anchors)."""

    STRIDES = ((16, 2), (32, 6))
    MARGIN = 1.5
    """Side of the square for the mesh in units of the longer side of the raw box, which reaches from the brows to the
    chin (vision.md section 5)."""
    MIDDLE, WIDTH, HEIGHT = 0.453, 0.957, 1.085
    """Of the mesh's bounds: the middle below the box's top and both sides, in heights and widths of the box; medians
    over 2,086 faces of the training parts that the mesh is sure of."""

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

    def bounds(self, candidate: PixelBox) -> PixelBox:
        """See `Rows`."""
        return _inner(candidate, self.MIDDLE, self.WIDTH, self.HEIGHT)


class OwnRows:
    """Our own detector (`training/detector`): decoded in the graph, boxes from the hair line to the chin."""

    MARGIN, DROP = 1.3, 0.04
    """Side of the square for the mesh in units of the longer side of the box, and how far below the box's middle its
    own middle lies, in box heights (detector.md section 1)."""
    MIDDLE, WIDTH, HEIGHT = 0.537, 1.02, 0.884
    """As of `BlazeRows`, over 2,590 faces."""

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

    def bounds(self, candidate: PixelBox) -> PixelBox:
        """See `Rows`."""
        return _inner(candidate, self.MIDDLE, self.WIDTH, self.HEIGHT)


def _joined(scores: Floats, boxes: Floats, points: Floats) -> Doubles:
    """Rows (N, A, 9) of scores (N, A), boxes (N, A, 4) and points (N, A, 5, 2)."""
    eyes = points[:, :, :2].reshape(*scores.shape, 4)
    return np.concatenate([boxes, eyes, scores[:, :, None]], axis=2).astype(np.float64)


def _square(box: PixelBox, angle_rad: float, margin: float, drop: float) -> RotatedSquare:
    y = (box.top + box.bottom) / 2 + drop * box.height
    return RotatedSquare((box.left + box.right) / 2, y, margin * max(box.width, box.height), angle_rad)


def _inner(box: PixelBox, middle: float, width: float, height: float) -> PixelBox:
    x, y = (box.left + box.right) / 2, box.top + middle * box.height
    across, down = width * box.width / 2, height * box.height / 2
    return PixelBox(x - across, y - down, x + across, y + down)


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
    near = overlaps(rows, rows) > iou
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
    scores = np.where(overlaps(boxes[:, None], cells)[:, 0] > iou, cells[:, :, 8], 0.0)
    best = cells[np.arange(len(cells)), scores.argmax(axis=1)]
    weights = np.where(overlaps(best[:, None], cells)[:, 0] > iou, scores, 0.0)
    rows: Doubles = (weights[:, :, None] * cells).sum(axis=1) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    rows[:, 8] = scores.max(axis=1, initial=0.0)
    return rows


def overlaps(first: Doubles, second: Doubles) -> Doubles:
    """(..., F, S) IoU of each of (..., F, 4 or more) with each of (..., S, 4 or more)."""
    one, other = first[..., :, None, :4], second[..., None, :, :4]
    sides = np.clip(np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2]), 0, None)
    common = sides[..., 0] * sides[..., 1]
    areas = [(box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1]) for box in (one, other)]
    return np.asarray(common / np.maximum(areas[0] + areas[1] - common, 1e-9))
