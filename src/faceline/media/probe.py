"""What a video is and how it is cut, without decoding more than its first picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.video.frame import VideoFrame

from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.ports import ByteStream
from faceline.domain.video import ColorRange, Span, VideoFacts, VideoPlan
from faceline.media.container import MediaLimits, OpenVideo, open_video
from faceline.media.plain import decoded
from faceline.media.timing import Clock, VideoPacket, clock_of, index_ticks, stated_ticks
from faceline.media.upright import is_turned

# A span costs one opening of the file (5-40 ms of CPU, one or two requests to the store) and at most one group of
# pictures decoded twice (usually 1-10 s of video); 20 s keep both below a few per cent, and an hour still makes 180
# pieces to share. Changing it changes which rows an interrupted job reuses, not its results.
SPAN_SECONDS = 20

# Demuxers that give a packet the same times after a seek as in one pass. MPEG-PS states few of them, and FFmpeg counts
# on from wherever it began, half a frame off in a clip of ours; Ogg states them at the ends of its pages.
_EXACT_SEEKS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "asf", "flv"})

# FFmpeg's number for full range in AVFrame.color_range
_FULL_RANGE = 2

# An index is believed as long as the headers' duration ends at most this long after its last entry; else all packets
# are read. Two key frames of a screen recording or a still scene are seldom further apart.
_INDEX_GAP_SECONDS = 600


def probe(stream: ByteStream, limits: MediaLimits) -> VideoPlan:
    """Read the facts and cut the video at key frames into spans of `SPAN_SECONDS` or a little more.

    The plan is a function of the file alone. Key frames come from the index of MP4 and MOV and the cues of Matroska and
    WebM; every other container, and a file whose index is missing or at odds with its headers, is read through once
    without decoding (22 microseconds a packet: 2.4 CPU seconds for an hour at 30 frames a second, and every byte is
    fetched once more). `stream` stays open.

    Raises JobFailed: what `open_video` raises, NOT_DECODABLE, TOO_LONG (by the frames' own times, whatever the headers
    claim) and the source's faults.
    """
    with open_video(stream, limits) as video:
        clock = clock_of(video.container, video.stream)
        start = _Start(clock)
        picture = next(decoded(video, start.watch(video.packets())), None)
        if picture is None:
            raise JobFailed(JobFault.NOT_DECODABLE, f"{start.packets} packets tried")
        header = _Header(video, picture)
        cut = _cut_by_index(video, clock, start, limits)
    if cut is None:
        with open_video(stream, limits) as video:
            cut = _cut_by_packets(video, clock, limits)
    return VideoPlan(header.facts(cut), clock.time_base, cut.spans())


class _Start:
    """Watches the first packets go by: how far presentation lies behind decoding at the first key packet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.packets = 0
        self.delay = 0
        self.first_pts: int | None = None

    def watch(self, packets: Iterator[VideoPacket]) -> Iterator[VideoPacket]:
        for packet in packets:
            self.packets += 1
            if self.first_pts is None and packet.is_keyframe:
                pts, dts = self._clock.packet_pts(packet), self._clock.packet_dts(packet)
                self.first_pts = pts
                self.delay = 0 if pts is None or dts is None else pts - dts
            yield packet


class _Header:
    """What the container and the first picture say."""

    def __init__(self, video: OpenVideo, picture: VideoFrame) -> None:
        shape = video.stream.sample_aspect_ratio or Fraction(1)
        size = (max(1, round(picture.width * shape)), picture.height)
        self._width, self._height = reversed(size) if is_turned(picture) else size
        self._codec = video.codec
        self._container_format = video.container.format.long_name
        self._rate = video.stream.average_rate or Fraction(0)
        self._range = ColorRange.FULL if picture.color_range == _FULL_RANGE else ColorRange.LIMITED

    def facts(self, cut: "_Cut") -> VideoFacts:
        """The facts; length and rate from the frames where they were counted, else from the headers."""
        counted = cut.frames is not None and cut.seconds > 0
        return VideoFacts(
            codec=self._codec,
            container_format=self._container_format,
            duration_ms=int(cut.seconds * 1000),
            frame_rate=float(Fraction(cut.frames or 0) / cut.seconds if counted else self._rate),
            width=self._width,
            height=self._height,
            color_range=self._range,
        )


