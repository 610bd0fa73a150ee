"""Where faces may be: a detector run at two scales and once more at each place, behind one interface.

Every candidate is checked and given its final box by the mesh, so a detector only has to say where to look, how
large, and how the eyes lie.
"""

from dataclasses import dataclass
from math import atan2
from typing import Protocol

import numpy as np

from faceline.vision.geometry import Doubles, PixelBox, Pixels, RotatedSquare
from faceline.vision.reduced import scales_of
from faceline.vision.rows import Rows, merged
from faceline.vision.second_look import SecondLook
from faceline.vision.settings import DetectorSettings


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a face may be, in pixels of the frame.

    score       0..1
    search      square to cut for the mesh, turned by the eye line
    bounds      to expect of the mesh
    """

    box: PixelBox
    score: float
    search: RotatedSquare
    bounds: PixelBox


class Detector(Protocol):
    """Finds candidates, whatever network is behind it."""

    def detect(self, frame: Pixels) -> tuple[Candidate, ...]:
        """Candidates in one (H, W, 3) uint8 RGB frame, best first, at most one per face."""
        ...


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
        passes = scales_of(frame, settings.long_side, settings.short_pass)
        found = []
        for reduced, floor in zip(passes, self._floors, strict=False):
            rows = self._worth_a_look(self._rows.find(reduced.pixels, floor).rows)
            rows[:, :8] *= np.tile([reduced.x, reduced.y], 4)
            found.append(rows)
        rows = merged(np.concatenate(found), settings.merge_iou)
        if self._look_again:
            rows = self._look_again(frame, passes[0], rows)
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
        return Candidate(box, score, search, self._rows.bounds(box))
