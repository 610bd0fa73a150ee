"""What is deleted when: results past their retention, facts of failed jobs, old request tokens.

Everything goes in small transactions, so that nobody waits for it, and the space goes back to the file system.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, tuple_

from faceline.db.engine import Database
from faceline.db.tables import chunk, jobs, outbox, page, request_token, work
from faceline.domain.job import JobState

_ROWS = 16  # of chunks or pages in one transaction, some megabytes
_TOKENS = 500


class Retention:
    """Deletes what is old.

    keep   how long results live, from the end of their job on (B117)
    """

    def __init__(self, database: Database, keep: timedelta = timedelta(days=7)) -> None:
        self._database = database
        self._keep_ms = keep // timedelta(milliseconds=1)

    def expire(self) -> int:
        """Delete one small portion of what is past its time; how many rows went, 0 when nothing is left.

        Several processes may do so at the same time.
        """
        now = self._database.now()
        with self._database.read() as connection:
            old = _one(connection, _is_old(now - self._keep_ms))
            job_id = old or _one(connection, _is_leftover())
        gone = 0
        with self._database.write() as connection:
            if job_id is not None:
                gone = _drop_pages(connection, job_id) or _drop_chunks(connection, job_id)
            if gone == 0 and old is not None:
                gone = _drop_job(connection, old)
            gone += _drop_tokens(connection, now)
        if gone:
            self._database.give_back_space()
        return gone


def _one(connection: Connection, which: ColumnElement[bool]) -> str | None:
    found: str | None = connection.execute(select(jobs.c.id).where(which).limit(1)).scalar_one_or_none()
    return found


def _drop_job(connection: Connection, job_id: str) -> int:
    for table in (outbox, work):
        connection.execute(delete(table).where(table.c.job_id == job_id))
    return connection.execute(delete(jobs).where(jobs.c.id == job_id)).rowcount


def _drop_tokens(connection: Connection, now: int) -> int:
    old = select(request_token.c.account, request_token.c.token).where(request_token.c.expires_at <= now).limit(_TOKENS)
    return connection.execute(
        delete(request_token).where(tuple_(request_token.c.account, request_token.c.token).in_(old))
    ).rowcount


def _is_old(oldest: int) -> ColumnElement[bool]:
    ended = jobs.c.state.in_([JobState.SUCCEEDED.value, JobState.FAILED.value])
    return and_(ended, jobs.c.ended_at <= oldest)


def _is_leftover() -> ColumnElement[bool]:
    """A failed job shows no faces, so that its facts are of no use to anybody."""
    rows = or_(exists().where(chunk.c.job_id == jobs.c.id), exists().where(page.c.job_id == jobs.c.id))
    return and_(jobs.c.state == JobState.FAILED.value, rows)


def _drop_pages(connection: Connection, job_id: str) -> int:
    some = select(page.c.seq).where(page.c.job_id == job_id).order_by(page.c.seq).limit(_ROWS)
    return connection.execute(delete(page).where(page.c.job_id == job_id, page.c.seq.in_(some))).rowcount


def _drop_chunks(connection: Connection, job_id: str) -> int:
    some = (
        select(chunk.c.span, chunk.c.part)
        .where(chunk.c.job_id == job_id)
        .order_by(chunk.c.span, chunk.c.part)
        .limit(_ROWS)
    )
    return connection.execute(
        delete(chunk).where(chunk.c.job_id == job_id, tuple_(chunk.c.span, chunk.c.part).in_(some))
    ).rowcount
