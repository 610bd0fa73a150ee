"""Pages: exactly the elements in order, whatever the sizes; nothing of an unfinished job; whole after a crash."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from faceline.db.errors import LeaseLost
from faceline.db.tables import page
from faceline.domain.faults import JobFault, Refused, RequestFault
from faceline.domain.job import Lease
from faceline.results.pages import FRAGMENTS_PER_ROW
from tests.db.fixtures import HandClock
from tests.jobs.material import ACCOUNT, LEASE_S, House


def _fragments(n: int, beginning: int = 0) -> list[bytes]:
    return [json.dumps({"i": i, "x": "ä" * (i % 7)}).encode() for i in range(beginning, beginning + n)]


def _write(house: House, lease: Lease, batches: Sequence[Sequence[bytes]]) -> None:
    with house.writer.writing(lease) as pages:
        for batch in batches:
            pages.add(batch)


def _all(house: House, job_id: str, size: int) -> list[bytes]:
    """Every page of a job, as a caller takes them."""
    bodies = []
    position: int | None = 0
    while position is not None:
        got = house.reader.read(ACCOUNT, job_id, position, size)
        assert got.n == len(json.loads(b"[" + got.body + b"]"))
        assert got.next in (None, position + size)
        bodies.append(got.body)
        position = got.next
    return bodies


@pytest.mark.parametrize(
    ("n", "size"), [(0, 10), (1, 1), (1, 1000), (499, 100), (500, 500), (501, 500), (1500, 1000), (2001, 999)]
)
def test_pages_give_the_elements_in_order(house: House, n: int, size: int) -> None:
    fragments = _fragments(n)
    job_id = house.succeeded(fragments=fragments)
    assert house.job(job_id).faces == n
    bodies = _all(house, job_id, size)
    assert b",".join(filter(None, bodies)) == b",".join(fragments)
    assert len(bodies) == max(1, -(-n // size))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.integers(0, 1300), max_size=4),
    reads=st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 1000)), min_size=1, max_size=8),
)
@example(batches=[FRAGMENTS_PER_ROW], reads=[(0, FRAGMENTS_PER_ROW), (FRAGMENTS_PER_ROW - 1, 1)])
def test_any_page_is_the_slice_of_the_whole(house: House, batches: list[int], reads: list[tuple[int, int]]) -> None:
    house.wipe()
    fragments = _fragments(sum(batches))
    lease = house.ready_to_finish()
    begins = [sum(batches[:n]) for n in range(len(batches))]
    _write(house, lease, [fragments[begin : begin + n] for begin, n in zip(begins, batches, strict=True)])
    house.ledger.finish(lease)
    for position, size in reads:
        got = house.reader.read(ACCOUNT, lease.job_id, position, size)
        wanted = fragments[position : position + size]
        end = position + size
        assert (got.body, got.n) == (b",".join(wanted), len(wanted))
        assert got.next == (end if end < len(fragments) else None)


def test_the_same_page_twice_is_the_same(house: House) -> None:
    job_id = house.succeeded(fragments=_fragments(1200))
    assert _all(house, job_id, 700) == _all(house, job_id, 700)


def test_an_unfinished_job_shows_nothing(house: House) -> None:
    lease = house.ready_to_finish()
    _write(house, lease, [_fragments(600)])
    assert house.count(page) == -(-600 // FRAGMENTS_PER_ROW)
    with pytest.raises(Refused) as caught:
        house.reader.read(ACCOUNT, lease.job_id, 0, 10)
    assert caught.value.fault is RequestFault.JOB_UNKNOWN


def test_a_failed_job_shows_nothing(house: House) -> None:
    lease = house.ready_to_finish()
    _write(house, lease, [_fragments(600)])
    house.leases.failed_attempt(lease, JobFault.OBJECT_GONE)
    with pytest.raises(Refused):
        house.reader.read(ACCOUNT, lease.job_id, 0, 10)


def test_another_accounts_pages_are_not_found(house: House) -> None:
    job_id = house.succeeded(fragments=_fragments(1))
    with pytest.raises(Refused):
        house.reader.read("111111111111", job_id, 0, 10)


def test_a_final_pass_after_a_crash_replaces_what_was_left(house: House, clock: HandClock) -> None:
    dead = house.ready_to_finish()
    _write(house, dead, [_fragments(25_000, 7)])
    clock.move(LEASE_S + 1)
    lease = house.claim()
    fragments = _fragments(1100)
    _write(house, lease, [fragments])
    house.ledger.finish(lease)
    assert b",".join(_all(house, lease.job_id, 1000)) == b",".join(fragments)
    assert house.count(page) == -(-1100 // FRAGMENTS_PER_ROW)


def test_a_pass_that_lost_its_lease_midway_writes_no_more(house: House, clock: HandClock) -> None:
    late = house.ready_to_finish()
    fragments = _fragments(1100)
    with pytest.raises(LeaseLost), house.writer.writing(late) as pages:  # noqa: PT012 - it is lost inside
        pages.add(_fragments(FRAGMENTS_PER_ROW, 5000))
        clock.move(LEASE_S + 1)
        lease = house.claim()
        _write(house, lease, [fragments])
        pages.add(_fragments(FRAGMENTS_PER_ROW, 6000))
    house.ledger.finish(lease)
    assert b",".join(_all(house, lease.job_id, 1000)) == b",".join(fragments)


def test_a_pass_that_fails_writes_no_half_row(house: House) -> None:
    lease = house.ready_to_finish()
    with pytest.raises(ZeroDivisionError), house.writer.writing(lease) as pages:  # noqa: PT012 - it fails inside
        pages.add(_fragments(10))
        raise ZeroDivisionError
    assert house.count(page) == 0


@pytest.mark.parametrize("n", [1200, 4 * FRAGMENTS_PER_ROW])
def test_rebuilt_pages_have_the_new_form_under_the_same_positions(house: House, n: int) -> None:
    job_id = house.succeeded(fragments=_fragments(n))
    corrected = [fragment.replace(b'"i"', b'"I"') for fragment in _fragments(n)]
    house.writer.rebuild(job_id, iter(corrected))
    assert b",".join(_all(house, job_id, 1000)) == b",".join(corrected)


def test_a_rebuild_that_is_short_changes_nothing(house: House) -> None:
    job_id = house.succeeded(fragments=_fragments(12))
    with pytest.raises(ValueError, match="11 fragments were given for 12"):
        house.writer.rebuild(job_id, _fragments(11))
    assert b",".join(_all(house, job_id, 10)) == b",".join(_fragments(12))


def test_only_finished_jobs_are_rebuilt(house: House) -> None:
    for job_id in (house.start(), "0" * 64):
        with pytest.raises(Refused):
            house.writer.rebuild(job_id, [])
