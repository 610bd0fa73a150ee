"""How much one reading of a face counts: large, sharp, frontal and unhidden faces are read best."""

from faceline.domain.face import Face

CLEAR_PX = 64.0
"""Height from which a face is read as well as it ever is (appearance.md: nothing is gained above)."""
CLEAR_SHARPNESS = 10.0
"""On the service's ladder; what lies below is out of focus or moving."""
FRONTAL_DEG, PROFILE_DEG = 15.0, 75.0
LEAST = 0.2
"""What the worst size, sharpness or direction leaves of a reading."""
HIDDEN = 0.1
"""What is left of a reading of age, gender or hair when mask, hand or glasses hide the face."""


def clarity(face: Face, frame_height: int) -> float:
    """0..1 from size in pixels, sharpness and direction."""
    size = face.box.height * frame_height / CLEAR_PX
    sharpness = face.quality.sharpness / CLEAR_SHARPNESS
    turned = max(abs(face.pose.yaw_deg), abs(face.pose.pitch_deg))
    frontal = (PROFILE_DEG - turned) / (PROFILE_DEG - FRONTAL_DEG)
    return face.score * _share(size) * _share(sharpness) * _share(frontal)


def bareness(occluded: float) -> float:
    """1 for a bare face down to `HIDDEN` for a hidden one; `occluded` is the probability."""
    return 1 - (1 - HIDDEN) * occluded


def _share(value: float) -> float:
    return min(max(value, LEAST), 1.0)
