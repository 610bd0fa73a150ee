"""Faces move with the pixels, and are cut, ignored or dropped at the edge of a tile."""

import numpy as np
import pytest

from training.detector.faces import clip, move, one_face

POINTS = np.asarray([[12, 14], [18, 14], [15, 17], [13, 20], [17, 20]], np.float32)


def test_mirroring_swaps_eyes_and_mouth_corners() -> None:
    face = one_face((10, 10, 20, 24), POINTS, 0.0)
    mirror = np.asarray([[-1, 0, 100], [0, 1, 0]], np.float32)

    moved = move(face, mirror, mirrored=True)

    assert moved.boxes[0].tolist() == [80, 10, 90, 24]
    assert moved.points[0].tolist() == [[82, 14], [88, 14], [85, 17], [83, 20], [87, 20]]


def test_a_quarter_turn_exchanges_width_and_height() -> None:
    face = one_face((10, 10, 20, 24))
    quarter = np.asarray([[0, -1, 50], [1, 0, 0]], np.float32)

    left, top, right, bottom = move(face, quarter, mirrored=False).boxes[0]

    assert (right - left, bottom - top) == pytest.approx((14, 10))
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((33, 15))


@pytest.mark.parametrize(
    ("box", "kept", "ignored"),
    [
        ((-2.0, 5.0, 18.0, 25.0), 1, False),
        ((-10.0, 5.0, 10.0, 25.0), 1, True),
        ((-19.0, 5.0, 1.0, 25.0), 0, None),
        ((10.0, 5.0, 14.0, 10.0), 1, True),
    ],
)
def test_the_edge_of_a_tile_cuts_ignores_or_drops(box: tuple[float, ...], kept: int, ignored: bool | None) -> None:
    cut = clip(one_face(box), 40, 40, smallest=6.5)

    assert len(cut) == kept
    if kept:
        assert cut.ignored[0] == ignored
        assert cut.boxes.min() >= 0


def test_points_outside_the_tile_become_unknown() -> None:
    cut = clip(one_face((10, 10, 20, 24), POINTS), 17, 40, smallest=6.5)

    assert np.isfinite(cut.points[0, :, 0]).tolist() == [True, True, True, True, True]
    cut = clip(one_face((10, 10, 20, 24), POINTS + np.asarray([4, 0])), 19, 40, smallest=6.5)
    assert np.isfinite(cut.points[0, :, 0]).tolist() == [True, False, True, True, True]
