"""Where a trait is divided: by labelled chances whose best place is known."""

import numpy as np

from training.appearance.thresholds import OVERSTATED, overstated, threshold_of


def faces(rare: int, common: int, apart: float) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated chances of two normal classes `apart` spreads from each other."""
    random = np.random.default_rng(1)
    truth = np.repeat([1.0, 0.0], [rare, common])
    score = random.normal(0, 1, rare + common) + apart * truth
    odds = rare / common * np.exp(apart * score - apart**2 / 2)
    return odds / (1 + odds), truth


def test_a_rare_trait_is_divided_near_its_share() -> None:
    """Balanced accuracy of calibrated chances is best at the share of the trait."""
    chances, truth = faces(400, 3600, 3.0)
    assert 0.07 < threshold_of(chances, truth) < 0.15


def test_even_classes_are_divided_at_one_half() -> None:
    chances, truth = faces(2000, 2000, 2.0)
    assert 0.42 < threshold_of(chances, truth) < 0.58


def test_confidences_that_may_not_fall_below_one_half_overstate_little() -> None:
    """A trait that is rare and hardly to be seen: at its share most faces that are called yes have less than 1/2."""
    chances, truth = faces(300, 2700, 0.8)
    found = threshold_of(chances, truth)
    assert overstated(chances, 0.1) > 2 * OVERSTATED
    assert 0.1 < found < 0.5
    assert overstated(chances, found) <= OVERSTATED
