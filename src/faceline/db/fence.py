"""The fence before every write of a worker: hold the job, then see that the lease is still the worker's own.

The job's row is the lock of everything that belongs to the job. Whoever writes takes it first, so that two transactions
of one job run one after the other and never wait for each other in a ring.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from faceline.db.errors import LeaseLost
from faceline.db.statements import AnyRow
from faceline.db.tables import jobs, work
from faceline.domain.job import Lease


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of a job and of the piece of work that is leased, both as they are inside this transaction."""

    job: AnyRow
    work: AnyRow


def hold(connection: Connection, lease: Lease) -> Held:
    """Lock the lease's job for this transaction. Raises LeaseLost when the work was taken over or the job has ended."""
    job = connection.execute(select(jobs).where(jobs.c.id == lease.job_id).with_for_update()).one_or_none()
    piece = connection.execute(
        select(work).where(
            work.c.job_id == lease.job_id,
            work.c.kind == lease.kind.value,
            work.c.number == lease.number,
            work.c.lease_token == lease.token,
        )
    ).one_or_none()
    if job is None or piece is None:
        raise LeaseLost(f"job {lease.job_id}: {lease.kind} {lease.number} attempt {lease.attempt} has another owner")
    return Held(job, piece)
