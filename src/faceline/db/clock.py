"""Time as the database keeps it: whole milliseconds since 1970 in UTC, the same in SQLite and PostgreSQL."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]
"""Gives the present time in UTC milliseconds. Passed in, so that a test can move it."""

SECOND_MS = 1000
HOUR_MS = 3600 * SECOND_MS
DAY_MS = 24 * HOUR_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> int:
    """The machine's wall clock. It may jump; nothing that keeps results whole depends on it."""
    return time.time_ns() // 1_000_000


def to_datetime(time_ms: int) -> datetime:
    """An aware UTC time, exact to the millisecond."""
    return _EPOCH + timedelta(milliseconds=time_ms)
