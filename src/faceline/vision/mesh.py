"""The attention mesh: 478 points of a face and whether there is one.

Two passes: the first looks where the detector pointed, the second looks again at the square around what the first
found, turned by its eye line. A candidate must be a face in both (vision.md section 4, Clips), unless the detector is
sure of it: the mesh takes many masked and turned faces for none.

The detector's eyes are hardly turned where a face is, and the mesh lies askew in a square that is turned wrongly by 40
degrees or more, often with a flag of 1. Two things give that away, and only such faces are looked at more often: the
first flag's logit is weak, or the eye line of the second mesh still turns against its square.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan2, inf, radians, remainder, sqrt, tau

import numpy as np

from faceline.vision.crops import cut, touches
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
WEAK = 5.0
"""Logits of a flag: what is below is no mesh to rely on. Of the first flag, either sign, they call for looks at the
turned square. Upright faces of landmarks68 have 12
to 30, those turned by 45 degrees and found askew mostly -4 to 6. With 8 instead of 5 a crowd costs 6 % more looks."""
RESOLVED = 45.0
"""Pixels along the side of the square from which that is worth its time; smaller faces have weak flags in any case."""
CONFIDENT = 0.6
"""Detector's score from which it is worth its time, too: most of what scores less and has a weak flag is no face."""
TURN_RAD = radians(60)
"""Turn of those looks, to either side: a look sees faces up to some 35 degrees off its own direction."""
BETTER = 4.0
"""What the logit of a turned look must gain over the plain one to be believed."""
DRIFT_RAD = radians(4)
"""Drift of the second mesh from which it is looked at further; 95 % of upright faces stay below 1.4 degrees."""
FURTHER_LOOKS = 2
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


@dataclass(frozen=True, slots=True)
class Look:
    """A square of a frame that the network shall look at.

    frame   number of the frame
    origin  the candidate that led here
    """

    frame: int
    square: RotatedSquare
    origin: Candidate

    def turned(self, angle_rad: float) -> "Look":
        """The same place, turned further clockwise on screen."""
        return replace(self, square=replace(self.square, angle_rad=self.square.angle_rad + angle_rad))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network says of a look.

    logit   of the flag: it still tells better from good where the flag itself is 1
    """

    look: Look
    mesh: FaceMesh
    logit: float

    @property
    def drift_rad(self) -> float:
        """Turn of the mesh's eye line against the square it was found in, -pi..pi; near 0 once looks have settled."""
        return remainder(self.mesh.roll_rad - self.look.square.angle_rad, tau)

    @property
    def is_weak(self) -> bool:
        """Whether this may be a face that lies askew in its square."""
        resolved = self.look.square.side >= RESOLVED and self.look.origin.score >= CONFIDENT
        return resolved and abs(self.logit) < WEAK

    def next(self) -> Look:
        """A look at the square around what was found, turned by its eye line."""
        return Look(self.look.frame, self.mesh.square(SEARCH_MARGIN), self.look.origin)

    def placed(self) -> FaceMesh:
        """The mesh; a weak one moves half way to where the detector saw the face, in place and in size.

        Such faces are masked, in profile or small, and the mesh is drawn to a part of them. Of 782 of them (training
        and validation parts) the box's IoU is 0.67 as the mesh lies, 0.71 half way, 0.70 all the way.
        """
        if self.logit >= WEAK:
            return self.mesh
        own, seen = self.mesh.bounds, self.look.origin.bounds
        factor = (1 + sqrt(seen.area / own.area)) / 2
        points = self.mesh.points - [*own.middle, 0]
        middle = np.mean([own.middle, seen.middle], axis=0)
        return replace(self.mesh, points=points * factor + [*middle, 0])


