"""moto's server plays S3, SNS and SQS on loopback; a recorder stands before it and tells what it was asked."""

import contextlib
import http.client
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.live.processes import wait_until
from tests.live.serving import CREDENTIALS, clean_environment

START = "from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"
RUNNING = "Running on "
HOP = {"connection", "transfer-encoding", "keep-alive", "date", "server"}


@contextlib.contextmanager
def moto_server(folder: Path) -> Iterator[str]:
    """A server of its own on a free port; its address."""
    log = folder / "moto.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", START], stdout=said, stderr=said, env=clean_environment(**CREDENTIALS)
        )
    try:
        wait_until(lambda: RUNNING in log.read_text() or process.poll() is not None, "moto runs")
        assert process.poll() is None, log.read_text()
        yield log.read_text().partition(RUNNING)[2].split()[0]
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the session's moto."""
    with moto_server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that went through, and how many bytes of body came back."""

    method: str
    path: str
    range: str | None
    if_match: str | None
    size: int


@dataclass(slots=True)
class Recorder:
    """What passed. `answer_with` replaces the store's answers by a status; `cut` breaks bodies off after some bytes."""

    address: str
    asked: list[Asked] = field(default_factory=list)
    answer_with: int | None = None
    cut: int | None = None

    def requests(self, method: str) -> list[Asked]:
        """Those of one method."""
        return [each for each in self.asked if each.method == method]


@contextlib.contextmanager
def recording(target: str) -> Iterator[Recorder]:
    """A recorder on a free port that hands everything on to `target`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, headers, body = self._ask(sent)
            asked = Asked(self.command, self.path, self.headers["range"], self.headers["if-match"], len(body))
            recorder.asked.append(asked)
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body if recorder.cut is None else body[: recorder.cut])
            self.close_connection = recorder.cut is not None

        def _ask(self, sent: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            if recorder.answer_with is not None:
                return recorder.answer_with, [("content-length", "0")], b""
            connection = http.client.HTTPConnection(target.removeprefix("http://"), timeout=60)
            try:
                connection.request(self.command, self.path, sent, dict(self.headers.items()))
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                connection.close()

        do_GET = do_HEAD = pass_on  # noqa: N815 - the names that the base class looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # connections that clients keep open
    recorder = Recorder(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, name="recorder")
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
