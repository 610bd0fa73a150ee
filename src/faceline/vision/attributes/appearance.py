"""What a face looks like: the interface between networks that read crops and everything that uses their answers."""

from dataclasses import dataclass
from typing import Protocol

from faceline.vision.geometry import Doubles, Pixels

TRAITS = (
    "human",
    "male",
    "smile",
    "eyeglasses",
    "sunglasses",
    "beard",
    "mustache",
    "mouth_open",
    "eyes_open",
    "occluded",
)
"""Order of the columns of `AppearanceBatch.traits`."""
SEVEN_EMOTIONS = ("CALM", "HAPPY", "SURPRISED", "SAD", "ANGRY", "DISGUSTED", "FEAR")
"""Order of the columns of `AppearanceBatch.emotions`: the service's eight without CONFUSED, which no picture set
labels."""


@dataclass(frozen=True, slots=True)
class AppearanceBatch:
    """N faces.

    traits       (N, 10) calibrated probabilities 0..1 in the order of `TRAITS`
    age_years    (N,) estimates
    age_error    (N,) years, the absolute error to expect
    emotions     (N, 7) calibrated probabilities, rows sum to 1, in the order of `SEVEN_EMOTIONS`
    """

    traits: Doubles
    age_years: Doubles
    age_error: Doubles
    emotions: Doubles

    def trait(self, name: str) -> Doubles:
        """One column of `traits`, (N,)."""
        return self.traits[:, TRAITS.index(name)]


class AppearanceReader(Protocol):
    """Reads faces from crops: squares along the eye line around the mesh's bounds."""

    @property
    def crop_side(self) -> int:
        """Pixels along a side of the crops it takes."""
        ...

    @property
    def crop_margin(self) -> float:
        """Side of the square that is cut, in units of the longer side of the mesh's turned bounds."""
        ...

    def human(self, crops: Pixels) -> Doubles:
        """(N, S, S, 3) uint8 RGB crops to (N,) probabilities that this is a human face, not an animal or a thing."""
        ...

    def read(self, crops: Pixels, measures: Doubles) -> AppearanceBatch:
        """(N, S, S, 3) uint8 RGB crops and (N, 24) measures of their meshes to everything; `human` is the same."""
        ...
