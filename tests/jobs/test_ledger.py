"""What a worker writes: plans, parts, progress, the end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from faceline.db.clock import to_datetime
from faceline.db.tables import chunk, work
from faceline.domain.faults import JobFault
from faceline.domain.job import JobState, WorkKind
from tests.db.fixtures import HandClock
from tests.jobs.material import ACCOUNT, SPAN_MS, TOPIC, House, a_plan, a_request, at, sampled, with_tag


def test_a_plan_gives_the_facts_and_a_piece_for_each_span(house: House) -> None:
    job_id = house.planned(3)
    assert house.job(job_id).facts == a_plan(3).facts
    assert house.pieces(job_id) == [
        ("PLAN", 0, "DONE", 1),
        ("SPAN", 0, "READY", 0),
        ("SPAN", 1, "READY", 0),
        ("SPAN", 2, "READY", 0),
    ]


def test_a_plan_without_spans_goes_straight_to_the_end(house: House) -> None:
    job_id = house.planned(0)
    house.ledger.finish(house.claim(WorkKind.FINISH))
    assert house.job(job_id).state is JobState.SUCCEEDED


def test_a_span_goes_on_after_its_checkpoint(house: House) -> None:
    house.planned(2)
    first = house.claim(WorkKind.SPAN)
    assert (house.leases.span(first).next_part, house.leases.span(first).checkpoint) == (0, None)
    house.ledger.commit_part(first, 0, [sampled(0), sampled(500, 0)], at(700))
    house.ledger.commit_part(first, 1, [sampled(1000)], at(1000))
    house.leases.release(first)
    again = house.leases.span(house.claim(WorkKind.SPAN))
    assert (again.next_part, again.checkpoint) == (2, at(1000))
    assert again.span == a_plan(2).spans[0]


@pytest.mark.parametrize("part", [0, 2])
def test_a_part_out_of_turn_is_refused(house: House, part: int) -> None:
    house.planned(1)
    lease = house.claim(WorkKind.SPAN)
    house.ledger.commit_part(lease, 0, [sampled(0)], at(0))
    before = house.contents()
    with pytest.raises(ValueError, match="1 is next"):
        house.ledger.commit_part(lease, part, [sampled(500)], at(500))
    with pytest.raises(ValueError, match="1 is next"):
        house.ledger.span_done(lease, part, [sampled(500)])
    assert house.contents() == before


def test_a_lease_of_another_kind_is_refused(house: House) -> None:
    house.planned(1)
    lease = house.claim(WorkKind.SPAN)
    with pytest.raises(ValueError, match="a FINISH lease is needed"):
        house.ledger.finish(lease)
    with pytest.raises(ValueError, match="a PLAN lease is needed"):
        house.ledger.planned(lease, a_plan(1))


def test_progress_counts_analysed_time_once_whatever_the_order(house: House) -> None:
    job_id = house.planned(3)
    first, second, third = (house.claim(WorkKind.SPAN) for _ in range(3))
    seen = []
    steps: list[Callable[[], None]] = [
        lambda: house.ledger.commit_part(third, 0, [sampled(2 * SPAN_MS + 4000)], at(2 * SPAN_MS + 4000)),
        lambda: house.ledger.commit_part(first, 0, [sampled(500), sampled(1000, 2)], at(1000)),
        lambda: house.ledger.span_done(first, 1, []),
        lambda: house.ledger.span_done(third, 1, [sampled(2 * SPAN_MS + 5000)]),
        lambda: house.ledger.span_done(second, 0, []),
    ]
    for step in steps:
        step()
        seen.append((house.job(job_id).progress_ms, house.job(job_id).faces))
    assert seen == [(4000, 1), (5000, 4), (14_000, 4), (20_000, 5), (30_000, 5)]


def test_an_empty_span_stores_no_chunk(house: House) -> None:
    house.planned(1)
    house.ledger.span_done(house.claim(WorkKind.SPAN), 0, [])
    assert house.count(chunk) == 0


def test_the_end_is_one_with_its_message(house: House, clock: HandClock) -> None:
    lease = house.ready_to_finish(with_tag(a_request(channel=TOPIC, key="ä b.mp4"), "t1"))
    assert house.messages() == []
    clock.move(5)
    house.ledger.finish(lease)
    job = house.job(lease.job_id)
    assert (job.state, job.ended_at) == (JobState.SUCCEEDED, to_datetime(clock.now_ms))
    assert job.ended_at is not None
    assert job.ended_at - job.created_at == timedelta(seconds=5)
    (row,) = house.messages()
    assert (row.job_id, row.account, row.topic_arn, row.role_arn) == (job.id, ACCOUNT, TOPIC.topic_arn, TOPIC.role_arn)
    assert (row.status, row.tag, row.bucket, row.object_key) == ("SUCCEEDED", "t1", "films", "ä b.mp4")
    assert (row.ended_at, row.due_at, row.state, row.attempts) == (clock.now_ms, clock.now_ms, "DUE", 0)
    assert house.count(work) == 0


def test_no_channel_no_message(house: House) -> None:
    house.succeeded()
    assert house.messages() == []


def test_an_end_that_cannot_write_its_message_does_not_happen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = house.ready_to_finish(a_request(channel=TOPIC))
    before = house.contents()

    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("faceline.jobs.ending.uuid.uuid4", broken)
    with pytest.raises(ZeroDivisionError):
        house.ledger.finish(lease)
    assert house.contents() == before
    with pytest.raises(ZeroDivisionError):
        house.leases.failed_attempt(lease, JobFault.NOT_DECODABLE)
    assert house.contents() == before


def test_a_failed_job_counts_no_faces_and_its_text_is_bounded(house: House) -> None:
    house.planned(1)
    lease = house.claim(WorkKind.SPAN)
    house.ledger.commit_part(lease, 0, [sampled(0)], at(0))
    house.leases.failed_attempt(lease, JobFault.OBJECT_CHANGED, "x" * 10_000)
    job = house.job(lease.job_id)
    assert (job.faces, len(job.detail)) == (0, 2000)
