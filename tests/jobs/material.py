"""A house of jobs for tests: one database, and what a worker and a caller do with it in a few words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Table, func, select

from faceline.db.engine import Database
from faceline.db.statements import AnyRow
from faceline.db.tables import metadata, outbox, work
from faceline.domain.face import Box, Face, Point, Pose, Quality
from faceline.domain.job import (
    FaceAttributes,
    Job,
    JobRequest,
    Lease,
    NotificationChannel,
    ObjectPin,
    ObjectRef,
    WorkKind,
)
from faceline.domain.video import SERVICE_SAMPLE_RATE, ColorRange, FrameTime, SampleFaces, Span, VideoFacts, VideoPlan
from faceline.jobs.lease import Leases
from faceline.jobs.ledger import Ledger
from faceline.jobs.queue import JobQueue
from faceline.jobs.retention import Retention
from faceline.results.facts import pack
from faceline.results.pages import PageReader, PageWriter
from faceline.results.store import FactStore

ACCOUNT = "000000000000"
TIME_BASE = Fraction(1, 1000)
SPAN_MS = 10_000
LEASE_S = 30.0
TOPIC = NotificationChannel("arn:aws:sns:eu-west-1:000000000000:ends", "arn:aws:iam::000000000000:role/any")

FACE = Face(
    Box(0.25, 0.25, 0.5, 0.5), 0.75, tuple(Point(i / 32, 0.5) for i in range(30)), Pose(1.0, 2.0, 3.0), Quality(50, 60)
)


def a_request(account: str = ACCOUNT, *, channel: NotificationChannel | None = None, key: str = "a.mp4") -> JobRequest:
    return JobRequest(account, ObjectRef("films", key), FaceAttributes.DEFAULT, SERVICE_SAMPLE_RATE, channel=channel)


def a_plan(spans: int) -> VideoPlan:
    facts = VideoFacts("h264", "QuickTime / MOV", spans * SPAN_MS, 25.0, 1920, 1080, ColorRange.LIMITED)
    cuts = [*range(0, spans * SPAN_MS, SPAN_MS), None]
    return VideoPlan(facts, TIME_BASE, tuple(Span(n, n * SPAN_MS, cuts[n + 1]) for n in range(spans)))


def at(ms: int) -> FrameTime:
    return FrameTime(ms, TIME_BASE)


def sampled(ms: int, faces: int = 1) -> SampleFaces:
    return SampleFaces(at(ms), (FACE,) * faces)


@dataclass(frozen=True)
class House:
    """Everything that lies on one database."""

    database: Database

    @property
    def queue(self) -> JobQueue:
        return JobQueue(self.database)

    @property
    def leases(self) -> Leases:
        return Leases(self.database)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.database, pack)

    @property
    def facts(self) -> FactStore:
        return FactStore(self.database)

    @property
    def writer(self) -> PageWriter:
        return PageWriter(self.database)

    @property
    def reader(self) -> PageReader:
        return PageReader(self.database)

    def retention(self, days: float = 7) -> Retention:
        return Retention(self.database, timedelta(days=days))

    def start(
        self,
        request: JobRequest | None = None,
        *,
        token: str | None = None,
        fingerprint: str = "same",
        max_open: int = 1000,
    ) -> str:
        pin = ObjectPin("etag", 1000)
        return self.queue.start(request or a_request(), pin, token=token, fingerprint=fingerprint, max_open=max_open)

    def claim(self, kind: WorkKind | None = None, worker: str = "w1") -> Lease:
        lease = self.leases.claim(worker, LEASE_S)
        assert lease is not None
        assert kind in (None, lease.kind)
        return lease

    def planned(self, spans: int = 1, request: JobRequest | None = None) -> str:
        """A job whose spans wait."""
        job_id = self.start(request)
        self.ledger.planned(self.claim(WorkKind.PLAN), a_plan(spans))
        return job_id

    def ready_to_finish(self, request: JobRequest | None = None, samples: Sequence[SampleFaces] = ()) -> Lease:
        """The FINISH lease of a job of one span with these samples."""
        self.planned(1, request)
        self.ledger.span_done(self.claim(WorkKind.SPAN), 0, samples)
        return self.claim(WorkKind.FINISH)

    def succeeded(self, request: JobRequest | None = None, fragments: Sequence[bytes] = ()) -> str:
        """A finished job with these elements."""
        lease = self.ready_to_finish(request)
        with self.writer.writing(lease) as pages:
            pages.add(fragments)
        self.ledger.finish(lease)
        return lease.job_id

    def job(self, job_id: str, account: str = ACCOUNT) -> Job:
        return self.queue.get(account, job_id)

    def pieces(self, job_id: str) -> list[tuple[str, int, str, int]]:
        """(kind, number, state, attempts) of the job's work."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(work).where(work.c.job_id == job_id).order_by(work.c.kind, work.c.number)
            ).all()
        return [(row.kind, row.number, row.state, row.attempts) for row in rows]

    def messages(self) -> Sequence[AnyRow]:
        with self.database.read() as connection:
            return connection.execute(select(outbox)).all()

    def count(self, table: Table) -> int:
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with self.database.read() as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(select(table)).all()), key=repr)
                for table in metadata.sorted_tables
            }

    def wipe(self) -> None:
        with self.database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())


def with_tag(request: JobRequest, tag: str) -> JobRequest:
    return replace(request, tag=tag)
