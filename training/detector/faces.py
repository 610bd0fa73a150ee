"""Labelled faces of one picture as parallel arrays, and how they move with the pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]

MIRROR_ORDER = (1, 0, 2, 4, 3)
"""Order of the five points after mirroring: the eyes and the mouth corners change sides."""


@dataclass(frozen=True, slots=True)
class Faces:
    """F faces. Boxes follow the WIDER FACE convention: hair line to chin, cheek to cheek."""

    boxes: Floats
    """(F, 4) left, top, right, bottom in pixels of the picture."""
    points: Floats
    """(F, 5, 2) eye left in the picture, eye right, nose, mouth left, mouth right; NaN = unknown."""
    covered: Floats
    """(F,) 1 = mouth and nose covered by a mask or scarf, 0 = bare, NaN = unknown."""
    ignored: Flags
    """(F,) True = neither a face to learn nor background."""

    def __len__(self) -> int:
        return len(self.boxes)

    def select(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> "Faces":
        """Return the chosen rows."""
        return Faces(self.boxes[keep], self.points[keep], self.covered[keep], self.ignored[keep])

    @staticmethod
    def none() -> "Faces":
        """Return a table without rows."""
        return Faces(
            np.zeros((0, 4), np.float32),
            np.zeros((0, 5, 2), np.float32),
            np.zeros(0, np.float32),
            np.zeros(0, np.bool_),
        )


def one_face(box: Sequence[float], points: Floats | None = None, covered: float = np.nan) -> Faces:
    """Make a table of one learnable face from left, top, right, bottom."""
    known = np.full((5, 2), np.nan, np.float32) if points is None else points.astype(np.float32)
    return Faces(
        np.asarray([box], np.float32),
        known[None],
        np.asarray([covered], np.float32),
        np.zeros(1, np.bool_),
    )


def join(parts: Sequence[Faces]) -> Faces:
    """Concatenate tables."""
    if not parts:
        return Faces.none()
    return Faces(
        np.concatenate([p.boxes for p in parts]),
        np.concatenate([p.points for p in parts]),
        np.concatenate([p.covered for p in parts]),
        np.concatenate([p.ignored for p in parts]),
    )


def move(faces: Faces, matrix: Floats, mirrored: bool) -> Faces:
    """Apply a 2x3 affine matrix; a turned box becomes the bounds of the turned ellipse inside it."""
    if not len(faces):
        return faces
    linear = np.abs(matrix[:, :2])
    centres = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    halves = (faces.boxes[:, 2:] - faces.boxes[:, :2]) / 2
    moved = centres @ matrix[:, :2].T + matrix[:, 2]
    spread = np.sqrt((halves**2) @ (linear**2).T)
    points = faces.points @ matrix[:, :2].T + matrix[:, 2]
    if mirrored:
        points = points[:, MIRROR_ORDER]
    boxes = np.concatenate([moved - spread, moved + spread], axis=1)
    return Faces(boxes.astype(np.float32), points.astype(np.float32), faces.covered, faces.ignored)


def clip(faces: Faces, width: int, height: int, smallest: float) -> Faces:
    """Cut faces to a tile of the given size.

    Mostly visible faces keep a clipped box, half hidden ones are ignored, hidden ones vanish.
    Faces lower than `smallest` pixels are ignored as well.
    """
    if not len(faces):
        return faces
    limits = np.asarray([width, height, width, height], np.float32)
    clipped = np.clip(faces.boxes, 0, limits)
    whole = np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)
    share = np.prod(clipped[:, 2:] - clipped[:, :2], axis=1) / np.maximum(whole, 1e-6)
    low = clipped[:, 3] - clipped[:, 1] < smallest
    ignored = faces.ignored | (share < 0.62) | low
    outside = (faces.points < -2) | (faces.points > limits[:2] + 2)
    points = np.where(outside.any(axis=2, keepdims=True), np.nan, faces.points)
    cut = Faces(clipped, points.astype(np.float32), faces.covered, ignored)
    return cut.select((share > 0.08) & (clipped[:, 3] - clipped[:, 1] > 1.5))
