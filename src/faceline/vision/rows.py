"""Detector networks, decoded to rows, and what is done with rows.

A row is what one cell of a network says: left, top, right, bottom of a box, left eye x, y, right eye x, y in pixels of
the picture, and the score 0..1.
"""

from collections.abc import Sequence
from math import inf, log
from typing import NamedTuple, Protocol

import numpy as np

from faceline.vision.geometry import Doubles, Floats, PixelBox, Pixels, RotatedSquare
from faceline.vision.network import Network
from faceline.vision.numerics import sigmoid


class Cells(NamedTuple):
    """The cells of several pictures that say something.

    pictures   (M,) number of the picture, ascending
    rows       (M, 9) in pixels of that picture
    """

    pictures: np.ndarray
    rows: Doubles


class Rows(Protocol):
    """A detector network, decoded."""

    def find(self, pixels: Pixels, floor: float) -> Cells:
        """(N, H, W, 3), H and W multiples of 32, to the cells that score above `floor`, 0..1."""
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

    def find(self, pixels: Pixels, floor: float) -> Cells:
        """See `Rows`."""
        scores, regressions = self._network.run(pixels)
        pictures, kept = np.nonzero(scores[:, :, 0] > _logit(floor))
        centres = anchor_centres(kept, pixels.shape[1], pixels.shape[2], self.STRIDES)
        values = regressions[pictures, kept].astype(np.float64)
        middle, size = centres + values[:, 0:2], values[:, 2:4]
        eyes = np.tile(centres, 2) + values[:, 4:8]
        chances = sigmoid(scores[pictures, kept])
        return Cells(pictures, np.concatenate([middle - size / 2, middle + size / 2, eyes, chances], axis=1))

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """See `Rows`."""
        return _square(candidate, angle_rad, self.MARGIN, 0.0)

    def bounds(self, candidate: PixelBox) -> PixelBox:
        """See `Rows`."""
        return _inner(candidate, self.MIDDLE, self.WIDTH, self.HEIGHT)


class OwnRows:
    """Our own detector (`training/detector/README.md` says what a cell holds): boxes from the hair line to the chin."""

    STRIDES = (8, 16, 32)
    MARGIN, DROP = 1.3, 0.04
    """Side of the square for the mesh in units of the longer side of the box, and how far below the box's middle its
    own middle lies, in box heights (detector.md section 1)."""
    MIDDLE, WIDTH, HEIGHT = 0.537, 1.02, 0.884
    """As of `BlazeRows`, over 2,590 faces."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def find(self, pixels: Pixels, floor: float) -> Cells:
        """See `Rows`. Only those cells are decoded, those of all strides together."""
        pictures, values, centres = [], [], []
        for cells, stride in zip(self._network.run(pixels), self.STRIDES, strict=True):
            kept = np.flatnonzero(cells[:, :, :, 0] > _logit(floor))
            picture, row, column = np.unravel_index(kept, cells.shape[:3])
            pictures.append(picture)
            values.append(cells.reshape(-1, cells.shape[3])[kept])
            centres.append((np.stack([column, row], axis=1) + 0.5) * stride)
        number, rows = np.concatenate(pictures), _decoded(np.concatenate(values), np.concatenate(centres))
        order = np.argsort(number, kind="stable")
        return Cells(number[order], rows[order])

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """See `Rows`."""
        return _square(candidate, angle_rad, self.MARGIN, self.DROP)

    def bounds(self, candidate: PixelBox) -> PixelBox:
        """See `Rows`."""
        return _inner(candidate, self.MIDDLE, self.WIDTH, self.HEIGHT)


def _decoded(values: Floats, centres: Doubles) -> Doubles:
    """Rows of cells by what the maps say of them.

    values    (M, 16) logit of the score, one that is not used here, logs of half the width and height, and from the
              cell's centre the middle, both eyes and three more points, pixels
    centres   (M, 2) of the cells, pixels
    """
    half = np.exp(values[:, 2:4].astype(np.float64))
    places = values[:, 4:10] + np.tile(centres, 3)
    middle, eyes = places[:, :2], places[:, 2:]
    return np.concatenate([middle - half, middle + half, eyes, sigmoid(values[:, :1])], axis=1)


def _logit(chance: float) -> float:
    if 0 < chance < 1:
        return log(chance / (1 - chance))
    return -inf if chance <= 0 else inf


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
    near = overlaps(rows[:, None], rows[None]) > iou
    np.fill_diagonal(near, True)
    free = np.ones(len(rows), np.bool_)
    best = []
    for number in range(len(rows)):
        if free[number]:
            best.append(number)
            near[number] &= free
            free &= ~near[number]
    weights = near[best] * rows[:, -1]
    weights /= weights.sum(axis=1, keepdims=True)
    found: Doubles = weights @ rows
    found[:, -1] = rows[best, -1]
    return found


def nearest(boxes: Doubles, cells: Cells, iou: float) -> Doubles:
    """What the cells of N pictures say of one box in each: the mean of those that overlap the best one there.

    boxes   (N, 4) pixels
    ->      (N, 9) rows; all zeros where no cell overlaps the box by `iou`
    """
    found = np.zeros((len(boxes), 9))
    there = overlaps(boxes[cells.pictures], cells.rows) > iou
    pictures, rows = cells.pictures[there], cells.rows[there]
    # the best of each picture first
    order = np.lexsort((-rows[:, -1], pictures))
    pictures, rows = pictures[order], rows[order]
    seen, first, group = np.unique(pictures, return_index=True, return_inverse=True)
    weights = np.where(overlaps(rows[first][group], rows) > iou, rows[:, -1], 0.0)
    weights[first] = rows[first, -1]
    sums = np.add.reduceat(weights[:, None] * rows, first, axis=0)
    found[seen] = sums / np.add.reduceat(weights, first)[:, None]
    found[seen, -1] = rows[first, -1]
    return found


def overlaps(first: Doubles, second: Doubles) -> Doubles:
    """IoU of boxes (..., 4 or more) with others, whose shapes are broadcast."""
    # coordinate by coordinate: an inner axis of two or four costs five times as much
    left, top = (np.maximum(first[..., at], second[..., at]) for at in (0, 1))
    right, bottom = (np.minimum(first[..., at], second[..., at]) for at in (2, 3))
    common = np.maximum(right - left, 0) * np.maximum(bottom - top, 0)
    areas = [(box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1]) for box in (first, second)]
    return np.asarray(common / np.maximum(areas[0] + areas[1] - common, 1e-9))
