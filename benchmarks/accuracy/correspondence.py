"""Where the points of 300-W lie on the mesh, learned on the training part of landmarks68.

Both sets name the same places, but not the same spots. In distances between the outer eye corners the brows' inner
ends of 300-W lie 3 % nearer to the nose and 4 % lower than the mesh's, and 8 % nearer than the service's, from which
ours are 0.3 to 3.5 % off. So a point is a vertex, plus an offset in the face's own frame that is linear in the first
modes in which meshes differ. How many modes is chosen on val. Nothing of it ships.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faceline.vision.geometry import Doubles
from faceline.vision.mesh import OUTER_EYE_LEFT, OUTER_EYE_RIGHT

MODES = (0, 10, 20, 40)
RIDGE = 1e-3
"""Of the largest mode's sum of squares."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """A linear map from a mesh to K points.

    vertices   (K,) numbers of the vertices next to the points
    mean       (V, 2) mean mesh in the face's frame
    modes      (M, 2 V) directions in which meshes differ
    offsets    (M + 1, 2 K) per mode, the constant last
    """

    vertices: np.ndarray
    mean: Doubles
    modes: Doubles
    offsets: Doubles

    @staticmethod
    def fit(meshes: Doubles, points: Doubles, vertices: Sequence[int], modes: int) -> "Correspondence":
        """Least squares over faces: (N, V, 2) meshes and (N, K, 2) points in pixels."""
        frames = [_Frame.of(mesh) for mesh in meshes]
        own = np.array([frame.inside(mesh) for frame, mesh in zip(frames, meshes, strict=True)])
        wanted = np.array([frame.inside(place) for frame, place in zip(frames, points, strict=True)])
        mean = own.mean(axis=0)
        deviations = (own - mean).reshape(len(own), -1)
        _, sizes, directions = np.linalg.svd(deviations, full_matrices=False)
        chosen = directions[:modes]
        features = np.hstack([deviations @ chosen.T, np.ones((len(own), 1))])
        ridge = np.diag([RIDGE * sizes[0] ** 2] * modes + [0.0])
        targets = (wanted - own[:, vertices]).reshape(len(own), -1)
        offsets = np.linalg.solve(features.T @ features + ridge, features.T @ targets)
        return Correspondence(np.array(vertices), mean, chosen, offsets)

    @staticmethod
    def chosen(
        train: tuple[Doubles, Doubles], val: tuple[Doubles, Doubles], vertices: Sequence[int]
    ) -> "Correspondence":
        """Fitted on train with the number of modes that does best on val; each is (meshes, points)."""
        tried = [Correspondence.fit(*train, vertices, modes) for modes in MODES]
        return min(tried, key=lambda each: each.error(*val))

    def points(self, mesh: Doubles) -> Doubles:
        """(V, 2) mesh in pixels to (K, 2) points in pixels."""
        frame = _Frame.of(mesh)
        own = frame.inside(mesh)
        features = np.append(self.modes @ (own - self.mean).ravel(), 1.0)
        return frame.outside(own[self.vertices] + (features @ self.offsets).reshape(-1, 2))

    def error(self, meshes: Doubles, points: Doubles) -> float:
        """Mean distance in distances between the meshes' outer eye corners."""
        lengths = [
            np.hypot(*(self.points(mesh) - place).T).mean() / _Frame.of(mesh).unit
            for mesh, place in zip(meshes, points, strict=True)
        ]
        return float(np.mean(lengths))


@dataclass(frozen=True, slots=True)
class _Frame:
    """A face's own frame: middle between the outer eye corners, x along the eye line, their distance is 1."""

    middle: Doubles
    turn: Doubles
    unit: float

    @staticmethod
    def of(mesh: Doubles) -> "_Frame":
        left, right = mesh[OUTER_EYE_LEFT], mesh[OUTER_EYE_RIGHT]
        x, y = right - left
        unit = float(np.hypot(x, y))
        return _Frame((left + right) / 2, np.array([[x, -y], [y, x]]) / unit, unit)

    def inside(self, points: Doubles) -> Doubles:
        return np.asarray((points - self.middle) @ self.turn / self.unit)

    def outside(self, points: Doubles) -> Doubles:
        return np.asarray(points * self.unit @ self.turn.T + self.middle)
