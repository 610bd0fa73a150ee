"""Samples in, faces out."""

import weakref
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import cast

import numpy as np
import pytest

from faceline.domain.face import Face
from faceline.domain.job import FaceAttributes
from faceline.domain.video import FrameTime
from faceline.engine.analysis import GROUP, faces_of
from faceline.media.samples import Sample
from faceline.vision.analyse import Analyser
from faceline.vision.geometry import Pixels


class Groups:
    """An analyser that finds nothing and notes how many frames it was given at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def analyse(self, frames: Sequence[Pixels], _attributes: FaceAttributes) -> list[tuple[Face, ...]]:
        self.sizes.append(len(frames))
        return [()] * len(frames)


@pytest.mark.parametrize("count", [0, 1, GROUP, 2 * GROUP + 1])
def test_every_sample_is_answered_in_order_and_frames_are_let_go_one_by_one(count: int) -> None:
    alive: list[weakref.ref[Pixels]] = []
    most: list[int] = []

    def samples() -> Iterator[Sample]:
        for number in range(count):
            pixels = np.zeros((4, 4, 3), np.uint8)
            alive.append(weakref.ref(pixels))
            most.append(sum(each() is not None for each in alive))
            yield Sample(FrameTime(number, Fraction(1, 2)), number, pixels)
            del pixels

    groups = Groups()
    found = [each.time.pts for each in faces_of(samples(), cast("Analyser", groups), FaceAttributes.DEFAULT)]
    assert found == list(range(count))
    assert sum(groups.sizes) == count
    assert max(groups.sizes, default=0) <= GROUP
    assert max(most, default=0) <= GROUP + 1
