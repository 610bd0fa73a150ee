"""Tracks of faces whose true paths are known."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.domain.face import Face
from faceline.domain.video import SampleFaces
from faceline.tracks.linker import LONGEST_GAP_S, Linker
from tests.tracks.scene import HEIGHT, SIZE, WIDTH, Person, film, sampled

RATES = [1, 2, 25, 60]


def linked(samples: list[SampleFaces]) -> list[tuple[int, ...]]:
    linker = Linker(WIDTH, HEIGHT)
    return [linker.link(sample).tracks for sample in samples]


@pytest.mark.parametrize("rate", RATES)
def test_a_face_that_sways_is_one_track(rate: int) -> None:
    swaying = film(rate, 10, lambda t: [Person().face(0.5 + (0.04 if int(t) % 2 else 0.0))])
    assert linked(swaying) == [(1,)] * len(swaying)


@pytest.mark.parametrize("rate", [2, 25, 60])
@pytest.mark.parametrize("speed", [0.06, 0.12, 0.18])
def test_twins_whose_paths_cross_keep_their_directions(rate: int, speed: float) -> None:
    """Nothing but motion tells them apart; the sum of speeds is up to 3.6 face widths a second."""

    def both(t: float) -> list[Face]:
        return [Person().face(0.2 + speed * t, 0.50), Person().face(0.8 - speed * t, 0.52)]

    tracks = linked(film(rate, 0.6 / speed, both))
    assert set(tracks) == {(1, 2)}


def test_twins_who_change_places_between_two_samples_went_on() -> None:
    """Where one was the other is now; had they turned back, both would be one step back instead."""
    steps = [(0.3, 0.6), (0.4, 0.5), (0.5, 0.4), (0.6, 0.3)]
    samples = [sampled(k / 2, *(Person().face(x) for x in places)) for k, places in enumerate(steps)]
    assert linked(samples) == [(1, 2)] * 4


def test_a_head_that_turns_back_between_samples_is_one_track() -> None:
    """By 0.7 of its width at two a second: going straight on would put it 1.3 widths off."""
    samples = [sampled(k / 2, Person().face(0.5 + 0.7 * SIZE * (k % 2))) for k in range(8)]
    assert linked(samples) == [(1,)] * 8


@pytest.mark.parametrize("rate", [4, 25, 60])
def test_a_face_behind_a_pillar_comes_back_as_itself(rate: int) -> None:
    samples = film(rate, 8, lambda t: [] if 3.0 < t < 4.0 else [Person().face(0.1 + 0.1 * t)])
    assert {track for tracks in linked(samples) for track in tracks} == {1}


@pytest.mark.parametrize("rate", RATES)
def test_a_face_that_is_away_for_longer_is_a_new_track(rate: int) -> None:
    samples = film(rate, 8, lambda t: [] if 3.0 < t <= 3.0 + LONGEST_GAP_S else [Person().face(0.5)])
    assert {track for tracks in linked(samples) for track in tracks} == {1, 2}


def test_between_slow_samples_a_face_must_be_seen_at_each(subtests: pytest.Subtests) -> None:
    every = [sampled(5.0 * k, Person().face(0.5)) for k in range(5)]
    with subtests.test("seen at each"):
        assert linked(every) == [(1,)] * 5
    with subtests.test("missed once"):
        assert linked([*every[:2], sampled(10.0), *every[3:]]) == [(1,), (1,), (), (2,), (2,)]
    with subtests.test("too far apart"):
        assert linked([sampled(0.0, Person().face(0.5)), sampled(11.0, Person().face(0.5))]) == [(1,), (2,)]


@pytest.mark.parametrize("rate", RATES)
def test_a_cut_to_somebody_else_at_the_same_place_is_a_new_track(rate: int) -> None:
    samples = film(rate, 6, lambda t: [Person(1 if t < 3 else 2).face(0.5)])
    assert {track for tracks in linked(samples) for track in tracks} == {1, 2}


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(Person().face(0.5, size=1.8 * SIZE), id="nearer"),
        pytest.param(Person(brightness=85).face(0.5), id="brighter"),
        pytest.param(Person().face(0.75), id="elsewhere"),
    ],
)
def test_a_cut_shows_in_place_size_or_light(after: Face) -> None:
    samples = film(2, 4, lambda t: [Person().face(0.5) if t < 2 else after])
    assert linked(samples) == [(1,)] * 4 + [(2,)] * 4


def test_after_a_cut_nobody_of_the_other_shot_lives_on() -> None:
    """Three people, then three others elsewhere and of another size."""
    first = [Person(n).face(0.2 + 0.3 * n, 0.4) for n in range(3)]
    second = [Person(n).face(0.1 + 0.25 * n, 0.6, 0.05) for n in range(3, 6)]
    assert linked(film(2, 2, lambda t: first if t < 1 else second)) == [(1, 2, 3)] * 2 + [(4, 5, 6)] * 2


@pytest.mark.parametrize("per_sample", [0.5, 1.6, 2.2])
def test_a_pan_carries_all_tracks_along(per_sample: float) -> None:
    """At two samples a second a pan moves each of a row of twins onto the place of the next, or beyond."""
    places = [0.1, 0.26, 0.45, 0.7, 0.88]
    samples = film(2, 3, lambda t: [Person().face(x + SIZE * per_sample * 2 * t) for x in places])
    assert set(linked(samples)) == {(1, 2, 3, 4, 5)}


def test_tracks_are_numbered_as_they_begin_and_end_once() -> None:
    """A is there from 0 to 2 s, B from 1 s on, C from 4 s on."""
    linker = Linker(WIDTH, HEIGHT)
    ended: dict[int, float] = {}
    seen: dict[int, list[float]] = defaultdict(list)
    for k in range(28):
        t = k / 4
        faces = [Person(1).face(0.2)] if t <= 2 else []
        faces += [Person(2).face(0.5)] if t >= 1 else []
        faces += [Person(3).face(0.8)] if t >= 4 else []
        step = linker.link(sampled(t, *faces))
        for track in step.tracks:
            seen[track].append(t)
        for track in step.ended:
            assert track not in ended
            ended[track] = t
    assert {track: (times[0], times[-1]) for track, times in seen.items()} == {1: (0, 2), 2: (1, 6.75), 3: (4, 6.75)}
    assert ended == {1: 3.5}


faces = st.builds(
    lambda person, x, y, size: Person(person).face(x, y, size),
    st.integers(0, 3),
    st.floats(-0.2, 1.2),
    st.floats(-0.2, 1.2),
    st.floats(0.001, 0.9),
)
films = st.lists(st.tuples(st.floats(0.001, 12.0), st.lists(faces, max_size=5)), max_size=8)


@given(films)
def test_whatever_comes_every_face_gets_a_track_of_its_own(steps: list[tuple[float, list[Face]]]) -> None:
    time_s, samples = 0.0, []
    for passed, found in steps:
        time_s += passed
        samples.append(sampled(time_s, *found))
    linker, alive, new = Linker(WIDTH, HEIGHT), set[int](), 1
    for sample in samples:
        step = linker.link(sample)
        alive -= set(step.ended)
        assert len(step.tracks) == len(sample.faces) == len(set(step.tracks))
        born = sorted(set(step.tracks) - alive)
        assert born == list(range(new, new + len(born)))
        new += len(born)
        alive |= set(step.tracks)
    assert linked(samples) == linked(samples)
