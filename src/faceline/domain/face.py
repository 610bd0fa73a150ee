"""One face as it was measured: the truth that is stored and that every form of an answer is made from.

Coordinates are ratios of the upright picture's width and height, x to the right and y down; they may lie outside
0..1 where a face leaves the picture. "Left" is the picture's left (rekognition.md B202). Scores and probabilities are
0..1 inside; the wire's 0..100 confidences are made from them at the wire.
"""

from dataclasses import dataclass
from enum import StrEnum


class LandmarkType(StrEnum):
    """The 30 landmarks in the order of the service's answers (B201); the first five are the DEFAULT set."""

    EYE_LEFT = "eyeLeft"
    EYE_RIGHT = "eyeRight"
    MOUTH_LEFT = "mouthLeft"
    MOUTH_RIGHT = "mouthRight"
    NOSE = "nose"
    LEFT_EYE_BROW_LEFT = "leftEyeBrowLeft"
    LEFT_EYE_BROW_RIGHT = "leftEyeBrowRight"
    LEFT_EYE_BROW_UP = "leftEyeBrowUp"
    RIGHT_EYE_BROW_LEFT = "rightEyeBrowLeft"
    RIGHT_EYE_BROW_RIGHT = "rightEyeBrowRight"
    RIGHT_EYE_BROW_UP = "rightEyeBrowUp"
    LEFT_EYE_LEFT = "leftEyeLeft"
    LEFT_EYE_RIGHT = "leftEyeRight"
    LEFT_EYE_UP = "leftEyeUp"
    LEFT_EYE_DOWN = "leftEyeDown"
    RIGHT_EYE_LEFT = "rightEyeLeft"
    RIGHT_EYE_RIGHT = "rightEyeRight"
    RIGHT_EYE_UP = "rightEyeUp"
    RIGHT_EYE_DOWN = "rightEyeDown"
    NOSE_LEFT = "noseLeft"
    NOSE_RIGHT = "noseRight"
    MOUTH_UP = "mouthUp"
    MOUTH_DOWN = "mouthDown"
    LEFT_PUPIL = "leftPupil"
    RIGHT_PUPIL = "rightPupil"
    UPPER_JAWLINE_LEFT = "upperJawlineLeft"
    MID_JAWLINE_LEFT = "midJawlineLeft"
    CHIN_BOTTOM = "chinBottom"
    MID_JAWLINE_RIGHT = "midJawlineRight"
    UPPER_JAWLINE_RIGHT = "upperJawlineRight"


LANDMARK_TYPES = tuple(LandmarkType)
DEFAULT_LANDMARKS = 5


class Emotion(StrEnum):
    """The eight emotions of the service (B215). The order is that of the service model's enumeration."""

    HAPPY = "HAPPY"
    SAD = "SAD"
    ANGRY = "ANGRY"
    CONFUSED = "CONFUSED"
    DISGUSTED = "DISGUSTED"
    SURPRISED = "SURPRISED"
    CALM = "CALM"
    FEAR = "FEAR"


EMOTIONS = tuple(Emotion)


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the picture, as ratios of its width and height."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in ratios of the picture, in the service's geometry (mid forehead to chin, jaw to jaw)."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Share of the picture, the key of the service's order of faces (B190)."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees, -180..180; yaw > 0 points to the picture's right, pitch > 0 up, roll > 0 clockwise (B205-B208)."""

    roll_deg: float
    yaw_deg: float
    pitch_deg: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Both 0..100; sharpness stands on the service's ladder (B209, B210)."""

    brightness: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Whole years, 0 <= low < high; the middle is the estimate (B214)."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Gaze:
    """EyeDirection: degrees, independent of the head's pose (B218); score 0..1. It comes from the mesh alone."""

    yaw_deg: float
    pitch_deg: float
    score: float


@dataclass(frozen=True, slots=True)
class Attributes:
    """What appearance networks say of a face: calibrated probabilities 0..1 that the named thing is true.

    Which value an answer states of a probability, and how sure it is of it, says `faceline.domain.verdicts`.

    age_years    the single estimate, 0..100
    age_spread   half width of the range that is stated around it, years (3, 4 or 5; B214)
    male         probability that Gender is Male
    occluded     FaceOccluded; not part of a video answer unless --extended (B148)
    emotions     eight probabilities in the order of `EMOTIONS`, sum 1
    """

    age_years: float
    age_spread: float
    male: float
    smile: float
    eyeglasses: float
    sunglasses: float
    beard: float
    mustache: float
    eyes_open: float
    mouth_open: float
    occluded: float
    emotions: tuple[float, ...]

    @property
    def age_range(self) -> AgeRange:
        """The stated range: whole years of the service's widths 6, 8 or 10, never below 0."""
        half = round(self.age_spread)
        low = max(0, round(self.age_years) - half)
        return AgeRange(low, low + 2 * half)


@dataclass(frozen=True, slots=True)
class Face:
    """One face in one picture.

    score        probability that this is a human face, 0..1
    landmarks    30 points in the order of `LANDMARK_TYPES`
    attributes   present when ALL was asked for and the installation's weights can tell them: under the profile
                 PERMISSIVE none can (docs/licences.md)
    gaze         EyeDirection, present when ALL was asked for; not part of a video answer unless --extended (B148)
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...]
    pose: Pose
    quality: Quality
    attributes: Attributes | None = None
    gaze: Gaze | None = None


REFERENCE_WIDTH_PX = 1920
"""Sizes "at 1080p" count pixels of a picture whose longer side has this many (B192)."""


@dataclass(frozen=True, slots=True)
class PictureFaces:
    """Size of an upright picture in pixels, and its faces, largest first."""

    width: int
    height: int
    faces: tuple[Face, ...]


def is_large_enough(box: Box, width: int, height: int, min_face_px: int) -> bool:
    """Whether the shorter side of a box has `min_face_px` pixels at 1080p, growing in proportion to the picture (B192).

    width, height   of the upright picture, pixels
    """
    side = min(box.width * width, box.height * height)
    return side * REFERENCE_WIDTH_PX >= min_face_px * max(width, height)


def order_of_faces(face: Face) -> tuple[float, float, float]:
    """Sort key within one picture: falling area, ties by left, then top (B145, B190)."""
    return (-face.box.area, face.box.left, face.box.top)
