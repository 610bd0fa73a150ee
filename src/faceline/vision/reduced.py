"""Frames at the sizes that a detector looks at."""

from dataclasses import dataclass

import cv2
import numpy as np

from faceline.vision.geometry import Pixels, RotatedSquare

MULTIPLE = 32
"""Detectors take sides that are whole multiples of their largest stride."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """A frame reduced and padded for a detector.

    pixels    (1, H', W', 3), H' and W' whole multiples of 32, zeros right of and below the picture
    picture   (H, W, 3), the part of it that shows the frame
    x, y      frame pixels per pixel of the reduced picture
    """

    pixels: Pixels
    picture: Pixels
    x: float
    y: float

    def square(self, square: RotatedSquare) -> RotatedSquare:
        """An upright square of the frame in pixels of the reduced picture."""
        return RotatedSquare(square.x / self.x, square.y / self.y, square.side / self.x, square.angle_rad)


def scales_of(frame: Pixels, long_side: int, short_pass: int) -> list[Reduced]:
    """The frame at min(own size, `long_side`), and once more at `short_pass` unless that would not reduce it.

    The second picture is made from the first one, halved by an area filter and then bilinear: 1080p costs 0.4 ms for
    the first and a third of that for the second.
    """
    height, width = frame.shape[:2]
    first = _padded(frame, _size(frame, long_side), cv2.INTER_AREA, (height, width))
    scaled = [first]
    if max(first.picture.shape[:2]) > short_pass * 1.25:
        second = first.picture
        while max(second.shape[:2]) >= 2 * short_pass:
            half = _size(second, max(second.shape[:2]) // 2)
            second = np.asarray(cv2.resize(second, half, interpolation=cv2.INTER_AREA), np.uint8)
        scaled.append(_padded(second, _size(second, short_pass), cv2.INTER_LINEAR, (height, width)))
    return scaled


def _size(picture: Pixels, long_side: int) -> tuple[int, int]:
    """Width and height of the picture with a longer side of at most `long_side`."""
    height, width = picture.shape[:2]
    factor = min(long_side / max(height, width), 1.0)
    return max(round(width * factor), 1), max(round(height * factor), 1)


def _padded(picture: Pixels, size: tuple[int, int], method: int, frame: tuple[int, int]) -> Reduced:
    """The picture at `size`, its width and height, of a frame of that height and width."""
    width, height = size
    canvas = np.empty((1, -(-height // MULTIPLE) * MULTIPLE, -(-width // MULTIPLE) * MULTIPLE, 3), np.uint8)
    canvas[0, height:] = 0
    canvas[0, :height, width:] = 0
    reduced = canvas[0, :height, :width]
    if picture.shape == reduced.shape:
        reduced[:] = picture
    else:
        # straight into the canvas: a copy of 1.5 MB less
        cv2.resize(picture, size, dst=reduced, interpolation=method)
    return Reduced(canvas, reduced, frame[1] / width, frame[0] / height)
