"""Which processes a test has started, found by a variable that every one of them inherits."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MARK = "FACELINE_TEST_MARK"
"""Variable whose value tells one server's processes from everybody else's."""

PATIENCE_S = 90.0
"""How long a loaded machine may take for anything that takes a second on an idle one."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Poll until `condition` holds. Raises AssertionError that names `what`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Process:
    """A living process of a test; `role` is the word after `faceline` on its command line."""

    pid: int
    role: str

    def kill(self) -> None:
        """End it as a crash would, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not alive(self.pid), f"{self.role} is gone")

    def pause(self) -> None:
        """Hold it where it is."""
        os.kill(self.pid, signal.SIGSTOP)
        wait_until(lambda: _state(self.pid) == b"T", f"{self.role} stands still")


def marked(mark: str) -> list[Process]:
    """The living processes that carry `mark`, the oldest first."""
    wanted = f"{MARK}={mark}".encode()
    pids = sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [Process(pid, _role(pid)) for pid in pids if wanted in _read(pid, "environ").split(b"\0")]


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and only waits to be collected does not."""
    return _state(pid) not in {b"", b"Z", b"X"}


def _state(pid: int) -> bytes:
    return _read(pid, "stat").rpartition(b") ")[2][:1]


def _role(pid: int) -> str:
    words = [word.decode(errors="replace") for word in _read(pid, "cmdline").split(b"\0")]
    places = [place for place, word in enumerate(words[:-1]) if word == "faceline"]
    return words[places[0] + 1] if places else " ".join(words)


def _read(pid: int, name: str) -> bytes:
    try:
        return Path("/proc", str(pid), name).read_bytes()
    except OSError:
        return b""  # it has ended meanwhile
