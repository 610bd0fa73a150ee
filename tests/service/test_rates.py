"""Rates of an account (B53, B57, B127, B242)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.domain.faults import Refused, RequestFault
from faceline.service.rates import BURST_S, RateLimit


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def outcome(limit: RateLimit, account: str = "a") -> RequestFault | None:
    """None when a request is let through, otherwise its refusal."""
    try:
        limit.admit(account)
    except Refused as refused:
        return refused.fault
    return None


def test_no_limit_is_the_default() -> None:
    """B242: off, unless the operator sets it."""
    limit = RateLimit(0, Seconds())
    assert {outcome(limit) for _ in range(10_000)} == {None}


def test_a_sudden_rise() -> None:
    """B53: more than the bucket holds at one moment is refused as ThrottlingException."""
    limit = RateLimit(10, Seconds())
    assert [outcome(limit) for _ in range(21)] == [None] * 20 + [RequestFault.THROTTLED]


def test_a_steady_rate_over_the_limit() -> None:
    """B57: of twice the rate, half passes and half is refused as ProvisionedThroughputExceededException."""
    clock = Seconds()
    limit = RateLimit(10, clock)
    outcomes = []
    for _ in range(200):
        outcomes.append(outcome(limit))
        clock.now += 0.05
    refused = [each for each in outcomes if each is not None]
    assert set(refused) == {RequestFault.RATE_EXCEEDED}
    assert len(refused) == pytest.approx(80, abs=3)


def test_a_pause_makes_room_again() -> None:
    """B241: sending again later succeeds."""
    clock = Seconds()
    limit = RateLimit(1, clock)
    while outcome(limit) is None:
        pass
    clock.now += 1.0
    assert outcome(limit) is None


def test_accounts_do_not_share() -> None:
    """B242: one account's rise costs no other."""
    limit = RateLimit(1, Seconds())
    while outcome(limit, "a") is None:
        pass
    assert outcome(limit, "b") is None


@given(
    per_second=st.floats(0.5, 50),
    steps=st.lists(st.floats(0, 2), min_size=1, max_size=100),
)
def test_never_more_than_the_rate_and_one_bucket(per_second: float, steps: list[float]) -> None:
    """B57: over any time, at most rate x time + bucket requests pass."""
    clock = Seconds()
    limit = RateLimit(per_second, clock)
    passed = 0
    for step in steps:
        clock.now += step
        passed += sum(outcome(limit) is None for _ in range(20))
    assert passed <= sum(steps) * per_second + max(1.0, per_second * BURST_S) + 1e-6
