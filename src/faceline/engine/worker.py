"""The worker: claims work, hands it to its slots, keeps their leases alive and writes down how an attempt failed.

It holds no codec and no model, and one loop does everything, so nothing in it can hang on a broken video.
"""

import selectors
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from faceline.domain.faults import JobFault
from faceline.domain.job import Lease
from faceline.engine.channel import Broken, Done
from faceline.engine.slots import Slot
from faceline.observe import get_log

IDLE_POLL_S = 0.2
# After the store failed, or a slot died before it did any work.
RECOVERY_PAUSE_S = 2.0
STOP_TIMEOUT_S = 5.0


class WorkQueue(Protocol):
    """What the worker asks of the queue. Every method may raise `StoreUnavailable`."""

    def claim(self) -> Lease | None:
        """The next piece of work, if there is any."""
        ...

    def renew(self, lease: Lease) -> bool:
        """Whether the lease still holds; prolongs it."""
        ...

    def fail_attempt(self, lease: Lease, fault: JobFault, detail: str) -> None:
        """Write an attempt's failure down; another attempt or the job's end follows from it."""
        ...

    def release(self, lease: Lease) -> None:
        """Give work back that was not begun or not finished; it counts as no attempt."""
        ...


class StoreUnavailable(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The database did not answer; the worker goes on when it does again."""


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Seconds: how long a slot may be silent, how long a lease lasts; and how many slots there are."""

    slots: int
    sample_timeout_s: float
    lease_s: float


class Worker:
    """Runs until `stop` is set."""

    def __init__(self, queue: WorkQueue, start_slot: Callable[[], Slot], limits: WorkerLimits) -> None:
        self._queue = queue
        self._start_slot = start_slot
        self._limits = limits
        self._slots: list[Slot] = []
        self._selector = selectors.DefaultSelector()
        self._pause_until = 0.0
        self._log = get_log()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then give unfinished work back and end the slots."""
        try:
            while not stop.is_set():
                self._turn(time.monotonic())
        finally:
            self._end()

    def _turn(self, now: float) -> None:
        """One round: fill the slots, hear them, keep leases, end the silent."""
        claimed = False
        if now >= self._pause_until:
            try:
                claimed = self._fill(now)
            except StoreUnavailable as error:
                self._recover(now, "store_unavailable", error)
        for key, _ in self._selector.select(0 if claimed else IDLE_POLL_S):
            slot = key.fileobj
            if isinstance(slot, Slot):
                self._hear(slot, time.monotonic())
        for slot in self._slots:
            self._tend(slot, time.monotonic())

    def _fill(self, now: float) -> bool:
        """Claim work for a free slot, starting the slot if need be; whether there was work."""
        free = next((slot for slot in self._slots if slot.lease is None), None)
        if free is None and len(self._slots) >= self._limits.slots:
            return False
        lease = self._queue.claim()
        if lease is None:
            return False
        if free is None:
            free = self._start_slot()
            self._slots.append(free)
            self._selector.register(free, selectors.EVENT_READ)
        free.assign(lease, now)
        self._log.debug("work_assigned", job=lease.job_id, kind=lease.kind, number=lease.number, slot=free.pid)
        return True

    def _hear(self, slot: Slot, now: float) -> None:
        """Take in what a slot said, or its death."""
        reports = slot.reports()
        if reports is None:
            self._bury(slot, now)
            return
        for report in reports:
            slot.heard_at = now
            if isinstance(report, Broken):
                self._write_down(slot, report, now)
            if isinstance(report, Done | Broken):
                slot.lease = None

    def _bury(self, slot: Slot, now: float) -> None:
        """A slot died: its attempt failed. A new slot is started when there is work."""
        self._selector.unregister(slot)
        self._slots.remove(slot)
        epitaph = slot.epitaph()
        if slot.lease is None:
            self._recover(now, "slot_died_idle", epitaph.detail)
        else:
            self._write_down(slot, epitaph, now)
        slot.close()

    def _write_down(self, slot: Slot, report: Broken, now: float) -> None:
        lease = slot.lease
        if lease is None:
            return
        fault = JobFault[report.fault]
        self._log.warning(
            "attempt_failed", job=lease.job_id, kind=lease.kind, number=lease.number, attempt=lease.attempt,
            fault=fault.name, detail=report.detail,
        )  # fmt: skip
        try:
            self._queue.fail_attempt(lease, fault, report.detail)
        except StoreUnavailable as error:
            # The lease runs out by itself and the work is taken up again.
            self._recover(now, "store_unavailable", error)

    def _tend(self, slot: Slot, now: float) -> None:
        """Prolong a busy slot's lease, or end the slot when it is silent or its lease is lost."""
        if slot.lease is None:
            return
        if now - slot.heard_at > self._limits.sample_timeout_s:
            slot.kill_for_silence()
            slot.heard_at = now
        elif now - slot.renewed_at > self._limits.lease_s / 3:
            slot.renewed_at = now
            try:
                if not self._queue.renew(slot.lease):
                    slot.lease = None
                    slot.kill()
            except StoreUnavailable as error:
                self._recover(now, "store_unavailable", error)

    def _recover(self, now: float, event: str, why: object) -> None:
        self._log.warning(event, why=str(why), pause_s=RECOVERY_PAUSE_S)
        self._pause_until = now + RECOVERY_PAUSE_S

    def _end(self) -> None:
        """Kill the slots (all they stored is whole) and give their work back."""
        for slot in self._slots:
            slot.kill()
        for slot in self._slots:
            slot.close()
            if slot.lease is not None:
                try:
                    self._queue.release(slot.lease)
                except StoreUnavailable:
                    continue
        self._slots.clear()
        self._selector.close()
