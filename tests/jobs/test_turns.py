"""Whose turn it is: accounts one after the other, old jobs first, and nobody starves."""

from faceline.domain.job import WorkKind
from tests.db.fixtures import HandClock
from tests.jobs.material import House, a_plan, a_request

BUSY, QUIET = "111111111111", "222222222222"


def _plan_all(house: House, spans: dict[str, int]) -> None:
    """Plan every waiting job, with the spans stated for it."""
    leases = [house.claim(WorkKind.PLAN) for _ in spans]
    for lease in leases:
        house.ledger.planned(lease, a_plan(spans[lease.job_id]))


def test_an_account_does_not_wait_behind_anothers_thousand_jobs(house: House, clock: HandClock) -> None:
    for _ in range(20):
        house.start(a_request(BUSY))
        clock.move(1)
    quiet = house.start(a_request(QUIET))
    assert quiet in {house.claim().job_id for _ in range(2)}


def test_accounts_share_workers_evenly_even_when_one_has_more(house: House) -> None:
    busy = {house.start(a_request(BUSY)): 10 for _ in range(3)}
    quiet = house.start(a_request(QUIET))
    _plan_all(house, {**busy, quiet: 10})
    given = [house.claim().job_id for _ in range(16)]
    assert given.count(quiet) == 8


def test_a_short_job_passes_a_long_one_and_the_long_one_goes_on(house: House, clock: HandClock) -> None:
    film = house.planned(200)
    for _ in range(10):
        house.claim()
    clock.move(1)
    clip = house.start()
    given = [house.claim().job_id for _ in range(2)]
    assert sorted(given) == sorted([film, clip])


def test_equal_jobs_end_in_the_order_they_were_started(house: House, clock: HandClock) -> None:
    started = {}
    for _ in range(4):
        started[house.start()] = 4
        clock.move(1)
    order = list(started)
    ended: list[str] = []
    claims = 0
    while (lease := house.leases.claim("w", 30)) is not None:
        claims += not ended
        match lease.kind:
            case WorkKind.PLAN:
                house.ledger.planned(lease, a_plan(4))
            case WorkKind.SPAN:
                house.ledger.span_done(lease, 0, [])
            case WorkKind.FINISH:
                house.ledger.finish(lease)
                ended.append(lease.job_id)
    assert ended == order
    assert claims <= 12, "the oldest job has every second of the 24 pieces, not every fourth"


def test_a_job_served_by_a_clock_that_went_back_is_not_forgotten(house: House, clock: HandClock) -> None:
    first, second = house.start(), house.start()
    _plan_all(house, {first: 20, second: 20})
    house.claim()
    clock.move(-30 * 24 * 3600)
    given = [house.claim().job_id for _ in range(10)]
    assert min(given.count(first), given.count(second)) >= 4
