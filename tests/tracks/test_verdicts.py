"""The path of a trait: against every possible path, and in the properties that people will notice."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.tracks.verdicts import Stretch, TwoState

CHANGE_S = 1.5
STEP_S = 0.5
Reading = tuple[float, float]

probabilities = st.floats(0.0, 1.0)
thresholds = st.floats(0.05, 0.95)
readings = st.lists(st.tuples(probabilities, st.floats(0.01, 1.0)), min_size=1, max_size=9)


def path(found: list[Reading], change_s: float = CHANGE_S, threshold: float = 0.5) -> list[Stretch]:
    """Readings of (probability, weight), `STEP_S` apart."""
    trait = TwoState(change_s, threshold)
    for k, (probability, weight) in enumerate(found):
        trait.add(k * STEP_S, probability, weight)
    return trait.stretches()


def plain(*values: float) -> list[Stretch]:
    """Equally clear readings at two a second."""
    return path([(value, STEP_S) for value in values])


def worth(found: list[Reading], verdicts: tuple[bool, ...], threshold: float) -> float:
    said = 0.0
    for yes, (p, weight) in zip(verdicts, found, strict=True):
        leaning = (p - threshold) / (1 - threshold if p > threshold else threshold)
        said += weight * leaning if yes else -weight * leaning
    return said - CHANGE_S * sum(one != other for one, other in pairwise(verdicts))


@given(readings, thresholds)
def test_no_other_path_is_worth_more(found: list[Reading], threshold: float) -> None:
    """And the verdict of the path is the one that its values show at the threshold."""
    stretches = path(found, threshold=threshold)
    begins = {stretch.begin_s: stretch.probability > threshold for stretch in stretches}
    verdict, ours = False, []
    for k in range(len(found)):
        verdict = begins.get(k * STEP_S, begins[float("-inf")] if k == 0 else verdict)
        ours.append(verdict)
    best = max(worth(found, verdicts, threshold) for verdicts in product((False, True), repeat=len(found)))
    assert worth(found, tuple(ours), threshold) == pytest.approx(best)


@given(readings)
def test_a_value_lies_among_its_readings_and_neighbours_differ(found: list[Reading]) -> None:
    """No number of readings makes the value surer than the surest of them."""
    stretches = path(found)
    ends = [*(stretch.begin_s for stretch in stretches[1:]), float("inf")]
    for stretch, end in zip(stretches, ends, strict=True):
        inside = [p for k, (p, _) in enumerate(found) if stretch.begin_s <= k * STEP_S < end]
        assert min(inside) - 1e-9 <= stretch.probability <= max(inside) + 1e-9
    assert all((a.probability > 0.5) != (b.probability > 0.5) for a, b in pairwise(stretches))


@given(probabilities, st.integers(1, 200), st.floats(0.001, 0.5))
def test_a_constant_reading_is_its_own_value(probability: float, count: int, weight: float) -> None:
    (stretch,) = path([(probability, weight)] * count)
    assert stretch.probability == pytest.approx(probability, abs=1e-12)


@given(st.floats(0.7, 1.0), st.floats(0.0, 0.3), st.integers(4, 20), st.data())
def test_a_single_reading_changes_no_verdict(usual: float, wild: float, count: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, count))
    (stretch,) = plain(*[usual] * place, wild, *[usual] * (count - place))
    assert stretch.probability > 0.5


@pytest.mark.parametrize("yes_first", [True, False])
def test_a_change_of_two_seconds_is_kept_where_it_happens(yes_first: bool) -> None:
    before, meanwhile = (0.9, 0.1) if yes_first else (0.1, 0.9)
    stretches = plain(*[before] * 8, *[meanwhile] * 4, *[before] * 8)
    assert [stretch.begin_s for stretch in stretches] == [float("-inf"), 4.0, 6.0]
    assert [stretch.probability for stretch in stretches] == pytest.approx([before, meanwhile, before])


def test_a_shorter_change_is_a_mistake() -> None:
    (stretch,) = plain(*[0.9] * 8, *[0.1] * 3, *[0.9] * 8)
    assert stretch.probability == pytest.approx((16 * 0.9 + 3 * 0.1) / 19)


def test_a_change_counts_seconds_not_readings() -> None:
    """Sixty a second: two seconds are 120 readings; one second, however many readings, is too short."""
    for seconds, parts in ((2, 3), (1, 1)):
        found = [(0.9, 1 / 60)] * 240 + [(0.1, 1 / 60)] * 60 * seconds + [(0.9, 1 / 60)] * 240
        assert len(path(found)) == parts


def test_unclear_readings_do_not_outvote_clear_ones() -> None:
    (stretch,) = path([(0.1, 0.05)] * 12 + [(0.9, 0.5)] * 2)
    assert stretch.probability > 0.5


def test_a_verdict_on_the_fence_does_not_flicker() -> None:
    """Readings of f02 of the test clips: glasses with thin frames."""
    seen = [0.62, 0.32, 0.63, 0.33, 0.44, 0.47, 0.44, 0.63, 0.55, 0.77, 0.56, 0.49, 0.66, 0.50, 0.43, 0.47, 0.28]
    assert len(plain(*seen)) == 1


def test_memory_does_not_grow_with_the_readings() -> None:
    """What is kept are the cuts of two paths; readings that change nothing leave nothing."""
    trait = TwoState(CHANGE_S, 0.5)
    for k in range(10_000):
        trait.add(k / 60, 0.9 if k % 7 else 0.2, 1 / 60)
    assert len(trait.stretches()) == 1
    assert trait._yes_cut is None
