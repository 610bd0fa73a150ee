"""Runs exported networks with onnxruntime on one thread: ours, and BlazeFace "back" as the yardstick."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from training.detector.decode import Detections, join_scales, scaled, suppress
from training.detector.faces import Floats, Pixels
from training.detector.net import STRIDES
from training.detector.predict import padded

OneScale = Callable[[Pixels, float], Detections]
"""Raw finds above a score in an RGB picture (H, W, 3), before suppression, in its pixels."""

_BACK_STRIDES = ((16, 2), (32, 6))
_BACK_BOX = (0.005, -0.1, 0.925, 1.226)
"""From the square of "back" to a WIDER box, in its side: shift of the centre, width, height; medians
of 443 pairs of the train split."""


def session(path: Path) -> onnxruntime.InferenceSession:
    """Open a network on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def own_detector(path: Path) -> OneScale:
    """Open our detector."""
    network = session(path)

    def detect(pixels: Pixels, threshold: float) -> Detections:
        maps = network.run(None, {"pixels": padded(pixels)[None]})
        return join_scales([_finds(cells[0], stride, threshold) for cells, stride in zip(maps, STRIDES, strict=True)])

    return detect


def _finds(cells: Floats, stride: int, threshold: float) -> Detections:
    """Decode the cells (H, W, 16) of one stride that score above the threshold; `export.py` says what they hold."""
    chances = 1 / (1 + np.exp(-cells[:, :, :2]))
    row, column = np.nonzero(chances[:, :, 0] > threshold)
    values = cells[row, column]
    centres = (np.stack([column, row], axis=1).astype(np.float32) + 0.5) * stride
    middle, points = centres + values[:, 4:6], centres[:, None] + values[:, 6:].reshape(-1, 5, 2)
    half = np.exp(values[:, 2:4])
    scores, covered = chances[row, column].T
    boxes = np.concatenate([middle - half, middle + half], axis=1)
    return Detections(scores, boxes, points, covered, np.full(len(row), stride, np.float32))


def back_detector(path: Path) -> OneScale:
    """Open the converted BlazeFace "back"; its boxes are moved to our convention, covered is unknown."""
    network = session(path)
    name = network.get_inputs()[0].name

    def detect(pixels: Pixels, threshold: float) -> Detections:
        square = padded(pixels)
        scores, values = network.run(None, {name: square[None]})
        chances = 1 / (1 + np.exp(-scores[0, :, 0].clip(-30, 30)))
        keep = np.flatnonzero(chances > threshold)
        centres = _back_centres(square.shape[0], square.shape[1])[keep]
        middle, size = centres + values[0, keep, :2], values[0, keep, 2:4]
        points = centres[:, None] + values[0, keep, 4:14].reshape(-1, 5, 2)
        shift, half = size * _BACK_BOX[:2], size * _BACK_BOX[2:] / 2
        boxes = np.concatenate([middle + shift - half, middle + shift + half], axis=1)
        unknown = np.full(len(keep), np.nan, np.float32)
        return Detections(chances[keep], boxes, points, unknown, unknown)

    return detect


def at_scales(detect: OneScale, pixels: Pixels, long_sides: tuple[float, ...], threshold: float) -> Detections:
    """Detect at several sizes of the longer side, the smaller ones made from the larger, and merge."""
    height, width = pixels.shape[:2]
    parts: list[Detections] = []
    current = pixels
    for side in long_sides:
        factor = side / max(height, width)
        size = (round(width * factor), round(height * factor))
        while current.shape[1] >= 2 * size[0] and current is not pixels:
            half = (current.shape[1] // 2, current.shape[0] // 2)
            current = np.asarray(cv2.resize(current, half, interpolation=cv2.INTER_AREA), np.uint8)
        if size != (current.shape[1], current.shape[0]):
            exact = current.shape[1] == 2 * size[0] and current.shape[0] == 2 * size[1]
            method = cv2.INTER_AREA if exact or (len(parts) == 0 and factor < 0.6) else cv2.INTER_LINEAR
            current = np.asarray(cv2.resize(current, size, interpolation=method), np.uint8)
        parts.append(scaled(detect(current, threshold), width / size[0], height / size[1]))
    return suppress(join_scales(parts))


def _back_centres(height: int, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    parts = []
    for stride, anchors in _BACK_STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride]
        grid = (np.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride
        parts.append(np.repeat(grid, anchors, axis=0))
    return np.concatenate(parts).astype(np.float32)
