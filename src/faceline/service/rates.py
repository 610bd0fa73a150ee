"""How many requests a second an account may send (B53, B57, B242)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from faceline.domain.faults import Refused, RequestFault

BURST_S = 2.0
"""A bucket holds the requests of this many seconds, and at least one."""

SUDDEN_S = 1.0
"""A bucket that was full less than this long ago and is empty now was emptied by a sudden rise."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float
    full_at: float


class RateLimit:
    """A token bucket for each account.

    Over the limit, a sudden rise (the bucket was full within the last second) is refused as THROTTLED, a steady rate
    as RATE_EXCEEDED; both may be sent again later.

    per_second   requests of one account; 0 for no limit
    clock        seconds, never going back
    """

    def __init__(self, per_second: float, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._capacity = max(1.0, per_second * BURST_S)
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def admit(self, account: str) -> None:
        """Count one request. Raises Refused(THROTTLED or RATE_EXCEEDED)."""
        if not self._per_second:
            return
        now = self._clock()
        with self._lock:
            bucket = self._filled(account, now)
            if bucket.tokens >= 1.0:
                bucket.tokens -= 1.0
                return
            sudden = now - bucket.full_at < SUDDEN_S
        raise Refused(RequestFault.THROTTLED if sudden else RequestFault.RATE_EXCEEDED)

    def _filled(self, account: str, now: float) -> _Bucket:
        bucket = self._buckets.get(account)
        if bucket is None:
            bucket = self._buckets[account] = _Bucket(self._capacity, now, now)
        bucket.tokens = min(self._capacity, bucket.tokens + (now - bucket.filled_at) * self._per_second)
        bucket.filled_at = now
        if bucket.tokens == self._capacity:
            bucket.full_at = now
        return bucket
