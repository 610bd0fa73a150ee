"""The last transaction of a job: its state, its remaining work and its completion message change together."""

import uuid

from sqlalchemy import Connection, insert

from faceline.db.statements import AnyRow
from faceline.db.tables import outbox
from faceline.domain.faults import JobFault
from faceline.domain.job import JobState
from faceline.jobs.states import move
from faceline.jobs.work import drop_work

_DETAIL_LETTERS = 2000


def succeed(connection: Connection, job: AnyRow, faces: int, now: int) -> None:
    """End the job whose row is held as SUCCEEDED; its pages are visible from this commit on."""
    ended_at = max(now, job.created_at)
    move(connection, job, JobState.SUCCEEDED, ended_at=ended_at, progress_ms=job.duration_ms, faces=faces)
    _close(connection, job, JobState.SUCCEEDED, ended_at)


def fail(connection: Connection, job: AnyRow, fault: JobFault, detail: str, now: int) -> None:
    """End the job whose row is held as FAILED. Its facts are dropped afterwards, in small pieces (jobs.retention)."""
    ended_at = max(now, job.created_at)
    move(
        connection, job, JobState.FAILED, ended_at=ended_at, fault=fault.name, detail=detail[:_DETAIL_LETTERS], faces=0
    )
    _close(connection, job, JobState.FAILED, ended_at)


def _close(connection: Connection, job: AnyRow, state: JobState, ended_at: int) -> None:
    drop_work(connection, job.id)
    if job.topic_arn is None:
        return
    connection.execute(
        insert(outbox).values(
            job_id=job.id,
            account=job.account,
            message_id=str(uuid.uuid4()),
            topic_arn=job.topic_arn,
            role_arn=job.role_arn,
            status=state.value,
            bucket=job.bucket,
            object_key=job.object_key,
            tag=job.tag,
            ended_at=ended_at,
            state="DUE",
            due_at=ended_at,
            attempts=0,
            error="",
        )
    )
