"""Children are started again after growing pauses, are ended in order, and never outlive their parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faceline.cli import supervise
from faceline.cli.supervise import HEALTHY_S, LONGEST_PAUSE_S, ChildSpec, Supervisor, end_with_parent, stop_on_signals
from tests.live.processes import PATIENCE_S, alive, wait_until

SHELL = "/bin/sh"


@contextmanager
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    try:
        yield made
    finally:
        made.stop()


def shell(script: str, name: str = "child") -> ChildSpec:
    return ChildSpec(name, (SHELL, "-c", script), dict(os.environ))


def starts(log: Path) -> int:
    """How often a child has written its line."""
    return len(log.read_text().splitlines()) if log.exists() else 0


def dead(made: Supervisor) -> bool:
    return all(child.process.poll() is not None for child in made._children)


def test_a_child_that_dies_is_started_again_after_growing_pauses(tmp_path: Path) -> None:
    log, now, pauses = tmp_path / "log", time.monotonic(), list[float]()
    with supervisor() as made:
        made.start(shell(f"echo >> {log}; exit 7"))
        for number in range(1, 9):
            wait_until(lambda: dead(made), "the child has died")
            assert starts(log) == number
            made.tend(now)
            pauses.append(made._children[0].due_at - now)
            made.tend(now + pauses[-1] - 0.001)
            assert dead(made), "not before its time"
            now += pauses[-1]
            made.tend(now)
    assert pauses == pytest.approx([0.25, 0.5, 1, 2, 4, 8, LONGEST_PAUSE_S, LONGEST_PAUSE_S])


def test_after_a_healthy_while_a_death_is_the_first_again() -> None:
    now = time.monotonic()
    with supervisor() as made:
        made.start(shell("exit 7"))
        (child,) = made._children
        for _ in range(3):
            wait_until(lambda: dead(made), "the child has died")
            made.tend(now)
            now = child.due_at
            made.tend(now)
        wait_until(lambda: dead(made), "the child has died")
        assert child.deaths == 3
        made.tend(now + HEALTHY_S + 1)
        assert (child.deaths, child.due_at) == (1, now + HEALTHY_S + 1.25)


def test_a_child_that_lives_is_left_alone() -> None:
    with supervisor() as made:
        made.start(shell("exec sleep 600"))
        pid = made._children[0].process.pid
        for ahead in (0, 60, 3600):
            made.tend(time.monotonic() + ahead)
        assert made._children[0].process.pid == pid
        assert made.failed_to_start() is None
        assert os.getsid(pid) == pid, "a session of its own: Ctrl-C reaches the parent alone"


@pytest.mark.parametrize(
    ("script", "expected"), [("exit 1", "api"), ("exit 2", "api"), ("exit 3", None), ("kill -9 $$", None)]
)
def test_only_a_child_that_gives_up_by_itself_has_failed_to_start(script: str, expected: str | None) -> None:
    with supervisor() as made:
        made.start(shell("exec sleep 600", "worker"))
        made.start(shell(script, "api"))
        made._children[1].process.wait(PATIENCE_S)
        assert made.failed_to_start() == expected


def test_stop_asks_first_and_then_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "STOP_TIMEOUT_S", 0.3)
    polite, stubborn = tmp_path / "polite", tmp_path / "stubborn"
    made = Supervisor()
    made.start(shell(f"trap 'echo asked > {polite}; exit 0' TERM; echo > {polite}; while :; do sleep 0.01; done"))
    made.start(shell(f"trap '' TERM; echo > {stubborn}; while :; do sleep 0.01; done"))
    wait_until(lambda: polite.exists() and stubborn.exists(), "both listen to signals")
    made.stop()
    assert polite.read_text() == "asked\n"
    assert [child.process.returncode for child in made._children] == [0, -signal.SIGKILL]


PARENT = """
import os, sys, time
from faceline.cli.supervise import ChildSpec, Supervisor
child = "from faceline.cli.supervise import end_with_parent; end_with_parent(); import threading; "
child += "print('watching', flush=True); threading.Event().wait()"
supervisor = Supervisor()
supervisor.start(ChildSpec("child", (sys.executable, "-c", child), os.environ))
print(supervisor._children[0].process.pid, flush=True)
time.sleep(600)
"""


def test_children_end_when_their_parent_is_shot() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == "watching\n"
        assert alive(pid)
        parent.kill()
        wait_until(lambda: not alive(pid), "the child has ended")


def test_a_process_run_by_hand_watches_nobody() -> None:
    before = threading.active_count()
    end_with_parent()
    assert threading.active_count() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_set_the_event(number: signal.Signals) -> None:
    kept = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        stop = stop_on_signals()
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)
