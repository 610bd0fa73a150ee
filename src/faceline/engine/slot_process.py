"""A slot from the worker's side: an expendable process that does one piece of work at a time.

The worker never trusts a slot to end well: it watches for silence, and turns every way in which a process can end
into the fault of that attempt.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

import msgspec

from faceline.domain.faults import JobFault
from faceline.domain.job import Lease
from faceline.engine.channel import Broken, Report, assignment_of, parse_report, write

# An uncaught MemoryError, or a native allocation that failed under the address space limit, ends a process so.
MEMORY_EXITS = {signal.SIGKILL}
CRASH_SIGNALS = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP}


class SlotProcess:
    """One child process. Times are readings of a monotonic clock in seconds."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        # A process group of its own: Ctrl-C reaches the worker alone, which then gives the slot's work back.
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment), process_group=0
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a slot's pipes are missing")
        self._requests = self._process.stdin
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._line = b""
        self._killed_for: Broken | None = None
        self.lease: Lease | None = None
        self.heard_at = 0.0
        self.renewed_at = 0.0

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def fileno(self) -> int:
        """The descriptor to wait on for reports."""
        return self._output.fileno()

    def assign(self, lease: Lease, now: float) -> None:
        """Hand over work. A slot that has died meanwhile is noticed by its end of file."""
        self.lease, self.heard_at, self.renewed_at = lease, now, now
        try:
            write(self._requests, assignment_of(lease))  # type: ignore[arg-type]  # IO[bytes] of a binary pipe
        except OSError:
            return

    def reports(self) -> list[Report] | None:
        """What has been said since; None when the slot has closed its output, that is, died."""
        chunk = self._output.read()
        if chunk == b"":
            return None
        *lines, self._line = (self._line + (chunk or b"")).split(b"\n")
        try:
            return [parse_report(line) for line in lines]
        except msgspec.DecodeError:
            self._killed_for = Broken(JobFault.BROKEN.name, "the slot spoke no known message", fatal=True)
            self.kill()
            return []

    def kill_for_silence(self) -> None:
        """End a slot that makes no progress."""
        self._killed_for = Broken(JobFault.DECODER_TIMEOUT.name, "no progress in time", fatal=True)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def close(self) -> None:
        """End the process and give back what it held."""
        self._process.kill()
        self._process.wait()
        self._requests.close()
        self._output.close()

    def epitaph(self) -> Broken:
        """How the process ended, as the fault of its attempt."""
        code = self._process.wait()
        if self._killed_for is not None:
            return self._killed_for
        if code >= 0:
            return Broken(JobFault.BROKEN.name, f"the slot left with status {code}", fatal=True)
        name = signal.Signals(-code).name
        if -code in CRASH_SIGNALS:
            return Broken(JobFault.DECODER_CRASHED.name, f"the slot died of {name}", fatal=True)
        fault = JobFault.OUT_OF_MEMORY if -code in MEMORY_EXITS else JobFault.BROKEN
        return Broken(fault.name, f"the slot was ended by {name}", fatal=True)
