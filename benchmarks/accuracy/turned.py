"""Pictures with 68 labelled points, turned as a whole: heads lean by up to 45 degrees in group pictures and films."""

from dataclasses import replace

import cv2
import numpy as np

from benchmarks.accuracy.sets import Shown
from faceline.vision.geometry import Doubles


def labelled(row: dict[str, str]) -> Doubles:
    """(68, 2) labelled points, pixels."""
    return np.array([[float(row[f"{axis}{k}"]) for axis in "xy"] for k in range(68)])


def turned(each: Shown, angle_deg: float) -> Shown:
    """The picture turned clockwise around its middle, on a canvas that holds all of it, its border repeated."""
    height, width = each.pixels.shape[:2]
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    turn = np.array([[c, -s], [s, c]])
    size = np.ceil(np.abs(turn) @ (width, height)).astype(int)
    shift = size / 2 - turn @ (width / 2, height / 2)
    # OpenCV counts pixel centres from 0, labels count them from 0.5
    matrix = np.hstack([turn, (shift + turn.sum(axis=1) / 2 - 0.5)[:, None]])
    pixels = cv2.warpAffine(each.pixels, matrix, (int(size[0]), int(size[1])), borderMode=cv2.BORDER_REPLICATE)
    points = labelled(each.row) @ turn.T + shift
    row = each.row | {
        f"{axis}{k}": f"{value:.3f}" for k, place in enumerate(points) for axis, value in zip("xy", place, strict=True)
    }
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return replace(
        each, row=row, pixels=np.asarray(pixels, np.uint8), place=(float(left), float(top), float(right), float(bottom))
    )
