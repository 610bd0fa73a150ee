"""Files that are no videos, lie, or are broken; and sources that fail midway."""

import socket
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.video import EVERY_FRAME, SERVICE_SAMPLE_RATE
from faceline.media import container as container_module
from faceline.media.container import SAFE_CODECS, MediaLimits, open_video, silence_codecs
from faceline.media.probe import probe
from faceline.media.samples import Sample, samples
from faceline.media.timing import VideoPacket
from tests.media.clips import Clip, draw, read_number, render, sound_only, x264

LIMITS = MediaLimits()


@pytest.fixture(autouse=True)
def _quiet() -> None:
    silence_codecs()


def fault_of(source: bytes, limits: MediaLimits = LIMITS) -> JobFault:
    with pytest.raises(JobFailed) as raised:
        probe(BytesIO(source), limits)
    return raised.value.fault


def analysed(source: bytes) -> list[Sample]:
    stream = BytesIO(source)
    plan = probe(stream, LIMITS)
    return [sample for span in plan.spans for sample in samples(stream, plan, span, EVERY_FRAME, LIMITS)]


# ---- no videos


def _picture(kind: str) -> bytes:
    target = BytesIO()
    Image.fromarray(draw(3, 96, 64)).save(target, kind)
    return target.getvalue()


TEXTS = {
    "empty": b"",
    "text": b"This is no video.\n" * 40,
    "html": b"<!DOCTYPE html><html><video src='x.mp4'></video></html>",
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nclip.mp4\n#EXT-X-ENDLIST\n",
    "ffconcat": b"ffconcat version 1.0\nfile clip.mp4\nfile clip.mp4\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
    b'<Representation id="1" mimeType="video/mp4"><BaseURL>clip.mp4</BaseURL></Representation></AdaptationSet>'
    b"</Period></MPD>",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    b"m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "rtsp": b"rtsp://127.0.0.1:9/stream\n",
    "noise": np.random.default_rng(4).bytes(50_000),
    "jpeg": _picture("JPEG"),
    "png": _picture("PNG"),
    "gif": _picture("GIF"),
    "only_ftyp": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
}


@pytest.mark.parametrize("brand", [b"avif", b"heic", b"mif1"])
def test_a_still_picture_in_mp4s_form_is_no_video(brand: bytes) -> None:
    source = render(Clip(options=x264(), frames=1))
    assert probe(BytesIO(source), LIMITS).facts.duration_ms == 33
    assert fault_of(source.replace(b"ftypisom", b"ftyp" + brand, 1)) is JobFault.NOT_A_VIDEO


