"""The samples of one span of a video: the frames that a decode of the whole file would give, for less work.

The rule: sample k is the last frame shown at or before target k, a frame is given at most once, frames before 0 are
not sampled, and no target lies at or after the end of the last frame. A span owns the targets in its time.

Two ways lead there. `thrifty` decodes what the samples need and checks that its frames come out as the packets' times
promised; where they do not (damage, missing times, hidden packets), the rest of the span is done by `plain`, which
decodes everything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.video.frame import VideoFrame

from faceline.domain.ports import ByteStream
from faceline.domain.video import FrameTime, SampleRate, Span, VideoPlan
from faceline.media import plain, thrifty
from faceline.media.container import MediaLimits
from faceline.media.schedule import IrregularTimes
from faceline.media.seeking import opened_at
from faceline.media.timing import clock_of, grid_of
from faceline.media.upright import RGB, Upright, pixel_aspect_of

# The plain way begins this much before its span: a stream that refreshes its picture bit by bit (x264's intra-refresh)
# shows whole frames only after one refresh period, 250 frames by default.
_RUN_UP_S = 12


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One sampled frame.

    time     on the file's own timeline
    index    the first target of the grid that the frame answers; the frame's pts when every frame is wanted
    pixels   (H, W, 3) uint8 RGB, upright
    """

    time: FrameTime
    index: int
    pixels: RGB


def samples(
    stream: ByteStream,
    plan: VideoPlan,
    span: Span,
    rate: SampleRate,
    limits: MediaLimits,
    *,
    after: FrameTime | None = None,
    beat: Callable[[], None] = lambda: None,
) -> Iterator[Sample]:
    """The samples of `span` in order of time; all spans together give what one pass over the file gives.

    after   resume: only the samples behind this one, which an earlier run gave. The span is decoded from its start all
            the same, so that a damaged file gives the same frames however often the work was interrupted
    beat    called for every sampled frame, also for those that `after` leaves out: a sign that the work goes on

    Damaged stretches are stepped over, and a span in which nothing decodes gives nothing: `probe` has seen that the
    file's first frames decode. Raises JobFailed: what `open_video` raises, FRAME_TOO_LARGE when frames grow midway, and
    the source's faults. `stream` stays open.
    """
    upright = Upright()
    grid = grid_of(rate, plan.time_base, span)
    for pts, frame, pixel_aspect in _frames(stream, plan, span, rate, limits):
        beat()
        if after is None or pts > after.pts:
            yield Sample(FrameTime(pts, plan.time_base), grid.index(pts), upright.rgb(frame, pixel_aspect))


def _frames(
    stream: ByteStream, plan: VideoPlan, span: Span, rate: SampleRate, limits: MediaLimits
) -> Iterator[tuple[int, VideoFrame, Fraction]]:
    """Time, frame and shape of its pixels."""
    grid = grid_of(rate, plan.time_base, span)
    given: int | None = None
    start = None if span.number == 0 else span.start_pts
    with opened_at(stream, limits, start) as (video, packets):
        clock = clock_of(video.container, video.stream)
        ticks = max(1, clock.ticks(_frame_seconds(plan)))
        try:
            for pts, frame in thrifty.sampled_frames(video, packets, clock, grid, ticks):
                yield pts, frame, pixel_aspect_of(video.stream)
                given = pts
        except IrregularTimes:
            pass
        else:
            return
    run_up = None if start is None else start - clock.ticks(Fraction(_RUN_UP_S))
    with opened_at(stream, limits, run_up) as (video, packets):
        for pts, frame in plain.sampled_frames(video, packets, clock, grid, ticks):
            if given is None or pts > given:
                yield pts, frame, pixel_aspect_of(video.stream)
                given = pts


def _frame_seconds(plan: VideoPlan) -> Fraction:
    """How long a frame is shown on average."""
    return 1 / Fraction(plan.facts.frame_rate) if plan.facts.frame_rate > 0 else Fraction(0)
