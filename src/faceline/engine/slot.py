"""The slot: an expendable process that does one piece of work after the other for its worker.

It decodes and analyses in one process, so that no frame crosses a pipe. Whatever it stores is stored in whole fenced
transactions, so it may be killed at any instruction.
"""

import ctypes
import resource
import signal
import time
from collections.abc import Callable
from typing import BinaryIO

from faceline.db.errors import DatabaseUnavailable, LeaseLost
from faceline.domain.faults import JobFailed, JobFault, Refused
from faceline.domain.job import Lease
from faceline.engine.channel import Broken, Done, GivenBack, Progress, Report, parse_assignment, write
from faceline.observe import get_log

# A slot begins anew after this much work: whatever a codec leaks is gone with the process.
LIFETIME = 500
# The worker hears of progress at most this often.
BEAT_S = 0.5

Task = Callable[[Lease, Callable[[], None]], None]
"""Does the work of a lease; calls its second argument whenever it got on."""


# From Linux's <sys/prctl.h>.
_PR_SET_PDEATHSIG = 1


class WorkerGone(Exception):  # noqa: N818 - a finding, not an error of the slot
    """Nobody reads the slot's reports any more."""


class Slot:
    """Reads assignments, does them, says how they went; ends when its worker is gone."""

    def __init__(self, task: Task, requests: BinaryIO, reports: BinaryIO) -> None:
        self._task = task
        self._requests = requests
        self._reports = reports
        self._said_at = 0.0

    def run(self) -> None:
        """Work until the worker is gone or the slot is old enough to be replaced."""
        try:
            for _ in range(LIFETIME):
                line = self._requests.readline()
                if not line:
                    return
                report = self._do(parse_assignment(line).lease)
                self._say(report)
                if isinstance(report, Broken) and report.fatal:
                    return
        except WorkerGone:
            return

    def _do(self, lease: Lease) -> Report:
        """Do the work; every failure becomes one report."""
        try:
            self._task(lease, self._beat)
        except JobFailed as failure:
            return Broken(failure.fault.name, failure.detail)
        except Refused as refusal:
            return Broken(JobFault.OBJECT_GONE.name, str(refusal))
        except LeaseLost:
            return Done()
        except MemoryError:
            # Native libraries may be left in any state after a failed allocation: begin anew.
            return Broken(JobFault.OUT_OF_MEMORY.name, "the slot's address space is used up", fatal=True)
        except DatabaseUnavailable as error:
            return GivenBack(str(error))
        except WorkerGone:
            raise
        except Exception as error:  # noqa: BLE001 - one of the two outermost loops: logged with its stack, then BROKEN
            get_log().exception("slot_failed", job=lease.job_id, kind=lease.kind, number=lease.number)
            return Broken(JobFault.BROKEN.name, f"{type(error).__name__}: {error}", fatal=True)
        return Done()

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._said_at >= BEAT_S:
            self._said_at = now
            self._say(Progress())

    def _say(self, report: Report) -> None:
        try:
            write(self._reports, report)
        except OSError as error:
            raise WorkerGone from error


def limit_memory(megabytes: int) -> None:
    """Bound the process's address space, so that a hostile video ends this process and not the machine."""
    size = megabytes * 1024**2
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def end_with_worker() -> None:
    """Have the kernel end this process when its worker ends, whatever native code it hangs in.

    A worker that ended before this call is noticed by the end of its requests.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
