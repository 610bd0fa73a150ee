"""The link to the picture process: what it carries, what it refuses, and what a dead process looks like."""

import contextlib
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from faceline.domain.face import Attributes, Box, Face, Gaze, PictureFaces, Point, Pose, Quality
from faceline.domain.faults import Refused, RequestFault, Unusable
from faceline.domain.job import FaceAttributes
from faceline.link.client import PictureClient
from faceline.link.message import LARGEST, LENGTH, PictureQuestion, send
from faceline.link.server import Answer, PictureServer, clear_stale

PATIENCE_S = 60.0


def face(attributes: Attributes | None = None, gaze: Gaze | None = None) -> Face:
    return Face(
        box=Box(-0.125, 0.25, 0.5, 0.75),
        score=0.9990234375,
        landmarks=tuple(Point(number / 64, -number / 32) for number in range(30)),
        pose=Pose(1.5, -20.25, 4.125),
        quality=Quality(61.5, 78.6435),
        attributes=attributes,
        gaze=gaze,
    )


FULL = Attributes(
    age_years=31.5, age_spread=4.0, male=0.125, smile=0.75, eyeglasses=0.5, sunglasses=0.25, beard=0.25, mustache=0.375,
    eyes_open=0.9375, mouth_open=0.5, occluded=0.0625,
    emotions=(0.5, 0.25, 0.0625, 0.0625, 0.03125, 0.03125, 0.046875, 0.015625),
)  # fmt: skip
GAZE = Gaze(-12.5, 3.25, 0.25)
NONE = PictureFaces(640, 480, ())


@contextlib.contextmanager
def serving(folder: Path, answer: Answer, waiting: int = 8) -> Iterator[tuple[PictureServer, Path]]:
    """A server on a thread, which has to end when it is stopped."""
    address = folder / "picture.sock"
    server = PictureServer(address, answer, waiting)
    thread = threading.Thread(target=server.serve, name="serve")
    thread.start()
    try:
        yield server, address
    finally:
        server.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        assert not address.exists()


def ask(address: Path, picture: bytes = b"picture", patience_s: float = 0.1) -> PictureFaces:
    return PictureClient(address, PATIENCE_S, patience_s).analyse(picture, FaceAttributes.ALL)


def fault_of(address: Path, patience_s: float = 0.1) -> RequestFault:
    with pytest.raises(Refused) as refused:
        ask(address, patience_s=patience_s)
    return refused.value.fault


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_pictures_go_and_faces_come_back_unchanged(tmp_path: Path) -> None:
    asked: list[PictureQuestion] = []
    found = PictureFaces(1599, 1200, (face(FULL, GAZE), face(None, GAZE), face()))

    def answer(question: PictureQuestion) -> PictureFaces:
        asked.append(question)
        return found

    large = bytes(range(256)) * (15 * 4096)
    with serving(tmp_path, answer) as (_, address):
        assert ask(address) == found
        assert ask(address, large) == found
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
    assert [question.picture for question in asked] == [b"picture", large]
    assert {question.attributes for question in asked} == {FaceAttributes.ALL}


@pytest.mark.parametrize("fault", list(RequestFault), ids=lambda fault: fault.name)
def test_refusals_are_carried(tmp_path: Path, fault: RequestFault) -> None:
    def answer(_: PictureQuestion) -> PictureFaces:
        raise Refused(fault, "why")

    with serving(tmp_path, answer) as (_, address), pytest.raises(Refused) as refused:
        ask(address)
    assert (refused.value.fault, refused.value.detail) == (fault, "why")


def test_one_picture_more_than_may_wait_is_throttled(tmp_path: Path) -> None:
    """B53. The ones before it are answered all the same."""
    at_work, go_on = threading.Event(), threading.Event()

    def answer(_: PictureQuestion) -> PictureFaces:
        at_work.set()
        assert go_on.wait(PATIENCE_S)
        return NONE

    with serving(tmp_path, answer, waiting=1) as (server, address), ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, address)
        assert at_work.wait(PATIENCE_S)
        second = pool.submit(ask, address)
        wait_until(server._questions.full)
        assert fault_of(address) is RequestFault.THROTTLED
        go_on.set()
        assert first.result(PATIENCE_S) == second.result(PATIENCE_S) == NONE


@pytest.mark.parametrize("stale", [False, True], ids=["no socket", "a dead process's socket"])
def test_a_process_that_is_not_there_is_broken(tmp_path: Path, stale: bool) -> None:
    address = tmp_path / "picture.sock"
    if stale:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(address))
    assert fault_of(address) is RequestFault.BROKEN


def test_a_process_that_is_starting_again_is_waited_for(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, tmp_path / "picture.sock", patience_s=PATIENCE_S)
        with serving(tmp_path, lambda _: NONE):
            assert answer.result(PATIENCE_S) == NONE