class Mesher:
    """Turns candidates into meshes."""

    def __init__(self, network: Network, settings: MeshSettings) -> None:
        self._network = network
        self._settings = settings

    def meshes(self, frames: Sequence[Pixels], candidates: Sequence[Sequence[Candidate]]) -> list[tuple[FaceMesh, ...]]:
        """The faces among the candidates of each frame; all frames' crops go through the network together."""
        looks = [
            Look(number, candidate.search, candidate) for number, group in enumerate(candidates) for candidate in group
        ]
        first = self._kept(self._upright(frames, self._see(frames, looks)))
        second = self._settled(frames, self._see(frames, [seen.next() for seen in first]))
        faces = self._kept(second)
        return [tuple(seen.placed() for seen in faces if seen.look.frame == number) for number in range(len(frames))]

    def _see(self, frames: Sequence[Pixels], looks: Sequence[Look]) -> list[Seen | None]:
        """What the network says of each look; None where its square lies outside the frame."""
        inside = [at for at, look in enumerate(looks) if touches(frames[look.frame], look.square)]
        crops = np.zeros((len(inside), CROP, CROP, 3), np.uint8)
        for row, at in enumerate(inside):
            crops[row] = cut(frames[looks[at].frame], looks[at].square, CROP)
        points, flags = self._network.run(crops)
        logits = flags.reshape(-1)
        probabilities = sigmoid(logits)
        found: list[Seen | None] = [None] * len(looks)
        for row, at in enumerate(inside):
            placed = to_frame(points[row].astype(np.float64), looks[at].square)
            mesh = FaceMesh(placed, float(probabilities[row]), looks[at].origin.score)
            found[at] = Seen(looks[at], mesh, float(logits[row]))
        return found

    def _upright(self, frames: Sequence[Pixels], first: Sequence[Seen | None]) -> list[Seen | None]:
        """The first looks; a weak one gives way to a look turned to either side that is clearly better.

        Where both sides are, which of them is right shows at the next look only: the face of a group that leans by 38
        degrees has logits of 6.4 and 5.7 there, and of 6.3 and 21.8 at the next.
        """
        weak = [(at, seen) for at, seen in enumerate(first) if seen and seen.is_weak]
        looks = [seen.look.turned(turn) for _, seen in weak for turn in (-TURN_RAD, TURN_RAD)]
        owners = [place for place in weak for _ in range(2)]
        better = [
            (at, turned)
            for (at, plain), turned in zip(owners, self._see(frames, looks), strict=True)
            if turned and turned.logit > max(WEAK, plain.logit + BETTER)
        ]
        best = list(first)
        reached = [-inf] * len(first)
        for (at, turned), seen in zip(better, self._see(frames, [turned.next() for _, turned in better]), strict=True):
            if seen and seen.logit > reached[at]:
                best[at], reached[at] = turned, seen.logit
        return best

    def _settled(self, frames: Sequence[Pixels], second: Sequence[Seen | None]) -> list[Seen | None]:
        """The second looks; one whose eye line still turns is followed, and turned ahead by what it turned."""
        settled = list(second)
        for _ in range(FURTHER_LOOKS):
            moving = [(at, seen) for at, seen in enumerate(settled) if seen and abs(seen.drift_rad) > DRIFT_RAD]
            looks = [seen.next().turned(seen.drift_rad) for _, seen in moving]
            for (at, _), seen in zip(moving, self._see(frames, looks), strict=True):
                if seen and seen.mesh.flag > self._settings.flag:
                    settled[at] = seen
        return settled

    def _kept(self, looked: Sequence[Seen | None]) -> list[Seen]:
        """Those that may be faces, each once."""
        settings = self._settings
        faces = [
            seen
            for seen in looked
            if seen
            and seen.mesh.eye_distance > 0 < seen.mesh.bounds.area
            and (seen.mesh.flag > settings.flag or seen.look.origin.score > settings.sure)
        ]
        kept: list[Seen] = []
        for number in dict.fromkeys(seen.look.frame for seen in faces):
            group = [seen for seen in faces if seen.look.frame == number]
            kept += [group[row] for row in without_twins([seen.mesh for seen in group], self._settings.same_iou)]
        return kept


def to_frame(points: Doubles, square: RotatedSquare) -> Doubles:
    """Points of a crop of the square, (478, 3) in crop pixels, as points of the frame."""
    matrix = square.to_picture(CROP)
    placed = np.empty_like(points)
    placed[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    placed[:, 2] = points[:, 2] * (square.side / CROP)
    return placed


def without_twins(meshes: Sequence[FaceMesh], iou: float) -> list[int]:
    """Numbers of the meshes, of those that lie on each other only the one with the detector's best score."""
    kept: list[int] = []
    for number in sorted(range(len(meshes)), key=lambda number: -meshes[number].detection):
        if all(meshes[number].bounds.iou(meshes[other].bounds) < iou for other in kept):
            kept.append(number)
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
