"""Whole pictures with boxes: what was labelled in them, what was found, and which is which."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.sets import pixel_box
from faceline.domain.face import Face
from faceline.domain.job import FaceAttributes
from faceline.vision.analyse import Analyser
from faceline.vision.geometry import Pixels
from training.detector.decode import Detections
from training.detector.faces import Faces
from training.detector.pictures import Picture
from training.detector.scoring import Scored, compare, overlap_table

Labelled = Iterable[tuple[str, Pixels, Faces]]
"""Name, pixels and labelled boxes of pictures."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One picture.

    boxes     labelled: left, top, right, bottom in pixels, hair line to chin
    covered   per box 1 with a mask, 0 without, NaN where nobody looked
    ignored   per box whether it is neither a face to find nor background
    faces     what faceline found
    """

    name: str
    width: int
    height: int
    boxes: list[tuple[float, float, float, float]]
    covered: list[float]
    ignored: list[bool]
    faces: tuple[Face, ...]

    @property
    def labels(self) -> Faces:
        """The labelled boxes."""
        count = len(self.boxes)
        return Faces(
            np.array(self.boxes, np.float32).reshape(count, 4),
            np.full((count, 5, 2), np.nan, np.float32),
            np.array(self.covered, np.float32),
            np.array(self.ignored, np.bool_),
        )

    def scored(self, match: float) -> Scored:
        """Found faces against labelled ones; their scores are the Confidence of the face."""
        return compare(detections(boxes_of(self), [face.score for face in self.faces]), self.labels, match)

    def pairs(self, match: float) -> list[Face | None]:
        """For each labelled box the face that was found there, largest overlap first."""
        table = overlap_table(boxes_of(self), self.labels.boxes) if self.faces and self.boxes else np.zeros((0, 0))
        pairs: list[Face | None] = [None] * len(self.boxes)
        used: set[int] = set()
        for flat in np.argsort(-table, axis=None, kind="stable"):
            found, box = divmod(int(flat), len(self.boxes))
            if table[found, box] >= match and found not in used and pairs[box] is None:
                pairs[box] = self.faces[found]
                used.add(found)
        return pairs


def boxes_of(whole: Whole) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """(F, 4) found boxes in pixels."""
    boxes = [pixel_box(face, whole.width, whole.height) for face in whole.faces]
    rows = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(rows, np.float32).reshape(len(rows), 4)


def detections(boxes: np.ndarray[tuple[int, int], np.dtype[np.float32]], scores: Sequence[float]) -> Detections:
    """Boxes with scores and nothing else."""
    count = len(boxes)
    nothing = np.full(count, np.nan, np.float32)
    return Detections(np.array(scores, np.float32), boxes, np.zeros((count, 5, 2), np.float32), nothing, nothing)


def analysed(
    facts: Facts,
    name: str,
    pictures: Callable[[], Labelled],
    wanted: FaceAttributes,
    analyser: Callable[[], Analyser] | None = None,
) -> list[Whole]:
    """Whole pictures by a name of their own."""

    def make() -> list[Whole]:
        used = analyser() if analyser else facts.setup.analyser
        return [_whole(used, wanted, *each) for each in facts.limited(pictures())]

    return facts.kept(name, list[Whole], make)


def as_labelled(pictures: Iterable[Picture]) -> Labelled:
    """Pictures of the collections."""
    return ((f"{picture.origin}/{picture.name}", picture.pixels, picture.faces) for picture in pictures)


def _whole(analyser: Analyser, wanted: FaceAttributes, name: str, pixels: Pixels, labels: Faces) -> Whole:
    (faces,) = analyser.analyse([np.ascontiguousarray(pixels)], wanted)
    height, width = pixels.shape[:2]
    boxes = [(float(a), float(b), float(c), float(d)) for a, b, c, d in labels.boxes]
    covered, ignored = [float(value) for value in labels.covered], [bool(value) for value in labels.ignored]
    return Whole(name, width, height, boxes, covered, ignored, faces)
