"""The rows of the work table: the open pieces of open jobs."""

from fractions import Fraction

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_

from faceline.db.clock import SECOND_MS
from faceline.db.statements import AnyRow
from faceline.db.tables import work
from faceline.domain.job import WorkKind
from faceline.domain.video import FrameTime, Span

READY, LEASED, DONE = "READY", "LEASED", "DONE"
MAX_ATTEMPTS = 3
"""Attempts that may fail of themselves before the job does."""

MAX_LOSSES = 10
"""Workers that may disappear over one piece: more than a row of power cuts, fewer than a video that fells machines."""

MAX_PAUSE_MS = 60 * SECOND_MS
"""The longest pause before a piece is tried again."""

_SKEW_MS = 60 * SECOND_MS
"""How far machines' clocks may lie apart. A time further in the future was written before a clock went back."""


def add_work(connection: Connection, job_id: str, account: str, kind: WorkKind, spans: tuple[Span, ...] = ()) -> None:
    """Add the one piece of PLAN or FINISH, or a piece for each span."""
    common = {
        "job_id": job_id,
        "account": account,
        "kind": kind.value,
        "state": READY,
        "ready_at": 0,
        "attempts": 0,
        "losses": 0,
        "parts": 0,
    }
    if kind is WorkKind.SPAN:
        pieces = [{**common, "number": s.number, "start_pts": s.start_pts, "end_pts": s.end_pts} for s in spans]
    else:
        pieces = [{**common, "number": 0}]
    connection.execute(insert(work), pieces)


def is_piece(row: AnyRow) -> ColumnElement[bool]:
    """Selects the row by its key."""
    return and_(work.c.job_id == row.job_id, work.c.kind == row.kind, work.c.number == row.number)


def claimable(now: int) -> ColumnElement[bool]:
    """Pieces that wait, and pieces whose lease has run out; also those that only a clock set back seems to hold."""
    return or_(
        and_(work.c.state == READY, or_(work.c.ready_at <= now, work.c.ready_at > now + MAX_PAUSE_MS + _SKEW_MS)),
        and_(work.c.state == LEASED, or_(work.c.lease_until <= now, work.c.leased_at > now + _SKEW_MS)),
    )


def drop_work(connection: Connection, job_id: str) -> None:
    """Delete all pieces of a job that ends."""
    connection.execute(delete(work).where(work.c.job_id == job_id))


def checkpoint_of(piece: AnyRow, time_base: Fraction) -> FrameTime | None:
    """The time of the last sample that is stored for a span; None when nothing is stored yet."""
    return None if piece.checkpoint_pts is None else FrameTime(piece.checkpoint_pts, time_base)
