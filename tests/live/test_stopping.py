"""How the server ends: when it is told to, when its parent process is shot, and what never starts at all."""

import os
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from faceline.db.engine import open_database
from faceline.domain.job import FaceAttributes, JobRequest, ObjectRef
from faceline.domain.video import SERVICE_SAMPLE_RATE
from faceline.jobs.lease import Leases
from faceline.jobs.queue import JobQueue
from faceline.sources.folder import FolderSource
from tests.live.processes import MARK, PATIENCE_S, marked, wait_until
from tests.live.serving import Served, clean_environment

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


def test_a_server_that_is_told_to_stop_in_the_middle_of_a_job_goes_on_later(
    buckets: Path, tmp_path: Path, undisturbed: bytes
) -> None:
    """SIGTERM, then a new run that finishes the job, then Ctrl-C."""
    data = tmp_path / "data"
    with Served(data, buckets) as served:
        job_id = served.start("long.mp4")
        served.find("slot")
        served.stop(signal.SIGTERM)
    with Served(data, buckets) as served:
        assert served.faces(job_id) == undisturbed
        served.start("long.mp4")
        served.find("slot")
        served.stop(signal.SIGINT)


def test_a_server_that_is_shot_leaves_no_child_behind(buckets: Path, tmp_path: Path) -> None:
    """A picture, the API and a slot are at work; nobody is there to stop them but they themselves."""
    with Served(tmp_path / "data", buckets) as served:
        served.start("long.mp4")
        served.find("slot")
        roles = {process.role for process in served.processes()}
        assert roles == {"serve", "api", "worker", "picture", "slot"}
        served.find("serve").kill()
        served.process.wait()
        wait_until(lambda: served.processes() == [], "every child has ended by itself")
        assert "Traceback" not in served.log


def test_a_worker_alone_ends_on_ctrl_c_without_noise(buckets: Path, tmp_path: Path) -> None:
    """Ctrl-C in a terminal goes to a whole process group: the slot's work is given back as if never begun."""
    data, log, mark = tmp_path / "data", tmp_path / "log", uuid.uuid4().hex
    database = open_database(f"sqlite:///{data / 'faceline.sqlite3'}")
    video = ObjectRef("videos", "long.mp4")
    request = JobRequest("000000000000", video, FaceAttributes.DEFAULT, SERVICE_SAMPLE_RATE)
    pin = FolderSource(buckets / "videos").pin(video)
    job_id = JobQueue(database).start(request, pin, token=None, fingerprint="", max_open=1)
    command = [sys.executable, "-m", "faceline", "worker", "--workers", "1"]
    command += ["--data", str(data), "--buckets", str(buckets)]
    with log.open("wb") as said:
        worker = subprocess.Popen(command, stderr=said, env=clean_environment() | {MARK: mark}, start_new_session=True)
    wait_until(lambda: "slot" in {process.role for process in marked(mark)}, "a slot works")
    os.killpg(worker.pid, signal.SIGINT)
    assert worker.wait(PATIENCE_S) == 0
    assert marked(mark) == []
    assert log.read_text() == ""
    lease = Leases(database).claim("other", 30)
    database.close()
    assert lease is not None
    assert (lease.job_id, lease.attempt) == (job_id, 1)


def refused(*options: str, **environment: str) -> tuple[int, str]:
    """Exit code and standard error of a `faceline serve` that does not start."""
    command = [sys.executable, "-m", "faceline", "serve", *options]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=clean_environment(**environment), timeout=PATIENCE_S
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = refused("--port", port, "--data", str(tmp_path / "data"))
    assert (code, said) == (1, f"faceline: cannot listen on 127.0.0.1 port {port}: Address already in use\n")
    assert not (tmp_path / "data").exists(), "nothing is touched before the port is ours"


def test_an_address_for_others_needs_credentials(tmp_path: Path) -> None:
    code, said = refused("--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path / "data"))  # noqa: S104 - it is refused
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("faceline: host 0.0.0.0 is not loopback: that needs --credentials")


def test_a_folder_of_state_that_another_server_uses_is_left_alone(live: Served, buckets: Path) -> None:
    code, said = refused("--port", "0", "--data", str(live.data), "--buckets", str(buckets))
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith(f"faceline: another faceline runs in {live.data}")
    assert live.client().detect_faces(Image={"S3Object": {"Bucket": "videos", "Name": "face.jpg"}})["FaceDetails"]


def test_an_execution_provider_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    code, said = refused("--port", "0", "--data", str(tmp_path / "data"), "--providers", "NoSuchProvider")
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("faceline: onnxruntime has no NoSuchProvider")


def test_a_proxy_in_the_environment_does_not_keep_the_server_from_starting(buckets: Path, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"  # discard: nobody listens
    with Served(tmp_path / "data", buckets, environment={"http_proxy": nowhere, "no_proxy": ""}) as served:
        served.stop()
