"""Decode one picture of unknown origin (DetectFaces)."""

import struct
import warnings
import zlib
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from faceline.domain.faults import Refused, RequestFault
from faceline.media.upright import RGB

# The service's smallest picture (B183)
MIN_SIDE = 80

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"

_ORIENTATION_TAG = 0x0112
_ORIENTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# All that Pillow's two readers raise on broken input
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)


def decode_picture(data: bytes, max_pixels: int) -> RGB:
    """The picture as it is to be looked at.

    data         a JPEG or PNG, known by its content (B181)
    max_pixels   width x height, looked at before anything is decoded
    ->           (H, W, 3) uint8 RGB, upright by the EXIF orientation of a JPEG; a PNG is never turned (B188).
                 Transparent parts are shown on white; 16 bits become 8; colour profiles are not applied

    Raises Refused: PICTURE_UNREADABLE, PICTURE_TOO_LARGE, or PARAMETER for a side under `MIN_SIDE` pixels (B183).
    """
    try:
        # Pillow speaks about broken notes through the process's warnings; the picture itself decides
        with warnings.catch_warnings(action="ignore"), _open(data) as image:
            _check_size(image.width, image.height, max_pixels)
            image.load()
            return np.ascontiguousarray(np.asarray(_rgb(_upright(image)), dtype=np.uint8))
    except _BROKEN as error:
        raise Refused(RequestFault.PICTURE_UNREADABLE, str(error)) from error


def _open(data: bytes) -> ImageFile:
    # The readers are named here rather than looked for by Image.open: no other of Pillow's formats can be reached, and
    # its global pixel limit, which cannot be set for one call, does not come before ours.
    if data.startswith(_JPEG):
        return JpegImageFile(BytesIO(data))
    if data.startswith(_PNG):
        return PngImageFile(BytesIO(data))
    raise Refused(RequestFault.PICTURE_UNREADABLE, "neither JPEG nor PNG")


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise Refused(RequestFault.PICTURE_TOO_LARGE, f"{width} x {height} pixels, limit {max_pixels}")
    if min(width, height) < MIN_SIDE:
        raise Refused(RequestFault.PARAMETER, f"{width} x {height} pixels, at least {MIN_SIDE} x {MIN_SIDE} needed")


def _upright(image: ImageFile) -> Image.Image:
    if not isinstance(image, JpegImageFile):
        return image
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG)
    except _BROKEN:
        return image  # a picture is not refused for its notes
    method = _ORIENTATIONS.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey, which convert() would clip instead of scale
        grey = np.asarray(image).astype(np.uint32) >> 8
        return Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    return image.convert("RGB")
