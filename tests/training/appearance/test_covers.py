"""What is drawn before training faces, and what it says it hides."""

from collections.abc import Callable

import numpy as np
import pytest

from faceline.vision.geometry import Doubles, Pixels
from training.appearance import cover
from training.appearance.store import SIDE

GREY = 128


def mesh() -> Doubles:
    """Points of a face on a grid: those that `cover` asks for where a face has them, roughly."""
    points = np.full((478, 3), 0.5)
    places = {
        (33, 133, 159, 145, 468, 70, 105, 107, 122, 114, 120, 117, 111): (0.38, 0.4),
        (362, 263, 386, 374, 473, 300, 334, 336, 351, 343, 349, 346, 340): (0.62, 0.4),
        cover.NOSE: (0.5, 0.52),
        cover.MOUTH: (0.5, 0.65),
    }
    for vertices, place in places.items():
        turn = np.linspace(0, 2 * np.pi, len(vertices), endpoint=False)
        points[list(vertices), 0] = place[0] + 0.05 * np.cos(turn)
        points[list(vertices), 1] = place[1] + 0.03 * np.sin(turn)
    turn = np.linspace(0, np.pi, len(cover.LOWER_FACE))
    points[list(cover.LOWER_FACE), 0] = 0.5 - 0.3 * np.cos(turn)
    points[list(cover.LOWER_FACE), 1] = 0.5 + 0.3 * np.sin(turn)
    return points


def grey() -> Pixels:
    return np.full((SIDE, SIDE, 3), GREY, np.uint8)


@pytest.mark.parametrize("draw", [cover.mask, cover.cloth, cover.slab])
def test_a_thing_changes_the_picture_where_it_says_and_nowhere_else(draw: Callable[..., Pixels]) -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        pixels = grey()
        stencil = draw(pixels, mesh(), np.zeros((SIDE, SIDE, 3), np.uint8), random)
        changed = (np.abs(pixels.astype(int) - GREY) > 12).any(axis=2)
        rows, columns = np.nonzero(changed)
        near = [stencil[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5].any() for y, x in zip(rows, columns, strict=True)]
        assert all(near)


def test_the_lower_half_hides_mouth_and_nose_and_no_eye() -> None:
    stencil = np.zeros((SIDE, SIDE), np.uint8)
    stencil[SIDE // 2 - 4 :] = 255
    eyes, nose, mouth = cover.hidden(stencil, mesh())
    assert (eyes, mouth) == (0, 1)
    assert nose > 0.8


def test_one_hidden_eye_counts_in_full() -> None:
    stencil = np.zeros((SIDE, SIDE), np.uint8)
    stencil[: SIDE // 2, : SIDE // 2] = 255
    assert cover.hidden(stencil, mesh())[0] == 1
