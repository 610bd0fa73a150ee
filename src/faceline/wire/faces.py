"""The JSON of one face: a FaceDetail of DetectFaces, or an element of Faces of GetFaceDetection (B194-B220).

A face has up to 90 numbers, and pages hold a thousand faces, so nothing is serialised member by member: the numbers
of a face are collected into one vector, printed in one call, and dropped into the gaps of a flat text that was
prepared once for each form of the answer.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter, itemgetter

from faceline.domain.face import DEFAULT_LANDMARKS, EMOTIONS, LANDMARK_TYPES, Attributes, Face, Gaze, LandmarkType
from faceline.domain.job import FaceAttributes
from faceline.domain.verdicts import stated
from faceline.wire.numbers import java_numbers

# One text for each member of FaceDetail in the order of the service model; <name> is a gap that a face fills.
# Verdicts, emotions and landmarks are written out below.
_VERDICTS = ("Smile", "Eyeglasses", "Sunglasses", "Gender", "Beard", "Mustache", "EyesOpen", "MouthOpen")
_VERDICT = '"{0}":{{"Value":<{0}>,"Confidence":<{0}.Confidence>}}'
_EMOTION = '{{"Type":"<Emotion{0}>","Confidence":<Emotion{0}.Confidence>}}'
_LANDMARK = '{{"Type":"{0}","X":<{1}.X>,"Y":<{1}.Y>}}'

# The service repeats the eye's digits as the pupil's (B203).
_SAME_POINT = {LandmarkType.LEFT_PUPIL: LandmarkType.EYE_LEFT, LandmarkType.RIGHT_PUPIL: LandmarkType.EYE_RIGHT}

DEFAULT_MEMBERS = frozenset({"BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"})
"""What every answer has (B149, B185, B195)."""


def _member_texts(landmarks: int) -> dict[str, str]:
    points = ",".join(_LANDMARK.format(kind, _SAME_POINT.get(kind, kind)) for kind in LANDMARK_TYPES[:landmarks])
    emotions = ",".join(_EMOTION.format(place) for place in range(len(EMOTIONS)))
    return {
        "BoundingBox": '"BoundingBox":{"Width":<Width>,"Height":<Height>,"Left":<Left>,"Top":<Top>}',
        "AgeRange": '"AgeRange":{"Low":<Low>,"High":<High>}',
        **{name: _VERDICT.format(name) for name in _VERDICTS},
        "Emotions": f'"Emotions":[{emotions}]',
        "Landmarks": f'"Landmarks":[{points}]',
        "Pose": '"Pose":{"Roll":<Roll>,"Yaw":<Yaw>,"Pitch":<Pitch>}',
        "Quality": '"Quality":{"Brightness":<Brightness>,"Sharpness":<Sharpness>}',
        "Confidence": '"Confidence":<Confidence>',
        "FaceOccluded": _VERDICT.format("FaceOccluded"),
        "EyeDirection": '"EyeDirection":{"Yaw":<Gaze.Yaw>,"Pitch":<Gaze.Pitch>,"Confidence":<Gaze.Confidence>}',
    }


MEMBERS = tuple(_member_texts(DEFAULT_LANDMARKS))
"""The members of FaceDetail in model order (B12, B194)."""
APPEARANCE_MEMBERS = tuple(name for name in MEMBERS if name not in DEFAULT_MEMBERS | {"EyeDirection"})
"""Those that a face without `Face.attributes` does not show: nothing is made up in their place."""

# Names of the gaps, in the order in which `_numbers` and `_texts` give their values.
_VERDICT_ORDER = (*_VERDICTS, "FaceOccluded")
_BASE_NUMBERS = (*("Width", "Height", "Left", "Top", "Confidence", "Roll", "Yaw", "Pitch", "Brightness", "Sharpness"),)
_GAZE_NUMBERS = ("Gaze.Yaw", "Gaze.Pitch", "Gaze.Confidence")
_ATTRIBUTE_NUMBERS = (
    *(f"{name}.Confidence" for name in _VERDICT_ORDER),
    *(f"Emotion{place}.Confidence" for place in range(len(EMOTIONS))),
)
_ATTRIBUTE_TEXTS = ("Low", "High", *_VERDICT_ORDER, *(f"Emotion{place}" for place in range(len(EMOTIONS))))


class _Layout(Enum):
    """What a face has: the names of its gaps follow from it."""

    DEFAULT = ((), ())
    MESH = (_GAZE_NUMBERS, ())
    ALL = ((*_GAZE_NUMBERS, *_ATTRIBUTE_NUMBERS), _ATTRIBUTE_TEXTS)

    def gaps(self, landmarks: int) -> tuple[str, ...]:
        """In the order in which their values are given: numbers, the time, texts."""
        numbers, texts = self.value
        points = (f"{kind}.{axis}" for kind in LANDMARK_TYPES[:landmarks] for axis in "XY")
        return (*_BASE_NUMBERS, *points, *numbers, "Timestamp", *texts)


@dataclass(frozen=True, slots=True)
class _Text:
    """A flat text with gaps: the literals between them, and which of the values go there."""

    literals: tuple[bytes, ...]
    pick: Callable[[Sequence[bytes]], tuple[bytes, ...]]

    def fill(self, values: Sequence[bytes]) -> bytes:
        """The text with its gaps filled; `values` in the order of the layout's gaps."""
        pieces = [b""] * (2 * len(self.literals) - 1)
        pieces[0::2] = self.literals
        pieces[1::2] = self.pick(values)
        return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class FaceForm:
    """Which members a face shows and how many landmarks.

    members     names of FaceDetail's members; those of DEFAULT are always among them (B185)
    landmarks   5 or 30 (B149, B196)
    in_video    whether the face stands inside {"Timestamp": ..., "Face": ...} (B147)
    """

    members: frozenset[str]
    landmarks: int
    in_video: bool = False
    needs_attributes: bool = field(init=False)
    _texts: dict[_Layout, _Text] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        shown = self.members | DEFAULT_MEMBERS
        needs_attributes = shown != DEFAULT_MEMBERS
        texts = {_Layout.DEFAULT: self._text(DEFAULT_MEMBERS, _Layout.DEFAULT)}
        if needs_attributes:
            known = shown - frozenset(APPEARANCE_MEMBERS)
            texts = {_Layout.MESH: self._text(known, _Layout.MESH), _Layout.ALL: self._text(shown, _Layout.ALL)}
        object.__setattr__(self, "members", shown)
        object.__setattr__(self, "needs_attributes", needs_attributes)
        object.__setattr__(self, "_texts", texts)

    def fill(self, layout: _Layout, values: Sequence[bytes]) -> bytes:
        """The text of a face with its gaps filled; `values` in the order of the layout's gaps."""
        return self._texts[layout].fill(values)

    def _text(self, members: frozenset[str], layout: _Layout) -> _Text:
        texts = _member_texts(self.landmarks)
        face = "{" + ",".join(text for name, text in texts.items() if name in members) + "}"
        whole = f'{{"Timestamp":<Timestamp>,"Face":{face}}}' if self.in_video else face
        parts = re.split("<([^>]+)>", whole)
        gaps = layout.gaps(self.landmarks)
        literals = tuple(part.encode() for part in parts[0::2])
        return _Text(literals, itemgetter(*(gaps.index(name) for name in parts[1::2])))


