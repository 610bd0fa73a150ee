"""Open an untrusted file as a video: which containers and codecs are let in, and by which door.

Source of the rules: what was tried against FFmpeg 8.1 with playlists, concat scripts, session descriptions and
protocols hidden in a file named .mp4. A nameless stream, a list of demuxers and no protocol at all stop every one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from types import TracebackType
from typing import Self

import av
import av.logging
from av.codec import Codec
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.ports import ByteStream
from faceline.media.timing import VideoPacket, show_as_decoded

# Demuxers, by FFmpeg's names. Every one reads its own bytes only. Left out on purpose: playlists and scripts that open
# other files or sockets (hls, dash, concat, sdp, rtsp), picture files (image2, jpeg_pipe, png_pipe, gif), raw
# elementary streams (no times), and the rare rest, where most of FFmpeg's faults are found.
SAFE_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,mpegts,mpeg,flv,ogg"

# Still pictures that come in MP4's own form: HEIC of phones, AVIF of the web. Their brand stands in the first bytes.
_PICTURE_BRANDS = frozenset({"avif", "heic", "heix", "heim", "heis", "mif1"})

# Codecs by canonical name, with the reason why each is let in. What is not here is refused by name, so that a job on
# a file that nobody ever tried ends in one clear line.
SAFE_CODECS: dict[str, str] = {
    "h264": "phones, cameras, the web",
    "hevc": "phones and cameras since 2017",
    "vp8": "WebM recordings of browsers",
    "vp9": "WebM and video sites",
    "av1": "video sites, newest phones",
    "mpeg1video": "MPEG-PS and TS archives",
    "mpeg2video": "DVD, broadcast",
    "mpeg4": "DivX and Xvid AVI, older phones",
    "msmpeg4v2": "AVI and ASF around 2000",
    "msmpeg4v3": "DivX 3 AVI",
    "h263": "3GP phones before 2008",
    "flv1": "Flash video",
    "mjpeg": "still cameras, webcams",
    "wmv1": "Windows Media 7",
    "wmv2": "Windows Media 8",
    "wmv3": "Windows Media 9",
    "vc1": "Windows Media, Blu-ray",
    "theora": "Ogg",
    "prores": "editing, iPhone Pro",
    "dnxhd": "editing",
}

# FFmpeg can fill in missing presentation times from decode times. It does so as if B-frames came in one level, as in
# these codecs; of H.264 and HEVC in AVI it makes times that go back and forth.
_GEN_PTS = 0x0001  # AVFMT_FLAG_GENPTS, which PyAV sets
_FILLED_TIMES = frozenset({"mpeg1video", "mpeg2video", "mpeg4"})

# While this much can still be had, memory is not what is missing: a little more than the largest lawful packet.
_SPARE_BYTES = 64 << 20

# Packets in a row that may fail to be read before the rest counts as lost; each try moves on in the file.
MAX_READ_FAILURES = 64


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a video may be.

    max_pixels   width x height of a stored frame; the default is 8192 x 4608, an 8K frame in 16:9 with room
    max_hours    of the video stream, by its real timestamps
    codecs       canonical names let in; None lets in all of `SAFE_CODECS`. Names outside that table are refused always
    """

    max_pixels: int = 8192 * 4608
    max_hours: float = 24.0
    codecs: frozenset[str] | None = None

    def allows(self, codec: str) -> bool:
        """Whether a codec of this canonical name may be decoded."""
        return codec in SAFE_CODECS and (self.codecs is None or codec in self.codecs)


def silence_codecs() -> None:
    """Keep FFmpeg's own log lines off the standard error. To be called once where a process starts."""
    av.logging.set_level(None)


def blame_the_file(error: Exception) -> None:
    """Raises MemoryError when FFmpeg's error means that memory is short; returns when the file is to blame.

    FFmpeg answers "cannot allocate memory" to both: to a damaged size of gigabytes as well as to a full process.
    """
    if isinstance(error, av.error.MemoryError):
        try:
            mmap(-1, _SPARE_BYTES).close()  # asks for room without filling it
        except OSError:
            raise error from None


