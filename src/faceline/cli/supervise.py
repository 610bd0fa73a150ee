"""Keep a few child processes running: start them again when they die, and let none outlive its parent."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faceline.observe import get_log

PARENT_FD = "FACELINE_PARENT_FD"
LONGEST_PAUSE_S = 10.0
# A child that lived this long is considered healthy: its next death is the first again.
HEALTHY_S = 30.0
STOP_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run. `pass_fds` are descriptors that the child inherits."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()


@dataclass(slots=True)
class _Child:
    spec: ChildSpec
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0
    due_at: float = field(default=0.0)


class Supervisor:
    """The children of one process. Every child holds the reading end of a pipe that closes when the parent is gone."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self._children: list[_Child] = []
        self._log = get_log()

    def start(self, spec: ChildSpec) -> None:
        """Start a child and keep it running from now on."""
        self._children.append(_Child(spec, self._spawn(spec), time.monotonic()))

    def tend(self, now: float) -> None:
        """Start again what died, after a growing pause."""
        for child in self._children:
            status = child.process.poll()
            if status is None:
                continue
            if child.due_at == 0.0:
                child.deaths = 1 if now - child.started_at > HEALTHY_S else child.deaths + 1
                pause_s = min(LONGEST_PAUSE_S, 0.25 * 2 ** (child.deaths - 1))
                child.due_at = now + pause_s
                self._log.error("child_died", child=child.spec.name, status=status, restart_in_s=pause_s)
            elif now >= child.due_at:
                child.process, child.started_at, child.due_at = self._spawn(child.spec), now, 0.0

    def failed_to_start(self) -> str | None:
        """Name of a child that left by itself with an error instead of running: its settings are wrong."""
        return next((child.spec.name for child in self._children if child.process.poll() in {1, 2}), None)

    def stop(self) -> None:
        """Ask every child to end, then make it."""
        for child in self._children:
            child.process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in self._children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        os.close(self._reader)
        os.close(self._writer)

    def _spawn(self, spec: ChildSpec) -> subprocess.Popen[bytes]:
        environment = dict(spec.environment) | {PARENT_FD: str(self._reader)}
        # A session of its own: Ctrl-C reaches the parent alone, which then ends its children in order.
        return subprocess.Popen(
            list(spec.command),
            env=environment,
            pass_fds=(self._reader, *spec.pass_fds),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def end_with_parent() -> None:
    """In a supervised child: end this process when its parent is gone. Does nothing in a process run by hand."""
    text = os.environ.pop(PARENT_FD, None)
    if text is None:
        return
    descriptor = int(text)
    os.set_inheritable(descriptor, False)

    def wait() -> None:
        os.read(descriptor, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def set_stop(_number: int, _frame: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, set_stop)
    signal.signal(signal.SIGINT, set_stop)
    return stop
