"""The worker: claims work, hands it to its slots, keeps their leases alive and writes down how an attempt failed.

It holds no codec and no model, and one loop does everything, so nothing in it can hang on a broken video.
"""

import selectors
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from faceline.db.errors import DatabaseUnavailable, LeaseLost
from faceline.domain.faults import JobFault
from faceline.engine.channel import Broken, Done, GivenBack
from faceline.engine.slot_process import SlotProcess
from faceline.jobs.lease import Leases
from faceline.observe import get_log

IDLE_POLL_S = 0.2
# After the store failed, or a slot died before it did any work.
RECOVERY_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Seconds: how long a slot may be silent, how long a lease lasts; and how many slots there are.

    name   of this worker, as `faceline jobs show` tells it
    """

    name: str
    slots: int
    sample_timeout_s: float
    lease_s: float


class Worker:
    """Runs until `stop` is set."""

    def __init__(self, leases: Leases, start_slot: Callable[[], SlotProcess], limits: WorkerLimits) -> None:
        self._leases = leases
        self._start_slot = start_slot
        self._limits = limits
        self._slots: list[SlotProcess] = []
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
            except DatabaseUnavailable as error:
                self._recover(now, "store_unavailable", error)
        for key, _ in self._selector.select(0 if claimed else IDLE_POLL_S):
            slot = key.fileobj
            if isinstance(slot, SlotProcess):
                self._hear(slot, time.monotonic())
        for slot in self._slots:
            self._tend(slot, time.monotonic())

    def _fill(self, now: float) -> bool:
        """Claim work for a free slot, starting the slot if need be; whether there was work."""
        free = next((slot for slot in self._slots if slot.lease is None), None)
        if free is None and len(self._slots) >= self._limits.slots:
            return False
        lease = self._leases.claim(self._limits.name, self._limits.lease_s)
        if lease is None:
            return False
        if free is None:
            free = self._start_slot()
            self._slots.append(free)
            self._selector.register(free, selectors.EVENT_READ)
        free.assign(lease, now)
        self._log.debug("work_assigned", job=lease.job_id, kind=lease.kind, number=lease.number, slot=free.pid)
        return True

    def _hear(self, slot: SlotProcess, now: float) -> None:
        """Take in what a slot said, or its death."""
        reports = slot.reports()
        if reports is None:
            self._bury(slot, now)
            return
        for report in reports:
            slot.heard_at = now
            if isinstance(report, Broken):
                self._write_down(slot, report, now)
            elif isinstance(report, GivenBack):
                self._recover(now, "work_given_back", report.why)
                self._give_back(slot)
            if isinstance(report, Done | GivenBack | Broken):
                slot.lease = None

    def _bury(self, slot: SlotProcess, now: float) -> None:
        """A slot died: its attempt failed. A new slot is started when there is work."""
        self._selector.unregister(slot)
        self._slots.remove(slot)
        epitaph = slot.epitaph()
        if slot.lease is None:
            self._recover(now, "slot_died_idle", epitaph.detail)
        else:
            self._write_down(slot, epitaph, now)
        slot.close()

    def _write_down(self, slot: SlotProcess, report: Broken, now: float) -> None:
        lease = slot.lease
        if lease is None:
            return
        fault = JobFault[report.fault]
        self._log.warning(
            "attempt_failed", job=lease.job_id, kind=lease.kind, number=lease.number, attempt=lease.attempt,
            fault=fault.name, detail=report.detail,
        )  # fmt: skip
        try:
            self._leases.failed_attempt(lease, fault, report.detail)
        except LeaseLost:
            return
        except DatabaseUnavailable as error:
            # The lease runs out by itself and the work is taken up again.
            self._recover(now, "store_unavailable", error)

    def _tend(self, slot: SlotProcess, now: float) -> None:
        """Prolong a busy slot's lease, or end the slot when it is silent or its lease is lost."""
        if slot.lease is None:
            return
        if now - slot.heard_at > self._limits.sample_timeout_s:
            slot.kill_for_silence()
            slot.heard_at = now
        elif now - slot.renewed_at > self._limits.lease_s / 3:
            slot.renewed_at = now
            try:
                self._leases.renew(slot.lease)
            except LeaseLost:
                slot.lease = None
                slot.kill()
            except DatabaseUnavailable as error:
                self._recover(now, "store_unavailable", error)

    def _recover(self, now: float, event: str, why: object) -> None:
        self._log.warning(event, why=str(why), pause_s=RECOVERY_PAUSE_S)
        self._pause_until = now + RECOVERY_PAUSE_S

    def _give_back(self, slot: SlotProcess) -> None:
        """Free a slot's work for others; if the store does not answer, the lease runs out by itself."""
        if slot.lease is None:
            return
        try:
            self._leases.release(slot.lease)
        except (DatabaseUnavailable, LeaseLost) as error:
            self._log.info("work_not_released", job=slot.lease.job_id, why=str(error))

    def _end(self) -> None:
        """Kill the slots (all they stored is whole) and give their work back."""
        for slot in self._slots:
            slot.kill()
        for slot in self._slots:
            slot.close()
            self._give_back(slot)
        self._slots.clear()
        self._selector.close()
