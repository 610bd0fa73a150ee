"""The service's 30 landmarks out of the mesh's 478 points.

Each landmark is the mean of one or two vertices. They were chosen by the least median distance to the landmarks of
38 recorded answers of the service with their pictures (vision.md section 5); left is the picture's left (B202), and
the pupils are the eyes, digit by digit (B203).
"""

import numpy as np

from faceline.domain.face import LANDMARK_TYPES, LandmarkType, Point
from faceline.vision.geometry import Doubles

VERTICES: dict[LandmarkType, tuple[int, ...]] = {
    LandmarkType.EYE_LEFT: (468,),
    LandmarkType.EYE_RIGHT: (473,),
    LandmarkType.MOUTH_LEFT: (78,),
    LandmarkType.MOUTH_RIGHT: (308,),
    LandmarkType.NOSE: (5, 19),
    LandmarkType.LEFT_EYE_BROW_LEFT: (70,),
    LandmarkType.LEFT_EYE_BROW_RIGHT: (66, 107),
    LandmarkType.LEFT_EYE_BROW_UP: (104, 222),
    LandmarkType.RIGHT_EYE_BROW_LEFT: (296, 336),
    LandmarkType.RIGHT_EYE_BROW_RIGHT: (300,),
    LandmarkType.RIGHT_EYE_BROW_UP: (333, 442),
    LandmarkType.LEFT_EYE_LEFT: (161,),
    LandmarkType.LEFT_EYE_RIGHT: (173,),
    LandmarkType.LEFT_EYE_UP: (159,),
    LandmarkType.LEFT_EYE_DOWN: (145,),
    LandmarkType.RIGHT_EYE_LEFT: (398,),
    LandmarkType.RIGHT_EYE_RIGHT: (388,),
    LandmarkType.RIGHT_EYE_UP: (386,),
    LandmarkType.RIGHT_EYE_DOWN: (374,),
    LandmarkType.NOSE_LEFT: (59,),
    LandmarkType.NOSE_RIGHT: (290,),
    LandmarkType.MOUTH_UP: (0, 11),
    LandmarkType.MOUTH_DOWN: (178, 317),
    LandmarkType.LEFT_PUPIL: (468,),
    LandmarkType.RIGHT_PUPIL: (473,),
    LandmarkType.UPPER_JAWLINE_LEFT: (127,),
    LandmarkType.MID_JAWLINE_LEFT: (138,),
    LandmarkType.CHIN_BOTTOM: (152, 208),
    LandmarkType.MID_JAWLINE_RIGHT: (364, 434),
    LandmarkType.UPPER_JAWLINE_RIGHT: (356,),
}

_FIRST = np.array([VERTICES[kind][0] for kind in LANDMARK_TYPES])
_LAST = np.array([VERTICES[kind][-1] for kind in LANDMARK_TYPES])


def landmark_pixels(points: Doubles) -> Doubles:
    """(478, 3) mesh points to (30, 2) landmarks in the same pixels, in the order of `LANDMARK_TYPES`."""
    return np.asarray((points[_FIRST, :2] + points[_LAST, :2]) / 2)


def landmarks_of(points: Doubles, width: int, height: int) -> tuple[Point, ...]:
    """The 30 landmarks as ratios of a picture of `width` x `height` pixels; may lie outside 0..1."""
    ratios = landmark_pixels(points) / (width, height)
    return tuple(Point(float(x), float(y)) for x, y in ratios)
