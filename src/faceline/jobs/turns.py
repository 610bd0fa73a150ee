"""Whose turn it is: which open job the next free worker serves.

1. Accounts take turns: the account that was served longest ago comes first, so that nobody's thousand jobs stand before
   another's one.
2. Within an account every second piece of work goes to its oldest job, so that jobs end in the order they were started;
   the pieces between go to the job that was served longest ago, so that a short clip is not kept waiting for hours by a
   film before it.

Turns are counted, not timed: a clock that jumps changes nothing here.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select, update

from faceline.db.statements import AnyRow, insert_missing
from faceline.db.tables import jobs, served, work
from faceline.jobs.states import OPEN
from faceline.jobs.work import claimable


def anything(connection: Connection, now: int) -> bool:
    """Whether there is a piece of work to claim; a read, so that idle workers do not ask for the write lock."""
    return connection.execute(_with_work(select(jobs.c.id), now).limit(1)).first() is not None


def next_job(connection: Connection, now: int) -> AnyRow | None:
    """Lock the job whose turn it is, and count the turn; None when no job has work to claim.

    Jobs that another transaction holds at this moment are passed over, unless there are no others.
    """
    accounts = _waiting_accounts(connection, now)
    for skip_locked in (True, False):
        for account in accounts:
            oldest = account.claims % 2 == 0
            job = _lock_next(connection, account.account, oldest=oldest, skip_locked=skip_locked, now=now)
            if job is not None:
                _count(connection, job)
                return job
    return None


def _waiting_accounts(connection: Connection, now: int) -> Sequence[AnyRow]:
    """Accounts with work to claim and how often they were served, the one served longest ago first."""
    claims = func.coalesce(served.c.claims, 0)
    turn = func.coalesce(served.c.turn, 0)
    waiting = _with_work(select(jobs.c.account), now).distinct().subquery()
    return connection.execute(
        select(waiting.c.account, claims.label("claims"))
        .select_from(waiting.outerjoin(served, served.c.account == waiting.c.account))
        .order_by(turn, waiting.c.account)
    ).all()


def _count(connection: Connection, job: AnyRow) -> None:
    turn = 1 + connection.execute(select(func.coalesce(func.max(served.c.turn), 0))).scalar_one()
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(turn=turn))
    known = connection.execute(
        update(served).where(served.c.account == job.account).values(turn=turn, claims=served.c.claims + 1)
    )
    if known.rowcount == 0:
        connection.execute(insert_missing(connection, served).values(account=job.account, turn=turn, claims=1))


def _lock_next(connection: Connection, account: str, *, oldest: bool, skip_locked: bool, now: int) -> AnyRow | None:
    """The account's next job, locked for this transaction (PostgreSQL; SQLite has one writer)."""
    order = () if oldest else (jobs.c.turn,)
    return connection.execute(
        _with_work(select(jobs), now)
        .where(jobs.c.account == account)
        .order_by(*order, jobs.c.created_at, jobs.c.id)
        .limit(1)
        .with_for_update(of=jobs, skip_locked=skip_locked)
    ).one_or_none()


def _with_work(query: Select[Any], now: int) -> Select[Any]:
    has_work = select(work.c.job_id).where(work.c.job_id == jobs.c.id, claimable(now)).exists()
    return query.where(jobs.c.state.in_(OPEN), has_work)
