"""The real server as a child process: started as an operator starts it, asked as a client asks it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config

from faceline.db.engine import Database, open_database
from tests.live.processes import MARK, PATIENCE_S, Process, marked, wait_until

READY = "faceline is ready at "
TARGET = "RekognitionService."
CONTENT_TYPE = "application/x-amz-json-1.1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of faceline and of AWS's tools, and with `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FACELINE_", "AWS_"))}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return kept | nowhere | {"AWS_EC2_METADATA_DISABLED": "true"} | more


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, str]:
        """The members of an error."""
        members: dict[str, str] = json.loads(self.body)
        return members


class Served:
    """One run of `faceline serve`. `options` come after those that every run has."""

    def __init__(
        self, data: Path, buckets: Path, options: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        self.data = data
        self.buckets = buckets
        self._mark = uuid.uuid4().hex
        self._stem = data.parent / f"{data.name}-{self._mark[:8]}"
        command = [sys.executable, "-m", "faceline", "serve", "--port", "0", "--workers", "1"]
        command += ["--data", str(data), "--buckets", str(buckets), *options]
        with self._out.open("wb") as out, self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env={**clean_environment(), **(environment or {}), MARK: self._mark},
                start_new_session=True,
            )
        wait_until(lambda: self._said() or self.process.poll() is not None, "the server says where it is")
        assert self._said(), f"the server left with {self.process.poll()}:\n{self.log}"
        (line,) = self._out.read_text().splitlines()
        self.address = line.removeprefix(READY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever is left, whatever happened to the test."""
        for process in marked(self._mark):
            process.kill()
        self.process.wait()

    @property
    def _out(self) -> Path:
        return self._stem.with_suffix(".out")

    @property
    def _log(self) -> Path:
        return self._stem.with_suffix(".log")

    def _said(self) -> bool:
        return self._out.read_text().endswith("\n")

    @property
    def log(self) -> str:
        """Standard error of all its processes so far."""
        return self._log.read_text()

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log's lines of one event."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{") and line.endswith("}")]
        return [line for line in lines if line["event"] == name]

    def processes(self) -> list[Process]:
        """Those that live."""
        return marked(self._mark)

    def find(self, role: str) -> Process:
        """The process of a role, as soon as there is one."""
        wait_until(lambda: any(process.role == role for process in self.processes()), f"there is a {role} process")
        return next(process for process in self.processes() if process.role == role)

    def client(self, **config: Any) -> Any:
        """A boto3 client of which nothing but the endpoint is special."""
        return boto3.client(
            "rekognition",
            endpoint_url=self.address,
            region_name="us-east-1",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(**config),
        )

    def post(self, operation: str, body: bytes | dict[str, Any], **headers: str) -> Reply:
        """One request written by hand."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        target = {"X-Amz-Target": f"{TARGET}{operation}", "Content-Type": CONTENT_TYPE}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/", content, target | given)

    def request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Any request."""
        host = self.address.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def start(self, key: str, attributes: str = "DEFAULT", bucket: str = "videos") -> str:
        """Start a job."""
        video = {"S3Object": {"Bucket": bucket, "Name": key}}
        return str(json.loads(self.post("StartFaceDetection", _start(video, attributes)).body)["JobId"])

    def status(self, job_id: str) -> str:
        """JobStatus."""
        return str(json.loads(self.post("GetFaceDetection", {"JobId": job_id, "MaxResults": 1}).body)["JobStatus"])

    def result(self, job_id: str) -> bytes:
        """The whole answer for a job, as bytes, once it has ended."""
        wait_until(lambda: self.status(job_id) != "IN_PROGRESS", f"job {job_id[:12]} has ended")
        return self.post("GetFaceDetection", {"JobId": job_id}).body

    def faces(self, job_id: str) -> bytes:
        """The bytes of `Faces` of a job that has succeeded."""
        body = self.result(job_id)
        assert body.startswith(b'{"JobStatus":"SUCCEEDED"'), body[:300]
        return body[body.index(b'"Faces":[') : body.index(b',"JobId":')]

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The installation's database."""
        opened = open_database(f"sqlite:///{self.data / 'faceline.sqlite3'}")
        try:
            yield opened
        finally:
            opened.close()

    def stop(self, number: signal.Signals = signal.SIGTERM, *, quiet: bool = True) -> None:
        """Ask it to end, and see that it does so cleanly: code 0, no process, no socket, when `quiet` no traceback."""
        if number is signal.SIGINT:
            os.killpg(self.process.pid, number)  # as a terminal's Ctrl-C reaches the whole foreground
        else:
            self.process.send_signal(number)
        assert self.process.wait(PATIENCE_S) == 0, self.log
        self.check_nothing_is_left()
        assert not quiet or "Traceback" not in self.log, self.log

    def check_nothing_is_left(self) -> None:
        """No process, no listening port, no socket in the folder of state."""
        assert self.processes() == []
        assert not [path.name for path in self.data.iterdir() if path.is_socket()]
        host, _, port = self.address.removeprefix("http://").rpartition(":")
        with socket.socket() as probe:
            assert probe.connect_ex((host, int(port))) != 0, "somebody still listens"


def _start(video: dict[str, Any], attributes: str) -> dict[str, Any]:
    return {"Video": video, "FaceAttributes": attributes}
