"""Faces that move as a test wants them to, without any picture."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from faceline.domain.face import Attributes, Box, Face, Gaze, Point, Pose, Quality
from faceline.domain.video import FrameTime, SampleFaces

WIDTH, HEIGHT = 1280, 720
TIME_BASE = Fraction(1, 90_000)
SIZE = 0.1
"""Width of a face as a share of the picture's width; it is as high as wide in pixels."""

PLAIN = Attributes(
    age_years=34.25,
    age_spread=4.0,
    male=0.9375,
    smile=0.25,
    eyeglasses=0.0625,
    sunglasses=0.03125,
    beard=0.125,
    mustache=0.125,
    eyes_open=0.96875,
    mouth_open=0.0625,
    occluded=0.03125,
    emotions=(0.125, 0.0, 0.0, 0.0, 0.0, 0.0, 0.875, 0.0),
)
GAZE = Gaze(1.0, -2.0, 0.5)


@dataclass(frozen=True)
class Person:
    """Somebody whose landmarks and skin differ from everybody else's; the same number is the same person."""

    number: int = 0
    brightness: float = 60.0

    def face(
        self, x: float, y: float = 0.5, size: float = SIZE, attributes: Attributes | None = PLAIN, score: float = 1.0
    ) -> Face:
        """The face with its middle at x, y."""
        width, height = size, size * WIDTH / HEIGHT
        box = Box(x - width / 2, y - height / 2, width, height)
        places = np.random.default_rng(self.number).random((30, 2))
        landmarks = tuple(Point(box.left + px * width, box.top + py * height) for px, py in places.tolist())
        return Face(box, score, landmarks, Pose(0.0, 0.0, 0.0), Quality(self.brightness, 60.0), attributes, GAZE)


def sampled(time_s: float, *faces: Face) -> SampleFaces:
    """A sample at that time, to the nearest 90,000th of a second."""
    return SampleFaces(FrameTime(round(time_s * TIME_BASE.denominator), TIME_BASE), faces)


def film(per_second: float, seconds: float, faces_at: Callable[[float], Iterable[Face]]) -> list[SampleFaces]:
    """Samples of `seconds` at a rate, each with the faces of its time."""
    count = round(per_second * seconds)
    return [sampled(k / per_second, *faces_at(k / per_second)) for k in range(count)]


def seen_as(**values: Any) -> Attributes:
    """The plain attributes but for some."""
    return replace(PLAIN, **values)
