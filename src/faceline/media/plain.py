"""Decode everything and believe the decoder's times: for files whose packets do not tell, and for damaged ones."""

from collections.abc import Iterator

import av
from av.video.frame import VideoFrame

from faceline.media.container import OpenVideo, blame_the_file
from faceline.media.timing import Clock, Grid, ShownTimes, VideoPacket

# Packets in a row that fail to decode before the rest of the span counts as lost.
MAX_DECODE_FAILURES = 1000


def sampled_frames(
    video: OpenVideo, packets: Iterator[VideoPacket], clock: Clock, grid: Grid, fallback_ticks: int
) -> Iterator[tuple[int, VideoFrame]]:
    """The frames that `grid` takes, with their pts, in order of time; what does not decode is stepped over.

    packets          in decode order, from well before the grid's part
    fallback_ticks   how long a frame is shown when nothing says so
    Raises           JobFailed(FRAME_TOO_LARGE) when frames grow over the limit midway
    """
    shown: tuple[int, VideoFrame] | None = None
    times = ShownTimes(clock, fallback_ticks)
    for frame in decoded(video, packets):
        pts = times.of(frame)
        if shown is not None and grid.takes(shown[0], pts):
            yield shown
        if grid.end_tick is not None and pts >= grid.end_tick:
            return
        shown = (pts, frame)
    if shown is not None:
        pts, frame = shown
        if grid.takes(pts, pts + (clock.frame_ticks(frame) or fallback_ticks)):
            yield shown


def decoded(video: OpenVideo, packets: Iterator[VideoPacket]) -> Iterator[VideoFrame]:
    """Every frame that can be decoded, in the decoder's order. Ends after `MAX_DECODE_FAILURES` in a row."""
    failures = 0
    for packet in packets:
        try:
            frames = video.decoder.decode(packet)
        except av.FFmpegError as error:
            blame_the_file(error)
            video.check_size()
            failures += 1
            if failures >= MAX_DECODE_FAILURES:
                break
            continue
        failures = 0
        yield from frames
    try:
        yield from video.decoder.decode(None)
    except av.FFmpegError as error:
        blame_the_file(error)  # what was still inside is damaged
