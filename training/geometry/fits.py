"""Ways to turn the mesh into the service's geometry, from none to much freedom, each fitted on some of the pictures.

A way takes which faces may be used, (N,) booleans, and answers for all of them. Faces of one picture weigh together as
the square root of their number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from faceline.domain.face import LANDMARK_TYPES, Pose
from faceline.vision.attributes.gaze import gazes, iris_offsets
from faceline.vision.box import service_box
from faceline.vision.geometry import Doubles, bounds_of
from faceline.vision.landmarks import LandmarkModel, Placement, vertex_landmarks
from faceline.vision.pose import PoseFitter, angles_of, nose_drop
from faceline.vision.quality import BRIGHTNESS_SCALE, BRIGHTNESS_SHIFT, DETAIL, HEIGHT, OFFSET, on_ladder
from training.geometry.answers import BEFORE_2021, OLDER_MODEL, Answers, Seen
from training.geometry.shape import MIRROR, fit_model

Way = Callable[[np.ndarray], Doubles]
SHARPNESS_LIMITS = 1e-3
"""Shares nearer to 0 or 1 count as this far from it."""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is fitted on."""

    theirs: Answers
    seen: Seen
    prior: Answers
    fitter: PoseFitter

    def weights(self, used: np.ndarray) -> Doubles:
        """(N,) weights of the faces that may be used, 0 for the others."""
        weights = np.zeros(len(used))
        for group in np.unique(self.theirs.groups):
            rows = used & (self.theirs.groups == group)
            weights[rows] = max(rows.sum(), 1) ** -0.5
        return weights

    def model(self, used: np.ndarray) -> LandmarkModel:
        """The landmark model of the product, its pose fitted without the faces that may not be used."""
        later = self.prior.groups != BEFORE_2021[0]
        return fit_model(self.prior, [_only(self.prior, later), _only(self.theirs, used)])


def _only(answers: Answers, rows: np.ndarray) -> Answers:
    return Answers(*(getattr(answers, name)[rows] for name in Answers.__slots__))


def solve(features: Doubles, targets: Doubles, weights: Doubles, ridge: float = 1e-6) -> Doubles:
    """Weighted least squares of the rows with a finite target."""
    rows = np.isfinite(targets) & (weights > 0)
    scaled = features[rows] * weights[rows, None]
    normal = scaled.T @ features[rows] + ridge * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(normal, scaled.T @ targets[rows]))


def fixed(found: Doubles) -> Way:
    """A way that fits nothing."""
    return lambda _: found


def landmark_ways(material: Material) -> Mapping[str, Way]:
    """Ways to (N, 30, 2) pixels."""
    plain = vertex_landmarks(material.seen.meshes)
    turns = np.degrees(angles_of(material.fitter.rotations(material.seen.meshes)))[:2].T / 30

    def moved(features: Doubles, mirrored: Doubles, start: Way, ridge: float) -> Way:
        """Offsets in the face's own frame, linear in the features, left and right alike."""

        def way(used: np.ndarray) -> Doubles:
            points, weights = start(used), np.tile(material.weights(used), 2)
            model = material.model(used)
            placement = Placement.of(points, model.mean)
            wrong = placement.away(material.theirs.landmarks) - placement.away(points)
            both = np.concatenate([wrong, wrong[:, MIRROR] * (-1, 1)])
            inputs = np.concatenate([features, mirrored])
            offsets = np.zeros_like(points)
            for kind in range(len(LANDMARK_TYPES)):
                for axis in range(2):
                    offsets[:, kind, axis] = features @ solve(inputs, both[:, kind, axis], weights, ridge)
            return placement.back(placement.away(points) + offsets)

        return way

    def chosen(used: np.ndarray) -> Doubles:
        """For each landmark the vertex with the least mean distance."""
        distances = material.seen.meshes[:, :, None, :2] - material.theirs.landmarks[:, None]
        lengths = np.hypot(*np.moveaxis(distances, 3, 0)) / material.theirs.units[:, None, None]
        weights = np.where(np.isnan(lengths), 0, material.weights(used)[:, None, None])
        means = (np.nan_to_num(lengths) * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-9)
        return np.asarray(material.seen.meshes[:, means.argmin(axis=0), :2])

    one = np.ones((len(plain), 1))
    with_turns = np.hstack([one, turns])
    in_mirror = np.hstack([one, turns * (-1, 1)])

    def believed(used: np.ndarray) -> Doubles:
        return material.model(used).believed(plain)

    return {
        "vertices": fixed(plain),
        "vertices chosen anew": chosen,
        "vertices and an offset per point": moved(one, one, fixed(plain), 0.1),
        "vertices, offsets linear in yaw and pitch": moved(with_turns, in_mirror, fixed(plain), 1.0),
        "model of recorded shapes": believed,
        "model of recorded shapes and an offset per point": moved(one, one, believed, 3.0),
    }


