"""The grid against its definition, and times of frames that containers leave out."""

from fractions import Fraction
from itertools import pairwise
from math import ceil

from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from faceline.domain.video import EVERY_FRAME, SampleRate, Span
from faceline.media.timing import Clock, ShownTimes, grid_of

TICKS = st.sampled_from([Fraction(1, 30), Fraction(1, 1000), Fraction(1, 12800), Fraction(1001, 30000), Fraction(1, 7)])
RATES = st.sampled_from([Fraction(2), Fraction(5), Fraction(1, 3), Fraction(24000, 1001)])
WHOLE = Span(0, 0, None)


@given(TICKS, RATES, st.integers(-50, 200_000), st.integers(1, 60_000))
def test_takes_a_frame_when_a_target_lies_in_its_time(tick: Fraction, rate: Fraction, pts: int, shown: int) -> None:
    grid = grid_of(SampleRate(rate), tick, WHOLE)
    start, end = pts * tick, (pts + shown) * tick
    first = ceil(start * rate)
    assert grid.takes(pts, pts + shown) == (pts >= 0 and Fraction(first) / rate < end)
    if pts >= 0:
        assert grid.index(pts) == first


@given(TICKS, st.one_of(RATES, st.none()), st.lists(st.integers(1, 20_000), min_size=2, max_size=30), st.data())
def test_every_sample_belongs_to_exactly_one_span(
    tick: Fraction, rate: Fraction | None, gaps: list[int], data: st.DataObject
) -> None:
    """Wherever the cuts lie, on frames or beside them."""
    times = [sum(gaps[:place]) for place in range(len(gaps))]
    cuts = sorted(data.draw(st.sets(st.integers(0, times[-1]), max_size=5)) | {0})
    spans = [Span(number, start, end) for number, (start, end) in enumerate(zip(cuts, [*cuts[1:], None], strict=True))]
    whole = grid_of(SampleRate(rate), tick, WHOLE)
    parts = [grid_of(SampleRate(rate), tick, span) for span in spans]
    for pts, following in pairwise(times):
        owners = sum(part.takes(pts, following) for part in parts)
        assert owners == whole.takes(pts, following)


def test_every_frame_is_taken_once_and_none_before_zero() -> None:
    grid = grid_of(EVERY_FRAME, Fraction(1, 30), WHOLE)
    assert [pts for pts in range(-2, 4) if grid.takes(pts, pts + 1)] == [0, 1, 2, 3]
    assert not grid.takes(5, 5), "a frame that is shown for no time is no sample"


def _frame(pts: int | None, dts: int | None) -> VideoFrame:
    frame = VideoFrame(16, 16, "gray")
    frame.pts = pts
    if dts is not None:
        frame.dts = dts
    frame.duration = 0
    return frame


def _shown(times: list[tuple[int | None, int | None]], start: int = 0) -> list[int]:
    shown = ShownTimes(Clock(Fraction(1, 25), start), fallback_ticks=3)
    return [shown.of(_frame(pts, dts)) for pts, dts in times]


def test_presentation_times_are_believed_while_they_go_forward() -> None:
    assert _shown([(10, 0), (12, 1), (14, 2)]) == [10, 12, 14]


def test_decode_times_stand_in_for_missing_and_for_senseless_ones() -> None:
    assert _shown([(None, 2), (None, 3), (None, 4)]) == [2, 3, 4]
    # the third presentation time goes back: from there on decode times, which never did, are taken
    assert _shown([(1, 2), (4, 4), (3, 5), (6, 6), (5, 7)]) == [1, 4, 5, 6, 7]


def test_a_frame_without_any_time_follows_the_one_before() -> None:
    assert _shown([(10, None), (None, None), (None, None)]) == [10, 13, 16]


def test_the_start_of_a_running_clock_is_zero() -> None:
    assert _shown([(132_000, None), (None, 135_000)], start=132_000) == [0, 3000]
