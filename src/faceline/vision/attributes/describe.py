"""The appearance of faces as the attributes of ALL."""

import numpy as np

from faceline.domain.face import Attributes
from faceline.vision.attributes.appearance import AppearanceBatch
from faceline.vision.attributes.emotions import with_confused

NARROW, WIDE = 3.5, 5.0
"""Expected errors of the age, years, up to which its range is 6 years wide, and from which it is 10; between, 8 (the
widths of B214)."""


def describe(batch: AppearanceBatch) -> list[Attributes]:
    """Attributes of N faces from their appearance."""
    emotions = with_confused(batch.emotions)
    return [
        Attributes(
            age_years=float(batch.age_years[row]),
            age_spread=half_width(float(batch.age_error[row])),
            **{name: float(batch.trait(name)[row]) for name in BOOLEANS},
            emotions=tuple(float(value) for value in emotions[row]),
        )
        for row in range(len(batch.age_years))
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
