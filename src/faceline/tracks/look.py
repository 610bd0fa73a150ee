"""What of a face is compared when faces are linked: where it is, how large, how bright and how its points lie.

Nothing of it needs a network of its own, and all of it is there with DEFAULT too, so that both forms of a job give the
same tracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faceline.domain.face import Face

Doubles = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.complex128]

SIZE_STEP = 0.25
"""Natural logarithm of the ratio of sizes."""
BRIGHTNESS_STEP = 8.0
"""Units of Quality.Brightness."""
SHAPE_STEP = 0.2
"""Procrustes distance of the landmarks, 0..1."""
AT_ONCE, PER_S, AT_MOST = 0.4, 1.2, 1.2
"""The steps above are those of a large face after half a second. On the noted clips 99 of 100 changes of one face stay
below 0.21, 6.2 and 0.21, whereas two people differ by 0.33, 11 and 0.21 in the median (benchmarks/steadiness.py). From
one frame to the next faces change far less, so the allowance begins at `AT_ONCE`, grows by `PER_S` a second, and ends
at `AT_MOST`."""
SMALL_PX = 25.0
"""A face of this height is allowed twice as much as a very large one: its measures are that much noisier."""


@dataclass(frozen=True, slots=True)
class Looks:
    """N faces of one sample.

    middles      (N, 2) centres of the boxes, ratios of the picture
    sizes        (N, 2) widths and heights of the boxes, ratios of the picture, above 0
    heights      (N,) heights of the boxes in pixels
    brightness   (N,) 0..100
    shapes       (N, L) landmarks as complex numbers, centred, of length 1: free of place and size
    """

    middles: Doubles
    sizes: Doubles
    heights: Doubles
    brightness: Doubles
    shapes: Shapes

    def __len__(self) -> int:
        return len(self.brightness)

    def rows(self, which: Sequence[int]) -> "Looks":
        """Some of the faces, in the given order."""
        index = np.array(which, dtype=np.intp)
        return Looks(
            self.middles[index], self.sizes[index], self.heights[index], self.brightness[index], self.shapes[index]
        )


def looks_of(faces: Sequence[Face], width: int, height: int) -> Looks:
    """The looks of faces of one picture of that many pixels."""
    boxes = np.array([(f.box.left, f.box.top, f.box.width, f.box.height) for f in faces]).reshape(-1, 4)
    sizes = np.maximum(boxes[:, 2:], 1e-6)
    points = np.array([[complex(p.x * width, p.y * height) for p in face.landmarks] for face in faces])
    shapes = points.reshape(len(faces), -1)
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    lengths = np.sqrt((shapes.real**2 + shapes.imag**2).sum(axis=1, keepdims=True))
    return Looks(
        boxes[:, :2] + sizes / 2,
        sizes,
        sizes[:, 1] * height,
        np.array([face.quality.brightness for face in faces], dtype=np.float64),
        shapes / np.maximum(lengths, 1e-9),
    )


def offsets(middles: Doubles, sizes: Doubles, others: Looks) -> Doubles:
    """(T, 2) places and sizes against F faces: (T, F, 2), how far each face lies off, in sizes of the two faces."""
    scale = np.sqrt(sizes[:, None] * others.sizes[None])
    return np.asarray((others.middles[None] - middles[:, None]) / scale)


def size_steps(sizes: Doubles, others: Looks) -> Doubles:
    """(T, 2) sizes against F faces: (T, F) logarithm of the ratio of sizes."""
    return np.asarray(np.log(others.sizes).mean(axis=1)[None] - np.log(sizes).mean(axis=1)[:, None])


def unlikeness(ours: Looks, others: Looks, passed_s: Doubles) -> Doubles:
    """(T, F), from 0: how unlike in size, brightness and shape, whatever the places; the sum of three squared steps.

    passed_s   (T,) seconds since ours were seen
    """
    size = size_steps(ours.sizes, others) / SIZE_STEP
    light = (others.brightness[None] - ours.brightness[:, None]) / BRIGHTNESS_STEP
    agreement = np.abs(ours.shapes @ others.shapes.conj().T)
    shape = (1 - np.minimum(agreement, 1.0) ** 2) / SHAPE_STEP**2
    smaller = np.minimum(ours.heights[:, None], others.heights[None])
    allowance = np.minimum(AT_ONCE + PER_S * passed_s, AT_MOST)[:, None] * (1 + SMALL_PX / np.maximum(smaller, 1.0))
    return np.asarray((size**2 + light**2 + shape) / allowance**2)