def test_a_silent_process_is_given_up(tmp_path: Path) -> None:
    go_on = threading.Event()

    def answer(_: PictureQuestion) -> PictureFaces:
        assert go_on.wait(PATIENCE_S)
        return NONE

    with serving(tmp_path, answer) as (_, address):
        with pytest.raises(Refused) as refused:
            PictureClient(address, timeout_s=0.05).analyse(b"picture", FaceAttributes.DEFAULT)
        go_on.set()
    assert refused.value.fault is RequestFault.BROKEN


@pytest.mark.parametrize(
    "sent",
    [LENGTH.pack(LARGEST + 1), LENGTH.pack(3) + b"abc", LENGTH.pack(0), b"\x05", b""],
    ids=["oversize", "rubbish", "nothing", "half a length", "silence"],
)
def test_senders_of_rubbish_are_hung_up_on_and_spoil_nothing(tmp_path: Path, sent: bytes) -> None:
    with serving(tmp_path, lambda _: NONE) as (_, address):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            connection.connect(str(address))
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
        assert ask(address) == NONE


def test_a_slow_sender_holds_nobody_up(tmp_path: Path) -> None:
    body = msgspec.msgpack.encode(PictureQuestion(b"slow", FaceAttributes.DEFAULT))
    with serving(tmp_path, lambda _: NONE) as (_, address), socket.socket(socket.AF_UNIX) as slow:
        slow.settimeout(PATIENCE_S)
        slow.connect(str(address))
        slow.sendall(LENGTH.pack(len(body)) + body[:3])
        assert ask(address) == NONE
        slow.sendall(body[3:])
        assert slow.recv(LENGTH.size), "and it is answered in the end"


def test_a_caller_that_has_gone_is_no_error(tmp_path: Path) -> None:
    go_on = threading.Event()

    def answer(_: PictureQuestion) -> PictureFaces:
        assert go_on.wait(PATIENCE_S)
        return PictureFaces(640, 480, tuple(face() for _ in range(2000)))

    with serving(tmp_path, answer) as (_, address):
        with socket.socket(socket.AF_UNIX) as impatient:
            impatient.connect(str(address))
            send(impatient, PictureQuestion(b"picture", FaceAttributes.DEFAULT))
        go_on.set()
        assert len(ask(address).faces) == 2000


@pytest.mark.parametrize(
    "reply", [LENGTH.pack(LARGEST + 1), LENGTH.pack(3) + b"abc", LENGTH.pack(8) + b"half", b""],
    ids=["oversize", "rubbish", "half", "nothing"],
)  # fmt: skip
def test_rubbish_for_an_answer_is_broken(tmp_path: Path, reply: bytes) -> None:
    address = tmp_path / "picture.sock"
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor(1) as pool:
        listener.bind(str(address))
        listener.listen(1)
        fault = pool.submit(fault_of, address)
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(reply)
        assert fault.result(PATIENCE_S) is RequestFault.BROKEN


SERVER = """
import os, sys, threading, time
from pathlib import Path
from faceline.domain.faults import Refused
from faceline.link.server import PictureServer
from faceline.engine import picture

class Analyser:
    def analyse(self, pictures, attributes):
        {action}

answer = picture.answer_with(Analyser(), 1_000_000, 0.2)
picture.decode_picture = lambda content, limit: content
picture.signal.signal(picture.signal.SIGALRM, picture.signal.SIG_DFL)
PictureServer(Path(sys.argv[1]), answer, 8).serve()
"""


@pytest.mark.parametrize(
    ("action", "ending"),
    [("os.abort()", signal.SIGABRT), ("threading.Event().wait()", signal.SIGALRM)],
    ids=["crash", "hang"],
)
def test_a_process_that_dies_of_a_picture_breaks_the_pictures_it_holds(
    tmp_path: Path, action: str, ending: signal.Signals
) -> None:
    """The one in work and the ones that wait; their callers may send them again. A hang is ended by the alarm."""
    address = tmp_path / "picture.sock"
    command = [sys.executable, "-c", SERVER.format(action=action), str(address)]
    with subprocess.Popen(command) as process, ThreadPoolExecutor(2) as pool:
        faults = [pool.submit(fault_of, address, patience_s=PATIENCE_S) for _ in range(2)]
        assert process.wait(PATIENCE_S) == -ending
        # the second may come too late for the dying process: then nobody is there any more
        with serving(tmp_path, _broken):
            assert {fault.result(PATIENCE_S) for fault in faults} == {RequestFault.BROKEN}


def _broken(_: PictureQuestion) -> PictureFaces:
    raise Refused(RequestFault.BROKEN)


def test_two_processes_never_share_an_address(tmp_path: Path) -> None:
    with serving(tmp_path, lambda _: NONE) as (_, address):
        with pytest.raises(Unusable, match=f"another faceline runs in {tmp_path}"):
            PictureServer(address, lambda _: NONE, 1)
        assert ask(address) == NONE


def test_an_address_that_no_socket_can_have_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="too long"):
        PictureServer(tmp_path / ("x" * 120), lambda _: NONE, 1)
    with pytest.raises(Unusable, match="Is a directory"):
        clear_stale(tmp_path)
    clear_stale(tmp_path / "none")
