"""Everything is shot at once, and a new server finishes what the old one had begun."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from faceline.db.tables import page
from faceline.domain.job import JobState
from tests.live.middle import LEASE, job_row, start_and_reach_the_middle
from tests.live.processes import wait_until
from tests.live.serving import Served

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

# SQLite fails to compute the number, as it fails when a disk is full: work is given back and tried again and again.
NO_JOB_MAY_END = """
CREATE TRIGGER no_job_may_end BEFORE UPDATE OF state ON jobs WHEN NEW.ended_at IS NOT NULL
BEGIN SELECT abs(-9223372036854775808); END
"""


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
