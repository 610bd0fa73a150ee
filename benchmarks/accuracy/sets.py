"""The labelled pictures of the test splits as they are shown to faceline.

Tight crops get a border first, as their faces fill them: the border pixels are repeated and blurred outwards, half a
side on each side; tiles that were reduced to 48 pixels are shown at twice that size. Everything else is shown as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from faceline.domain.face import Face
from faceline.vision.geometry import PixelBox, Pixels
from training.appearance.pictures import pictures_of, rows_of

TIGHT = ("age_utkface", "emotions_ferplus", "emotions_ckplus48", "emotions_muxspace", "eyes_closed_cew")
TILE = 64
"""Pixels below which a tight crop is enlarged twice."""
BORDER = 0.5
"""Of a side, on each side."""
MATCH = 0.25
"""Least overlap of a face with the place where the label says it is."""
MASK_CROP = 1.6
"""The crops of `masks` are that many times their face."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One labelled picture.

    row    of its table
    place  left, top, right, bottom of the labelled face in the shown picture's pixels: says which face is meant
    """

    row: dict[str, str]
    pixels: Pixels
    place: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """What faceline found in a labelled picture of `width` x `height` pixels."""

    row: dict[str, str]
    width: int
    height: int
    place: tuple[float, float, float, float]
    faces: tuple[Face, ...]

    @property
    def face(self) -> Face | None:
        """The face that the label is about; None where it was not found."""
        meant = PixelBox(*self.place)
        found = [(pixel_box(face, self.width, self.height).iou(meant), face) for face in self.faces]
        best = max(found, key=lambda pair: pair[0], default=(0.0, None))
        return best[1] if best[0] > MATCH else None


def pixel_box(face: Face, width: int, height: int) -> PixelBox:
    """A face's box in pixels."""
    box = face.box
    return PixelBox(box.left * width, box.top * height, (box.left + box.width) * width, (box.top + box.height) * height)


def shown(stills: Path, set_name: str, splits: tuple[str, ...] = ("test",)) -> Iterator[Shown]:
    """The pictures with one labelled face of a set."""
    rows = rows_of(stills, set_name)
    for number, picture in enumerate(pictures_of(stills, set_name)):
        if picture.split in splits:
            row = rows[number]
            if set_name in TIGHT:
                yield padded(row, picture.pixels)
            else:
                yield Shown(row, picture.pixels, _place(row, picture.pixels))


def padded(row: dict[str, str], pixels: Pixels, enlarge: bool = True) -> Shown:
    """A tight crop with a border."""
    if enlarge and max(pixels.shape[:2]) < TILE:
        pixels = np.asarray(cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    height, width = pixels.shape[:2]
    down, across = round(BORDER * height), round(BORDER * width)
    wide = cv2.copyMakeBorder(pixels, down, down, across, across, cv2.BORDER_REPLICATE)
    canvas = np.asarray(cv2.blur(wide, (max(3, width // 4), max(3, height // 4))), np.uint8)
    canvas[down : down + height, across : across + width] = pixels
    return Shown(row, canvas, (float(across), float(down), float(across + width), float(down + height)))


def _place(row: dict[str, str], pixels: Pixels) -> tuple[float, float, float, float]:
    height, width = (float(length) for length in pixels.shape[:2])
    if row.get("face_x"):
        x, y, w, h = (float(row[f"face_{key}"]) for key in "xywh")
        return x, y, x + w, y + h
    if "x0" in row:
        xs, ys = ([float(row[f"{axis}{k}"]) for k in range(68)] for axis in "xy")
        top = min(ys) - 0.25 * (max(ys) - min(ys))
        return min(xs), top, max(xs), max(ys)
    side = max(width, height) / MASK_CROP
    return (width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2
