"""What is deleted when, in small portions, with the space given back."""

import secrets
from pathlib import Path

import pytest

from faceline.db.engine import open_database
from faceline.db.tables import chunk, jobs, outbox, page, request_token, work
from faceline.domain.faults import JobFault, Refused
from faceline.domain.job import WorkKind
from faceline.results.pages import FRAGMENTS_PER_ROW
from tests.db.fixtures import HandClock
from tests.jobs.material import ACCOUNT, TOPIC, House, a_request, at, sampled

DAY_S = 24 * 3600


def _expire_all(house: House, days: float = 7) -> list[int]:
    retention = house.retention(days)
    portions = []
    while gone := retention.expire():
        portions.append(gone)
    return portions


def test_an_old_job_is_really_gone(house: House, clock: HandClock) -> None:
    lease = house.ready_to_finish(a_request(channel=TOPIC), [sampled(0)])
    with house.writer.writing(lease) as pages:
        pages.add([b"{}"])
    house.ledger.finish(lease)
    clock.move(7 * DAY_S - 0.001)
    assert _expire_all(house) == []
    young = house.succeeded(fragments=[b"{}"])
    clock.move(0.001)
    _expire_all(house)
    assert [job.id for job in house.queue.list_jobs()] == [young]
    assert house.reader.read(ACCOUNT, young, 0, 1).body == b"{}"
    assert [house.count(table) for table in (jobs, work, chunk, page, outbox)] == [1, 0, 0, 1, 0]


def test_open_jobs_stay_for_ever(house: House, clock: HandClock) -> None:
    job_id = house.planned(2)
    clock.move(1000 * DAY_S)
    assert _expire_all(house) == []
    assert house.job(job_id).id == job_id


def test_a_large_job_goes_in_small_portions(house: House, clock: HandClock) -> None:
    house.succeeded(fragments=[b"{}"] * FRAGMENTS_PER_ROW * 40)
    clock.move(8 * DAY_S)
    portions = _expire_all(house)
    assert max(portions) <= 16
    assert sum(portions) == 41


def test_a_job_half_deleted_shows_nothing(house: House, clock: HandClock) -> None:
    job_id = house.succeeded(fragments=[b"{}"] * FRAGMENTS_PER_ROW * 40)
    clock.move(8 * DAY_S)
    house.retention().expire()
    with pytest.raises(Refused):
        house.reader.read(ACCOUNT, job_id, 0, 1000)


def test_facts_of_a_failed_job_go_at_once_the_job_stays(house: House) -> None:
    house.planned(1)
    lease = house.claim(WorkKind.SPAN)
    for part in range(20):
        house.ledger.commit_part(lease, part, [sampled(part)], at(part))
    house.leases.failed_attempt(lease, JobFault.OBJECT_CHANGED)
    assert _expire_all(house) == [16, 4]
    assert house.job(lease.job_id).fault is JobFault.OBJECT_CHANGED


def test_request_tokens_go_after_their_seven_days(house: House, clock: HandClock) -> None:
    house.start(token="old")
    clock.move(DAY_S)
    house.start(token="young")
    clock.move(6 * DAY_S)
    assert _expire_all(house) == [1]
    assert house.count(request_token) == 1


def test_two_processes_may_expire_at_once(house: House, clock: HandClock) -> None:
    for _ in range(3):
        house.succeeded(fragments=[b"{}"])
    clock.move(8 * DAY_S)
    one, other = house.retention(), house.retention()
    while one.expire() + other.expire():
        pass
    assert house.count(jobs) == 0


def test_a_short_retention_counts_too(house: House, clock: HandClock) -> None:
    house.succeeded()
    clock.move(0.5 * DAY_S)
    _expire_all(house, days=0.5)
    assert house.count(jobs) == 0


def test_sqlite_gives_the_space_back(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "faceline.sqlite3"
    database = open_database(f"sqlite:///{path}", clock)
    house = House(database)
    house.succeeded(fragments=[secrets.token_bytes(400) for _ in range(10_000)])
    _checkpoint(house)
    full = path.stat().st_size
    clock.move(8 * DAY_S)
    _expire_all(house)
    _checkpoint(house)
    database.close()
    assert full > 1_000_000
    assert path.stat().st_size < 0.2 * full


def _checkpoint(house: House) -> None:
    """Fold the log in, as SQLite does by itself after some megabytes."""
    pooled = house.database._writer.raw_connection()
    pooled.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pooled.close()
