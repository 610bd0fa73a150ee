"""The worker and its slots: every way in which a slot can end becomes the fault of one attempt, and nothing else."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faceline.db.engine import Database, open_database
from faceline.domain.faults import JobFault
from faceline.domain.job import FaceAttributes, Job, JobRequest, JobState, ObjectPin, ObjectRef
from faceline.domain.video import SERVICE_SAMPLE_RATE
from faceline.engine.slot_process import SlotProcess
from faceline.engine.worker import Worker, WorkerLimits
from faceline.jobs.lease import Leases
from faceline.jobs.queue import JobQueue

ACCOUNT = "000000000000"
READ = "import sys, os, time, signal, ctypes; sys.stdin.buffer.readline(); "
PROGRESS = 'sys.stdout.buffer.write(b\'{"type":"progress"}\\n\'); sys.stdout.flush(); '


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'faceline.sqlite3'}")
    yield opened
    opened.close()


def start_job(database: Database) -> str:
    request = JobRequest(ACCOUNT, ObjectRef("videos", "a.mp4"), FaceAttributes.DEFAULT, SERVICE_SAMPLE_RATE)
    return JobQueue(database).start(request, ObjectPin("etag", 1), token=None, fingerprint="", max_open=10)


def run_until(database: Database, script: str, done: Callable[[Job], bool], job_id: str, **limits: float) -> Job:
    """Run a worker whose slots are `script` until the job is as wanted."""
    stop = threading.Event()
    command = (sys.executable, "-c", script)
    worker = Worker(
        Leases(database, pause_s=0.01),
        lambda: SlotProcess(command, os.environ),
        WorkerLimits("test", 1, limits.get("sample_timeout_s", 30.0), limits.get("lease_s", 30.0)),
    )
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        deadline = time.monotonic() + 60
        job = JobQueue(database).get(ACCOUNT, job_id)
        while not done(job):
            assert time.monotonic() < deadline, f"the job is still {job.state} with {job.detail!r}"
            stop.wait(0.05)
            job = JobQueue(database).get(ACCOUNT, job_id)
        return job
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("ending", "fault"),
    [
        ("ctypes.string_at(0)", JobFault.DECODER_CRASHED),
        ("os.abort()", JobFault.DECODER_CRASHED),
        ("os.kill(os.getpid(), signal.SIGKILL)", JobFault.OUT_OF_MEMORY),
        ("sys.exit(3)", JobFault.BROKEN),
        ("sys.stdout.buffer.write(b'rubbish\\n'); sys.stdout.flush(); time.sleep(60)", JobFault.BROKEN),
    ],
    ids=["segfault", "abort", "killed", "exit", "rubbish"],
)
def test_a_slot_that_dies_costs_attempts_and_in_the_end_the_job(
    database: Database, ending: str, fault: JobFault
) -> None:
    job_id = start_job(database)
    job = run_until(database, READ + PROGRESS + ending, lambda job: job.state is JobState.FAILED, job_id)
    assert job.fault is fault


def test_a_slot_that_is_silent_is_ended(database: Database) -> None:
    job_id = start_job(database)
    script = READ + "time.sleep(600)"
    job = run_until(database, script, lambda job: job.state is JobState.FAILED, job_id, sample_timeout_s=0.2)
    assert job.fault is JobFault.DECODER_TIMEOUT


def test_a_reported_fault_that_no_attempt_can_mend_ends_the_job_at_once(database: Database) -> None:
    job_id = start_job(database)
    report = r"""sys.stdout.buffer.write(b'{"type":"broken","fault":"NOT_A_VIDEO","detail":"text"}\n'); """
    script = READ + report + "sys.stdout.flush(); time.sleep(60)"
    job = run_until(database, script, lambda job: job.state is JobState.FAILED, job_id)
    assert (job.fault, "text" in job.detail) == (JobFault.NOT_A_VIDEO, True)


def test_work_given_back_counts_as_no_attempt(database: Database) -> None:
    """A store that does not answer must not cost a job, however often it happens."""
    job_id = start_job(database)
    report = r"""
import sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(b'{"type":"given_back","why":"store"}\n'); sys.stdout.flush()
"""
    deadline = time.monotonic() + 5
    job = run_until(database, report, lambda _: time.monotonic() > deadline, job_id)
    assert job.state is not JobState.FAILED
    lease = Leases(database).claim("other", 30)
    assert lease is not None
    assert lease.attempt == 1


def test_a_stopped_worker_gives_its_work_back(database: Database) -> None:
    job_id = start_job(database)
    run_until(database, READ + "time.sleep(600)", lambda job: job.state is JobState.RUNNING, job_id)
    lease = Leases(database).claim("other", 30)
    assert lease is not None
    assert (lease.job_id, lease.attempt) == (job_id, 1)
