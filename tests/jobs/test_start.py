"""Starting jobs: tokens (B106-B109), the limit of open jobs (B105), and what a caller sees."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from threading import Barrier

import pytest

from faceline.db.clock import to_datetime
from faceline.db.tables import jobs, request_token, work
from faceline.domain.faults import Refused, RequestFault
from faceline.domain.job import FaceAttributes, JobRequest, JobState, ObjectPin, ObjectRef
from faceline.domain.video import EVERY_FRAME, SampleRate
from faceline.jobs.queue import JobQueue
from tests.db.fixtures import HandClock
from tests.jobs.material import ACCOUNT, TOPIC, House, a_request

DAY_S = 24 * 3600


def refusal(call: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    "request_made",
    [
        a_request(),
        JobRequest(
            account="111122223333",
            video=ObjectRef("films", "sommer/ä b.mp4", "v1"),
            attributes=FaceAttributes.ALL,
            sample_rate=SampleRate(Fraction(5, 2)),
            extended=True,
            channel=TOPIC,
            tag="tag-1",
        ),
        replace(a_request(), sample_rate=EVERY_FRAME),
    ],
)
def test_a_job_is_read_as_it_was_started(house: House, clock: HandClock, request_made: JobRequest) -> None:
    pin = ObjectPin('"abc-2"', 10 * 1024**3, "v1")
    job_id = house.queue.start(request_made, pin, token=None, fingerprint="", max_open=1)
    job = house.job(job_id, request_made.account)
    assert re.fullmatch("[0-9a-f]{64}", job_id)
    assert (job.id, job.request, job.pin, job.state) == (job_id, request_made, pin, JobState.QUEUED)
    assert (job.created_at, job.ended_at, job.facts, job.faces) == (to_datetime(clock.now_ms), None, None, 0)
    assert house.pieces(job_id) == [("PLAN", 0, "READY", 0)]


def test_without_a_token_every_start_is_a_new_job(house: House) -> None:
    assert house.start() != house.start()


def test_the_same_token_is_the_same_job(house: House, clock: HandClock) -> None:
    first = house.start(token="t")
    clock.move(6 * DAY_S)
    assert house.start(token="t") == first
    assert house.count(jobs) == 1


def test_a_token_with_other_parameters_is_refused(house: House) -> None:
    house.start(token="t", fingerprint="one")
    assert refusal(lambda: house.start(token="t", fingerprint="two")).fault is RequestFault.TOKEN_REUSED
    assert house.count(jobs) == 1


def test_a_replay_can_be_found_without_the_object(house: House, clock: HandClock) -> None:
    assert house.queue.replay(ACCOUNT, "t", "same") is None
    first = house.start(token="t")
    assert house.queue.replay(ACCOUNT, "t", "same") == first
    assert refusal(lambda: house.queue.replay(ACCOUNT, "t", "other")).fault is RequestFault.TOKEN_REUSED
    assert house.queue.replay("111111111111", "t", "same") is None
    clock.move(7 * DAY_S)
    assert house.queue.replay(ACCOUNT, "t", "same") is None


def test_a_token_is_free_after_seven_days(house: House, clock: HandClock) -> None:
    first = house.start(token="t", fingerprint="one")
    clock.move(7 * DAY_S)
    second = house.start(token="t", fingerprint="two")
    assert second != first
    assert house.start(token="t", fingerprint="two") == second
    assert house.count(request_token) == 1


def test_another_accounts_token_is_another_token(house: House) -> None:
    assert house.start(a_request("111111111111"), token="t") != house.start(
        a_request("222222222222"), token="t", fingerprint="other"
    )


def test_the_limit_of_open_jobs_refuses_and_leaves_nothing(house: House) -> None:
    house.start(max_open=2)
    house.start(max_open=2)
    caught = refusal(lambda: house.start(token="t", max_open=2))
    assert (caught.fault, caught.detail) == (RequestFault.TOO_MANY_JOBS, "2")
    assert (house.count(jobs), house.count(work), house.count(request_token)) == (2, 2, 0)
    assert house.queue.open_jobs(ACCOUNT) == 2
    house.start(a_request("111111111111"), max_open=1)


def test_a_replay_succeeds_while_the_account_is_full(house: House) -> None:
    first = house.start(token="t", max_open=1)
    assert house.start(token="t", max_open=1) == first


def test_an_ended_job_is_not_open(house: House) -> None:
    house.succeeded()
    assert house.queue.open_jobs(ACCOUNT) == 0
    house.start(max_open=1)


def test_fifty_equal_starts_at_once_are_one_job(house: House) -> None:
    gate = Barrier(50)

    def start(_: int) -> str:
        gate.wait()
        return house.start(token="t")

    with ThreadPoolExecutor(50) as pool:
        assert len(set(pool.map(start, range(50)))) == 1
    assert (house.count(jobs), house.count(work)) == (1, 1)


def test_different_starts_at_once_keep_to_the_limit(house: House) -> None:
    gate = Barrier(20)

    def start(_: int) -> str | None:
        gate.wait()
        try:
            return house.start(max_open=7)
        except Refused:
            return None

    with ThreadPoolExecutor(20) as pool:
        started = [job_id for job_id in pool.map(start, range(20)) if job_id]
    assert len(started) == len(set(started)) == house.count(jobs) == 7


def test_unknown_and_foreign_jobs_are_refused_alike(house: House) -> None:
    job_id = house.start()
    foreign = refusal(lambda: house.job(job_id, "111111111111"))
    unknown = refusal(lambda: house.job("0" * 64))
    assert foreign.fault is unknown.fault is RequestFault.JOB_UNKNOWN


def test_results_end_exactly_with_their_retention(house: House, clock: HandClock) -> None:
    job_id = house.succeeded()
    queue = JobQueue(house.database, timedelta(days=7))
    clock.move(7 * DAY_S - 0.001)
    assert queue.get(ACCOUNT, job_id).state is JobState.SUCCEEDED
    clock.move(0.001)
    assert refusal(lambda: queue.get(ACCOUNT, job_id)).fault is RequestFault.JOB_UNKNOWN


def test_an_open_job_never_expires(house: House, clock: HandClock) -> None:
    job_id = house.start()
    clock.move(100 * DAY_S)
    assert house.job(job_id).state is JobState.QUEUED


def test_jobs_are_listed_newest_first_in_parts(house: House, clock: HandClock) -> None:
    started = []
    for n in range(5):
        started.append(house.start())
        clock.move(n % 2)  # some share their time
    other = house.start(a_request("111111111111"))
    whole = house.queue.list_jobs(account=ACCOUNT)
    assert {job.id for job in whole} == set(started)
    assert [job.created_at for job in whole] == sorted((job.created_at for job in whole), reverse=True)
    parts = house.queue.list_jobs(account=ACCOUNT, limit=2)
    while more := house.queue.list_jobs(account=ACCOUNT, limit=2, after=parts[-1]):
        parts += more
    assert parts == whole
    assert len(house.queue.list_jobs()) == 6
    assert house.queue.list_jobs(states=[JobState.FAILED]) == []
    assert other in {job.id for job in house.queue.list_jobs(states=[JobState.QUEUED])}


def test_jobs_are_found_by_the_beginning_of_their_id(house: House) -> None:
    started = sorted(house.start() for _ in range(4))
    assert [job.id for job in house.queue.find(started[2])] == [started[2]]
    assert [job.id for job in house.queue.find("")] == started
    assert [job.id for job in house.queue.find("", limit=2)] == started[:2]
    assert house.queue.find("%") == []
