"""Small clips rendered by code. Every frame carries its number as a pattern that survives compression.

The picture is a board of 4 x 4 fields. The first row is red, green, blue, white, so that a turned or mirrored picture
and a wrong colour matrix show; the other twelve fields are the bits of the frame's number, dark for 0, bright for 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from faceline.media.timing import VideoPacket

RGB = NDArray[np.uint8]

FIELDS = 4
_MARKS = ((190, 40, 40), (40, 170, 40), (40, 40, 190), (225, 225, 225))
_DARK, _BRIGHT = 50, 200


def draw(number: int, width: int, height: int) -> RGB:
    """The board of frame `number`, 0..4095: (height, width, 3) uint8."""
    fields = np.empty((FIELDS, FIELDS, 3), np.uint8)
    fields[0] = _MARKS
    bits = [_BRIGHT if number >> bit & 1 else _DARK for bit in range(12)]
    fields[1:] = np.array(bits, np.uint8).reshape(3, FIELDS, 1)
    rows = np.arange(height) * FIELDS // height
    columns = np.arange(width) * FIELDS // width
    return fields[rows][:, columns]


def read_number(picture: RGB) -> int:
    """The number on an upright board; ValueError when the marks of the first row are not where they belong."""
    centres = _centres(picture)
    marks = np.abs(centres[0] - np.array(_MARKS)).max()
    if marks > 40:
        raise ValueError(f"marks are off by {marks:.0f} levels: turned, mirrored or in wrong colours")
    bits = centres[1:].mean(axis=2).ravel() > (_DARK + _BRIGHT) / 2
    return sum(1 << bit for bit, is_set in enumerate(bits) if is_set)


def marks_error(picture: RGB) -> float:
    """Largest difference of the four colour marks from what was drawn, in levels of 255."""
    return float(np.abs(_centres(picture)[0] - np.array(_MARKS)).max())


def _centres(picture: RGB) -> NDArray[np.float64]:
    height, width = picture.shape[:2]
    centres = np.empty((FIELDS, FIELDS, 3))
    for row in range(FIELDS):
        for column in range(FIELDS):
            y, x = (2 * row + 1) * height // (2 * FIELDS), (2 * column + 1) * width // (2 * FIELDS)
            dy, dx = max(1, height // (6 * FIELDS)), max(1, width // (6 * FIELDS))
            centres[row, column] = picture[y - dy : y + dy, x - dx : x + dx].mean(axis=(0, 1))
    return centres


@dataclass(frozen=True)
class Clip:
    """What to render. The defaults are a two-second H.264 clip with B-frames and four key frames.

    times_ms     when each frame is shown; None: evenly at `rate`
    lead_ms      with "avoid_negative_ts=disabled": how much of the start an edit list hides
    grain        strength of noise that is added to every frame, in levels; it makes the file large
    rotation     degrees counter-clockwise that a player turns the stored picture by; the board is stored turned back
    """

    codec: str = "libx264"
    container: str = "mp4"
    frames: int = 60
    rate: Fraction = Fraction(30)
    width: int = 96
    height: int = 64
    pix_fmt: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)
    times_ms: Sequence[int] | None = None
    start_ms: int = 0
    lead_ms: int = 0
    rotation: int = 0
    mirrored: bool = False
    full_range: bool = False
    colorspace: int | None = None
    pixel_shape: Fraction | None = None
    sound: bool = False
    max_b_frames: int | None = None
    first_number: int = 0
    grain: int = 0


def x264(**options: str | int) -> dict[str, str]:
    """Options for a small, quick H.264 encode; a key frame every 15 frames unless told otherwise."""
    merged: dict[str, str | int] = {"keyint": 15, "min-keyint": 15, "scenecut": 0, "bframes": 3, "threads": 1}
    merged.update({key.replace("_", "-"): value for key, value in options.items()})
    params = ":".join(f"{key}={value}" for key, value in merged.items())
    return {"preset": "veryfast", "crf": "12", "x264-params": params}


def x265(**options: str | int) -> dict[str, str]:
    """The same for HEVC, open groups of pictures as is x265's default."""
    merged: dict[str, str | int] = {"keyint": 15, "min-keyint": 15, "scenecut": 0, "bframes": 3, "pools": "none"}
    merged |= {"frame-threads": 1, "log-level": "none"}
    merged.update({key.replace("_", "-"): value for key, value in options.items()})
    return {"preset": "ultrafast", "crf": "12", "x265-params": ":".join(f"{k}={v}" for k, v in merged.items())}


def render(clip: Clip, path: Path | None = None) -> bytes:
    """The file's bytes. Some forms (an MP4 with its index in front) can only be made in a file, at `path`."""
    target = BytesIO()
    with av.open(
        str(path) if path else target, "w", format=clip.container, container_options=clip.container_options
    ) as output:
        stream = _video_stream(output, clip)
        sound = output.add_stream("aac", rate=16000) if clip.sound else None
        for packet in _encoded(stream, clip):
            if clip.lead_ms:
                _shift(packet, -round(Fraction(clip.lead_ms, 1000) / packet.time_base))
            output.mux(packet)
        if sound is not None:
            _add_sound(output, seconds=float(clip.frames / clip.rate))
    return path.read_bytes() if path else target.getvalue()


