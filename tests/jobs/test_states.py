"""The states: the table, and that no path through the real queue leaves a final one."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from faceline.db.errors import LeaseLost
from faceline.db.tables import jobs, work
from faceline.domain.faults import JobFault
from faceline.domain.job import JobState, Lease, WorkKind
from faceline.jobs.states import ALLOWED, IllegalMove, move
from tests.db.fixtures import HandClock
from tests.jobs.material import TOPIC, House, a_plan, a_request, at, sampled

FINAL = {JobState.SUCCEEDED, JobState.FAILED}


def test_the_table_goes_forward_only() -> None:
    assert set(ALLOWED) == set(JobState)
    assert {state for state, after in ALLOWED.items() if not after} == FINAL
    order = list(JobState)
    assert all(order.index(after) > order.index(before) for before in ALLOWED for after in ALLOWED[before])


@pytest.mark.parametrize("before", JobState)
@pytest.mark.parametrize("after", JobState)
def test_move_follows_the_table(house: House, clock: HandClock, before: JobState, after: JobState) -> None:
    job_id = house.start()
    with house.database.write() as connection:
        ended_at = clock.now_ms if before in FINAL else None
        connection.execute(jobs.update().values(state=before.value, ended_at=ended_at))
        row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one()
        end = {"ended_at": clock.now_ms} if after in FINAL else {}
        if after in ALLOWED[before]:
            move(connection, row, after, **end)
        else:
            with pytest.raises(IllegalMove):
                move(connection, row, after, **end)
    assert house.job(job_id).state is (after if after in ALLOWED[before] else before)


def test_a_move_from_a_stale_row_is_refused(house: House) -> None:
    job_id = house.start()
    with house.database.write() as connection:
        stale = connection.execute(select(jobs).where(jobs.c.id == job_id)).one()
        move(connection, stale, JobState.RUNNING)
        with pytest.raises(IllegalMove, match="no longer"):
            move(connection, stale, JobState.RUNNING)


class Walk:
    """A random walk of callers and workers, good and bad, through one house; checks every job at every step."""

    def __init__(self, house: House, clock: HandClock) -> None:
        self.house, self.clock = house, clock
        self.leases: list[Lease] = []
        self.seen: dict[str, JobState] = {}
        self.parts: dict[str, int] = {}

    def step(self, action: str, which: int) -> None:
        if action == "start":
            self.house.start(a_request(channel=TOPIC if which % 2 else None))
        elif action == "claim":
            if (lease := self.house.leases.claim("w", 30)) is not None:
                self.leases.append(lease)
        elif action == "wait":
            self.clock.move((which % 4) * 20)
        elif action == "back":
            self.clock.move(-which * 100)
        elif self.leases:
            self._work(action, self.leases[which % len(self.leases)], which)
        self._check()

    def _work(self, action: str, lease: Lease, which: int) -> None:
        """What the holder of a lease, which may be lost long ago, does next."""
        try:
            if action == "renew":
                self.house.leases.renew(lease)
            elif action == "release":
                self.house.leases.release(lease)
            elif action == "fail":
                self.house.leases.failed_attempt(lease, list(JobFault)[which % len(JobFault)])
            elif lease.kind is WorkKind.PLAN:
                self.house.ledger.planned(lease, a_plan(which % 3))
            elif lease.kind is WorkKind.FINISH:
                self.house.ledger.finish(lease)
            else:
                part = self.house.leases.span(lease).next_part
                if action == "part":
                    self.house.ledger.commit_part(lease, part, [sampled(which)], at(which))
                else:
                    self.house.ledger.span_done(lease, part, [])
        except LeaseLost:
            self.leases.remove(lease)

    def _check(self) -> None:
        with self.house.database.read() as connection:
            rows = connection.execute(select(jobs)).all()
            busy = set(connection.execute(select(work.c.job_id)).scalars())
        for row in rows:
            state = JobState(row.state)
            before = self.seen.get(row.id, JobState.QUEUED)
            assert state is before or state in ALLOWED[before] or (before, state) == (JobState.QUEUED, JobState.FAILED)
            assert (row.id in busy) == (state not in FINAL)
            self.seen[row.id] = state
        told = sorted(message.job_id for message in self.house.messages())
        assert told == sorted(row.id for row in rows if row.topic_arn and JobState(row.state) in FINAL)


ACTIONS = ["start", "claim", "wait", "back", "renew", "release", "fail", "work", "part", "work", "claim"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 20)), min_size=10, max_size=40))
def test_no_path_leaves_a_final_state(house: House, clock: HandClock, steps: list[tuple[str, int]]) -> None:
    house.wipe()
    walk = Walk(house, clock)
    for action, which in steps:
        walk.step(action, which)
