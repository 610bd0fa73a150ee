"""Rectangles and rotated squares in pixels of a named array.

Pixel coordinates have the half-pixel convention: the centre of the first pixel is at (0.5, 0.5) and the picture
spans 0..width, 0..height. Ratios of the picture are pixel coordinates divided by its size, without any shift.
"""

from dataclasses import dataclass
from math import cos, sin

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""(..., H, W, 3) RGB, or (H, W) grey."""
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PixelBox:
    """An upright rectangle in pixels; may leave the picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        """x, y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    def intersection(self, other: "PixelBox") -> float:
        """Common area, square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def containment(self, other: "PixelBox") -> float:
        """Common area over the smaller of the two areas, 0..1; 0 where one of them is empty."""
        smaller = min(self.area, other.area)
        return self.intersection(other) / smaller if smaller > 0 else 0.0

    def iou(self, other: "PixelBox") -> float:
        """Common area over the area of the union, 0..1."""
        common = self.intersection(other)
        union = self.area + other.area - common
        return common / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class RotatedSquare:
    """A square in the picture: centre and side in pixels, and the direction of its own x axis.

    angle_rad   of the square's x axis against the picture's, clockwise on screen (y points down)
    """

    x: float
    y: float
    side: float
    angle_rad: float

    def scaled(self, factor: float) -> "RotatedSquare":
        """The same place with another side."""
        return RotatedSquare(self.x, self.y, self.side * factor, self.angle_rad)

    def to_picture(self, size: int) -> Doubles:
        """(2, 3) affine map from pixel coordinates of a crop of `size` x `size` to those of the picture."""
        scale = self.side / size
        c, s = cos(self.angle_rad) * scale, sin(self.angle_rad) * scale
        half = size / 2
        return np.array([[c, -s, self.x - half * (c - s)], [s, c, self.y - half * (s + c)]])

    def bounds(self) -> PixelBox:
        """The upright rectangle around it."""
        reach = self.side / 2 * (abs(cos(self.angle_rad)) + abs(sin(self.angle_rad)))
        return PixelBox(self.x - reach, self.y - reach, self.x + reach, self.y + reach)


def square_around(points: Doubles, angle_rad: float, margin: float) -> RotatedSquare:
    """The square of direction `angle_rad` around the middle of the points' bounds in that direction.

    points   (N, 2) pixels
    margin   side in units of the longer side of those bounds
    """
    c, s = cos(angle_rad), sin(angle_rad)
    turn = np.array([[c, s], [-s, c]])
    turned = points[:, :2] @ turn.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = turn.T @ ((low + high) / 2)
    return RotatedSquare(float(x), float(y), margin * float((high - low).max()), angle_rad)


def bounds_of(points: Doubles) -> PixelBox:
    """The upright rectangle around (N, 2 or more) points."""
    left, top = points[:, :2].min(axis=0)
    right, bottom = points[:, :2].max(axis=0)
    return PixelBox(float(left), float(top), float(right), float(bottom))
