"""The service's 30 landmarks out of the mesh's 478 points.

First each landmark is the mean of one or two vertices, chosen by the least median distance to the landmarks of recorded
answers of the service with their pictures (vision.md section 5). The service's own landmarks vary less from face to
face than vertices do, and together: so the 30 points are drawn towards what 113 recorded faces without a picture say
of such points (`training/geometry`). Left is the picture's left (B202), and the pupils are the eyes, digit by digit
(B203).
"""

from dataclasses import dataclass
from io import BytesIO

import numpy as np

from faceline.domain.face import LANDMARK_TYPES, LandmarkType, Point
from faceline.vision.geometry import Doubles
from faceline.vision.manifest import WeightFile

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
COUNT = len(LANDMARK_TYPES)
EYES = [LANDMARK_TYPES.index(kind) for kind in (LandmarkType.EYE_LEFT, LandmarkType.EYE_RIGHT)]
PUPILS = [LANDMARK_TYPES.index(kind) for kind in (LandmarkType.LEFT_PUPIL, LandmarkType.RIGHT_PUPIL)]

_FIRST = np.array([VERTICES[kind][0] for kind in LANDMARK_TYPES])
_LAST = np.array([VERTICES[kind][-1] for kind in LANDMARK_TYPES])


def vertex_landmarks(meshes: Doubles) -> Doubles:
    """(N, 478, 3) mesh points to (N, 30, 2) means of vertices in the same pixels, in the order of `LANDMARK_TYPES`."""
    return np.asarray((meshes[:, _FIRST, :2] + meshes[:, _LAST, :2]) / 2)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where, how large and how turned faces lie: complex x + iy = spot + size x the same of the mean shape.

    spot   (N, 1) complex, pixels: middle of the points
    size   (N, 1) complex: pixels per unit of the mean shape, and the turn
    """

    spot: np.ndarray
    size: np.ndarray

    @staticmethod
    def of(points: Doubles, mean: Doubles) -> "Placement":
        """The similarity with the least squares that carries the mean shape (K, 2), whose middle is 0, onto each of
        the faces (N, K, 2)."""
        model = mean[:, 0] + 1j * mean[:, 1]
        places = points[..., 0] + 1j * points[..., 1]
        spot = places.mean(axis=1, keepdims=True)
        size = ((places - spot) * model.conj()).sum(axis=1, keepdims=True) / (np.abs(model) ** 2).sum()
        return Placement(spot, size)

    def away(self, points: Doubles) -> Doubles:
        """Faces (N, K, 2) in pixels brought to the place of the mean shape."""
        return _pairs((points[..., 0] + 1j * points[..., 1] - self.spot) / self.size)

    def back(self, shapes: Doubles) -> Doubles:
        """The reverse of `away`."""
        return _pairs((shapes[..., 0] + 1j * shapes[..., 1]) * self.size + self.spot)


def _pairs(places: np.ndarray) -> Doubles:
    return np.stack([places.real, places.imag], axis=-1)


@dataclass(frozen=True, slots=True)
class LandmarkModel:
    """What recorded answers say of the 30 landmarks together; see `training/geometry`.

    mean          (30, 2) mean shape, its middle 0, outer corners of the eyes 1 apart
    gain          (60, 60) how far what vertices say of each coordinate is believed: estimate = mean + gain x deviation
    angles        (60, 2) and
    angles_shift  (2,): yaw and pitch in degrees = deviation @ angles + shift, on the service's own landmarks
    """

    mean: Doubles
    gain: Doubles
    angles: Doubles
    angles_shift: Doubles

    @staticmethod
    def load(file: WeightFile) -> "LandmarkModel":
        """Read a NumPy archive that holds the four arrays."""
        with np.load(BytesIO(file.read())) as arrays:
            mean, gain, angles, shift = (
                arrays[name].astype(np.float64) for name in ("mean", "gain", "angles", "angles_shift")
            )
        return LandmarkModel(mean, gain, angles, shift)

    def landmarks(self, meshes: Doubles) -> Doubles:
        """(N, 478, 3) mesh points to (N, 30, 2) landmarks in the same pixels, in the order of `LANDMARK_TYPES`."""
        return self.believed(vertex_landmarks(meshes))

    def believed(self, points: Doubles) -> Doubles:
        """(N, 30, 2) means of vertices to landmarks."""
        if not len(points):
            return points
        placement = Placement.of(points, self.mean)
        # face by face, as one product of matrices may round differently with the number of its rows
        shapes = [self.mean.ravel() + self.gain @ row for row in self._deviations(points, placement)]
        found = placement.back(np.reshape(shapes, points.shape))
        found[:, PUPILS] = found[:, EYES]
        return found

    def yaw_pitch(self, landmarks: Doubles) -> Doubles:
        """(N, 30, 2) landmarks to (N, 2) yaw and pitch in degrees, as the service's own pose follows from them."""
        deviations = self._deviations(landmarks, Placement.of(landmarks, self.mean))
        return np.reshape([row @ self.angles + self.angles_shift for row in deviations], (len(landmarks), 2))

    def _deviations(self, points: Doubles, placement: Placement) -> Doubles:
        return np.asarray(placement.away(points) - self.mean).reshape(len(points), 2 * COUNT)


def ratios(landmarks: Doubles, width: int, height: int) -> tuple[Point, ...]:
    """(30, 2) landmarks in pixels as ratios of a picture of `width` x `height` pixels; may lie outside 0..1."""
    return tuple(Point(float(x), float(y)) for x, y in landmarks / (width, height))
