"""Quality: brightness and sharpness of the face's box, on the service's scales (B209, B210)."""

from math import exp, log, log1p

import cv2
import numpy as np

from faceline.domain.face import Quality
from faceline.vision.crops import cut_box
from faceline.vision.geometry import PixelBox, Pixels

SIDE = 64
"""The box is reduced to this many pixels along a side by an area filter before both are measured."""
BRIGHTNESS_SHIFT, BRIGHTNESS_SCALE = 12.3, 0.52
"""Brightness = shift + scale x mean luma (0..255): mean error 3.7 on 38 recorded faces (vision.md section 6)."""
DETAIL, HEIGHT, OFFSET = 1.59, 1.08, -15.24
"""logit(sharpness / 100) = DETAIL x ln(1 + variance of the Laplacian) + HEIGHT x ln(box height in pixels) + OFFSET:
mean error 5.2 on the same faces."""
LADDER_OFFSET, LADDER_STEP, LADDER_TOP = 3.96219386, 0.29254237, 30
"""The service states only 100 / (1 + exp(LADDER_OFFSET - LADDER_STEP x k)) for whole k (B210)."""


def quality_of(frame: Pixels, box: PixelBox) -> Quality:
    """Quality of the part of the box that lies in the (H, W, 3) RGB frame.

    Raises   ValueError if no part does.
    """
    grey = cv2.cvtColor(cut_box(frame, box, SIDE), cv2.COLOR_RGB2GRAY)
    brightness = BRIGHTNESS_SHIFT + BRIGHTNESS_SCALE * float(grey.mean(dtype=np.float64))
    detail = log1p(float(cv2.Laplacian(grey, cv2.CV_64F).var()))
    logit = DETAIL * detail + HEIGHT * log(max(box.height, 1.0)) + OFFSET
    return Quality(min(max(brightness, 0.0), 100.0), on_ladder(logit))


def on_ladder(logit: float) -> float:
    """The step of the service's ladder nearest to a sharpness given as logit, 0..100."""
    step = round((logit + LADDER_OFFSET) / LADDER_STEP)
    step = min(max(step, 0), LADDER_TOP)
    return 100 / (1 + exp(LADDER_OFFSET - LADDER_STEP * step))
