"""Head pose: the rotation that carries a canonical face onto the mesh.

The canonical face is MediaPipe's (face_geometry, Apache-2.0): 468 vertices, x to the picture's right, y up, z towards
the camera. Rotations are fitted by Kabsch's method (singular value decomposition) on all of them, then brought to the
service's scale, which differs by a linear map fitted on recorded answers (vision.md section 5). Yaw and pitch are the
mean of that and of what the service's own pose follows from its landmarks by (`LandmarkModel.yaw_pitch`).
"""

from dataclasses import dataclass
from io import BytesIO

import numpy as np

from faceline.domain.face import Pose
from faceline.vision.geometry import Doubles
from faceline.vision.manifest import WeightFile

YAW_SCALE = 0.8
PITCH_SCALE, PITCH_SHIFT = 0.7, 6.5
"""Degrees of the service = scale x fitted degrees + shift."""
DROP_SHIFT, DROP_SCALE = 50.6, -90.6
"""Pitch in degrees = shift + scale x (drop of the nose / drop of the mouth); see `nose_drop`."""
NOSE, MOUTH = (5, 19), (78, 308)
EYES = (468, 473)


@dataclass(frozen=True, slots=True)
class PoseFitter:
    """Fits poses.

    canonical   (468, 3) vertices around their mean
    """

    canonical: Doubles

    @staticmethod
    def load(file: WeightFile) -> "PoseFitter":
        """Read the canonical vertices, (468, 3), from a NumPy file."""
        vertices = np.load(BytesIO(file.read())).astype(np.float64)
        return PoseFitter(vertices - vertices.mean(axis=0))

    def poses(self, meshes: Doubles, by_landmarks: Doubles) -> list[Pose]:
        """One pose per mesh.

        meshes         (N, 478, 3) x to the right, y down, z away from the camera, all in the same unit
        by_landmarks   (N, 2) yaw and pitch in degrees by their landmarks
        """
        if not len(meshes):
            return []
        yaw, pitch, roll = self.by_mesh(meshes)
        both = np.clip((np.stack([yaw, pitch], axis=1) + by_landmarks) / 2, -90, 90)
        return [Pose(float(r), float(y), float(p)) for r, (y, p) in zip(roll, both, strict=True)]

    def by_mesh(self, meshes: Doubles) -> Doubles:
        """(N, 478, 3) meshes to (3, N) yaw, pitch, roll in degrees on the service's scale, by the mesh alone."""
        yaw, pitch, roll = np.degrees(angles_of(self.rotations(meshes)))
        return np.stack([yaw * YAW_SCALE, _service_pitch(pitch, meshes), roll])

    def rotations(self, meshes: Doubles) -> Doubles:
        """(N, 478, 3) meshes to (N, 3, 3) rotations from the canonical face to each of them."""
        surface = meshes[:, : len(self.canonical)] * (1.0, -1.0, -1.0)
        surface = surface - surface.mean(axis=1, keepdims=True)
        covariance = np.stack([one.T @ self.canonical for one in surface])
        u, _, vt = np.linalg.svd(covariance)
        # a mirrored fit is no rotation: the weakest direction gets the sign that makes the determinant 1
        u[:, :, 2] *= np.sign(np.linalg.det(u) * np.linalg.det(vt))[:, None]
        return np.asarray(u @ vt)


def angles_of(rotations: Doubles) -> Doubles:
    """(N, 3, 3) rotations to (3, N) yaw, pitch, roll in radians with the service's signs (B206-B208)."""
    yaw = np.arctan2(rotations[:, 0, 2], rotations[:, 2, 2])
    pitch = np.arcsin(np.clip(rotations[:, 1, 2], -1, 1))
    roll = np.arctan2(-rotations[:, 1, 0], rotations[:, 1, 1])
    return np.stack([yaw, pitch, roll])


def nose_drop(meshes: Doubles) -> Doubles:
    """How far the nose tip hangs below the eye line, over how far the mouth does: (N, 478, 3) to (N,).

    It falls when the face looks up. On the service's own landmarks it predicts its pitch to 1.4 degrees.
    """
    left, right = meshes[:, EYES[0], :2], meshes[:, EYES[1], :2]
    middle = (left + right) / 2
    along = right - left
    down = np.stack([-along[:, 1], along[:, 0]], axis=1)
    nose = ((meshes[:, NOSE, :2].mean(axis=1) - middle) * down).sum(axis=1)
    mouth = ((meshes[:, MOUTH, :2].mean(axis=1) - middle) * down).sum(axis=1)
    return np.asarray(nose / np.where(np.abs(mouth) < 1e-9, 1e-9, mouth))


def _service_pitch(pitch_deg: Doubles, meshes: Doubles) -> Doubles:
    fitted = PITCH_SCALE * pitch_deg + PITCH_SHIFT
    dropped = np.clip(DROP_SHIFT + DROP_SCALE * nose_drop(meshes), -60, 60)
    return np.asarray((fitted + dropped) / 2)
