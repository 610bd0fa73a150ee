"""What has to be done now and then beside the work: deliver messages, delete what is past its retention."""

import threading
import time
from typing import Protocol

from faceline.db.errors import DatabaseUnavailable
from faceline.observe import get_log

DELIVERY_PAUSE_S = 0.5
RETENTION_PAUSE_S = 60.0


class Deliverer(Protocol):
    """The outbox."""

    def deliver_due(self) -> int:
        """Try every message that is due once; how many were tried."""
        ...


class Expirer(Protocol):
    """Retention."""

    def expire(self) -> int:
        """Delete one small portion of what is past its retention; 0 when nothing is left."""
        ...


class Upkeep:
    """Runs until told to stop; a failing store is logged and tried again."""

    def __init__(self, outbox: Deliverer, retention: Expirer) -> None:
        self._outbox = outbox
        self._retention = retention
        self._expire_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while not stop.wait(DELIVERY_PAUSE_S):
            try:
                self.turn(time.monotonic())
            except DatabaseUnavailable as error:
                get_log().warning("store_unavailable", why=str(error))

    def turn(self, now: float) -> None:
        """One round at monotonic time `now`, seconds. Raises DatabaseUnavailable."""
        self._outbox.deliver_due()
        if now >= self._expire_at and self._retention.expire() == 0:
            self._expire_at = now + RETENTION_PAUSE_S
