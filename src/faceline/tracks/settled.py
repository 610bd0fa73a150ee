"""What a track's readings add up to, and its faces with these values put in."""

from array import array
from dataclasses import replace
from operator import attrgetter

import numpy as np

from faceline.domain.face import Attributes, Face
from faceline.domain.verdicts import THRESHOLDS
from faceline.tracks.age import AgeTally
from faceline.tracks.verdicts import TwoState
from faceline.tracks.weight import bareness, clarity

OF_A_PERSON = ("male", "beard", "mustache")
WORN = ("eyeglasses", "sunglasses")
TRAITS = OF_A_PERSON + WORN
"""What is settled beside the age. Everything else of a face stays bit by bit as it was measured."""

PERSON_CHANGE_S = 4.0
"""What a change of gender or hair costs, in seconds of sure readings. They do not change in view; that it is possible
at all keeps a wrong link from giving one person the other's values for long."""
WORN_CHANGE_S = 1.5
"""Glasses are taken off: with readings of 0.9 a change that lasts 2 s is kept, one of 1.5 s is not."""
LONGEST_READING_S = 0.5
"""The most that one sample stands for, so that at slow rates, too, it takes several to change a verdict."""

_ROW = 3 + len(TRAITS)
_trait_values = attrgetter(*TRAITS)


class Readings:
    """The evidence of one live track, about 3 kB.

    count   faces so far
    """

    __slots__ = ("_age", "_traits", "count")

    def __init__(self) -> None:
        self.count = 0
        self._age = AgeTally()
        self._traits = [
            TwoState(PERSON_CHANGE_S if name in OF_A_PERSON else WORN_CHANGE_S, THRESHOLDS[name]) for name in TRAITS
        ]

    def add(self, time_s: float, face: Face, seen: Attributes, frame_height: int, seconds: float) -> None:
        """Take in a face of the track; `seconds` is how much time its sample stands for."""
        self.count += 1
        clear = max(clarity(face, frame_height) * min(seconds, LONGEST_READING_S), 1e-6)
        bare = clear * bareness(seen.occluded)
        self._age.add(seen.age_years, seen.age_spread, bare)
        for name, trait, value in zip(TRAITS, self._traits, _trait_values(seen), strict=True):
            trait.add(time_s, value, bare if name in OF_A_PERSON else clear)

    def settle(self) -> "Settled":
        """What it all adds up to."""
        return Settled(self._age.years(), self._age.spread(), self._traits)


class Settled:
    """The values of one track: a row of numbers, and one more for every change of a verdict; about 250 bytes."""

    __slots__ = ("_rows",)

    def __init__(self, years: float, spread: float, traits: list[TwoState]) -> None:
        stretches = [trait.stretches() for trait in traits]
        begins = sorted({stretch.begin_s for found in stretches for stretch in found})
        self._rows = array("d")
        for begin in begins:
            values = [next(s.probability for s in reversed(found) if s.begin_s <= begin) for found in stretches]
            self._rows.extend([begin, *_as_stored(years, spread, *values)])

    def put_into(self, face: Face, time_s: float) -> Face:
        """The face with the values that hold at that time. A face without attributes stays as it is."""
        if face.attributes is None:
            return face
        last = len(self._rows) - _ROW
        while self._rows[last] > time_s:
            last -= _ROW
        years, spread, male, beard, mustache, eyeglasses, sunglasses = self._rows[last + 1 : last + _ROW]
        settled = replace(
            face.attributes,
            age_years=years,
            age_spread=spread,
            male=male,
            beard=beard,
            mustache=mustache,
            eyeglasses=eyeglasses,
            sunglasses=sunglasses,
        )
        return replace(face, attributes=settled)


def _as_stored(*values: float) -> list[float]:
    """Rounded to float32, as facts are stored: what is read back is what was said."""
    return [float(value) for value in np.array(values, dtype=np.float32)]
