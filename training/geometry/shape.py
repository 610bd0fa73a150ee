"""How the service's landmarks lie together, and what that makes of points that were read off the mesh.

The recorded landmarks of a face, brought to one place, size and turn, are taken as drawn from a normal distribution;
what the vertices say is that plus noise of its own. The best linear estimate is mean + gain x (vertices - mean) with
gain = C (C + D)^-1, C the covariance of the recorded shapes and D that of the noise. Everything is fitted on answers
without a picture, seen also in the mirror, so that a mirrored face gets mirrored landmarks.
"""

import re
from collections.abc import Sequence

import numpy as np

from faceline.domain.face import LANDMARK_TYPES
from faceline.vision.geometry import Doubles
from faceline.vision.landmarks import EYES, PUPILS, LandmarkModel, Placement
from training.geometry.answers import KINDS, OUTER, Answers

OWN_SPREAD = 4e-4
"""Variance that each coordinate has of its own in the recorded shapes, in squared outer-eye distances."""
NOISE = 1e-3
MOUTH_NOISE, NOSE_NOISE = 2e-4, 3e-4
"""Variances of what vertices say of a coordinate. Recorded faces talk and smile, few laugh: with 1e-3 for the mouth
an open mouth of landmarks68 is drawn shut by 2 % of the outer-eye distance, for 0.1 % less on recorded pictures."""
TURN_RIDGE = 0.3
ROUNDS = 5
LEVEL = 50.0
"""Degrees of roll up to which recorded faces take part in the fit of yaw and pitch."""


SIDES = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
MIRROR = np.array([KINDS.index(re.sub("|".join(SIDES), lambda side: SIDES[side[0]], name)) for name in KINDS])
"""Number of the landmark that each becomes in the mirror."""


def mirrored(points: Doubles) -> Doubles:
    """(N, 30, 2) as seen in the mirror, under the names they then have."""
    return np.asarray(points[:, MIRROR] * (-1, 1))


def mean_shape(points: Doubles, weights: Doubles) -> Doubles:
    """(30, 2), its middle 0, the outer corners of the eyes level and 1 apart; symmetric if the faces are."""
    mean = _normal(points[0])
    for _ in range(ROUNDS):
        aligned = Placement.of(points, mean).away(points)
        mean = _normal(np.average(aligned, axis=0, weights=weights))
    return mean


def _normal(shape: Doubles) -> Doubles:
    places = shape[:, 0] + 1j * shape[:, 1]
    places = (places - places.mean()) / (places[OUTER[1]] - places[OUTER[0]])
    return np.stack([places.real, places.imag], axis=1)


def fit_model(answers: Answers, turning: Sequence[Answers]) -> LandmarkModel:
    """The product's model.

    answers   shapes of the prior, all with 30 landmarks
    turning   what yaw and pitch are fitted on; faces without all landmarks are left out
    """
    points = np.concatenate([answers.landmarks, mirrored(answers.landmarks)])
    points[:, PUPILS] = points[:, EYES]
    weights = np.tile(answers.weights, 2)
    mean = mean_shape(points, weights)
    deviations = (Placement.of(points, mean).away(points) - mean).reshape(len(points), -1)
    spread = (deviations * weights[:, None]).T @ deviations / weights.sum() + OWN_SPREAD * np.eye(mean.size)
    gain = spread @ np.linalg.inv(spread + np.diag(np.repeat(_noise(), 2)))
    return LandmarkModel(mean, gain, *_fit_angles(mean, turning))


def _noise() -> Doubles:
    return np.array(
        [
            MOUTH_NOISE if kind.value.startswith("mouth") else NOSE_NOISE if kind.value.startswith("nose") else NOISE
            for kind in LANDMARK_TYPES
        ]
    )


def _fit_angles(mean: Doubles, turning: Sequence[Answers]) -> tuple[Doubles, Doubles]:
    """Ridge of yaw and pitch on the shape of the service's own landmarks: (60, 2) and (2,)."""
    chosen = [answers.complete & (np.abs(answers.poses[:, 2]) < LEVEL) for answers in turning]
    points, angles, weights = (
        np.concatenate([getattr(answers, name)[rows] for answers, rows in zip(turning, chosen, strict=True)])
        for name in ("landmarks", "poses", "weights")
    )
    points, angles = np.concatenate([points, mirrored(points)]), angles[:, :2]
    angles, weights = np.concatenate([angles, angles * (-1, 1)]), np.tile(weights, 2)
    deviations = (Placement.of(points, mean).away(points) - mean).reshape(len(points), -1)
    middle, level = (np.average(values, axis=0, weights=weights) for values in (deviations, angles))
    centred = deviations - middle
    normal = (centred * weights[:, None]).T @ centred + TURN_RIDGE * np.eye(centred.shape[1])
    slopes = np.linalg.solve(normal, (centred * weights[:, None]).T @ (angles - level))
    return slopes, level - middle @ slopes
