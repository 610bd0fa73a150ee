from math import pi

import numpy as np
import pytest

from faceline.vision.crops import MAX_SHRINK, cut, cut_box, resized
from faceline.vision.geometry import PixelBox, Pixels, RotatedSquare


def ramp(height: int, width: int) -> Pixels:
    """Red grows by one a column, green by one a row."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, :, 0] = np.arange(width)
    picture[:, :, 1] = np.arange(height)[:, None]
    return picture


def test_a_crop_at_the_picture_s_own_scale_is_the_picture() -> None:
    picture = ramp(60, 80)
    crop = cut(picture, RotatedSquare(40, 30, 16, 0.0), 16)
    assert np.array_equal(crop, picture[22:38, 32:48])


def test_halving_samples_between_pixels_as_the_half_pixel_convention_says() -> None:
    picture = ramp(60, 80)
    crop = cut(picture, RotatedSquare(40, 30, 32, 0.0), 16)
    # the first crop pixel spans picture columns 24 and 25, whose middle is 24.5 (rounded)
    assert crop[0, :, 0].astype(int) - (24.5 + 2 * np.arange(16)) == pytest.approx(0.0, abs=0.5)


def test_a_quarter_turn_reads_the_picture_sideways() -> None:
    picture = ramp(60, 80)
    crop = cut(picture, RotatedSquare(40, 30, 16, pi / 2), 16)
    expected = np.rot90(picture[22:38, 32:48], 1)
    assert np.abs(crop.astype(int) - expected.astype(int)).max() <= 1


def test_outside_the_picture_its_border_is_repeated() -> None:
    picture = ramp(20, 20)
    crop = cut(picture, RotatedSquare(0, 10, 20, 0.0), 20)
    assert (crop[:, :10, 0] == 0).all()
    assert crop[5, 15, 0] == 5


def test_a_square_beyond_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        cut(ramp(20, 20), RotatedSquare(500, 10, 20, 0.0), 20)
    with pytest.raises(ValueError, match="outside"):
        cut_box(ramp(20, 20), PixelBox(30, 0, 40, 10), 8)


def test_strong_shrinking_averages_fine_stripes_instead_of_picking_some() -> None:
    stripes = np.zeros((960, 960, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = cut(stripes, RotatedSquare(480, 480, 100 * MAX_SHRINK * 2, 0.0), 100)
    assert crop.astype(int) == pytest.approx(127.5, abs=40)


def test_strong_shrinking_keeps_every_place_where_it_was() -> None:
    picture = ramp(250, 250)
    crop = cut(picture, RotatedSquare(120, 125, 200, 0.0), 40)
    columns = 20 + (np.arange(40) + 0.5) * 5 - 0.5
    assert crop[20, :, 0].astype(float) == pytest.approx(columns, abs=1.0)


def test_a_box_that_leaves_the_picture_is_cut_where_the_picture_ends() -> None:
    picture = ramp(20, 20)
    assert cut_box(picture, PixelBox(-50, -50, 10, 10), 10)[:, 9, 0] == pytest.approx(9)


def test_resizing_to_the_same_side_gives_the_same_crop() -> None:
    picture = ramp(24, 24)
    assert np.array_equal(resized(picture, 24), picture)
    assert resized(picture, 12).shape == (12, 12, 3)