def _video_stream(output: OutputContainer, clip: Clip) -> VideoStream:
    stream = output.add_stream(clip.codec, rate=clip.rate, options=clip.options or None)
    assert isinstance(stream, VideoStream)
    turned = clip.rotation % 180 != 0
    stream.width, stream.height = (clip.height, clip.width) if turned else (clip.width, clip.height)
    stream.pix_fmt = clip.pix_fmt
    context = stream.codec_context
    context.thread_count = 1
    if clip.times_ms is not None or clip.start_ms:
        context.time_base = Fraction(1, 1000)
    if clip.full_range:
        context.color_range = 2
    if clip.colorspace is not None:
        context.colorspace = clip.colorspace
    if clip.max_b_frames is not None:
        context.max_b_frames = clip.max_b_frames
    if clip.pixel_shape is not None:
        context.sample_aspect_ratio = clip.pixel_shape
        stream.sample_aspect_ratio = clip.pixel_shape
    if clip.rotation or clip.mirrored:
        stream.set_display_rotation(clip.rotation, hflip=clip.mirrored)
    return stream


def _encoded(stream: VideoStream, clip: Clip) -> Iterable[VideoPacket]:
    time_base = Fraction(1, 1000) if clip.times_ms is not None or clip.start_ms else 1 / clip.rate
    for place in range(clip.frames):
        frame = _frame(clip, clip.first_number + place)
        if clip.times_ms is not None:
            frame.pts = clip.times_ms[place]
        elif clip.start_ms:
            frame.pts = clip.start_ms + round(place * 1000 / clip.rate)
        else:
            frame.pts = place
        frame.time_base = time_base
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _frame(clip: Clip, number: int) -> VideoFrame:
    stored = draw(number, clip.width, clip.height)
    if clip.grain:
        noise = np.random.default_rng(number).integers(-clip.grain, clip.grain + 1, stored.shape)
        stored = (stored + noise).clip(0, 255).astype(np.uint8)
    if clip.mirrored:
        stored = stored[:, ::-1]
    # a player turns counter-clockwise, so the stored picture is turned clockwise
    stored = np.ascontiguousarray(np.rot90(stored, -clip.rotation // 90))
    rgb = VideoFrame.from_ndarray(stored, format="rgb24")
    frame = rgb.reformat(
        format=clip.pix_fmt,
        dst_colorspace=clip.colorspace,
        dst_color_range=2 if clip.full_range else 1,
        threads=1,
    )
    frame.pict_type = 0
    return frame


def _shift(packet: VideoPacket, ticks: int) -> None:
    if packet.pts is not None and packet.dts is not None:
        packet.pts += ticks
        packet.dts += ticks


def _add_sound(output: OutputContainer, seconds: float) -> None:
    stream = output.streams.audio[0]
    samples = np.zeros((1, 1024), np.float32)
    for block in range(int(seconds * 16000 / 1024)):
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 16000
        frame.pts = block * 1024
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def sound_only(seconds: float = 1.0) -> bytes:
    """An MP4 that holds AAC and nothing else."""
    target = BytesIO()
    with av.open(target, "w", format="mp4") as output:
        output.add_stream("aac", rate=16000)
        _add_sound(output, seconds)
    return target.getvalue()


def with_empty_packets(clip: Clip, at_ms: Sequence[int]) -> bytes:
    """The clip, and at some times a packet that holds nothing but a comment, so that no frame comes of it."""
    comment = bytes([0, 0, 0, 6, 0x06, 0x05, 0x02, 0x41, 0x41, 0x80])  # a NAL unit of supplemental information
    target = BytesIO()
    due = sorted(at_ms)
    with av.open(target, "w", format=clip.container) as output:
        stream = _video_stream(output, clip)
        for packet in _encoded(stream, clip):
            while due and packet.dts is not None and packet.dts * packet.time_base * 1000 >= due[0]:
                extra = av.Packet(comment)
                extra.stream = stream
                extra.time_base = Fraction(1, 1000)
                extra.pts = extra.dts = due.pop(0)
                output.mux(extra)
            output.mux(packet)
    return target.getvalue()


def growing(sizes: Sequence[tuple[int, int]], frames_each: int) -> bytes:
    """One H.264 stream in MPEG-TS whose picture size changes midway."""
    target = BytesIO()
    with av.open(target, "w", format="mpegts") as output:
        shown: VideoStream | None = None
        for part, (width, height) in enumerate(sizes):
            clip = Clip(frames=frames_each, width=width, height=height, options=x264(bframes=0))
            with av.open(BytesIO(), "w", format="mpegts") as aside:
                encoder = _video_stream(output if shown is None else aside, clip)
                shown = shown or encoder
                for packet in _numbered(encoder, clip, part * frames_each):
                    packet.stream = shown
                    output.mux(packet)
    return target.getvalue()


def _numbered(stream: VideoStream, clip: Clip, first: int) -> Iterable[VideoPacket]:
    for place in range(clip.frames):
        frame = _frame(clip, first + place)
        frame.pts = first + place
        frame.time_base = 1 / clip.rate
        yield from stream.encode(frame)
    yield from stream.encode(None)
