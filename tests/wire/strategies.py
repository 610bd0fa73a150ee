"""Hypothesis strategies for faces and requests, shared by the tests of wire and api."""

import base64
from typing import Any

from hypothesis import strategies as st

from faceline.domain.face import Attributes, Box, Face, Gaze, Point, Pose, Quality
from faceline.wire.constraints import Blob, Integer, Sequence, Shape, Structure, Text

probability = st.floats(0, 1)
ratio = st.floats(-0.5, 1.5)
degrees = st.floats(-180, 180)
emotions = st.lists(st.floats(0.001, 1), min_size=8, max_size=8).map(lambda raw: tuple(each / sum(raw) for each in raw))
attributes = st.builds(
    Attributes,
    age_years=st.floats(0, 100),
    age_spread=st.sampled_from([3.0, 4.0, 5.0]),
    **dict.fromkeys(
        ("male", "smile", "eyeglasses", "sunglasses", "beard", "mustache", "eyes_open", "mouth_open", "occluded"),
        probability,
    ),
    emotions=emotions,
)
faces = st.builds(
    Face,
    box=st.builds(Box, ratio, ratio, ratio, ratio),
    score=probability,
    landmarks=st.lists(st.builds(Point, ratio, ratio), min_size=30, max_size=30).map(tuple),
    pose=st.builds(Pose, degrees, degrees, degrees),
    quality=st.builds(Quality, st.floats(0, 100), st.floats(0, 100)),
    attributes=attributes,
    gaze=st.builds(Gaze, degrees, degrees, probability),
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def like(draw: st.DrawFn, kind: Shape) -> Any:
    """Values that are often of the right type, and often not."""
    if draw(st.integers(0, 5)) == 0:
        return draw(json_values)
    match kind:
        case Text():
            return draw(st.text(max_size=70) | st.sampled_from([*kind.values, "abc", "a-b"]))
        case Integer():
            return draw(st.integers(-3, 2**33))
        case Blob():
            return base64.b64encode(draw(st.binary(max_size=40))).decode()
        case Sequence():
            return draw(st.lists(like(kind.item), max_size=4))
        case Structure():
            names = draw(st.sets(st.sampled_from(kind.members)))
            return {member.name: draw(like(member.shape)) for member in names}
