"""The outbox: completion messages are written with the end of their job, and leave at least once (B176).

A delivery that fails is tried again after growing pauses for 24 hours from the end of the job, across restarts; then
the row says GIVEN_UP and why. Each topic is served by a thread of its own for as long as it takes, so that a dead
receiver holds only its own topic up. A row under delivery carries a short lease: other notifiers leave its topic alone
meanwhile, and a notifier that died is replaced when the lease runs out.
"""

import secrets
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from faceline.db.clock import DAY_MS, SECOND_MS, to_datetime
from faceline.db.engine import Database
from faceline.db.errors import DatabaseUnavailable
from faceline.db.statements import AnyRow
from faceline.db.tables import outbox
from faceline.notify.message import Message, completion
from faceline.notify.publisher import Publisher, Undelivered
from faceline.observe import get_log

GIVE_UP_MS = DAY_MS
FIRST_PAUSE_MS = 2 * SECOND_MS
LONGEST_PAUSE_MS = 1800 * SECOND_MS

_LEASE_MS = 60 * SECOND_MS  # longer than any publisher's time limit
_SKEW_MS = 60 * SECOND_MS  # between machines' clocks; a time further ahead was written before a clock went back
_ERROR_LETTERS = 500


class DeliveryState(StrEnum):
    """Whether a message has left."""

    DUE = "DUE"
    DELIVERED = "DELIVERED"
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a job's message has come.

    due_at   when the next attempt may be made, for DUE
    error    why the last attempt failed; empty if none did
    """

    job_id: str
    topic_arn: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    delivered_at: datetime | None
    error: str


class Outbox:
    """Delivers what is due. Threads are started as topics need them; `close` waits for them."""

    def __init__(self, database: Database, publisher: Publisher, threads: int = 8) -> None:
        self._database = database
        self._publisher = publisher
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="notify")
        self._begun: set[str] = set()

    def deliver_due(self) -> int:
        """Begin to serve each topic that has a message due and is not being served; how many were begun.

        Returns at once; call it again and again. Raises DatabaseUnavailable.
        """
        topics = [topic for topic in self._due_topics() if topic not in self._begun]
        for topic in topics:
            self._begun.add(topic)
            self._pool.submit(self._serve, topic).add_done_callback(partial(self._ended, topic))
        return len(topics)

    def close(self) -> None:
        """Wait for deliveries under way; nothing can be begun afterwards."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _due_topics(self) -> Sequence[str]:
        """Topics with a message due, those with new messages first."""
        now = self._database.now()
        served = select(outbox.c.topic_arn).where(outbox.c.state == DeliveryState.DUE.value, _under_way(now))
        wanted = (
            select(outbox.c.topic_arn)
            .where(_due(now), outbox.c.topic_arn.not_in(served))
            .group_by(outbox.c.topic_arn)
            .order_by(func.min(outbox.c.attempts), func.min(outbox.c.due_at))
        )
        with self._database.read() as connection:
            return connection.execute(wanted).scalars().all()

    def _serve(self, topic: str) -> None:
        """Deliver the topic's due messages one after the other, until one fails or none is left."""
        while (row := self._take(topic)) is not None:
            if not self._deliver(row):
                return

    def _ended(self, topic: str, served: Future[None]) -> None:
        self._begun.discard(topic)
        error = None if served.cancelled() else served.exception()
        if isinstance(error, DatabaseUnavailable):
            get_log().warning("store_unavailable", why=str(error))
        elif error is not None:
            get_log().error("notifier_failed", topic=topic, exc_info=error)

    def _take(self, topic: str) -> AnyRow | None:
        """Lease the topic's next due message; None when there is none or another notifier is at it."""
        now = self._database.now()
        with self._database.write() as connection:
            self._database.lock(connection, f"outbox {topic}")
            busy = select(outbox.c.job_id).where(outbox.c.topic_arn == topic, _under_way(now))
            if connection.execute(busy.limit(1)).first() is not None:
                return None
            row = connection.execute(
                select(outbox)
                .where(outbox.c.topic_arn == topic, _due(now))
                .order_by(outbox.c.attempts, outbox.c.due_at, outbox.c.job_id)
                .limit(1)
            ).one_or_none()
            if row is None:
                return None
            token = secrets.token_hex(16)
            connection.execute(
                update(outbox)
                .where(outbox.c.job_id == row.job_id)
                .values(lease_token=token, lease_until=now + _LEASE_MS, attempts=row.attempts + 1)
            )
            return connection.execute(select(outbox).where(outbox.c.job_id == row.job_id)).one()

    def _deliver(self, row: AnyRow) -> bool:
        try:
            self._publisher.publish(_message(row))
        except Undelivered as error:
            self._put_back(row, str(error)[:_ERROR_LETTERS])
            return False
        now = self._database.now()
        self._close_attempt(row, state=DeliveryState.DELIVERED.value, delivered_at=now)
        get_log().info("message_delivered", job=row.job_id, topic=row.topic_arn, attempt=row.attempts)
        return True

    def _put_back(self, row: AnyRow, error: str) -> None:
        now = self._database.now()
        pause = min(FIRST_PAUSE_MS * 2 ** min(row.attempts - 1, 20), LONGEST_PAUSE_MS)
        if now - row.ended_at >= GIVE_UP_MS:
            self._close_attempt(row, state=DeliveryState.GIVEN_UP.value, error=error)
            get_log().error("message_given_up", job=row.job_id, topic=row.topic_arn, attempts=row.attempts, why=error)
        else:
            self._close_attempt(row, due_at=now + pause, error=error)
            get_log().warning(
                "message_undelivered", job=row.job_id, topic=row.topic_arn, attempt=row.attempts, why=error,
                pause_s=pause / SECOND_MS,
            )  # fmt: skip

    def _close_attempt(self, row: AnyRow, **values: str | int) -> None:
        """Write down how it went, unless another notifier has taken the row over meanwhile."""
        with self._database.write() as connection:
            connection.execute(
                update(outbox)
                .where(outbox.c.job_id == row.job_id, outbox.c.lease_token == row.lease_token)
                .values(lease_token=None, lease_until=None, **values)
            )


