"""Leases: races, fences, late workers, lost workers, clocks that jump."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy import Connection

from faceline.db.errors import LeaseLost
from faceline.db.fence import Held, hold
from faceline.db.tables import chunk
from faceline.domain.faults import JobFault
from faceline.domain.job import JobState, Lease, WorkKind
from faceline.jobs.lease import Leases
from faceline.jobs.work import MAX_ATTEMPTS, MAX_LOSSES
from faceline.results.store import ChunkKey
from tests.db.fixtures import HandClock
from tests.jobs.material import LEASE_S, SPAN_MS, TOPIC, House, a_plan, a_request, at, sampled

LATE = LEASE_S + 1


def _write_pages(house: House, lease: Lease) -> None:
    with house.writer.writing(lease) as pages:
        pages.add([b"{}"])


WRITES: dict[str, tuple[WorkKind, Callable[[House, Lease], object]]] = {
    "planned": (WorkKind.PLAN, lambda house, lease: house.ledger.planned(lease, a_plan(2))),
    "commit_part": (WorkKind.SPAN, lambda house, lease: house.ledger.commit_part(lease, 0, [sampled(0)], at(0))),
    "span_done": (WorkKind.SPAN, lambda house, lease: house.ledger.span_done(lease, 0, [sampled(0)])),
    "span": (WorkKind.SPAN, lambda house, lease: house.leases.span(lease)),
    "finish": (WorkKind.FINISH, lambda house, lease: house.ledger.finish(lease)),
    "pages": (WorkKind.FINISH, _write_pages),
    "replace": (WorkKind.FINISH, lambda house, lease: house.facts.replace(lease, {ChunkKey(0, 0): (sampled(0),)})),
    "renew": (WorkKind.SPAN, lambda house, lease: house.leases.renew(lease)),
    "release": (WorkKind.SPAN, lambda house, lease: house.leases.release(lease)),
    "failed_attempt": (WorkKind.SPAN, lambda house, lease: house.leases.failed_attempt(lease, JobFault.BROKEN)),
}


def _leased(house: House, kind: WorkKind) -> Lease:
    if kind is WorkKind.PLAN:
        house.start(a_request(channel=TOPIC))
        return house.claim(kind)
    if kind is WorkKind.SPAN:
        house.planned(1, a_request(channel=TOPIC))
        return house.claim(kind)
    return house.ready_to_finish(a_request(channel=TOPIC), [sampled(0)])


def test_work_comes_in_its_order(house: House) -> None:
    job_id = house.start()
    assert house.job(job_id).state is JobState.QUEUED
    plan = house.claim(WorkKind.PLAN)
    assert house.job(job_id).state is JobState.RUNNING
    assert house.leases.claim("w2", LEASE_S) is None
    house.ledger.planned(plan, a_plan(2))
    first, second = house.claim(WorkKind.SPAN), house.claim(WorkKind.SPAN)
    assert (first.number, second.number) == (0, 1)
    assert house.leases.span(second).span == a_plan(2).spans[1]
    assert house.leases.job(second).id == job_id
    house.ledger.span_done(second, 0, [])
    assert house.leases.claim("w2", LEASE_S) is None
    house.ledger.span_done(first, 0, [])
    house.ledger.finish(house.claim(WorkKind.FINISH))
    assert house.leases.claim("w2", LEASE_S) is None


@pytest.mark.parametrize("name", WRITES)
def test_a_late_worker_changes_nothing(house: House, clock: HandClock, name: str) -> None:
    kind, write = WRITES[name]
    late = _leased(house, kind)
    clock.move(LATE)
    owner = house.claim(kind, "w2")
    assert (owner.attempt, owner.token == late.token) == (late.attempt + 1, False)
    before = house.contents()
    with pytest.raises(LeaseLost):
        write(house, late)
    assert house.contents() == before
    write(house, owner)


@pytest.mark.parametrize("name", WRITES)
def test_nobody_works_on_an_ended_job(house: House, name: str) -> None:
    kind, write = WRITES[name]
    lease = _leased(house, kind)
    assert house.leases.failed_attempt(lease, JobFault.NOT_A_VIDEO) is False
    before = house.contents()
    with pytest.raises(LeaseLost):
        write(house, lease)
    assert house.contents() == before


def test_a_late_worker_whose_work_nobody_took_may_still_write(house: House, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.SPAN)
    clock.move(LATE)
    house.ledger.span_done(lease, 0, [sampled(0)])
    house.ledger.finish(house.claim(WorkKind.FINISH))


def test_workers_that_race_for_one_piece(house: House) -> None:
    house.start()
    gate = Barrier(8)

    def claim(n: int) -> Lease | None:
        gate.wait()
        return house.leases.claim(f"w{n}", LEASE_S)

    with ThreadPoolExecutor(8) as pool:
        assert len([lease for lease in pool.map(claim, range(8)) if lease]) == 1


def test_a_piece_is_not_given_out_twice_by_transactions_that_overlap(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.planned(2)
    real = secrets.token_hex

    def slow(size: int) -> str:
        """Called between finding a piece and leasing it."""
        time.sleep(0.2)
        return real(size)

    monkeypatch.setattr("faceline.jobs.lease.secrets.token_hex", slow)
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(lambda n: house.claim(WorkKind.SPAN, f"w{n}").number, range(2)))
    assert sorted(taken) == [0, 1]


def test_commits_of_one_job_that_overlap_are_both_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = house.planned(2)
    leases = [house.claim(WorkKind.SPAN) for _ in range(2)]
    together = Barrier(2)

    def meeting(connection: Connection, lease: Lease) -> Held:
        """Would meet the other transaction behind the fence, if both could be there."""
        held = hold(connection, lease)
        with contextlib.suppress(BrokenBarrierError):
            together.wait(0.5)
        return held

    monkeypatch.setattr("faceline.jobs.ledger.hold", meeting)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda lease: house.ledger.span_done(lease, 0, [sampled(lease.number * SPAN_MS)]), leases))
    job = house.job(job_id)
    assert (job.progress_ms, job.faces) == (2 * SPAN_MS, 2)
    assert together.broken, "one transaction was inside at a time"


def test_workers_that_race_for_many_pieces_get_each_once(house: House) -> None:
    for _ in range(3):
        house.start()
    for lease in [house.claim(WorkKind.PLAN) for _ in range(3)]:
        house.ledger.planned(lease, a_plan(8))
    gate = Barrier(6)

    def claim_all(n: int) -> list[Lease]:
        gate.wait()
        taken = []
        while (lease := house.leases.claim(f"w{n}", LEASE_S)) is not None:
            taken.append(lease)
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [lease for leases in pool.map(claim_all, range(6)) for lease in leases]
    assert len(taken) == len({(lease.job_id, lease.number) for lease in taken}) == 24


def test_spans_that_end_at_the_same_moment_make_one_finish(house: House) -> None:
    job_id = house.planned(6)
    leases = [house.claim(WorkKind.SPAN) for _ in range(6)]
    gate = Barrier(6)

    def end(lease: Lease) -> None:
        gate.wait()
        house.ledger.span_done(lease, 0, [sampled(lease.number * 10_000)])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(end, leases))
    assert house.pieces(job_id)[0] == ("FINISH", 0, "READY", 0)
    assert house.job(job_id).faces == 6


def test_a_renewed_lease_is_kept(house: House, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.SPAN)
    for _ in range(5):
        clock.move(LEASE_S - 1)
        house.leases.renew(lease)
        assert house.leases.claim("w2", LEASE_S) is None
    clock.move(LEASE_S)
    assert house.claim().token != lease.token


def test_released_work_is_free_at_once_and_no_attempt(house: House) -> None:
    lease = _leased(house, WorkKind.PLAN)
    for _ in range(MAX_ATTEMPTS + 1):
        house.leases.release(lease)
        lease = house.claim(WorkKind.PLAN)
        assert lease.attempt == 1


def test_a_failed_attempt_is_repeated_after_growing_pauses_then_ends_the_job(house: House, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.SPAN)
    leases = Leases(house.database, pause_s=2)
    for pause_s in (2, 10):
        assert leases.failed_attempt(lease, JobFault.DECODER_CRASHED, "signal 11") is True
        assert "DECODER_CRASHED signal 11" in house.job(lease.job_id).detail
        clock.move(pause_s - 0.001)
        assert leases.claim("w2", LEASE_S) is None
        clock.move(0.001)
        lease = house.claim(WorkKind.SPAN)
    assert lease.attempt == MAX_ATTEMPTS
    assert leases.failed_attempt(lease, JobFault.DECODER_CRASHED, "signal 11") is False
    job = house.job(lease.job_id)
    assert (job.state, job.fault, job.detail) == (JobState.FAILED, JobFault.DECODER_CRASHED, "signal 11")
    assert house.pieces(lease.job_id) == []
    assert [(row.status, row.ended_at) for row in house.messages()] == [("FAILED", clock.now_ms)]


@pytest.mark.parametrize("fault", [fault for fault in JobFault if not fault.value.retry])
def test_a_fault_that_cannot_be_mended_ends_the_job_at_once(house: House, fault: JobFault) -> None:
    lease = _leased(house, WorkKind.PLAN)
    assert house.leases.failed_attempt(lease, fault) is False
    assert house.job(lease.job_id).fault is fault


def test_a_worker_that_dies_again_and_again_ends_the_job(house: House, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.SPAN)
    for loss in range(1, MAX_LOSSES + 1):
        clock.move(LATE)
        lease = house.claim(WorkKind.SPAN, f"w{loss}")
        assert lease.attempt == loss + 1
    clock.move(LATE)
    waiting = house.start()
    assert house.claim().job_id == waiting, "the lost job is ended on the way to the next one"
    job = house.job(lease.job_id)
    assert (job.state, job.fault) == (JobState.FAILED, JobFault.WORKER_LOST)
    assert f"w{MAX_LOSSES}" in job.detail
    assert len(house.messages()) == 1


def test_lost_workers_do_not_use_up_the_attempts_of_the_video(house: House, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.SPAN)
    for _ in range(MAX_ATTEMPTS):
        clock.move(LATE)
        lease = house.claim(WorkKind.SPAN)
    assert house.leases.failed_attempt(lease, JobFault.DECODER_CRASHED) is True


def test_progress_forgives_what_went_wrong_before(house: House, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.SPAN)
    for part in range(MAX_ATTEMPTS + MAX_LOSSES + 1):
        house.ledger.commit_part(lease, part, [sampled(500 * part)], at(500 * part))
        if part % 2:
            clock.move(LATE)
        else:
            assert house.leases.failed_attempt(lease, JobFault.DECODER_CRASHED) is True
            clock.move(LATE)
        lease = house.claim(WorkKind.SPAN)
    assert house.job(lease.job_id).state is JobState.RUNNING


def test_a_clock_that_jumps_forward_only_changes_the_owner(house: House, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.SPAN)
    house.ledger.commit_part(lease, 0, [sampled(0)], at(0))
    clock.move(365 * 24 * 3600)
    owner = house.claim(WorkKind.SPAN)
    assert house.leases.span(owner).next_part == 1
    with pytest.raises(LeaseLost):
        house.ledger.commit_part(lease, 1, [sampled(500)], at(500))
    house.ledger.span_done(owner, 1, [sampled(500)])
    assert house.job(lease.job_id).faces == 2


def test_a_clock_that_jumps_back_holds_nothing_up(house: House, clock: HandClock) -> None:
    dead = _leased(house, WorkKind.SPAN)
    clock.move(-30)
    assert house.leases.claim("w2", LEASE_S) is None, "machines' clocks differ by seconds"
    clock.move(-365 * 24 * 3600)
    owner = house.claim(WorkKind.SPAN)
    assert owner.token != dead.token
    house.leases.failed_attempt(owner, JobFault.BROKEN)
    clock.move(-365 * 24 * 3600)
    last = house.claim(WorkKind.SPAN)
    assert house.leases.failed_attempt(last, JobFault.NOT_DECODABLE) is False
    job = house.job(last.job_id)
    assert job.ended_at == job.created_at, "a job does not end before it began"


def test_the_job_of_a_lease_may_be_gone(house: House, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.PLAN)
    house.leases.failed_attempt(lease, JobFault.NOT_A_VIDEO)
    clock.move(8 * 24 * 3600)
    while house.retention().expire():
        pass
    with pytest.raises(LeaseLost, match="is gone"):
        house.leases.job(lease)


DIES_IN_A_COMMIT = """
import sys, time
from faceline.db import fence
from faceline.db.engine import open_database
from faceline.domain.job import Lease, WorkKind
from faceline.jobs import ledger
from faceline.results.facts import pack
from tests.jobs.material import at, sampled

def stop(*_):
    print("written", flush=True)
    time.sleep(60)

ledger._advance = stop
url, job_id, number, token = sys.argv[1:]
lease = Lease(job_id, WorkKind.SPAN, int(number), token, 1)
ledger.Ledger(open_database(url), pack).commit_part(lease, 0, [sampled(0)], at(0))
"""


def test_a_worker_killed_in_a_commit_has_stored_nothing(house: House, database_url: str, clock: HandClock) -> None:
    lease = _leased(house, WorkKind.SPAN)
    before = house.contents()
    command = [sys.executable, "-c", DIES_IN_A_COMMIT, database_url, lease.job_id, str(lease.number), lease.token]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "written\n"
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait(30)
    assert house.contents() == before
    clock.move(LATE)
    owner = house.claim(WorkKind.SPAN)
    assert house.leases.span(owner).next_part == 0
    house.ledger.commit_part(owner, 0, [sampled(0)], at(0))
    assert house.count(chunk) == 1
