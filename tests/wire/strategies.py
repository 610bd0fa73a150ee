"""Hypothesis strategies for faces, shared by the tests of wire, service and api."""

from hypothesis import strategies as st

from faceline.domain.face import Attributes, Box, Face, Gaze, Point, Pose, Quality

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
    gaze=st.builds(Gaze, degrees, degrees, probability),
)
faces = st.builds(
    Face,
    box=st.builds(Box, ratio, ratio, ratio, ratio),
    score=probability,
    landmarks=st.lists(st.builds(Point, ratio, ratio), min_size=30, max_size=30).map(tuple),
    pose=st.builds(Pose, degrees, degrees, degrees),
    quality=st.builds(Quality, st.floats(0, 100), st.floats(0, 100)),
    attributes=attributes,
)
