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
from faceline.media.upright import is_turned, pixel_aspect_of, shown_width

# A span costs one opening of the file (5-40 ms of CPU, one or two requests to the store) and at most one group of
# pictures decoded twice (usually 1-10 s of video); 20 s keep both below a few per cent, and an hour still makes 180
# pieces to share. Changing it changes which rows an interrupted job reuses, not its results.
SPAN_SECONDS = 20

# Demuxers that give a packet the same times after a seek as in one pass. MPEG-PS states few of them, and FFmpeg counts
# on from wherever it began, half a frame off in a clip of ours; Ogg states them at the ends of its pages.
_EXACT_SEEKS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "asf", "flv"})

# Of these, the ones that find a place by searching. The rest, once they have no index, walk through the file from its
# start to every span (Matroska, FLV) or over all fragments at every opening (MP4), so their spans are few: with eight,
# the walks add up to 4.5 times the file.
_SEARCHED = frozenset({"avi", "mpegts", "asf"})
_WALKED_SPANS = 8

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
        layout = _layout_by_index(video, clock, start, limits)
    if layout is None:
        with open_video(stream, limits) as video:
            layout = _layout_by_packets(video, clock, limits)
    facts = header.facts(layout.seconds, layout.frames)
    return VideoPlan(facts, clock.time_base, layout.spans())


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
        size = (shown_width(picture, pixel_aspect_of(video.stream)), picture.height)
        self._width, self._height = reversed(size) if is_turned(picture) else size
        self._codec = video.codec
        self._container_format = video.container.format.long_name
        self._rate = video.stream.average_rate or Fraction(0)
        self._range = ColorRange.FULL if picture.color_range == _FULL_RANGE else ColorRange.LIMITED

    def facts(self, seconds: Fraction, frames: int | None) -> VideoFacts:
        """The facts; the rate from the frames where they were counted, else from the headers."""
        counted = frames is not None and seconds > 0
        return VideoFacts(
            codec=self._codec,
            container_format=self._container_format,
            duration_ms=int(seconds * 1000),
            frame_rate=float(Fraction(frames or 0) / seconds if counted else self._rate),
            width=self._width,
            height=self._height,
            color_range=self._range,
        )


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the video lies in time.

    seconds   from the first frame to the end of the last
    frames    counted, or None when nobody counted
    starts    pts at which spans begin, ascending; the first is the first key frame's
    """

    seconds: Fraction
    frames: int | None
    starts: tuple[int, ...]

    def spans(self) -> tuple[Span, ...]:
        """Each span ends where the next begins; the last is open."""
        ends = (*self.starts[1:], None)
        pairs = zip(self.starts, ends, strict=True)
        return tuple(Span(number, start, end) for number, (start, end) in enumerate(pairs))


class _Cutter:
    """Picks the key frames at which spans begin."""

    def __init__(self, clock: Clock) -> None:
        self._least = clock.ticks(Fraction(SPAN_SECONDS))
        self.starts: list[int] = []

    def key(self, pts: int) -> None:
        """Cut here when the span before is long enough."""
        if not self.starts or pts - self.starts[-1] >= self._least:
            self.starts.append(pts)


def _checked(seconds: Fraction, limits: MediaLimits) -> Fraction:
    if seconds > limits.max_hours * 3600:
        raise JobFailed(JobFault.TOO_LONG, f"{float(seconds) / 3600:.2f} h, limit {limits.max_hours:g} h")
    return seconds


def _layout_by_index(video: OpenVideo, clock: Clock, start: _Start, limits: MediaLimits) -> _Layout | None:
    """From the container's own index; None when there is none to be believed."""
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
    entries = [(tick - clock.start + delay, key) for tick, key in index_ticks(video.stream)]
    shown_from = max(start.first_pts, 0)
    end = shown_from + stated
    last = max((tick for tick, _ in entries), default=None)
    if last is None or last > end + clock.ticks(Fraction(1)) or clock.seconds(end - last) > _INDEX_GAP_SECONDS:
        return None
    cutter = _Cutter(clock)
    cutter.key(start.first_pts)
    for tick, key in entries:
        if key:
            cutter.key(tick)
    return _Layout(_checked(clock.seconds(end - shown_from), limits), None, tuple(cutter.starts))


def _layout_by_packets(video: OpenVideo, clock: Clock, limits: MediaLimits) -> _Layout:
    """From one pass over the packets.

    A file is one span when times have to be filled in by counting from its start, or change with the place where
    reading begins; and at most `_WALKED_SPANS` when a span can only be reached by walking to it.
    """
    video.leave_times_as_stored()
    cutter = _Cutter(clock)
    length = _Length(clock, video.decoder.has_b_frames)
    for packet in video.packets():
        pts = length.add(packet)
        _checked(length.seconds, limits)
        if pts is not None and packet.is_keyframe and not packet.is_discard:
            cutter.key(pts)
    starts = cutter.starts or [0]
    name = video.container.format.name
    if length.gaps or name not in _EXACT_SEEKS:
        starts = starts[:1]
    elif name not in _SEARCHED:
        starts = starts[:: -(-len(starts) // _WALKED_SPANS)]
    return _Layout(length.seconds, length.frames, tuple(starts))


class _Length:
    """Measures the video while its packets go by.

    gaps   whether packets without a presentation time were among them
    """

    def __init__(self, clock: Clock, reordered: bool) -> None:
        self._clock = clock
        self._reordered = reordered
        self._first: int | None = None
        self._last = 0
        self._last_ticks = 0
        self.frames = 0
        self.gaps = False

    def add(self, packet: VideoPacket) -> int | None:
        """Count one packet; its pts, or what its dts allows to say of it."""
        pts, dts = self._clock.packet_pts(packet), self._clock.packet_dts(packet)
        ticks = self._clock.packet_ticks(packet)
        if pts is None:
            self.gaps = True
        if self.gaps and dts is not None:
            # the frame that comes out when this packet goes in is shown now, and one more is still inside
            pts = dts + ticks if self._reordered else dts
        if pts is None or packet.is_discard:
            return None
        self.frames += 1
        if self._first is None or pts < self._first:
            self._first = pts
        if self.frames == 1 or pts > self._last:
            self._last, self._last_ticks = pts, ticks
        return pts

    @property
    def seconds(self) -> Fraction:
        """From the first frame to the end of the last; a last frame of unknown duration is shown for the mean one."""
        if self._first is None:
            return Fraction(0)
        between = self._clock.seconds(self._last - self._first)
        if self._last_ticks or self.frames < 2:
            return between + self._clock.seconds(self._last_ticks)
        return between + between / (self.frames - 1)