class Deliveries:
    """How messages fare, for `faceline jobs list` and `faceline jobs show`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, job_ids: Sequence[str]) -> dict[str, Delivery]:
        """By JobId, for those of the jobs that have ended and named a channel."""
        with self._database.read() as connection:
            found = connection.execute(select(outbox).where(outbox.c.job_id.in_(job_ids))).all()
        return {row.job_id: _delivery(row) for row in found}

    def counts(self) -> dict[str, int]:
        """How many messages are in each state."""
        with self._database.read() as connection:
            found = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
        known = {state.value: 0 for state in DeliveryState}
        return known | {row.state: row[1] for row in found}

    def undelivered(self) -> int:
        """How many messages wait for another attempt, for the metric."""
        tried = and_(outbox.c.state == DeliveryState.DUE.value, outbox.c.attempts > 0)
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(outbox).where(tried)).scalar_one()


def _due(now: int) -> ColumnElement[bool]:
    ripe = or_(outbox.c.due_at <= now, outbox.c.due_at > now + LONGEST_PAUSE_MS + _SKEW_MS)
    free = or_(outbox.c.lease_until.is_(None), ~_under_way(now))
    return and_(outbox.c.state == DeliveryState.DUE.value, ripe, free)


def _under_way(now: int) -> ColumnElement[bool]:
    return and_(outbox.c.lease_until > now, outbox.c.lease_until <= now + _LEASE_MS + _SKEW_MS)


def _message(row: AnyRow) -> Message:
    body = completion(
        job_id=row.job_id,
        status=row.status,
        tag=row.tag,
        ended_ms=row.ended_at,
        bucket=row.bucket,
        key=row.object_key,
    )
    return Message(row.message_id, row.topic_arn, row.role_arn, row.job_id, body)


def _delivery(row: AnyRow) -> Delivery:
    return Delivery(
        job_id=row.job_id,
        topic_arn=row.topic_arn,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due_at=to_datetime(row.due_at),
        delivered_at=None if row.delivered_at is None else to_datetime(row.delivered_at),
        error=row.error,
    )
