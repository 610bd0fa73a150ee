"""Where the probabilities of a trait are divided into yes and no (`faceline.domain.verdicts`)."""

import numpy as np

from faceline.vision.geometry import Doubles
from faceline.vision.numerics import logit, sigmoid

DRAWS = 300
GRID = np.linspace(-3.5, 3.5, 281)
"""Logits that are tried."""
PLACES, STEPS = 3, 101
OVERSTATED = 0.015
"""The most that confidences may be too high on average because none is stated below one half: half the goal of their
calibration."""


def threshold_of(chances: Doubles, truth: Doubles, seed: int = 17) -> float:
    """The probability (N,) above which both values are found equally well, by validation faces with labels (N,).

    For calibrated probabilities balanced accuracy is best at the share of the trait. It is left only as far as the
    gain is beyond doubt: the middle of the best places over resampled faces (each the middle of all that are equally
    good there) with gain g and its standard error s over the same faces is gone towards by g^2 / (g^2 + s^2). Then it
    goes back towards one half until `OVERSTATED` holds.
    """
    random = np.random.default_rng(seed)
    logits, positive = logit(np.clip(chances, 1e-6, 1 - 1e-6)), truth > 0.5
    parts = [logits[positive], logits[~positive]]
    balanced = np.array([_balanced(*(random.choice(part, len(part)) for part in parts)) for _ in range(DRAWS)])
    best = float(np.median([np.mean(GRID[row >= row.max() - 1e-9]) for row in balanced]))
    begin = float(logit(np.array([positive.mean()]))[0])
    gains = balanced[:, np.abs(GRID - best).argmin()] - balanced[:, np.abs(GRID - begin).argmin()]
    gain, doubt = max(float(gains.mean()), 0.0), float(gains.std())
    way = gain**2 / (gain**2 + doubt**2) if gain else 0.0
    wanted = float(sigmoid(np.array([begin + way * (best - begin)]))[0])
    allowed = [place for place in np.linspace(wanted, 0.5, STEPS) if overstated(chances, place) <= OVERSTATED]
    return round(float(allowed[0]), PLACES)


def overstated(chances: Doubles, threshold: float) -> float:
    """By how much one half is more than the chance of the stated value, 0 where it is less; mean over (N,) faces."""
    right = np.where(chances > threshold, chances, 1 - chances)
    return float(np.maximum(0.5 - right, 0.0).mean())


def _balanced(yes: Doubles, no: Doubles) -> Doubles:
    """Balanced accuracy at every place of `GRID`."""
    missed = np.searchsorted(np.sort(yes), GRID, side="right") / len(yes)
    return np.asarray((1 - missed + np.searchsorted(np.sort(no), GRID, side="right") / len(no)) / 2)
