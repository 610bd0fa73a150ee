"""How the camera moved between two samples, told from the faces themselves.

At two samples a second a pan moves every face by more than its own width, onto its neighbour's place. What moves all
faces alike is found by consensus: the shift that brings most of the earlier faces onto later ones.
"""

import numpy as np

from faceline.tracks.look import Doubles, Looks, offsets, size_steps

MOST_FACES = 16
"""Only the largest faces of each sample are asked: the work grows with the fourth power of their number."""
FEWEST_AGREEING = 3
AGREEING_SHARE = 0.6
"""Of the sample with fewer faces."""
PRECISION = 0.25
"""In face sizes."""
SIZE_STEP = 0.2
FARTHEST = 2.5
"""In face sizes."""


def shift_of_picture(before: Looks, after: Looks) -> Doubles | None:
    """(2,) ratios of the picture by which faces moved together; None when there is no agreement."""
    before, after = _largest(before), _largest(after)
    needed = max(FEWEST_AGREEING, AGREEING_SHARE * min(len(before), len(after)))
    if min(len(before), len(after)) < needed:
        return None
    alike = np.abs(size_steps(before.sizes, after)) < SIZE_STEP
    apart = offsets(before.middles, before.sizes, after)
    possible = alike & (np.hypot(apart[..., 0], apart[..., 1]) < FARTHEST)
    which = np.argwhere(possible)
    if not len(which):
        return None
    shifts = after.middles[which[:, 1]] - before.middles[which[:, 0]]
    agreeing = np.array([_agreeing(before, after, shift, alike) for shift in shifts])
    if agreeing.max() < needed:
        return None
    best = np.flatnonzero(agreeing == agreeing.max())
    return np.asarray(shifts[best[np.argmin(np.hypot(*shifts[best].T))]])


def _agreeing(before: Looks, after: Looks, shift: Doubles, alike: np.ndarray) -> int:
    rest = offsets(before.middles + shift, before.sizes, after)
    return int((alike & (np.hypot(rest[..., 0], rest[..., 1]) < PRECISION)).any(axis=1).sum())


def _largest(looks: Looks) -> Looks:
    if len(looks) <= MOST_FACES:
        return looks
    order = np.argsort(-looks.sizes.prod(axis=1), kind="stable")
    return looks.rows(order[:MOST_FACES].tolist())
