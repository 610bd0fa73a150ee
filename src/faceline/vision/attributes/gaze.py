"""EyeDirection from the irises: how far they stand from the middle of the eye.

No picture set labels it. Of the maps of yaw that are about as near to the 28 recorded faces as any (10.5 degrees in the
mean), this is the one with the smallest shift: a mirrored face should give the mirrored yaw. The recorded pitch follows
neither head nor irises, so its shift is the service's, and a level look comes out some 6 degrees low. Held against
faces annotated by eye (docs/accuracy.md), yaw tells left, ahead and right, and pitch hardly more than an order. The
score says how much of the eyes could be seen: it falls as they close and as the head turns away.
"""

import numpy as np

from faceline.domain.face import Gaze, Pose
from faceline.vision.attributes.measures import IRISES, eye_openness
from faceline.vision.geometry import Doubles

CORNERS = (33, 133), (362, 263)
"""Left and right corner of the left and of the right eye, as seen."""
LIDS = (159, 145), (386, 374)
YAW_HEAD, YAW_IRIS, YAW_SHIFT = 0.9, 110.0, -3.0
PITCH_HEAD, PITCH_IRIS, PITCH_SHIFT = 0.3, 40.0, -10.0
"""Degrees = HEAD x head's degrees + IRIS x offset of the iris in eye widths + SHIFT."""
YAW_LIMIT, PITCH_LIMIT = 60.0, 45.0
SHUT, OPEN = 0.08, 0.20
"""Eye height over width at which nothing, and at which everything, can be seen of the iris."""


def iris_offsets(meshes: Doubles) -> Doubles:
    """(N, 478, 3) to (N, 2): how far the irises stand to the right of and above the eyes' middles, in eye widths, in
    the direction of each eye's own corners; mean of both eyes."""
    offsets = np.zeros((len(meshes), 2))
    for iris, (left, right) in zip(IRISES, CORNERS, strict=True):
        along = meshes[:, right, :2] - meshes[:, left, :2]
        square = np.maximum((along**2).sum(axis=1), 1e-9)
        place = meshes[:, iris, :2] - (meshes[:, right, :2] + meshes[:, left, :2]) / 2
        up = np.stack([along[:, 1], -along[:, 0]], axis=1)
        offsets[:, 0] += (place * along).sum(axis=1) / square / 2
        offsets[:, 1] += (place * up).sum(axis=1) / square / 2
    return offsets


def gazes(meshes: Doubles, poses: list[Pose]) -> list[Gaze]:
    """One gaze per mesh (N, 478, 3) and its pose."""
    openness = np.minimum(*eye_openness(meshes))
    seen = np.clip((openness - SHUT) / (OPEN - SHUT), 0, 1)
    found = []
    for (right, up), pose, share in zip(iris_offsets(meshes), poses, seen, strict=True):
        yaw = YAW_HEAD * pose.yaw_deg + YAW_IRIS * right + YAW_SHIFT
        pitch = PITCH_HEAD * pose.pitch_deg + PITCH_IRIS * up + PITCH_SHIFT
        facing = max(0.0, 1 - abs(pose.yaw_deg) / 90)
        found.append(
            Gaze(
                float(np.clip(yaw, -YAW_LIMIT, YAW_LIMIT)),
                float(np.clip(pitch, -PITCH_LIMIT, PITCH_LIMIT)),
                float(share * facing),
            )
        )
    return found
