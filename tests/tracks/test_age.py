import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.tracks.age import AgeTally

years = st.floats(0.0, 100.0)


def tally(*estimates: float, spread: float = 4.0) -> AgeTally:
    found = AgeTally()
    for estimate in estimates:
        found.add(estimate, spread, 0.5)
    return found


@given(years, st.integers(1, 50))
def test_a_constant_age_is_its_own_mean(age: float, count: int) -> None:
    assert tally(*[age] * count).years() == pytest.approx(age, abs=1e-9)


@given(st.lists(years, min_size=1, max_size=12))
def test_the_age_lies_among_the_estimates(estimates: list[float]) -> None:
    assert min(estimates) - 1e-9 <= tally(*estimates).years() <= max(estimates) + 1e-9


@given(years)
def test_a_wild_estimate_moves_the_age_by_less_than_the_others_differ(wild: float) -> None:
    assert 30 <= tally(30, 31, 32, 33, 34, wild).years() <= 34


def test_the_middle_half_counts() -> None:
    assert tally(10, 30, 34, 90).years() == pytest.approx(32)


def test_clear_estimates_count_more() -> None:
    found = tally(20, 20, 20)
    for _ in range(3):
        found.add(40, 4.0, 5.0)
    assert found.years() == pytest.approx(40)


@pytest.mark.parametrize(("spreads", "expected"), [((3, 3, 4), 3), ((3, 5), 4), ((5, 5, 5), 5)])
def test_the_range_has_a_width_of_the_service(spreads: tuple[float, ...], expected: float) -> None:
    found = AgeTally()
    for spread in spreads:
        found.add(30, spread, 1.0)
    assert found.spread() == expected
