"""What the samples have to be: every frame decoded in one pass, and the rule applied to the list.

Nothing of the product is used but the rule's words: the last frame shown at or before k / rate seconds, a frame once,
none before 0, no target at or after the end of the last frame.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

RGB = NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """One frame of the full decode: `pts` in ticks of the stream, how long it is shown, and its picture's checksum."""

    pts: int
    ticks: int
    checksum: int


@dataclass(frozen=True)
class FullDecode:
    """All frames of a file."""

    frames: tuple[Shown, ...]
    time_base: Fraction

    def expected(self, rate: Fraction | None) -> list[tuple[int, int]]:
        """(pts, checksum) of every sample at `rate` a second; None: of every frame."""
        shown = [frame for frame in self.frames if frame.pts >= 0]
        if rate is None:
            return [(frame.pts, frame.checksum) for frame in shown]
        taken: list[tuple[int, int]] = []
        if not shown:
            return taken
        end = (shown[-1].pts + shown[-1].ticks) * self.time_base
        target, place = 0, -1
        while Fraction(target) / rate < end:
            while place + 1 < len(shown) and shown[place + 1].pts * self.time_base <= Fraction(target) / rate:
                place += 1
            if place >= 0 and (not taken or taken[-1][0] != shown[place].pts):
                taken.append((shown[place].pts, shown[place].checksum))
            target += 1
        return taken


def full_decode(source: bytes, seconds: float | None = None) -> FullDecode:
    """Decode the first moving pictures of `source`, or only those of the first `seconds`."""
    with av.open(BytesIO(source), "r") as container:
        stream = next(video for video in container.streams.video if not video.disposition & 0x400)
        stream.thread_type = "SLICE"
        stream.codec_context.thread_count = 1
        if stream.codec_context.name == "h264":
            container.flags &= ~1  # FFmpeg's guess of missing times is not right for this codec
        time_base = stream.time_base or Fraction(1)
        start = 0
        if container.format.name in ("mpegts", "mpeg"):
            start = round(Fraction(container.start_time or 0, 1_000_000) / time_base)
        shown: list[Shown] = []
        for frame in _frames(container, stream):
            pts = frame.pts if frame.pts is not None else frame.dts
            if pts is None:
                pts = shown[-1].pts + shown[-1].ticks + start
            if seconds is not None and (pts - start) * time_base > seconds:
                break
            shown.append(
                Shown(
                    pts - start,
                    frame.duration or 1,
                    checksum(upright(frame, stream.sample_aspect_ratio or Fraction(1))),
                )
            )
    return FullDecode(tuple(shown), time_base)


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from stream.codec_context.decode(packet if packet.size else None)
        except av.FFmpegError:
            continue


def upright(frame: VideoFrame, pixel_shape: Fraction) -> RGB:
    """FFmpeg's own RGB in square pixels, turned as its own angle says."""
    high = min(frame.width, frame.height) >= 720
    matrix = (Colorspace.ITU709 if high else Colorspace.ITU601) if frame.colorspace == 2 else None
    rgb = frame.reformat(
        width=round(frame.width * pixel_shape),
        format="rgb24",
        src_colorspace=matrix,
        dst_color_range=ColorRange.JPEG,
        threads=1,
    ).to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, (frame.rotation // 90) % 4)).astype(np.uint8, copy=False)


def checksum(picture: RGB) -> int:
    """Of the pixels and the shape."""
    return zlib.crc32(picture.tobytes(), hash(picture.shape) & 0xFFFFFFFF)
