"""The face's box in the service's geometry: mid forehead to chin, jaw edge to jaw edge, upright (B230)."""

from faceline.domain.face import Box
from faceline.vision.geometry import PixelBox

LEFT, RIGHT, TOP, BOTTOM = 0.017, 0.002, -0.096, 0.009
"""Shifts of the four sides against the mesh's bounds, in units of the bounds' width or height: least squares over 38
recorded faces with pictures, mean IoU 0.911 (vision.md section 5)."""


def service_box(bounds: PixelBox) -> PixelBox:
    """The service's box around a face whose mesh has the given bounds, in the same pixels."""
    return PixelBox(
        bounds.left + LEFT * bounds.width,
        bounds.top + TOP * bounds.height,
        bounds.right + RIGHT * bounds.width,
        bounds.bottom + BOTTOM * bounds.height,
    )


def box_of(pixels: PixelBox, width: int, height: int) -> Box:
    """The box as ratios of a picture of `width` x `height` pixels; not clipped (B200)."""
    return Box(pixels.left / width, pixels.top / height, pixels.width / width, pixels.height / height)
