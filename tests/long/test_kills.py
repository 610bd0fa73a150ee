"""Processes are shot at random moments, again and again: no job is lost, and every answer is the same to the byte."""

import random
import time
from pathlib import Path

import pytest

from tests.live.serving import Served

pytestmark = [pytest.mark.live, pytest.mark.timeout(3600)]

KILLS = 40
OPEN = 3
"""Jobs that wait or run while processes are shot."""
SEED = 20
ROLES = ("slot", "worker", "api")
OPTIONS = ["--lease-seconds", "5"]


def test_jobs_survive_random_kills(buckets: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with Served(tmp_path / "data", buckets, OPTIONS) as served:
        expected = served.faces(served.start("long.mp4"))
        jobs: list[str] = []
        kills = 0
        while kills < KILLS:
            running = sum(served.status(job) == "IN_PROGRESS" for job in jobs)
            jobs += [served.start("long.mp4") for _ in range(OPEN - running)]
            time.sleep(chance.uniform(0.1, 2.0))
            role = chance.choice(ROLES)
            found = [process for process in served.processes() if process.role == role]
            if found:
                found[0].kill()
                kills += 1
        assert {served.faces(job) for job in jobs} == {expected}
        assert len(jobs) > OPEN
        served.stop(quiet=False)


def test_a_machine_that_loses_power_again_and_again(buckets: Path, tmp_path: Path) -> None:
    """Every process of the installation is shot at once, ten times; the jobs end as if nothing had happened."""
    chance = random.Random(SEED)
    data = tmp_path / "data"
    with Served(data, buckets, OPTIONS) as served:
        expected = served.faces(served.start("long.mp4"))
        jobs = [served.start("long.mp4") for _ in range(3)]
        served.stop()
    for _ in range(10):
        with Served(data, buckets, OPTIONS) as served:
            time.sleep(chance.uniform(1.0, 8.0))
            for process in served.processes():
                process.kill()
    with Served(data, buckets, OPTIONS) as served:
        assert {served.faces(job) for job in jobs} == {expected}
        served.stop(quiet=False)
