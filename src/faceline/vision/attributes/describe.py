"""Appearance, mesh and pose of faces put together to the attributes of ALL."""

import numpy as np

from faceline.domain.face import Attributes, Pose
from faceline.vision.attributes.appearance import AppearanceBatch
from faceline.vision.attributes.emotions import with_confused
from faceline.vision.attributes.gaze import gazes
from faceline.vision.geometry import Doubles

NARROW, WIDE = 3.5, 5.0
"""Expected errors of the age, years, up to which its range is 6 years wide, and from which it is 10; between, 8 (the
widths of B214)."""


def describe(batch: AppearanceBatch, measures: Doubles, meshes: Doubles, poses: list[Pose]) -> list[Attributes]:
    """Attributes of N faces from their appearance, measures (N, 24), meshes (N, 478, 3) and poses."""
    emotions = with_confused(batch.emotions, measures)
    return [
        Attributes(
            age_years=float(batch.age_years[row]),
            age_spread=half_width(float(batch.age_error[row])),
            **{name: float(batch.trait(name)[row]) for name in BOOLEANS},
            emotions=tuple(float(value) for value in emotions[row]),
            gaze=gaze,
        )
        for row, gaze in enumerate(gazes(meshes, poses))
    ]


BOOLEANS = (
    "male",
    "smile",
    "eyeglasses",
    "sunglasses",
    "beard",
    "mustache",
    "eyes_open",
    "mouth_open",
    "occluded",
)


def half_width(error_years: float) -> float:
    """Half width in years of the range around an age with that expected error: 3, 4 or 5."""
    return float(3 + np.searchsorted((NARROW, WIDE), error_years))
