from math import pi, radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.vision.geometry import PixelBox, RotatedSquare, bounds_of, square_around

places = st.floats(-2000, 2000)
sides = st.floats(1, 1000)
angles = st.floats(-pi, pi)


def test_containment_is_the_share_of_the_smaller_box() -> None:
    large, small = PixelBox(0, 0, 100, 100), PixelBox(90, 0, 110, 10)
    assert large.containment(small) == small.containment(large) == pytest.approx(0.5)
    assert large.iou(small) == pytest.approx(100 / (10_000 + 200 - 100))


def test_boxes_apart_share_nothing() -> None:
    assert PixelBox(0, 0, 10, 10).containment(PixelBox(20, 0, 30, 10)) == 0
    assert PixelBox(0, 0, 10, 10).iou(PixelBox(0, 20, 10, 30)) == 0


def test_an_empty_box_contains_nothing() -> None:
    assert PixelBox(5, 5, 5, 5).containment(PixelBox(0, 0, 10, 10)) == 0


def test_the_crop_of_an_upright_square_maps_corner_to_corner() -> None:
    matrix = RotatedSquare(50, 30, 20, 0.0).to_picture(10)
    assert matrix @ [0, 0, 1] == pytest.approx([40, 20])
    assert matrix @ [10, 10, 1] == pytest.approx([60, 40])


def test_a_quarter_turn_clockwise_carries_the_crop_s_x_axis_downwards() -> None:
    matrix = RotatedSquare(0, 0, 2, pi / 2).to_picture(2)
    assert matrix @ [2, 1, 1] == pytest.approx([0, 1])


@given(places, places, sides, angles)
def test_a_crop_s_middle_is_the_square_s_middle(x: float, y: float, side: float, angle: float) -> None:
    assert RotatedSquare(x, y, side, angle).to_picture(64) @ [32, 32, 1] == pytest.approx([x, y], abs=1e-6)


@given(places, places, sides, angles)
def test_bounds_hold_every_corner_of_the_crop(x: float, y: float, side: float, angle: float) -> None:
    square = RotatedSquare(x, y, side, angle)
    bounds = square.bounds()
    for corner in ((0, 0), (8, 0), (0, 8), (8, 8)):
        place = square.to_picture(8) @ [*corner, 1]
        assert bounds.left - 1e-6 <= place[0] <= bounds.right + 1e-6
        assert bounds.top - 1e-6 <= place[1] <= bounds.bottom + 1e-6


def test_the_square_around_turned_points_is_as_tight_as_around_upright_ones() -> None:
    upright = np.array([[-10.0, -5.0], [10.0, -5.0], [10.0, 5.0], [-10.0, 5.0]])
    angle = radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    square = square_around(upright @ turn.T + (100, 50), angle, 1.5)
    assert (square.x, square.y, square.side) == pytest.approx((100, 50, 30))


def test_bounds_of_points_ignore_depth() -> None:
    assert bounds_of(np.array([[1.0, 2.0, 99.0], [3.0, -4.0, -99.0]])) == PixelBox(1, -4, 3, 2)
