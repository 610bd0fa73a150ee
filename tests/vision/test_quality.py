from math import exp

import cv2
import numpy as np
import pytest

from faceline.vision.geometry import PixelBox, Pixels
from faceline.vision.quality import on_ladder, quality_of

FACE = PixelBox(160, 50, 290, 200)
RECORDED = (1.8666, 2.4852, 3.3019, 4.3748, 53.3300, 78.6435, 94.0826, 98.5642)


@pytest.mark.parametrize("value", RECORDED)
def test_the_ladder_holds_the_values_that_the_service_was_seen_to_give(value: float) -> None:
    logit = np.log(value / (100 - value))
    assert on_ladder(logit) == pytest.approx(value, abs=1e-3)
    assert on_ladder(logit + 0.12) == on_ladder(logit)


def test_the_ladder_ends_at_both_sides() -> None:
    assert on_ladder(-99) == pytest.approx(100 / (1 + exp(3.96219386)))
    assert on_ladder(99) == pytest.approx(99.2, abs=0.05)


def test_blur_lowers_sharpness_and_leaves_brightness(portrait: Pixels) -> None:
    blurred = np.asarray(cv2.GaussianBlur(portrait, (0, 0), 5), np.uint8)
    sharp, soft = quality_of(portrait, FACE), quality_of(blurred, FACE)
    assert soft.sharpness < sharp.sharpness - 10
    assert soft.brightness == pytest.approx(sharp.brightness, abs=2)


def test_darkness_lowers_brightness(portrait: Pixels) -> None:
    dark = (portrait // 4).astype(np.uint8)
    assert quality_of(dark, FACE).brightness < quality_of(portrait, FACE).brightness - 15


def test_extremes_stay_within_the_scale() -> None:
    black, white = np.zeros((99, 99, 3), np.uint8), np.full((99, 99, 3), 255, np.uint8)
    for frame in (black, white):
        quality = quality_of(frame, PixelBox(-50, -50, 150, 150))
        assert 0 <= quality.brightness <= 100
        assert 0 < quality.sharpness < 100
