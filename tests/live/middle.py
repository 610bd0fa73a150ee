"""Jobs that are caught in the middle."""

from sqlalchemy import select

from faceline.db.tables import work
from faceline.domain.job import Job, WorkKind
from faceline.jobs.queue import JobQueue
from tests.live.processes import wait_until
from tests.live.serving import Served

# Work of a worker that was shot is taken over after this time.
LEASE = ["--lease-seconds", "5"]


def job_row(served: Served, job_id: str) -> Job:
    with served.database() as database:
        (job,) = JobQueue(database).find(job_id)
    return job


def start_and_reach_the_middle(served: Served) -> str:
    """A job of which one span is stored and the next is being analysed."""
    job_id = served.start("long.mp4")
    leased = select(work.c.number).where(
        work.c.job_id == job_id, work.c.kind == WorkKind.SPAN.value, work.c.lease_token.is_not(None)
    )
    with served.database() as database:

        def in_the_middle() -> bool:
            with database.read() as connection:
                return any(number > 0 for number in connection.execute(leased).scalars())

        wait_until(in_the_middle, "a span after the first is being analysed")
    assert job_row(served, job_id).progress_ms > 0
    return job_id
