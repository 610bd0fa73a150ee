"""Faces and samples of any value that can be stored."""

from fractions import Fraction

from hypothesis import strategies as st

from faceline.domain.face import EMOTIONS, LANDMARK_TYPES, Attributes, Box, Face, Gaze, Point, Pose, Quality
from faceline.domain.video import FrameTime, SampleFaces

numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
points = st.builds(Point, numbers, numbers)
attributes = st.builds(
    Attributes,
    *[numbers] * 11,
    st.tuples(*[numbers] * len(EMOTIONS)),
)
gazes = st.builds(Gaze, numbers, numbers, numbers)
FORMS = ((st.none(), st.none()), (st.none(), gazes), (attributes, gazes))
"""What faces have beside the DEFAULT values: nothing, what the mesh tells, everything."""


def faces(
    found: st.SearchStrategy[Attributes | None], looking: st.SearchStrategy[Gaze | None]
) -> st.SearchStrategy[Face]:
    return st.builds(
        Face,
        st.builds(Box, numbers, numbers, numbers, numbers),
        numbers,
        st.lists(points, min_size=2, max_size=2).map(lambda two: tuple((two * 15)[: len(LANDMARK_TYPES)])),
        st.builds(Pose, numbers, numbers, numbers),
        st.builds(Quality, numbers, numbers),
        found,
        looking,
    )


@st.composite
def sample_lists(draw: st.DrawFn) -> list[SampleFaces]:
    """Samples of one video in one form, with tracks or without."""
    time_base = Fraction(draw(st.integers(1, 2**40)), draw(st.integers(1, 2**40)))
    face = faces(*draw(st.sampled_from(FORMS)))
    tracked = draw(st.booleans())
    samples = []
    for pts in draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5)):
        seen = tuple(draw(st.lists(face, max_size=3)))
        tracks = tuple(draw(st.integers(0, 2**32 - 1)) for _ in seen) if tracked else ()
        samples.append(SampleFaces(FrameTime(pts, time_base), seen, tracks))
    return samples