@dataclass(slots=True)
class _Cut:
    """Cuts found so far. Ticks are pts on the file's own timeline.

    frames   counted, or None when the headers' rate is to be believed
    """

    clock: Clock
    limits: MediaLimits
    starts: list[int]
    first: int | None = None
    end: int = 0
    frames: int | None = None

    def key(self, pts: int) -> None:
        """Cut here if the span before is long enough."""
        if not self.starts or self.clock.seconds(pts - self.starts[-1]) >= SPAN_SECONDS:
            self.starts.append(pts)

    def frame(self, pts: int, ticks: int) -> None:
        """A frame is shown from `pts` for `ticks`. Raises JobFailed(TOO_LONG)."""
        self.first = pts if self.first is None else min(self.first, pts)
        self.end = max(self.end, pts + ticks)
        self.check_length()

    def check_length(self) -> None:
        """Raises JobFailed(TOO_LONG)."""
        if self.seconds > self.limits.max_hours * 3600:
            hours = float(self.seconds) / 3600
            raise JobFailed(JobFault.TOO_LONG, f"{hours:.2f} h, limit {self.limits.max_hours:g} h")

    @property
    def seconds(self) -> Fraction:
        """From the first frame to the end of the last."""
        return self.clock.seconds(self.end - (self.first or 0))

    def spans(self) -> tuple[Span, ...]:
        """The spans; one over everything when no key frame was found."""
        starts = self.starts or [self.first or 0]
        ends = [*starts[1:], None]
        return tuple(Span(number, start, end) for number, (start, end) in enumerate(zip(starts, ends, strict=True)))


def _cut_by_index(video: OpenVideo, clock: Clock, start: _Start, limits: MediaLimits) -> _Cut | None:
    """Cut from the container's own index; None when there is none to be believed."""
    name = video.container.format.name
    stated = stated_ticks(video.container, video.stream)
    if stated is None or start.first_pts is None:
        return None
    if name.startswith("mov"):
        # of a fragmented file the index holds only the fragments read so far
        if not video.stream.frames:
            return None
        # MP4's index holds decode times; the key frames' delay is nearly always that of the first. Where it is not,
        # a cut stands a little beside its key frame, which costs decoding and changes no sample.
        delay = start.delay
    elif name.startswith("matroska"):
        video.seek(clock.seek_offset(start.first_pts))  # reads the cues
        delay = 0
    else:
        return None
    entries = index_ticks(video.stream)
    if not entries:
        return None
    return _cut_entries(
        [(tick - clock.start + delay, key) for tick, key in entries], clock, start.first_pts, stated, limits
    )


def _cut_entries(
    entries: list[tuple[int, bool]], clock: Clock, first: int, stated: int, limits: MediaLimits
) -> _Cut | None:
    last = max(tick for tick, _ in entries)
    end = max(first, 0) + stated
    if clock.seconds(end - last) > _INDEX_GAP_SECONDS or last > end + clock.ticks(Fraction(1)):
        return None
    cut = _Cut(clock, limits, [first], first=max(first, 0), end=end)
    for tick, key in entries:
        if key and tick > first:
            cut.key(tick)
    cut.check_length()
    return cut


def _cut_by_packets(video: OpenVideo, clock: Clock, limits: MediaLimits) -> _Cut:
    """Cut from one pass over the packets.

    A file is one span when times have to be filled in by counting from its start, or change with the place where
    reading begins.
    """
    video.leave_times_as_stored()
    cut = _Cut(clock, limits, [], frames=0)
    timed = video.container.format.name in _EXACT_SEEKS
    for packet in video.packets():
        pts = clock.packet_pts(packet)
        if pts is None:
            timed = False
            pts = clock.packet_dts(packet)
        if packet.is_discard or pts is None:
            continue
        cut.frames = (cut.frames or 0) + 1
        cut.frame(pts, clock.packet_ticks(packet))
        if packet.is_keyframe:
            cut.key(pts)
    if not timed:
        del cut.starts[1:]
    return cut
