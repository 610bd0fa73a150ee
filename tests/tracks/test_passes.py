"""What the final pass makes of a whole video."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceline.domain.face import Attributes, Face, Pose, Quality
from faceline.domain.video import SampleFaces
from faceline.tracks.passes import FinalPass, FrameSize, trace
from faceline.tracks.settled import TRAITS
from tests.tracks.scene import HEIGHT, WIDTH, Person, film, sampled, seen_as


@pytest.fixture
def even(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every trait divided at one half: these tests are about time."""
    monkeypatch.setattr("faceline.tracks.settled.THRESHOLDS", dict.fromkeys(TRAITS, 0.5))


FRAME = FrameSize(WIDTH, HEIGHT)
SETTLED = {*TRAITS, "age_years", "age_spread"}
MEASURED = sorted({field.name for field in fields(Attributes)} - SETTLED)

singles = st.floats(0.0, 1.0, width=32)


def finished(samples: list[SampleFaces]) -> list[SampleFaces]:
    second = FinalPass(trace(samples, FRAME), FRAME)
    return [second.finished(sample) for sample in samples]


def alone(samples: list[SampleFaces]) -> list[Attributes]:
    """Attributes of the only face of each sample that has one."""
    return [face.attributes for sample in samples for face in sample.faces if face.attributes is not None]


def in_a_row(name: str, *values: float, per_second: float = 2) -> list[SampleFaces]:
    """One face, one reading of a trait after the other."""
    return [sampled(k / per_second, Person().face(0.5, attributes=seen_as(**{name: v}))) for k, v in enumerate(values)]


def values_of(name: str, samples: list[SampleFaces]) -> list[float]:
    return [getattr(seen, name) for seen in alone(samples)]


@pytest.mark.parametrize("name", TRAITS)
@settings(max_examples=25)
@given(value=singles, count=st.integers(2, 30))
def test_a_constant_trait_stays_bit_by_bit(name: str, value: float, count: int) -> None:
    assert values_of(name, finished(in_a_row(name, *[value] * count))) == [value] * count


@settings(max_examples=25)
@given(value=st.floats(0, 100, width=32), count=st.integers(2, 30))
def test_a_constant_age_stays_bit_by_bit(value: float, count: int) -> None:
    assert values_of("age_years", finished(in_a_row("age_years", *[value] * count))) == [value] * count


@pytest.mark.parametrize("name", TRAITS)
@settings(max_examples=25)
@given(place=st.integers(0, 8), wild=st.floats(0.5, 1.0, width=32))
def test_a_single_wild_reading_is_corrected(name: str, place: int, wild: float) -> None:
    values = [0.125] * 8
    values.insert(place, wild)
    found = values_of(name, finished(in_a_row(name, *values)))
    assert len(set(found)) == 1
    assert found[0] < 0.5


@pytest.mark.parametrize("name", ["eyeglasses", "sunglasses"])
@pytest.mark.parametrize("per_second", [2, 25])
@pytest.mark.usefixtures("even")
def test_glasses_taken_off_for_two_seconds_are_off(name: str, per_second: int) -> None:
    on, off = [0.9375] * 3 * per_second, [0.0625] * 2 * per_second
    found = values_of(name, finished(in_a_row(name, *on, *off, *on, per_second=per_second)))
    assert found == [*on, *off, *on]


@pytest.mark.parametrize("name", ["male", "beard", "mustache"])
def test_a_person_does_not_change_within_seconds(name: str) -> None:
    found = values_of(name, finished(in_a_row(name, *[0.9375] * 8, *[0.0625] * 6, *[0.9375] * 8)))
    assert len(set(found)) == 1
    assert found[0] > 0.5


@pytest.mark.usefixtures("even")
def test_covered_faces_say_little_of_the_person_but_not_of_the_glasses() -> None:
    """Ten seconds behind a mask, then three without it, as in f26 of the test clips."""
    masked = seen_as(beard=0.0, male=0.25, eyeglasses=0.75, occluded=1.0)
    bare = seen_as(beard=1.0, male=1.0, eyeglasses=0.125, occluded=0.0)
    samples = film(2, 13, lambda t: [Person().face(0.5, attributes=masked if t < 10 else bare)])
    first, last = alone(finished(samples))[:: len(samples) - 1]
    assert first.male > 0.5
    assert first.beard > 0.5
    assert first.eyeglasses == 0.75
    assert last.eyeglasses == 0.125


any_reading = st.builds(
    Attributes,
    st.floats(0, 100, width=32),
    st.sampled_from([3.0, 4.0, 5.0]),
    *[singles] * 9,
    st.tuples(*[singles] * 8),
)


