"""What a worker writes while it works: the plan, parts of spans, the end. Every call is one fenced transaction."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from sqlalchemy import Connection, func, insert, select, update

from faceline.db.engine import Database
from faceline.db.fence import Held, hold
from faceline.db.tables import chunk, jobs, page, work
from faceline.domain.job import Lease, WorkKind
from faceline.domain.video import FrameTime, SampleFaces, VideoPlan
from faceline.jobs import rows
from faceline.jobs.ending import succeed
from faceline.jobs.work import DONE, add_work, checkpoint_of, is_piece

Pack = Callable[[Sequence[SampleFaces]], bytes]
"""Turns samples into the bytes that are stored (`results.facts.pack`)."""


class Ledger:
    """The progress of jobs. All methods raise LeaseLost, with nothing written, when the lease is not the caller's."""

    def __init__(self, database: Database, pack: Pack) -> None:
        self._database = database
        self._pack = pack

    def planned(self, lease: Lease, plan: VideoPlan) -> None:
        """End a PLAN: store the video's facts and add a piece of work for each span, or FINISH if there are none."""
        with self._database.write() as connection:
            held = _held(connection, lease, WorkKind.PLAN)
            connection.execute(update(jobs).where(jobs.c.id == lease.job_id).values(**rows.from_plan(plan)))
            _done(connection, held)
            if plan.spans:
                add_work(connection, lease.job_id, held.job.account, WorkKind.SPAN, plan.spans)
            else:
                add_work(connection, lease.job_id, held.job.account, WorkKind.FINISH)

    def commit_part(self, lease: Lease, part: int, samples: Sequence[SampleFaces], checkpoint: FrameTime) -> None:
        """Store the next part of a span together with how far the span has come; what went wrong before is forgiven.

        part         0, 1, 2, ... within the span
        samples      at least one, in order of time, also those without a face
        checkpoint   time of the last frame that is settled: whoever goes on begins after it
        Raises       LeaseLost; ValueError when `part` is not the span's next one or the samples cannot be packed.
        """
        body = self._pack(samples)
        with self._database.write() as connection:
            held = _held(connection, lease, WorkKind.SPAN)
            self._store(connection, held, part, samples, body)
            connection.execute(
                update(work)
                .where(is_piece(held.work))
                .values(parts=part + 1, checkpoint_pts=checkpoint.pts, attempts=1, losses=0)
            )
            _advance(connection, held, checkpoint.timestamp_ms, _faces(samples))

    def span_done(self, lease: Lease, part: int, samples: Sequence[SampleFaces]) -> None:
        """Store a span's last part, which may be empty, and end the span; the job's last span makes way for FINISH.

        Raises   as `commit_part`.
        """
        body = self._pack(samples) if samples else b""
        with self._database.write() as connection:
            held = _held(connection, lease, WorkKind.SPAN)
            if samples:
                self._store(connection, held, part, samples, body)
            _advance(connection, held, _end_ms(held), _faces(samples))
            _done(connection, held)
            if not _open_spans(connection, lease.job_id):
                add_work(connection, lease.job_id, held.job.account, WorkKind.FINISH)

    def finish(self, lease: Lease) -> None:
        """End the job as SUCCEEDED: in one transaction its pages become visible and its message is due (B175)."""
        now = self._database.now()
        with self._database.write() as connection:
            held = _held(connection, lease, WorkKind.FINISH)
            faces = connection.execute(
                select(func.coalesce(func.max(page.c.first + page.c.n), 0)).where(page.c.job_id == lease.job_id)
            ).scalar_one()
            succeed(connection, held.job, faces, now)

    def _store(
        self, connection: Connection, held: Held, part: int, samples: Sequence[SampleFaces], body: bytes
    ) -> None:
        if part != held.work.parts:
            raise ValueError(f"span {held.work.number}: part {part} was given, {held.work.parts} is next")
        connection.execute(
            insert(chunk).values(
                job_id=held.job.id,
                account=held.job.account,
                span=held.work.number,
                part=part,
                samples=len(samples),
                faces=_faces(samples),
                body=body,
            )
        )


def _held(connection: Connection, lease: Lease, kind: WorkKind) -> Held:
    if lease.kind is not kind:
        raise ValueError(f"a {kind} lease is needed, this is one of {lease.kind}")
    return hold(connection, lease)


def _faces(samples: Sequence[SampleFaces]) -> int:
    return sum(len(sample.faces) for sample in samples)


def _time_base(held: Held) -> Fraction:
    return Fraction(held.job.time_base_num, held.job.time_base_den)


def _end_ms(held: Held) -> int:
    if held.work.end_pts is None:
        return int(held.job.duration_ms)
    return FrameTime(held.work.end_pts, _time_base(held)).timestamp_ms


def _advance(connection: Connection, held: Held, reached_ms: int, faces: int) -> None:
    """Count the span's newly analysed time and faces into the job's."""
    time_base = _time_base(held)
    before = checkpoint_of(held.work, time_base) or FrameTime(held.work.start_pts, time_base)
    gained = max(0, reached_ms - max(0, before.timestamp_ms))
    connection.execute(
        update(jobs)
        .where(jobs.c.id == held.job.id)
        .values(progress_ms=min(held.job.progress_ms + gained, held.job.duration_ms), faces=jobs.c.faces + faces)
    )


def _done(connection: Connection, held: Held) -> None:
    """Mark the piece as done; done spans stay until the job ends, so that it is known when the last one is in."""
    connection.execute(
        update(work).where(is_piece(held.work)).values(state=DONE, lease_token=None, leased_at=None, lease_until=None)
    )


def _open_spans(connection: Connection, job_id: str) -> bool:
    open_span = select(work.c.number).where(
        work.c.job_id == job_id, work.c.kind == WorkKind.SPAN.value, work.c.state != DONE
    )
    return connection.execute(open_span.limit(1)).first() is not None
