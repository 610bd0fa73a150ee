"""Which faces of successive samples are one face: tracks.

Every live track says where its face may be now: straight on, where it was, or where the camera's pan puts it. A face
may continue it when it is near enough and like enough; of all ways to pair tracks and faces the one with the largest
sum of fitness is taken (Kuhn 1955, scipy's assignment). The measure is distance and ratio of sizes, the two things
that IoU mixes: at two samples a second faces often move until their boxes do not touch, and IoU has nothing to say.

All limits are in seconds and face sizes; none counts samples. When in doubt a track is cut: that costs a little
steadiness, whereas a wrong link gives one person another's values.
"""

from dataclasses import dataclass
from math import exp

import numpy as np
from scipy.optimize import linear_sum_assignment

from faceline.domain.video import SampleFaces
from faceline.tracks.look import Doubles, Looks, looks_of, offsets, unlikeness
from faceline.tracks.pan import shift_of_picture

LONGEST_GAP_S = 1.25
"""A track that was not seen for longer has ended."""
LONGEST_STEP_S = 10.0
"""Where samples lie farther apart than the longest gap, a track lives on only from one sample to the next, and over at
most this."""
REACH_AT_ONCE, REACH_PER_S, REACH = 0.35, 0.9, 1.0
"""How far from its expected place a face may be, in face sizes: at once, more per second since it was seen, at most."""
STRAIGHT_ON_S = 1.0
"""A face is expected to keep its velocity for this long; then it is expected to stay where that took it."""
TURNED_BACK = 0.15
"""Or it is expected where it was last seen: heads that sway turn back between samples. This is added to the distance,
so that of two faces that cross each keeps its direction."""
VELOCITY_MEMORY_S = 0.25
"""Time constant with which a track's velocity follows the measured one."""
LIMIT = 2.5
"""Sum of the square of distance over reach and of the unlikeness, above which a face is another one."""


@dataclass(slots=True)
class _Track:
    """A live track: number, its face when last seen, velocity in pictures per second, and when it was last seen."""

    number: int
    looks: Looks
    velocity: Doubles
    seen_s: float
    seen_at: int


@dataclass(frozen=True, slots=True)
class Linked:
    """What a sample did to the tracks.

    tracks   the track of each face, in the order of the faces
    ended    tracks that can never be continued any more
    """

    tracks: tuple[int, ...]
    ended: tuple[int, ...]


class Linker:
    """Links the faces of one video, sample by sample. Tracks are numbered 1, 2, 3, ... in order of their beginning."""

    def __init__(self, width: int, height: int) -> None:
        """`width` and `height` of the pictures in pixels, as displayed."""
        self._width = width
        self._height = height
        self._live: list[_Track] = []
        self._sample = 0
        self._next = 1

    def link(self, sample: SampleFaces) -> Linked:
        """Take in the next sample; samples come in order of time."""
        self._sample += 1
        now = float(sample.time.seconds)
        ended = self._end(now)
        if not sample.faces:
            return Linked((), ended)
        looks = looks_of(sample.faces, self._width, self._height)
        owners = self._owners(looks, now)
        tracks = [self._follow(owner, looks.rows([face]), now) for face, owner in enumerate(owners)]
        return Linked(tuple(tracks), ended)

    def _end(self, now: float) -> tuple[int, ...]:
        """Bury the tracks that are too old."""
        dead = [track for track in self._live if not self._lives(track, now)]
        if dead:
            self._live = [track for track in self._live if self._lives(track, now)]
        return tuple(track.number for track in dead)

    def _lives(self, track: _Track, now: float) -> bool:
        unseen = now - track.seen_s
        just_before = track.seen_at == self._sample - 1
        return unseen <= LONGEST_GAP_S or (just_before and unseen <= LONGEST_STEP_S)

    def _owners(self, looks: Looks, now: float) -> list[_Track | None]:
        """The track that each face continues."""
        owners: list[_Track | None] = [None] * len(looks)
        if not self._live:
            return owners
        fitness = LIMIT - self._costs(looks, now)
        rows, columns = linear_sum_assignment(np.maximum(fitness, 0.0), maximize=True)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if fitness[row, column] > 0:
                owners[column] = self._live[row]
        return owners

    def _costs(self, looks: Looks, now: float) -> Doubles:
        """(T, F) for each live track and face."""
        tracks = _stacked([track.looks for track in self._live])
        unseen = np.array([now - track.seen_s for track in self._live])
        velocity = np.stack([track.velocity for track in self._live])
        straight = tracks.middles + velocity * np.minimum(unseen, STRAIGHT_ON_S)[:, None]
        distance = np.minimum(
            _distances(straight, tracks, looks), _distances(tracks.middles, tracks, looks) + TURNED_BACK
        )
        before = [row for row, track in enumerate(self._live) if track.seen_at == self._sample - 1]
        seen_before = tracks.rows(before)
        shift = shift_of_picture(seen_before, looks)
        if shift is not None:
            panned = _distances(seen_before.middles + shift, seen_before, looks)
            distance[before] = np.minimum(distance[before], panned)
        reach = np.minimum(REACH_AT_ONCE + REACH_PER_S * unseen, REACH)
        return np.asarray((distance / reach[:, None]) ** 2 + unlikeness(tracks, looks, unseen))

    def _follow(self, owner: _Track | None, look: Looks, now: float) -> int:
        """Continue a track with a face, or begin one; its number."""
        if owner is None:
            owner = _Track(self._next, look, np.zeros(2), now, self._sample)
            self._live.append(owner)
            self._next += 1
            return owner.number
        passed = now - owner.seen_s
        if passed > 0:
            share = 1 - exp(-passed / VELOCITY_MEMORY_S)
            measured = (look.middles[0] - owner.looks.middles[0]) / passed
            owner.velocity = owner.velocity + share * (measured - owner.velocity)
        owner.looks, owner.seen_s, owner.seen_at = look, now, self._sample
        return owner.number


def _distances(places: Doubles, tracks: Looks, looks: Looks) -> Doubles:
    apart = offsets(places, tracks.sizes, looks)
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]))


def _stacked(looks: list[Looks]) -> Looks:
    return Looks(
        np.concatenate([look.middles for look in looks]),
        np.concatenate([look.sizes for look in looks]),
        np.concatenate([look.heights for look in looks]),
        np.concatenate([look.brightness for look in looks]),
        np.concatenate([look.shapes for look in looks]),
    )