@settings(max_examples=30)
@given(st.lists(st.tuples(any_reading, st.floats(-60, 60, width=32), singles), min_size=1, max_size=8))
def test_what_really_changes_is_left_bit_by_bit(readings: list[tuple[Attributes, float, float]]) -> None:
    """Eyes, mouth, smile, emotions, gaze, occlusion, pose, landmarks, box, quality and score."""
    samples = [
        sampled(
            k / 2,
            replace(Person().face(0.5, attributes=seen, score=score), pose=Pose(degrees, degrees, 0.0)),
        )
        for k, (seen, degrees, score) in enumerate(readings)
    ]
    after = finished(samples)
    for before_face, after_face in zip(_faces(samples), _faces(after), strict=True):
        assert replace(before_face, attributes=None) == replace(after_face, attributes=None)
        for name in MEASURED:
            assert getattr(before_face.attributes, name) == getattr(after_face.attributes, name)
    assert [sample.time for sample in samples] == [sample.time for sample in after]


def test_a_face_seen_once_keeps_all_its_values() -> None:
    samples = [sampled(0.0, Person(1).face(0.2)), sampled(0.5, Person(2).face(0.7))]
    after = finished(samples)
    assert [sample.faces for sample in after] == [sample.faces for sample in samples]
    assert [sample.tracks for sample in after] == [(1,), (2,)]


def test_without_attributes_only_tracks_are_added() -> None:
    samples = film(2, 3, lambda t: [Person().face(0.3 + t / 20, attributes=None)])
    assert trace(samples, FRAME) == {}
    after = finished(samples)
    assert [replace(sample, tracks=()) for sample in after] == samples
    assert {sample.tracks for sample in after} == {(1,)}


def test_absent_attributes_stay_absent_among_present_ones() -> None:
    """A job whose spans were analysed under two licence profiles: nothing is carried over to the faces that lack it."""
    samples = film(
        2, 6, lambda t: [Person().face(0.3 + t / 20, attributes=None if 2 <= t < 4 else seen_as(beard=0.875))]
    )
    after = finished(samples)
    assert [face.attributes is None for face in _faces(after)] == [2 <= k / 2 < 4 for k in range(12)]
    assert {seen.beard for seen in alone(after)} == {0.875}


def test_people_keep_their_own_values() -> None:
    she, he = seen_as(male=0.0625, age_years=20.0), seen_as(male=0.9375, age_years=60.0)
    samples = film(2, 6, lambda t: [Person(1).face(0.2 + t / 10, attributes=she), Person(2).face(0.8, attributes=he)])
    for sample in finished(samples):
        assert [(face.attributes.male, face.attributes.age_years) for face in sample.faces if face.attributes] == [
            (0.0625, 20.0),
            (0.9375, 60.0),
        ]


def test_every_value_can_be_stored_as_it_is() -> None:
    """Settled values are float32, so that storing them changes nothing."""
    samples = in_a_row("beard", 0.1, 0.3, 0.7, 0.2, 0.9, 0.6)
    assert all(float(np.float32(value)) == value for value in values_of("beard", finished(samples)))


def test_no_sample_and_one_sample() -> None:
    assert trace([], FRAME) == {}
    only = [sampled(3.0, Person().face(0.5))]
    assert [sample.faces for sample in finished(only)] == [sample.faces for sample in only]


def passers_by(seconds: int) -> Iterator[SampleFaces]:
    """Two samples a second; somebody new every four seconds, three at a time."""
    for k in range(2 * seconds):
        t = k / 2
        people = [2 + int(t // 4) - n for n in range(3)]
        yield sampled(t, *(Person(n).face(0.05 + 0.07 * (t - 4 * (n - 2))) for n in people))


def test_memory_grows_by_a_few_hundred_bytes_a_track_and_by_nothing_a_sample() -> None:
    """A video four times as long has 24 more tracks and 192 more samples of 3 faces, each of about 5 kB."""
    peaks = []
    for seconds in (32, 128):
        tracemalloc.start()
        book = trace(passers_by(seconds), FRAME)
        second = FinalPass(book, FRAME)
        for sample in passers_by(seconds):
            second.finished(sample)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 24 * 500


def _faces(samples: list[SampleFaces]) -> list[Face]:
    return [face for sample in samples for face in sample.faces]


@pytest.mark.usefixtures("even")
def test_quality_is_part_of_the_weight() -> None:
    """Blurred readings do not outvote sharp ones."""
    blurred = replace(Person().face(0.5, attributes=seen_as(beard=0.0)), quality=Quality(60.0, 1.0))
    sharp = replace(Person().face(0.5, attributes=seen_as(beard=1.0)), quality=Quality(60.0, 80.0))
    samples = [sampled(k / 2, blurred if k < 6 else sharp) for k in range(8)]
    assert values_of("beard", finished(samples)) == pytest.approx([2 / (2 + 6 * 0.2)] * 8)
