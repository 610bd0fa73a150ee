"""Squares cut out of pictures: bilinear, half-pixel convention, border pixels repeated outside, or black.

OpenCV samples at pixel centres counted from 0; `RotatedSquare` counts them from 0.5, so every map is shifted by half
a pixel on both sides. Bilinear sampling looks at four pixels only: a patch that would be shrunk more than
`MAX_SHRINK` times is first reduced by a whole factor with an area filter (vision.md section 5).
"""

from math import ceil, floor

import cv2
import numpy as np

from faceline.vision.geometry import Doubles, PixelBox, Pixels, RotatedSquare

MAX_SHRINK = 2.6
"""Source pixels per crop pixel above which bilinear sampling alone aliases: a face of 500 px in the mesh's crop."""


def cut(frame: Pixels, square: RotatedSquare, size: int, border: int = cv2.BORDER_REPLICATE) -> Pixels:
    """A `size` x `size` x 3 crop of the square.

    border   what lies outside the picture: cv2.BORDER_REPLICATE, or cv2.BORDER_CONSTANT for black

    Raises   ValueError if the square does not touch the picture: there is nothing to repeat.
    """
    patch, x0, y0 = _patch(frame, square.bounds())
    factor = _reduction(square.side / size, patch)
    if factor > 1:
        height, width = (length // factor for length in patch.shape[:2])
        whole = patch[: height * factor, : width * factor]
        patch = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    matrix = square.to_picture(size)
    matrix[:, 2] -= (x0, y0)
    matrix /= factor
    return np.asarray(
        cv2.warpAffine(
            patch,
            _at_centres(matrix),
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        ),
        np.uint8,
    )


def touches(frame: Pixels, square: RotatedSquare) -> bool:
    """Whether any part of the square lies in the picture."""
    height, width = frame.shape[:2]
    bounds = square.bounds()
    return bounds.right > 0 and bounds.bottom > 0 and bounds.left < width and bounds.top < height


def cut_box(frame: Pixels, box: PixelBox, size: int) -> Pixels:
    """The part of the upright box that lies in the picture, as a `size` x `size` x 3 crop by an area filter.

    Raises   ValueError if the box does not touch the picture.
    """
    height, width = frame.shape[:2]
    left, right = max(round(box.left), 0), min(round(box.right), width)
    top, bottom = max(round(box.top), 0), min(round(box.bottom), height)
    if left >= right or top >= bottom:
        raise ValueError(f"{box} lies outside a picture of {width} x {height} pixels")
    patch = frame[top:bottom, left:right]
    return np.asarray(cv2.resize(patch, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def resized(crop: Pixels, size: int) -> Pixels:
    """A square crop at another size: area filter to shrink, bilinear to enlarge."""
    if crop.shape[0] == size:
        return crop
    method = cv2.INTER_AREA if size < crop.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (size, size), interpolation=method), np.uint8)


def _patch(frame: Pixels, bounds: PixelBox) -> tuple[Pixels, int, int]:
    """The part of the frame that the crop can see, with one pixel around it for the bilinear filter."""
    height, width = frame.shape[:2]
    left, right = max(floor(bounds.left) - 1, 0), min(ceil(bounds.right) + 1, width)
    top, bottom = max(floor(bounds.top) - 1, 0), min(ceil(bounds.bottom) + 1, height)
    if left >= right or top >= bottom:
        raise ValueError(f"{bounds} lies outside a picture of {width} x {height} pixels")
    return frame[top:bottom, left:right], left, top


def _reduction(shrink: float, patch: Pixels) -> int:
    if shrink <= MAX_SHRINK:
        return 1
    height, width = patch.shape[:2]
    return max(1, min(floor(shrink), int(height), int(width)))


def _at_centres(matrix: Doubles) -> Doubles:
    """The map between coordinates that count pixel centres from 0, as OpenCV does."""
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
    return shifted
