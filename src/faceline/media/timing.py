"""The file's own timeline. The only module that reads PyAV's time attributes.

Every pts outside this module is a whole number of ticks of the stream's time base on the timeline that a browser's
`currentTime` shows: edit lists are applied by the demuxer, and of MPEG-TS and MPEG-PS, whose clocks start anywhere,
the file's start is subtracted.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from faceline.domain.video import FrameTime, SampleRate, Span

# PyAV's stubs know a type argument that the class itself does not take
if TYPE_CHECKING:
    VideoPacket: TypeAlias = Packet[VideoStream]
else:
    VideoPacket = Packet

# Transport and program streams carry a running clock; all other containers mean their times as they stand.
_RUNNING_CLOCKS = frozenset({"mpegts", "mpeg"})


_TRACK_LENGTH = re.compile(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,9})?)")


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns the demuxer's and decoder's times into pts of the file's own timeline.

    time_base   seconds of one tick
    start       the demuxer's tick that is shown as 0
    """

    time_base: Fraction
    start: int

    def packet_pts(self, packet: VideoPacket) -> int | None:
        """When the packet's picture is shown; None when the container does not say."""
        return None if packet.pts is None else packet.pts - self.start

    def packet_dts(self, packet: VideoPacket) -> int | None:
        """When the packet is due at the decoder."""
        return None if packet.dts is None else packet.dts - self.start

    def packet_ticks(self, packet: VideoPacket) -> int:
        """How long the packet's picture is shown, in ticks; 0 when unknown."""
        return max(packet.duration or 0, 0)

    def frame_pts(self, frame: VideoFrame) -> int | None:
        """When the frame is shown; None when the container did not say."""
        return None if frame.pts is None else frame.pts - self.start

    def frame_dts(self, frame: VideoFrame) -> int | None:
        """Decode time of the packet that made the decoder give the frame: in a file without pts, when it is shown."""
        return None if frame.dts is None else frame.dts - self.start

    def frame_ticks(self, frame: VideoFrame) -> int:
        """How long the frame is shown, in ticks; 0 when unknown."""
        return max(frame.duration or 0, 0)

    def at(self, pts: int) -> FrameTime:
        """The time as it is stored."""
        return FrameTime(pts, self.time_base)

    def seek_offset(self, pts: int) -> int:
        """The demuxer's tick of a pts."""
        return pts + self.start

    def ticks(self, seconds: Fraction) -> int:
        """Whole ticks in a stretch of time."""
        return int(seconds / self.time_base)

    def seconds(self, ticks: int) -> Fraction:
        """Exact seconds of a stretch of ticks."""
        return ticks * self.time_base


class ShownTimes:
    """Times for frames in the decoder's order, from whichever of pts and dts goes back less often.

    Source: FFmpeg's guess_correct_pts in libavcodec/decode.c, which players follow.
    """

    def __init__(self, clock: Clock, fallback_ticks: int) -> None:
        self._clock = clock
        self._fallback_ticks = fallback_ticks
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._bad_pts = 0
        self._bad_dts = 0
        self._due = 0

    def of(self, frame: VideoFrame) -> int:
        """The frame's time; one without any follows the frame before it."""
        pts, dts = self._clock.frame_pts(frame), self._clock.frame_dts(frame)
        if dts is not None:
            self._bad_dts += self._last_dts is not None and dts <= self._last_dts
            self._last_dts = dts
        if pts is not None:
            self._bad_pts += self._last_pts is not None and pts <= self._last_pts
            self._last_pts = pts
        trust_pts = pts is not None and (self._bad_pts <= self._bad_dts or dts is None)
        time = pts if trust_pts else dts
        shown = self._due if time is None else time
        self._due = shown + (self._clock.frame_ticks(frame) or self._fallback_ticks)
        return shown


def show_as_decoded(packet: VideoPacket) -> None:
    """Give a packet without a presentation time its decode time: right for streams whose frames keep their order."""
    if packet.pts is None:
        packet.pts = packet.dts


def clock_of(container: InputContainer, stream: VideoStream) -> Clock:
    """The clock of an opened stream."""
    time_base = stream.time_base or Fraction(1, av.time_base)
    if container.format.name not in _RUNNING_CLOCKS or container.start_time is None:
        return Clock(time_base, 0)
    # rounded to the nearest tick: the container states its start in whole microseconds
    return Clock(time_base, round(Fraction(container.start_time, av.time_base) / time_base))


def index_ticks(stream: VideoStream) -> list[tuple[int, bool]]:
    """The demuxer's index: (tick, whether a span may begin there), in the order of the file.

    The ticks are dts for MP4 and pts for Matroska. Entries that an edit list hides are no beginnings.
    """
    return [(entry.timestamp, entry.is_keyframe and not entry.is_discard) for entry in stream.index_entries]


def stated_ticks(container: InputContainer, stream: VideoStream) -> int | None:
    """How long the headers say that the video is, in ticks; a claim, not a fact."""
    if stream.duration is not None:
        return stream.duration
    tag = stream.metadata.get("DURATION", "")  # Matroska's length of one track
    if stream.time_base is not None and (match := _TRACK_LENGTH.fullmatch(tag)):
        hours, minutes, seconds = match.groups()
        return round((int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)) / stream.time_base)
    if container.duration is None or stream.time_base is None:
        return None
    return round(Fraction(container.duration, av.time_base) / stream.time_base)


@dataclass(frozen=True, slots=True)
class Grid:
    """The sampling grid in whole numbers: target k stands at k / rate seconds, k = 0, 1, 2, ...

    Frame F, followed by a frame (or the video's end) at `following`, is sampled when a target lies in
    [pts, following), and its index is the first such k. So a frame is given at most once, a frame before 0 never, and
    which span gives it depends on the frame and its follower alone.

    num, den   target k stands at k * den / num ticks; num is 0 when every frame is wanted
    """

    num: int
    den: int
    first_tick: int | None
    end_tick: int | None

    def index(self, pts: int) -> int:
        """The first target at or after `pts`; when every frame is wanted there is no grid, and it is the pts."""
        return -((-pts * self.num) // self.den) if self.num else pts

    def takes(self, pts: int, following: int) -> bool:
        """Whether this span's samples contain the frame at `pts` that is shown until `following`."""
        if not 0 <= pts < following:
            return False
        target, scale = (self.index(pts) * self.den, self.num) if self.num else (pts, 1)
        if target >= following * scale:
            return False
        if self.first_tick is not None and target < self.first_tick * scale:
            return False
        return self.end_tick is None or target < self.end_tick * scale


def grid_of(rate: SampleRate, time_base: Fraction, span: Span) -> Grid:
    """The part of the grid that `span` owns. The first span also owns what lies before its start."""
    first = None if span.number == 0 else span.start_pts
    if rate.per_second is None:
        return Grid(0, 1, first, span.end_pts)
    per_tick = rate.per_second * time_base
    return Grid(per_tick.numerator, per_tick.denominator, first, span.end_pts)