def box_ways(material: Material) -> Mapping[str, Way]:
    """Ways to (N, 4) left, top, right, bottom in pixels."""
    bounds = [bounds_of(mesh[:468]) for mesh in material.seen.meshes]
    raw = np.array([[box.left, box.top, box.right, box.bottom] for box in bounds])
    sizes = np.tile(raw[:, 2:] - raw[:, :2], 2)
    present = np.array([[b.left, b.top, b.right, b.bottom] for b in map(service_box, bounds)])
    turns = np.degrees(angles_of(material.fitter.rotations(material.seen.meshes)))[:2].T / 30

    def shifted(start: Doubles, features: Doubles, ridge: float) -> Way:
        def way(used: np.ndarray) -> Doubles:
            wrong = (material.theirs.boxes - start) / sizes
            weights = material.weights(used)
            shifts = [features @ solve(features, wrong[:, side], weights, ridge) for side in range(4)]
            return np.asarray(start + np.stack(shifts, axis=1) * sizes)

        return way

    one = np.ones((len(raw), 1))
    return {
        "constants": fixed(present),
        "shifts fitted anew": shifted(raw, one, 1e-6),
        "constants, shifts linear in yaw": shifted(present, turns[:, :1], 1.0),
        "constants, shifts linear in yaw and pitch": shifted(present, np.hstack([one, turns]), 1.0),
    }


def pose_ways(material: Material) -> Mapping[str, Way]:
    """Ways to (N, 3) yaw, pitch, roll in degrees."""
    meshes = material.seen.meshes
    present = material.fitter.by_mesh(meshes).T
    raw = np.degrees(angles_of(material.fitter.rotations(meshes))).T
    plain = vertex_landmarks(meshes)

    def anew(used: np.ndarray) -> Doubles:
        weights = material.weights(used & (material.theirs.groups != OLDER_MODEL))
        pitch = np.stack([np.ones(len(raw)), raw[:, 1], nose_drop(meshes)], axis=1)
        found = present.copy()
        found[:, 0] = raw[:, :1] @ solve(raw[:, :1], material.theirs.poses[:, 0], weights)
        found[:, 1] = pitch @ solve(pitch, material.theirs.poses[:, 1], weights, 1e-3)
        return found

    def by_landmarks(used: np.ndarray) -> Doubles:
        model = material.model(used & (material.theirs.groups != OLDER_MODEL))
        return np.hstack([model.yaw_pitch(model.believed(plain)), present[:, 2:]])

    return {
        "mesh": fixed(present),
        "mesh, scales fitted anew": anew,
        "landmarks": by_landmarks,
        "mean of mesh and landmarks": lambda used: (present + by_landmarks(used)) / 2,
    }


def quality_ways(material: Material) -> Mapping[str, Way]:
    """Ways to (N, 2) brightness and sharpness."""
    luma, detail, height = material.seen.light.T
    one = np.ones(len(luma))

    def stated(brightness: Doubles, logits: Doubles) -> Doubles:
        return np.stack([np.clip(brightness, 0, 100), [on_ladder(float(value)) for value in logits]], axis=1)

    def anew(used: np.ndarray) -> Doubles:
        weights = material.weights(used)
        light, sharp = np.stack([one, luma], axis=1), np.stack([one, detail, height], axis=1)
        share = np.clip(material.theirs.quality[:, 1] / 100, SHARPNESS_LIMITS, 1 - SHARPNESS_LIMITS)
        return stated(
            light @ solve(light, material.theirs.quality[:, 0], weights),
            sharp @ solve(sharp, np.log(share / (1 - share)), weights),
        )

    present = stated(BRIGHTNESS_SHIFT + BRIGHTNESS_SCALE * luma, DETAIL * detail + HEIGHT * height + OFFSET)
    return {"constants": fixed(present), "fitted anew": anew}


def gaze_ways(material: Material) -> Mapping[str, Way]:
    """Ways to (N, 2) yaw and pitch of the eyes in degrees."""
    poses = pose_ways(material)["mean of mesh and landmarks"](np.ones(len(material.seen.meshes), bool))
    stated = gazes(material.seen.meshes, [Pose(roll, yaw, pitch) for yaw, pitch, roll in poses])
    present = np.array([[gaze.yaw_deg, gaze.pitch_deg] for gaze in stated])
    offsets = iris_offsets(material.seen.meshes)
    one = np.ones(len(present))

    def anew(used: np.ndarray) -> Doubles:
        columns = []
        for axis in range(2):
            features = np.stack([one, poses[:, axis] / 30, offsets[:, axis] * 4], axis=1)
            columns.append(features @ solve(features, material.theirs.gaze[:, axis], material.weights(used), 0.1))
        return np.stack(columns, axis=1)

    return {"constants": fixed(present), "fitted anew": anew}