class _Nameless:
    """What FFmpeg sees of a byte stream: no name to judge the file by, and nothing to close.

    A fault of the source (the object changed, the store is gone) is kept, because FFmpeg turns a failed read into the
    end of the file.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.fault: JobFailed | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except JobFailed as fault:
            self.fault = fault
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


class OpenVideo:
    """An opened container with its chosen video stream and a one-thread decoder. Use it as a context manager."""

    def __init__(self, door: _Nameless, container: InputContainer, stream: VideoStream, limits: MediaLimits) -> None:
        self._door = door
        self._limits = limits
        self.container = container
        self.stream = stream
        self._in_order = not stream.codec_context.has_b_frames

    @property
    def codec(self) -> str:
        """Canonical name of the codec, such as "h264" or "av1", whichever decoder is used."""
        return _canonical(self.decoder.codec)

    def leave_times_as_stored(self) -> None:
        """From here on packets without a presentation time have none, whatever the codec."""
        _leave_times_as_stored(self.container)

    @property
    def decoder(self) -> VideoCodecContext:
        """The stream's decoder."""
        return self.stream.codec_context

    def packets(self) -> Iterator[VideoPacket]:
        """Packets of the video stream in decode order from the current place, without the empty one at the end.

        A damaged place is skipped; after `MAX_READ_FAILURES` in a row the file counts as ended.
        Raises JobFailed when the source fails.
        """
        failures = 0
        while failures < MAX_READ_FAILURES:
            try:
                for packet in self.container.demux(self.stream):
                    if packet.size:
                        failures = 0
                        if self._in_order:
                            show_as_decoded(packet)
                        yield packet
                break
            except av.FFmpegError as error:
                blame_the_file(error)
                self._raise_source_fault()
                failures += 1
            except IndexError:
                # After the last packet PyAV 18.1 stumbles over streams that a TS, PS or FLV brought up on its way.
                break
        self._raise_source_fault()

    def seek(self, offset: int) -> bool:
        """Move to a key packet at or before the demuxer's tick `offset`; whether the container could.

        The decoder forgets what it has seen. Raises JobFailed when the source fails.
        """
        try:
            self.container.seek(offset, stream=self.stream, backward=True)
        except av.FFmpegError as error:
            blame_the_file(error)
            self._raise_source_fault()
            return False
        return True

    def check_size(self) -> None:
        """Raises JobFailed(FRAME_TOO_LARGE) when the decoder has met frames over the limit."""
        _check_size(self.decoder, self._limits)

    def _raise_source_fault(self) -> None:
        if self._door.fault is not None:
            raise self._door.fault

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.container.close()


def open_video(stream: ByteStream, limits: MediaLimits) -> OpenVideo:
    """Open `stream` from its first byte; the stream itself stays open and belongs to the caller.

    Raises JobFailed: NOT_A_VIDEO, NO_VIDEO_STREAM, CODEC_UNSUPPORTED, FRAME_TOO_LARGE, or the source's own fault.
    """
    stream.seek(0)
    door = _Nameless(stream)
    container = _open_container(door, limits)
    try:
        video = _first_video(container)
        _prepare(video, limits)
        if _canonical(video.codec_context.codec) not in _FILLED_TIMES:
            _leave_times_as_stored(container)
        for other in container.streams:
            if other.index != video.index:
                other.discard = Discard.all  # the demuxer steps over what nobody will read
    except JobFailed:
        container.close()
        raise
    return OpenVideo(door, container, video, limits)


def _open_container(door: _Nameless, limits: MediaLimits) -> InputContainer:
    options = {
        "format_whitelist": SAFE_FORMATS,
        "protocol_whitelist": "none",
        # FFmpeg decodes a first frame to learn about the stream, before anything here could look at its size
        "max_pixels": str(limits.max_pixels),
    }
    try:
        return av.open(door, mode="r", options=options, metadata_errors="replace")
    except JobFailed:
        raise
    except (av.FFmpegError, ValueError) as error:
        blame_the_file(error)
        if door.fault is not None:
            raise door.fault from error
        raise JobFailed(JobFault.NOT_A_VIDEO, type(error).__name__) from error


def _first_video(container: InputContainer) -> VideoStream:
    """The first stream of moving pictures: cover art, thumbnails and still pictures are not one."""
    if (brand := container.metadata.get("major_brand", "")) in _PICTURE_BRANDS:
        raise JobFailed(JobFault.NOT_A_VIDEO, f"a picture: {brand}")
    not_moving = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    for stream in container.streams:
        if isinstance(stream, VideoStream) and not stream.disposition & not_moving:
            return stream
    raise JobFailed(JobFault.NO_VIDEO_STREAM, f"{len(container.streams)} streams, none of moving pictures")


def _prepare(stream: VideoStream, limits: MediaLimits) -> None:
    decoder = stream.codec_context
    # typed as always present, but a stream whose codec FFmpeg does not know has none
    if not isinstance(decoder, VideoCodecContext):
        raise JobFailed(JobFault.CODEC_UNSUPPORTED, "unknown codec")
    codec = _canonical(decoder.codec)
    if not limits.allows(codec):
        raise JobFailed(JobFault.CODEC_UNSUPPORTED, codec)
    _check_size(decoder, limits)
    # one thread: work is spread over spans, and only so does `skip_frame` act on exactly the packet it was set for
    decoder.thread_type = "SLICE"
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(limits.max_pixels)}


def _leave_times_as_stored(container: InputContainer) -> None:
    container.flags &= ~_GEN_PTS


def _canonical(codec: Codec) -> str:
    return codec.canonical_name


def _check_size(decoder: VideoCodecContext, limits: MediaLimits) -> None:
    if decoder.width * decoder.height > limits.max_pixels:
        detail = f"{decoder.width} x {decoder.height} pixels, limit {limits.max_pixels}"
        raise JobFailed(JobFault.FRAME_TOO_LARGE, detail)
