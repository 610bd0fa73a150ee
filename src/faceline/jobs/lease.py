"""Leases: who works on which piece, for how long, and what happens when an attempt ends badly.

A worker claims a piece, renews its lease while it works, and loses it when it is silent for too long: another worker
then takes the piece over with a token of its own. Every write names the token, so that whoever comes late is told
`LeaseLost` and has changed nothing. Clocks only decide when a piece is taken over, never who may write.
"""

import secrets
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import Connection, select, update

from faceline.db.clock import SECOND_MS
from faceline.db.engine import Database
from faceline.db.errors import LeaseLost
from faceline.db.fence import hold
from faceline.db.statements import AnyRow
from faceline.db.tables import jobs, work
from faceline.domain.faults import JobFault
from faceline.domain.job import Job, JobState, Lease, WorkKind
from faceline.domain.video import FrameTime, Span
from faceline.jobs import rows, turns
from faceline.jobs.ending import fail
from faceline.jobs.states import move
from faceline.jobs.work import (
    LEASED,
    MAX_ATTEMPTS,
    MAX_LOSSES,
    MAX_PAUSE_MS,
    READY,
    checkpoint_of,
    claimable,
    is_piece,
)

__all__ = ["LeaseLost", "Leases", "SpanWork"]


@dataclass(frozen=True, slots=True)
class SpanWork:
    """What a SPAN lease asks for.

    next_part    number of the part to commit next; 0 when nothing is stored
    checkpoint   time of the last stored sample: go on with the sample after it; None to begin at the span's start
    """

    span: Span
    time_base: Fraction
    next_part: int
    checkpoint: FrameTime | None


class Leases:
    """Claim, renew and give back pieces of work.

    pause_s   wait before the second attempt; five times as long before the third
    """

    def __init__(self, database: Database, pause_s: float = 1.0) -> None:
        self._database = database
        self._pause_ms = round(pause_s * SECOND_MS)

    def claim(self, worker: str, lease_s: float) -> Lease | None:
        """The piece of work whose turn it is (`jobs.turns`), leased for `lease_s` seconds; None when there is none.

        Expired leases are taken over here. A piece that was lost too often (`MAX_LOSSES`) ends its job as WORKER_LOST.
        worker   names the worker in `faceline jobs show`
        """
        now = self._database.now()
        with self._database.read() as connection:
            if not turns.anything(connection, now):
                return None
        while True:
            with self._database.write() as connection:
                job = turns.next_job(connection, now)
                if job is None:
                    return None
                lease = _take(connection, job, worker, round(lease_s * SECOND_MS), now)
                if lease is not None:
                    return lease

    def renew(self, lease: Lease) -> None:
        """Say that the worker lives: the lease runs anew for its full length. Raises LeaseLost."""
        now = self._database.now()
        with self._database.write() as connection:
            renewed = connection.execute(
                update(work)
                .where(
                    work.c.job_id == lease.job_id,
                    work.c.kind == lease.kind.value,
                    work.c.number == lease.number,
                    work.c.lease_token == lease.token,
                )
                .values(leased_at=now, lease_until=now + work.c.lease_ms)
            )
        if renewed.rowcount == 0:
            raise LeaseLost(f"job {lease.job_id}: {lease.kind} {lease.number} attempt {lease.attempt}")

    def release(self, lease: Lease) -> None:
        """Give the piece back unfinished, as a worker does that is told to stop. It does not count as an attempt.

        Raises LeaseLost.
        """
        with self._database.write() as connection:
            held = hold(connection, lease)
            _free(connection, held.work, ready_at=0, attempts=held.work.attempts - 1)

    def failed_attempt(self, lease: Lease, fault: JobFault, detail: str = "") -> bool:
        """Record that this attempt failed; True when the piece will be tried again, False when the job has ended.

        The job ends as FAILED at once for faults that another attempt cannot mend, otherwise after the third attempt.
        Raises LeaseLost.
        """
        now = self._database.now()
        with self._database.write() as connection:
            held = hold(connection, lease)
            if fault.value.retry and held.work.attempts < MAX_ATTEMPTS:
                pause = min(self._pause_ms * 5 ** (held.work.attempts - 1), MAX_PAUSE_MS)
                _free(connection, held.work, ready_at=now + pause, attempts=held.work.attempts)
                connection.execute(
                    update(jobs).where(jobs.c.id == lease.job_id).values(detail=_note(lease, fault, detail))
                )
                return True
            fail(connection, held.job, fault, detail, now)
            return False

    def job(self, lease: Lease) -> Job:
        """The job that the lease belongs to. Raises LeaseLost when it is gone."""
        with self._database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == lease.job_id)).one_or_none()
        if row is None:
            raise LeaseLost(f"job {lease.job_id} is gone")
        return rows.to_job(row)

    def span(self, lease: Lease) -> SpanWork:
        """Where the span lies and how far it has come. Raises LeaseLost."""
        with self._database.read() as connection:
            found = connection.execute(
                select(work, jobs.c.time_base_num, jobs.c.time_base_den)
                .join(jobs, jobs.c.id == work.c.job_id)
                .where(
                    work.c.job_id == lease.job_id,
                    work.c.kind == WorkKind.SPAN.value,
                    work.c.number == lease.number,
                    work.c.lease_token == lease.token,
                )
            ).one_or_none()
        if found is None:
            raise LeaseLost(f"job {lease.job_id}: {lease.kind} {lease.number} attempt {lease.attempt}")
        time_base = Fraction(found.time_base_num, found.time_base_den)
        return SpanWork(
            Span(found.number, found.start_pts, found.end_pts), time_base, found.parts, checkpoint_of(found, time_base)
        )


def _take(connection: Connection, job: AnyRow, worker: str, lease_ms: int, now: int) -> Lease | None:
    """Lease the held job's first claimable piece; None when the job was ended instead or another was quicker."""
    piece = connection.execute(
        select(work).where(work.c.job_id == job.id, claimable(now)).order_by(work.c.number).limit(1)
    ).one_or_none()
    if piece is None:
        return None
    # A worker that disappears (a power cut, a kill) says nothing against the video: it is counted apart.
    lost = piece.state == LEASED
    attempts, losses = piece.attempts + (not lost), piece.losses + lost
    if losses > MAX_LOSSES:
        fail(connection, job, JobFault.WORKER_LOST, f"{piece.kind} {piece.number}: last held by {piece.worker}", now)
        return None
    if job.state == JobState.QUEUED:
        move(connection, job, JobState.RUNNING)
    token = secrets.token_hex(16)
    lease = Lease(job.id, WorkKind(piece.kind), piece.number, token, attempt=attempts + losses)
    connection.execute(
        update(work)
        .where(is_piece(piece))
        .values(
            state=LEASED,
            attempts=attempts,
            losses=losses,
            lease_token=lease.token,
            leased_at=now,
            lease_until=now + lease_ms,
            lease_ms=lease_ms,
            worker=worker,
        )
    )
    return lease


def _free(connection: Connection, piece: AnyRow, *, ready_at: int, attempts: int) -> None:
    connection.execute(
        update(work)
        .where(is_piece(piece))
        .values(state=READY, ready_at=ready_at, attempts=attempts, lease_token=None, leased_at=None, lease_until=None)
    )


def _note(lease: Lease, fault: JobFault, detail: str) -> str:
    return f"{lease.kind} {lease.number}, attempt {lease.attempt}: {fault.name} {detail}".rstrip()[:2000]