_ALL_LANDMARKS = len(LANDMARK_TYPES)
_PICTURE_ONLY = frozenset({"FaceOccluded", "EyeDirection"})

VIDEO_DEFAULT = FaceForm(DEFAULT_MEMBERS, DEFAULT_LANDMARKS, in_video=True)
VIDEO_ALL = FaceForm(frozenset(MEMBERS) - _PICTURE_ONLY, _ALL_LANDMARKS, in_video=True)
VIDEO_EXTENDED = FaceForm(frozenset(MEMBERS), _ALL_LANDMARKS, in_video=True)
PICTURE_DEFAULT = FaceForm(DEFAULT_MEMBERS, DEFAULT_LANDMARKS)
PICTURE_ALL = FaceForm(frozenset(MEMBERS), _ALL_LANDMARKS)


def video_form(attributes: FaceAttributes, *, extended: bool) -> FaceForm:
    """The form of a video's faces; `extended` adds what the service leaves out to ALL (B148, B149)."""
    if attributes is FaceAttributes.DEFAULT:
        return VIDEO_DEFAULT
    return VIDEO_EXTENDED if extended else VIDEO_ALL


# Values of DetectFaces' Attributes that name one member (B89); DEFAULT and ALL name sets.
ATTRIBUTE_MEMBERS = {
    "AGE_RANGE": "AgeRange",
    "BEARD": "Beard",
    "EMOTIONS": "Emotions",
    "EYE_DIRECTION": "EyeDirection",
    "EYEGLASSES": "Eyeglasses",
    "EYES_OPEN": "EyesOpen",
    "GENDER": "Gender",
    "MOUTH_OPEN": "MouthOpen",
    "MUSTACHE": "Mustache",
    "FACE_OCCLUDED": "FaceOccluded",
    "SMILE": "Smile",
    "SUNGLASSES": "Sunglasses",
}