@pytest.mark.parametrize("name", TEXTS)
def test_no_video_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the file that a playlist names lies in the current folder, ready to be opened."""
    (tmp_path / "clip.mp4").write_bytes(render(Clip(options=x264(), frames=5)))
    monkeypatch.chdir(tmp_path)
    assert fault_of(TEXTS[name]) is JobFault.NOT_A_VIDEO


def test_no_playlist_makes_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.mp4"
        for text in (
            f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n",
            f"ffconcat version 1.0\nfile {address}\n",
        ):
            assert fault_of(text.encode()) is JobFault.NOT_A_VIDEO
        with pytest.raises(TimeoutError):
            server.accept()


def test_every_demuxer_let_in_is_known_to_ffmpeg() -> None:
    known = {name for format_ in av.formats_available for name in format_.split(",")}
    assert set(container_module.SAFE_FORMATS.split(",")) <= known


def test_every_codec_let_in_can_be_decoded() -> None:
    for codec in SAFE_CODECS:
        assert av.Codec(codec, "r").canonical_name == codec


# ---- streams that are not there, not offered, or too large


def test_sound_alone() -> None:
    assert fault_of(sound_only()) is JobFault.NO_VIDEO_STREAM


def _with_cover(*, film: bool) -> bytes:
    target = BytesIO()
    with av.open(target, "w", format="mp4") as output:
        cover = output.add_stream("mjpeg", rate=1)
        assert isinstance(cover, VideoStream)
        cover.width, cover.height, cover.pix_fmt = 320, 240, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        clip = Clip(options=x264(), frames=10)
        streams = [cover]
        if film:
            moving = output.add_stream("libx264", rate=30, options=x264())
            assert isinstance(moving, VideoStream)
            moving.width, moving.height, moving.pix_fmt = clip.width, clip.height, "yuv420p"
            streams.append(moving)
        for stream in streams:
            for place in range(1 if stream is cover else clip.frames):
                frame = VideoFrame.from_ndarray(draw(place + 7, stream.width, stream.height), format="rgb24")
                frame.pts = place
                frame.time_base = Fraction(1, 30)
                output.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
            output.mux(stream.encode(None))
    return target.getvalue()


def test_cover_art_is_no_video() -> None:
    assert fault_of(_with_cover(film=False)) is JobFault.NO_VIDEO_STREAM
    taken = analysed(_with_cover(film=True))
    assert [read_number(sample.pixels) for sample in taken] == list(range(7, 17))
    assert taken[0].pixels.shape == (64, 96, 3)


def test_codecs_outside_the_table_are_refused() -> None:
    source = render(Clip(codec="ffv1", container="matroska"))
    assert fault_of(source) is JobFault.CODEC_UNSUPPORTED
    everything = MediaLimits(codecs=frozenset({"ffv1", "h264"}))
    assert fault_of(source, everything) is JobFault.CODEC_UNSUPPORTED, "an operator cannot let in what is not safe"


def test_codecs_may_be_narrowed() -> None:
    source = render(Clip(options=x264(), frames=5))
    assert fault_of(source, MediaLimits(codecs=frozenset({"vp9"}))) is JobFault.CODEC_UNSUPPORTED
    assert probe(BytesIO(source), MediaLimits(codecs=frozenset({"h264"}))).facts.codec == "h264"


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
def test_large_frames_are_refused_before_any_is_decoded(container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = render(Clip(options=x264(), frames=3, width=640, height=480, container=container))
    monkeypatch.setattr("faceline.media.probe.decoded", None)
    assert fault_of(source, MediaLimits(max_pixels=640 * 480 - 1)) is JobFault.FRAME_TOO_LARGE


# ---- broken files


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """With its index in front."""
    clip = Clip(options=x264(open_gop=1), frames=60, container_options={"movflags": "faststart"})
    return render(clip, tmp_path_factory.mktemp("good") / "clip.mp4")


def _media(source: bytes) -> tuple[int, int]:
    start = source.index(b"mdat") + 4
    return start, len(source)


def test_media_of_zeros(good: bytes) -> None:
    start, end = _media(good)
    assert fault_of(good[:start] + bytes(end - start)) is JobFault.NOT_DECODABLE


def test_truncated_files_give_what_is_there(good: bytes) -> None:
    start, end = _media(good)
    taken = analysed(good[: start + (end - start) * 6 // 10])
    numbers = [read_number(sample.pixels) for sample in taken]
    assert 25 <= len(numbers) < 60
    assert numbers[:20] == list(range(20))


def test_damage_in_the_middle_is_stepped_over(good: bytes) -> None:
    start, end = _media(good)
    middle, length = start + (end - start) * 45 // 100, (end - start) // 10
    broken = good[:middle] + np.random.default_rng(1).bytes(length) + good[middle + length :]
    times = [sample.time.timestamp_ms for sample in analysed(broken)]
    assert min(times) == 0
    assert max(times) > 1900
    assert times == sorted(set(times))
    assert 35 <= len(times) < 60


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts", "avi", "flv", "asf"])
def test_any_damage_ends_in_a_fault_of_the_table_or_in_frames(container: str) -> None:
    codec = "wmv2" if container == "asf" else "mpeg4" if container == "avi" else "libx264"
    options = x264(open_gop=1) if codec == "libx264" else {"g": "12"}
    source = render(Clip(codec=codec, options=options, frames=40, container=container))
    chance = np.random.default_rng(7)
    for _ in range(25):
        broken = np.frombuffer(source, np.uint8).copy()
        places = chance.integers(0, len(broken), chance.choice((1, 8, 64)))
        broken[places] = chance.integers(0, 256, len(places))
        if chance.random() < 0.3:
            broken = broken[: chance.integers(0, len(broken))]
        try:
            taken = analysed(broken.tobytes())
        except JobFailed as failed:
            assert failed.fault in {  # noqa: PT017 - most damage is survived
                JobFault.NOT_A_VIDEO,
                JobFault.NO_VIDEO_STREAM,
                JobFault.NOT_DECODABLE,
                JobFault.CODEC_UNSUPPORTED,
                JobFault.FRAME_TOO_LARGE,
                JobFault.TOO_LONG,
            }
        else:
            times = [sample.time.pts for sample in taken]
            assert times == sorted(set(times))


class Stumbling:
    """Stands for a container: PyAV's own, which then trips over a stream that turned up after it was opened."""

    def __init__(self, container: InputContainer, error: Exception, times: int) -> None:
        self._container = container
        self._error = error
        self._left = times

    def demux(self, stream: VideoStream) -> Iterator[VideoPacket]:
        yield from self._container.demux(stream)
        if self._left:
            self._left -= 1
            raise self._error

    def close(self) -> None:
        self._container.close()


