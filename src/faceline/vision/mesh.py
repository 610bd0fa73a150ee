"""The attention mesh: 478 points of a face and whether there is one.

Two passes: the first looks where the detector pointed, the second looks again at the square around what the first
found, turned by its eye line. A candidate must be a face in both (vision.md section 4, Clips).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2

import numpy as np

from faceline.vision.crops import cut
from faceline.vision.detect import Candidate
from faceline.vision.geometry import Doubles, PixelBox, Pixels, RotatedSquare, bounds_of, square_around
from faceline.vision.network import Network
from faceline.vision.numerics import sigmoid
from faceline.vision.settings import MeshSettings

POINTS = 478
SURFACE = 468
"""Points of the face's surface; the last ten are the irises, whose bounds say nothing."""
OUTER_EYE_LEFT, OUTER_EYE_RIGHT = 33, 263
"""Outer corners of the eyes; left is the picture's left."""
SEARCH_MARGIN = 1.5
"""Side of the second pass's square in units of the longer side of the turned bounds (vision.md section 5)."""
CROP = 192
"""Pixels along a side of the network's input; the manifest is checked against it on loading."""


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """478 points of one face.

    points      (478, 3) x, y in pixels of the frame, z in the same unit, smaller is nearer to the camera
    flag        0..1, that this is a face, by the second pass
    detection   0..1, the detector's score
    """

    points: Doubles
    flag: float
    detection: float

    @property
    def surface(self) -> Doubles:
        """(468, 3): without the irises."""
        return self.points[:SURFACE]

    @property
    def roll_rad(self) -> float:
        """Direction of the line between the outer corners of the eyes."""
        x, y = self.points[OUTER_EYE_RIGHT, :2] - self.points[OUTER_EYE_LEFT, :2]
        return atan2(y, x)

    @property
    def eye_distance(self) -> float:
        """Pixels between the outer corners of the eyes ("iod")."""
        return float(np.hypot(*(self.points[OUTER_EYE_RIGHT, :2] - self.points[OUTER_EYE_LEFT, :2])))

    @property
    def bounds(self) -> PixelBox:
        """Upright bounds of the surface."""
        return bounds_of(self.surface)

    def square(self, margin: float) -> RotatedSquare:
        """The square around the face along its eye line; side = `margin` x longer side of the turned bounds."""
        return square_around(self.surface, self.roll_rad, margin)


class Mesher:
    """Turns candidates into meshes."""

    def __init__(self, network: Network, settings: MeshSettings) -> None:
        self._network = network
        self._settings = settings

    def meshes(self, frames: Sequence[Pixels], candidates: Sequence[Sequence[Candidate]]) -> list[tuple[FaceMesh, ...]]:
        """The faces among the candidates of each frame; all frames' crops go through the network together."""
        where = [number for number, group in enumerate(candidates) for _ in group]
        scores = [candidate.score for group in candidates for candidate in group]
        squares = [candidate.search for group in candidates for candidate in group]
        first = self._kept(where, self._pass(frames, where, squares, scores))
        squares = [mesh.square(SEARCH_MARGIN) for _, mesh in first]
        where = [number for number, _ in first]
        second = self._kept(where, self._pass(frames, where, squares, [mesh.detection for _, mesh in first]))
        return [tuple(mesh for at, mesh in second if at == number) for number in range(len(frames))]

    def _pass(
        self, frames: Sequence[Pixels], where: Sequence[int], squares: Sequence[RotatedSquare], scores: Sequence[float]
    ) -> list[FaceMesh | None]:
        """One mesh per square; None where the square lies outside its frame."""
        inside = [at for at, square in enumerate(squares) if _touches(frames[where[at]], square)]
        crops = np.zeros((len(inside), CROP, CROP, 3), np.uint8)
        for row, at in enumerate(inside):
            crops[row] = cut(frames[where[at]], squares[at], CROP)
        points, flags = self._network.run(crops)
        probabilities = sigmoid(flags.reshape(-1))
        meshes: list[FaceMesh | None] = [None] * len(squares)
        for row, at in enumerate(inside):
            placed = to_frame(points[row].astype(np.float64), squares[at])
            meshes[at] = FaceMesh(placed, float(probabilities[row]), scores[at])
        return meshes

    def _kept(self, where: Sequence[int], meshes: Sequence[FaceMesh | None]) -> list[tuple[int, FaceMesh]]:
        """Frame number and mesh of those that are faces, each once."""
        faces = [
            (number, mesh)
            for number, mesh in zip(where, meshes, strict=True)
            if mesh is not None and mesh.flag > self._settings.flag and mesh.eye_distance > 0
        ]
        return [
            (number, mesh)
            for number in dict.fromkeys(where)
            for mesh in without_twins([mesh for at, mesh in faces if at == number], self._settings.same_iou)
        ]


def to_frame(points: Doubles, square: RotatedSquare) -> Doubles:
    """Points of a crop of the square, (478, 3) in crop pixels, as points of the frame."""
    matrix = square.to_picture(CROP)
    placed = np.empty_like(points)
    placed[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    placed[:, 2] = points[:, 2] * (square.side / CROP)
    return placed


def without_twins(meshes: Sequence[FaceMesh], iou: float) -> list[FaceMesh]:
    """Of meshes that lie on each other, keep the one with the detector's best score."""
    kept: list[FaceMesh] = []
    for mesh in sorted(meshes, key=lambda mesh: -mesh.detection):
        if all(mesh.bounds.iou(other.bounds) < iou for other in kept):
            kept.append(mesh)
    return kept


def outermost(boxes: Sequence[PixelBox], containment: float) -> list[int]:
    """Numbers of the boxes, largest first, that do not lie mostly inside a larger one.

    IoU would keep a patch of a face inside the face; containment does not (vision.md section 4, Clips). Ask this of
    human faces alone, or a thing around a face would drop it.
    """
    kept: list[int] = []
    for number in sorted(range(len(boxes)), key=lambda number: -boxes[number].area):
        if all(boxes[number].containment(boxes[other]) < containment for other in kept):
            kept.append(number)
    return kept


def _touches(frame: Pixels, square: RotatedSquare) -> bool:
    height, width = frame.shape[:2]
    bounds = square.bounds()
    return bounds.right > 0 and bounds.bottom > 0 and bounds.left < width and bounds.top < height
