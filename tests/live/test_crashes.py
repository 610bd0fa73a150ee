"""`kill -9` of every process in the middle of a job: the job ends as if nothing had happened, byte for byte."""

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from faceline.db.tables import page, work
from faceline.domain.job import Job, JobState, WorkKind
from faceline.jobs.queue import JobQueue
from tests.live.processes import alive, wait_until
from tests.live.serving import Served

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

# Work of a worker that was shot is taken over after this time.
LEASE = ["--lease-seconds", "5"]
# SQLite fails to compute the number, as it fails when a disk is full: work is given back and tried again and again.
NO_JOB_MAY_END = """
CREATE TRIGGER no_job_may_end BEFORE UPDATE OF state ON jobs WHEN NEW.ended_at IS NOT NULL
BEGIN SELECT abs(-9223372036854775808); END
"""


@pytest.fixture(scope="module")
def served(buckets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server, whose parent process lives through it all. A picture that is lost is in its log with a stack."""
    with Served(tmp_path_factory.mktemp("crashes") / "data", buckets, LEASE) as running:
        yield running
        running.stop(quiet=False)


@pytest.fixture(scope="module")
def undisturbed(served: Served) -> bytes:
    """The faces of the long clip."""
    return served.faces(served.start("long.mp4"))


def job_row(served: Served, job_id: str) -> Job:
    with served.database() as database:
        (job,) = JobQueue(database).find(job_id)
    return job


def start_and_reach_the_middle(served: Served) -> str:
    """A job of which one span is stored and the next is being analysed."""
    job_id = served.start("long.mp4")
    leased = select(work.c.number).where(
        work.c.job_id == job_id, work.c.kind == WorkKind.SPAN.value, work.c.lease_token.is_not(None)
    )
    with served.database() as database:

        def in_the_middle() -> bool:
            with database.read() as connection:
                return any(number > 0 for number in connection.execute(leased).scalars())

        wait_until(in_the_middle, "a span after the first is being analysed")
    assert job_row(served, job_id).progress_ms > 0
    return job_id


def deaths(served: Served) -> list[str]:
    """Roles that the supervisor has seen die."""
    return [event["child"] for event in served.events("child_died")]


def test_a_slot_that_is_shot_costs_one_attempt(served: Served, undisturbed: bytes) -> None:
    job_id = start_and_reach_the_middle(served)
    served.find("slot").kill()
    assert served.faces(job_id) == undisturbed
    assert [event["fault"] for event in served.events("attempt_failed") if event["job"] == job_id] == ["OUT_OF_MEMORY"]


def test_a_worker_that_is_shot_takes_its_slot_along_and_comes_back(served: Served, undisturbed: bytes) -> None:
    """Even a slot that hangs and hears nothing."""
    job_id = start_and_reach_the_middle(served)
    slot = served.find("slot")
    slot.pause()
    served.find("worker").kill()
    wait_until(lambda: not alive(slot.pid), "no slot outlives its worker")
    assert served.faces(job_id) == undisturbed
    assert deaths(served)[-1] == "worker"


def test_callers_wait_while_an_api_that_was_shot_comes_back(served: Served, undisturbed: bytes) -> None:
    """The listening socket lives in the parent: no connection is refused in between."""
    job_id = start_and_reach_the_middle(served)
    served.find("api").kill()
    assert served.status(job_id) in {"IN_PROGRESS", "SUCCEEDED"}
    assert served.faces(job_id) == undisturbed
    assert deaths(served)[-1] == "api"


def test_a_picture_that_its_process_dies_of_is_asked_for_again(served: Served, buckets: Path) -> None:
    """Its caller meets InternalServerError, which SDKs repeat by themselves; the next process answers."""
    picture = (buckets / "videos" / "face.jpg").read_bytes()
    client = served.client()
    expected = client.detect_faces(Image={"Bytes": picture})["FaceDetails"]
    victim = served.find("picture")
    victim.pause()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.detect_faces, Image={"Bytes": picture})
        wait_until(lambda: connections(served) > 0, "the picture is on its way to the process")
        victim.kill()
        found = answer.result()
    assert found["FaceDetails"] == expected
    assert found["ResponseMetadata"]["RetryAttempts"] >= 1
    assert deaths(served)[-1] == "picture"
    (broken,) = [json.loads(line) for line in served.log.splitlines() if "Traceback" in line]
    assert broken["event"] == "request_broken"


def connections(served: Served) -> int:
    """Connections that the picture process holds or has waiting."""
    path = str(served.data / "picture.sock")
    sockets = [line.split() for line in Path("/proc/net/unix").read_text().splitlines() if line.endswith(path)]
    listening = "00010000"
    return sum(fields[3] != listening for fields in sockets)


def test_a_machine_that_loses_power_finishes_every_job_later(buckets: Path, tmp_path: Path, undisturbed: bytes) -> None:
    """Everything is shot at once while one job makes its final pass, one is analysed and one was just started."""
    data = tmp_path / "data"
    with Served(data, buckets, LEASE) as served:
        finishing = started_and_held_in_the_final_pass(served)
        running = start_and_reach_the_middle(served)
        queued = served.start("short.mp4")
        for process in served.processes():
            process.kill()
        served.process.wait()
    with closing(sqlite3.connect(data / "faceline.sqlite3")) as connection:
        connection.execute("DROP TRIGGER no_job_may_end")
    with Served(data, buckets, LEASE) as served:
        states = {job_id: job_row(served, job_id).state for job_id in (finishing, running, queued)}
        assert JobState.SUCCEEDED not in states.values()
        assert served.faces(finishing) == served.faces(running) == undisturbed
        assert len(json.loads(served.result(queued))["Faces"]) == 6
        served.stop()


def started_and_held_in_the_final_pass(served: Served) -> str:
    """A job whose pages are written, and whose last transaction the database refuses."""
    with closing(sqlite3.connect(served.data / "faceline.sqlite3")) as connection:
        connection.execute(NO_JOB_MAY_END)
    job_id = served.start("long.mp4")
    written = select(func.count()).select_from(page).where(page.c.job_id == job_id)
    with served.database() as database:

        def pages() -> int:
            with database.read() as connection:
                return connection.execute(written).scalar_one()

        wait_until(lambda: pages() > 0, "pages are written")
    return job_id
