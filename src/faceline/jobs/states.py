"""What may follow what. Every change of a job's state goes through `move`."""

from sqlalchemy import Connection, update

from faceline.db.statements import AnyRow
from faceline.db.tables import jobs
from faceline.domain.job import JobState

ALLOWED: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING}),
    JobState.RUNNING: frozenset({JobState.SUCCEEDED, JobState.FAILED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
}
"""States never go back, and the last two are final (B113). A job ends as FAILED only after it was worked on."""

OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)
"""The states in which there is work to do; IN_PROGRESS on the wire."""


class IllegalMove(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """A move that the table does not allow: a mistake of the program, never of a caller."""


def move(connection: Connection, job: AnyRow, to: JobState, **values: object) -> None:
    """Change the state of a job whose row this transaction holds, with the columns that change with it.

    Raises IllegalMove when the table does not allow it; nothing is written then.
    """
    now = JobState(job.state)
    if to not in ALLOWED[now]:
        raise IllegalMove(f"job {job.id}: {now} cannot become {to}")
    changed = connection.execute(
        update(jobs).where(jobs.c.id == job.id, jobs.c.state == now.value).values(state=to.value, **values)
    )
    if changed.rowcount != 1:
        raise IllegalMove(f"job {job.id}: is no longer {now}")