@pytest.mark.parametrize(
    ("error", "times", "packets"),
    [
        (IndexError("list index out of range"), 1, 60),
        (av.error.InvalidDataError(1, "damaged"), 1, 60),
        (av.error.MemoryError(12, "a size of gigabytes"), 3, 60),
        (av.error.InvalidDataError(1, "damaged for ever"), 10**9, 60),
    ],
)
def test_reading_goes_on_behind_damage_and_ends(good: bytes, error: Exception, times: int, packets: int) -> None:
    with open_video(BytesIO(good), LIMITS) as video:
        video.container = Stumbling(video.container, error, times)  # type: ignore[assignment] # stands for it
        assert len(list(video.packets())) == packets


def test_short_memory_is_no_damage(good: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process at its limit must not lose packets in silence."""

    def full(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(container_module, "mmap", full)
    with open_video(BytesIO(good), LIMITS) as video:
        error = av.error.MemoryError(12, "Cannot allocate memory")
        video.container = Stumbling(video.container, error, 1)  # type: ignore[assignment] # stands for it
        with pytest.raises(MemoryError):
            list(video.packets())


# ---- sources that fail


class Failing(BytesIO):
    """Raises a source's fault once a number of bytes has been read."""

    def __init__(self, content: bytes, after_bytes: int) -> None:
        super().__init__(content)
        self.left = after_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(size)
        self.left -= len(part)
        if self.left < 0:
            raise JobFailed(JobFault.OBJECT_CHANGED)
        return part


@pytest.fixture(scope="module", params=["mp4", "matroska", "mpegts"])
def large(request: pytest.FixtureRequest) -> bytes:
    return render(Clip(options=x264(), frames=60, width=160, height=120, grain=60, container=request.param))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6])
def test_a_source_that_fails_while_it_is_probed_or_read(large: bytes, share: float) -> None:
    plan = probe(BytesIO(large), LIMITS)
    failing = Failing(large, int(share * len(large)))

    def taken() -> Iterator[Sample]:
        return samples(failing, plan, plan.spans[0], SERVICE_SAMPLE_RATE, LIMITS)

    with pytest.raises(JobFailed) as raised:
        list(taken())
    assert raised.value.fault is JobFault.OBJECT_CHANGED


def test_a_source_that_fails_while_it_is_opened() -> None:
    for size in (0, 10, 100):
        with pytest.raises(JobFailed) as raised:
            probe(Failing(render(Clip(options=x264(), frames=5)), size), LIMITS)
        assert raised.value.fault is JobFault.OBJECT_CHANGED


def test_the_stream_stays_open_and_may_be_used_again(good: bytes) -> None:
    stream = BytesIO(good)
    with open_video(stream, LIMITS) as video:
        assert len(list(video.packets())) == 60
    with open_video(stream, LIMITS) as video:
        assert len(list(video.packets())) == 60
    assert not stream.closed


def test_giving_up_midway_closes_the_container(good: bytes) -> None:
    stream = BytesIO(good)
    plan = probe(stream, LIMITS)
    taken = samples(stream, plan, plan.spans[0], EVERY_FRAME, LIMITS)
    first = next(taken)
    taken.close()  # type: ignore[attr-defined] # it is a generator
    assert np.array_equal(first.pixels, next(samples(stream, plan, plan.spans[0], EVERY_FRAME, LIMITS)).pixels)
