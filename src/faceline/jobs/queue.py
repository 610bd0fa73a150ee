"""The callers' side of jobs: start one, look at them."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, and_, func, insert, or_, select

from faceline.db.engine import Database
from faceline.db.tables import jobs
from faceline.domain.faults import Refused, RequestFault
from faceline.domain.job import Job, JobRequest, JobState, ObjectPin, WorkKind
from faceline.jobs import idempotency, rows
from faceline.jobs.states import OPEN
from faceline.jobs.work import add_work

_JOB_ID_BYTES = 32  # 64 lower-case hexadecimal digits (B101)


class JobQueue:
    """Jobs as the API and the command line see them.

    keep   how long a finished job can be read, from its end on (B117)
    """

    def __init__(self, database: Database, keep: timedelta = timedelta(days=7)) -> None:
        self._database = database
        self._keep_ms = keep // timedelta(milliseconds=1)

    def start(self, request: JobRequest, pin: ObjectPin, *, token: str | None, fingerprint: str, max_open: int) -> str:
        """Create a job, or find the one that the same token has started; the JobId.

        token         the ClientRequestToken, None for none
        fingerprint   stands for all parameters of the request; equal parameters give equal fingerprints (B107)
        max_open      open jobs that the account may have
        Raises        Refused(TOKEN_REUSED), or Refused(TOO_MANY_JOBS) with the number of open jobs as its detail.
        """
        now = self._database.now()
        with self._database.write() as connection:
            self._database.lock(connection, f"start {request.account}")
            if token is not None:
                known = idempotency.replayed(connection, request.account, token, fingerprint, now)
                if known is not None:
                    return known
            count = _count_open(connection, request.account)
            if count >= max_open:
                raise Refused(RequestFault.TOO_MANY_JOBS, str(count))
            job_id = _create(connection, request, pin, now)
            if token is not None:
                idempotency.remember(connection, request.account, token, fingerprint, job_id, now)
        return job_id

    def replay(self, account: str, token: str, fingerprint: str) -> str | None:
        """The job that this token has started, asked before the object is looked up: a replay needs neither the object
        nor room for a job (B106, B108).

        Raises Refused(TOKEN_REUSED) when the token was used with other parameters.
        """
        with self._database.read() as connection:
            return idempotency.replayed(connection, account, token, fingerprint, self._database.now())

    def get(self, account: str, job_id: str) -> Job:
        """One job of the account.

        Raises Refused(JOB_UNKNOWN) for a JobId that is not known, is another account's (B129), or whose results are
        past their retention (B117), although its rows may not be gone yet.
        """
        oldest = self._database.now() - self._keep_ms
        with self._database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job_id, jobs.c.account == account)).one_or_none()
        if row is None or (row.ended_at is not None and row.ended_at <= oldest):
            raise Refused(RequestFault.JOB_UNKNOWN, job_id)
        return rows.to_job(row)

    def find(self, beginning: str, limit: int = 10) -> list[Job]:
        """Jobs of any account whose JobId begins so, for the operator; at most `limit`."""
        with self._database.read() as connection:
            found = connection.execute(
                select(jobs).where(jobs.c.id.startswith(beginning, autoescape=True)).order_by(jobs.c.id).limit(limit)
            ).all()
        return [rows.to_job(row) for row in found]

    def open_jobs(self, account: str) -> int:
        """How many jobs of the account have not ended."""
        with self._database.read() as connection:
            return _count_open(connection, account)

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state, over all accounts."""
        with self._database.read() as connection:
            rows_of = connection.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state)).all()
        return {JobState(state): count for state, count in rows_of}

    def oldest_queued_s(self) -> float:
        """Seconds that the longest waiting job has waited to be begun; 0 when none waits."""
        waiting = select(func.min(jobs.c.created_at)).where(jobs.c.state == JobState.QUEUED.value)
        with self._database.read() as connection:
            oldest: int | None = connection.execute(waiting).scalar_one()
        return 0.0 if oldest is None else max(0.0, (self._database.now() - oldest) / 1000)

    def list_jobs(
        self,
        *,
        account: str | None = None,
        states: Sequence[JobState] = tuple(JobState),
        limit: int = 100,
        after: Job | None = None,
    ) -> list[Job]:
        """Jobs of one account or of all, newest first; `after` is the last job of the part before."""
        wanted = select(jobs).where(jobs.c.state.in_([state.value for state in states]))
        if account is not None:
            wanted = wanted.where(jobs.c.account == account)
        with self._database.read() as connection:
            if after is not None:
                then = select(jobs.c.created_at).where(jobs.c.id == after.id).scalar_subquery()
                wanted = wanted.where(
                    or_(jobs.c.created_at < then, and_(jobs.c.created_at == then, jobs.c.id > after.id))
                )
            found = connection.execute(wanted.order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit)).all()
        return [rows.to_job(row) for row in found]


def _count_open(connection: Connection, account: str) -> int:
    return connection.execute(
        select(func.count()).select_from(jobs).where(jobs.c.account == account, jobs.c.state.in_(OPEN))
    ).scalar_one()


def _create(connection: Connection, request: JobRequest, pin: ObjectPin, now: int) -> str:
    job_id = secrets.token_hex(_JOB_ID_BYTES)
    connection.execute(
        insert(jobs).values(
            id=job_id,
            **rows.from_request(request, pin),
            state=JobState.QUEUED.value,
            created_at=now,
            progress_ms=0,
            faces=0,
            detail="",
            turn=0,
        )
    )
    add_work(connection, job_id, request.account, WorkKind.PLAN)
    return job_id
