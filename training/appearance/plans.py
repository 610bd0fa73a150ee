"""What differs between the runs: which sets are drawn how often, at which sizes and rates, and what weighs more."""

from dataclasses import dataclass

MAIN_SHARES = {
    "attributes_celeba": 0.28,
    "emotions_ferplus": 0.22,
    "age_utkface": 0.185,
    "noface": 0.12,
    "eyes_closed_cew": 0.05,
    "scenes": 0.045,
    "emotions_muxspace": 0.035,
    "masks": 0.03,
    "emotions_ckplus48": 0.02,
    "landmarks68": 0.015,
}
"""Of a batch (appearance.md section 4, a little more for age and children)."""
COVERED_SHARES = MAIN_SHARES | {
    "attributes_celeba": 0.27,
    "emotions_ferplus": 0.24,
    "age_utkface": 0.19,
    "noface": 0.09,
    "scenes": 0.05,
    "emotions_muxspace": 0.03,
    "masks": 0.045,
    "emotions_ckplus48": 0.025,
    "landmarks68": 0.01,
}
SECOND_SHARES = {
    "attributes_celeba": 0.24,
    "emotions_ferplus": 0.34,
    "age_utkface": 0.25,
    "noface": 0.03,
    "eyes_closed_cew": 0.03,
    "scenes": 0.01,
    "emotions_muxspace": 0.05,
    "masks": 0.01,
    "emotions_ckplus48": 0.03,
    "landmarks68": 0.01,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    shares     of the sets in a batch
    sizes      chances of 80, 96 and 112 pixels
    rate       learning rates in units of the main run's
    emotions, ages   weights of their terms in units of the main run's
    mixed      share of crops that are blended with another one of their set
    """

    shares: dict[str, float]
    sizes: tuple[float, float, float] = (0.1, 0.6, 0.3)
    rate: float = 1.0
    emotions: float = 1.0
    ages: float = 1.0
    mixed: float = 0.0


PLANS = {
    "main": Plan(MAIN_SHARES),
    "last": Plan(MAIN_SHARES, sizes=(0.05, 0.15, 0.8), rate=0.3),
    "second": Plan(SECOND_SHARES, sizes=(0.0, 0.4, 0.6), rate=0.8, emotions=1.5, ages=1.4, mixed=0.3),
    "covered": Plan(COVERED_SHARES, sizes=(0.0, 0.2, 0.8), rate=0.4, emotions=1.3, ages=1.2, mixed=0.15),
    "fold": Plan(MAIN_SHARES, sizes=(0.0, 0.5, 0.5)),
}
"""main, from the converted trunk; last, with mined negatives at the shipped size; second, from the main run again,
more for emotions and age; covered, from the mean of last and second, everything once more at a low rate; fold, one
short run from the converted trunk, with mined negatives."""
