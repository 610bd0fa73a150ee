"""`kill -9` of every process in the middle of a job: the job ends as if nothing had happened, byte for byte."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live.middle import LEASE, start_and_reach_the_middle
from tests.live.processes import alive, wait_until
from tests.live.serving import Served

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def served(buckets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server, whose parent process lives through it all. A picture that is lost is in its log with a stack."""
    with Served(tmp_path_factory.mktemp("crashes") / "data", buckets, LEASE) as running:
        yield running
        running.stop(quiet=False)


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
