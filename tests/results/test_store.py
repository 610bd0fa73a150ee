"""The fact store: order of time, bounded reading, and a final pass that can be repeated."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faceline.domain.job import Lease, WorkKind
from faceline.domain.video import SampleFaces
from faceline.results.facts import pack, unpack
from faceline.results.store import ChunkKey
from tests.jobs.material import SPAN_MS, House, at, sampled
from tests.results.material import sample_lists


def _stored(house: House, parts: list[int]) -> tuple[Lease, list[SampleFaces]]:
    """The FINISH lease of a job whose spans have so many parts, stored from the last span to the first; its samples."""
    house.planned(len(parts))
    leases = [house.claim(WorkKind.SPAN) for _ in parts]
    expected: list[SampleFaces] = []
    for lease in reversed(leases):
        samples = [sampled(lease.number * SPAN_MS + n, n % 3) for n in range(parts[lease.number])]
        for part, sample in enumerate(samples):
            house.ledger.commit_part(lease, part, [sample], sample.time)
        house.ledger.span_done(lease, len(samples), [])
        expected = samples + expected
    return house.claim(WorkKind.FINISH), expected


@pytest.mark.parametrize("parts", [[0], [1], [3, 0, 2], [8], [20, 1, 16], [2] * 12])
def test_samples_come_in_order_of_time(house: House, parts: list[int]) -> None:
    lease, expected = _stored(house, parts)
    assert list(house.facts.samples(lease.job_id)) == expected
    keys = [chunk.key for chunk in house.facts.chunks(lease.job_id)]
    assert keys == [ChunkKey(span, part) for span, n in enumerate(parts) for part in range(n)]


def test_jobs_are_kept_apart(house: House) -> None:
    first, expected = _stored(house, [2])
    house.ledger.finish(first)
    other, _ = _stored(house, [5])
    assert list(house.facts.samples(first.job_id)) == expected
    assert len(list(house.facts.samples(other.job_id))) == 5


def test_a_final_pass_is_seen_and_can_be_repeated_from_what_was_measured(house: House) -> None:
    lease, measured = _stored(house, [3, 2])
    for _ in range(2):
        chunks = list(house.facts.measured(lease.job_id))
        assert [sample for part in chunks for sample in part.samples] == measured
        for part in chunks:
            tracked = tuple(replace(s, tracks=tuple(range(len(s.faces)))) for s in part.samples)
            house.facts.replace(lease, {part.key: tracked})
    final = [replace(sample, tracks=tuple(range(len(sample.faces)))) for sample in measured]
    assert list(house.facts.samples(lease.job_id)) == final


def test_a_missing_chunk_is_named_and_nothing_is_written(house: House) -> None:
    lease, _ = _stored(house, [1])
    before = house.contents()
    with pytest.raises(KeyError):
        house.facts.replace(lease, {ChunkKey(0, 0): (sampled(0),), ChunkKey(7, 0): (sampled(0),)})
    assert house.contents() == before


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(sample_lists(), min_size=1, max_size=3))
def test_any_samples_are_stored_as_they_are(house: House, parts: list[list[SampleFaces]]) -> None:
    house.wipe()
    house.planned(1)
    lease = house.claim(WorkKind.SPAN)
    for number, samples in enumerate(parts):
        house.ledger.commit_part(lease, number, samples, at(number))
    stored = [sample for chunk in house.facts.chunks(lease.job_id) for sample in chunk.samples]
    assert stored == [sample for samples in parts for sample in unpack(pack(samples))]