def picture_form(attributes: Iterable[str]) -> FaceForm:
    """The form that a list of Attributes asks for: DEFAULT always, ALL wins, names add to DEFAULT (B185-B187, B196).

    attributes   values of the service's enumeration (B89); order and repetition do not matter
    Raises       KeyError for any other value.
    """
    wanted = set(attributes) - {"DEFAULT"}
    if "ALL" in wanted:
        return PICTURE_ALL
    if not wanted:
        return PICTURE_DEFAULT
    return FaceForm(frozenset(ATTRIBUTE_MEMBERS[name] for name in wanted), DEFAULT_LANDMARKS)


def face_fragment(timestamp_ms: int, face: Face, form: FaceForm) -> bytes:
    """One element of Faces of GetFaceDetection, compact JSON in model order; members that the installation's weights
    cannot tell (`APPEARANCE_MEMBERS` without `Face.attributes`) are absent.

    timestamp_ms   time of the sample, whole milliseconds
    form           `VIDEO_DEFAULT`, `VIDEO_ALL` or `VIDEO_EXTENDED`
    Raises         ValueError when the form shows attributes and the face was analysed without them.
    """
    return _render(str(timestamp_ms).encode(), face, form)


def face_detail(face: Face, form: FaceForm) -> bytes:
    """One element of FaceDetails of DetectFaces; `form` comes from `picture_form`. Raises as `face_fragment`."""
    return _render(b"", face, form)


def _render(timestamp: bytes, face: Face, form: FaceForm) -> bytes:
    numbers = _base_numbers(face, form.landmarks)
    if not form.needs_attributes:
        return form.fill(_Layout.DEFAULT, [*java_numbers(numbers), timestamp])
    if face.gaze is None:
        raise ValueError("this form shows attributes, but they were not computed")
    numbers += _gaze_numbers(face.gaze)
    attributes = face.attributes
    if attributes is None:
        return form.fill(_Layout.MESH, [*java_numbers(numbers), timestamp])
    shares = _stated(attributes)
    order = sorted(range(len(EMOTIONS)), key=attributes.emotions.__getitem__, reverse=True)
    numbers += _attribute_numbers(attributes, shares, order)
    return form.fill(_Layout.ALL, [*java_numbers(numbers), timestamp, *_attribute_texts(attributes, shares, order)])


def _base_numbers(face: Face, landmarks: int) -> list[float]:
    box, pose, quality = face.box, face.pose, face.quality
    numbers = [
        *(box.width, box.height, box.left, box.top, 100.0 * face.score),
        *(pose.roll_deg, pose.yaw_deg, pose.pitch_deg, quality.brightness, quality.sharpness),
    ]
    for point in face.landmarks[:landmarks]:
        numbers.append(point.x)
        numbers.append(point.y)
    return numbers


def _gaze_numbers(gaze: Gaze) -> list[float]:
    return [gaze.yaw_deg, gaze.pitch_deg, 100.0 * gaze.score]


_TRAITS = ("smile", "eyeglasses", "sunglasses", "male", "beard", "mustache", "eyes_open", "mouth_open", "occluded")
"""Fields of `Attributes` in the order of `_VERDICT_ORDER`."""
_trait_values = attrgetter(*_TRAITS)


def _stated(attributes: Attributes) -> list[float]:
    """Probabilities of yes as they are stated, in the order of `_VERDICT_ORDER`; Gender's is that of Male."""
    return [stated(trait, value) for trait, value in zip(_TRAITS, _trait_values(attributes), strict=True)]


def _attribute_numbers(attributes: Attributes, shares: Sequence[float], order: Sequence[int]) -> list[float]:
    # B212: the confidence belongs to the stated value, so it is never below 50
    return [
        *[100.0 * (share if share > 0.5 else 1.0 - share) for share in shares],
        *[100.0 * attributes.emotions[place] for place in order],
    ]


_EMOTION_TEXTS = tuple(emotion.value.encode() for emotion in EMOTIONS)
_GENDER_PLACE = _VERDICT_ORDER.index("Gender")


def _attribute_texts(attributes: Attributes, shares: Sequence[float], order: Sequence[int]) -> list[bytes]:
    age = attributes.age_range
    verdicts = [b"true" if share > 0.5 else b"false" for share in shares]
    verdicts[_GENDER_PLACE] = b'"Male"' if shares[_GENDER_PLACE] > 0.5 else b'"Female"'
    return [b"%d" % age.low, b"%d" % age.high, *verdicts, *[_EMOTION_TEXTS[place] for place in order]]
