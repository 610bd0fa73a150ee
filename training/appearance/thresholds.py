"""Where the probabilities of a trait are divided into yes and no (`faceline.domain.verdicts`)."""

import numpy as np

from faceline.vision.geometry import Doubles
from faceline.vision.numerics import logit, sigmoid

DRAWS = 300
GRID = np.linspace(-3.5, 3.5, 281)
"""Logits that are tried."""
FEW = 20
"""Of the rarer class: with so many the threshold goes half the way from one half to where they want it."""
PLACES = 3


def threshold_of(chances: Doubles, truth: Doubles, seed: int = 17) -> float:
    """The probability (N,) above which both values are found equally well, by validation faces with labels (N,).

    The middle of the best places over resampled faces, each the middle of all that are equally good there, drawn
    towards one half by as much as there are few faces of the rarer value.
    """
    random = np.random.default_rng(seed)
    logits, positive = logit(np.clip(chances, 1e-6, 1 - 1e-6)), truth > 0.5
    yes, no = logits[positive], logits[~positive]
    best = []
    for _ in range(DRAWS):
        drawn = [np.sort(random.choice(part, len(part))) for part in (yes, no)]
        missed = np.searchsorted(drawn[0], GRID, side="right") / len(yes)
        right = np.searchsorted(drawn[1], GRID, side="right") / len(no)
        balanced = right - missed
        best.append(float(np.mean(GRID[balanced >= balanced.max() - 1e-9])))
    rare = min(len(yes), len(no))
    return round(float(sigmoid(np.array([np.median(best) * rare / (rare + FEW)]))[0]), PLACES)
