"""Points on a mesh by a map that was fitted: it holds for faces it has not seen, wherever they are."""

import numpy as np
import pytest

from benchmarks.accuracy.correspondence import MODES, Correspondence
from faceline.vision.geometry import Doubles

VERTICES = [5, 70, 300]


def faces(seed: int, count: int, noise: float) -> tuple[Doubles, Doubles]:
    """Meshes of 310 vertices that differ in one way, and points beside three vertices that move with it."""
    random = np.random.default_rng(seed)
    shape = np.random.default_rng(0).normal(0, 0.3, (310, 2))
    shape[33], shape[263] = (-0.5, 0), (0.5, 0)
    smile = np.random.default_rng(1).normal(0, 0.1, (310, 2))
    smile[[33, 263]] = 0
    amount = random.normal(0, 1, (count, 1, 1))
    own = shape + amount * smile + random.normal(0, 0.002, (count, 310, 2))
    points = own[:, VERTICES] + (0.05, -0.02) + amount * (0.0, 0.04) + random.normal(0, noise, (count, 3, 2))
    angle, size = random.uniform(-1, 1, count), random.uniform(20, 200, count)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    place = random.uniform(0, 900, (count, 1, 2))
    return own * size[:, None, None] @ turn + place, points * size[:, None, None] @ turn + place


def test_a_point_that_moves_with_the_face_is_found_on_new_faces() -> None:
    train, test = faces(2, 200, 0.0), faces(3, 30, 0.0)
    fixed = Correspondence.fit(*train, VERTICES, 0)
    moving = Correspondence.fit(*train, VERTICES, 10)
    assert moving.error(*test) < 0.01 < 0.02 < fixed.error(*test)
    assert moving.points(test[0][0]) == pytest.approx(test[1][0], abs=3)


def test_no_more_modes_than_val_allows() -> None:
    """40 modes of 45 faces are noise."""
    chosen = Correspondence.chosen(faces(4, 45, 0.02), faces(5, 60, 0.02), VERTICES)
    assert len(chosen.modes) == MODES[1]
