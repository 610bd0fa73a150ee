"""Facts and cuts, and what they cost to find."""

import dataclasses
import struct
from fractions import Fraction
from io import BytesIO

import pytest
from av.video.stream import VideoStream

from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.video import EVERY_FRAME, ColorRange, VideoFacts, VideoPlan
from faceline.media import probe as probe_module
from faceline.media.container import MediaLimits
from faceline.media.probe import probe
from faceline.media.samples import samples
from faceline.media.timing import index_ticks
from tests.media.clips import Clip, render, x264

LIMITS = MediaLimits()


def plan_of(clip: Clip, limits: MediaLimits = LIMITS) -> VideoPlan:
    return probe(BytesIO(render(clip)), limits)


@pytest.mark.parametrize(
    ("clip", "codec", "container_format", "duration_ms", "frame_rate"),
    [
        (Clip(options=x264()), "h264", "QuickTime / MOV", 2000, 30.0),
        (Clip(options=x264(), rate=Fraction(30000, 1001)), "h264", "QuickTime / MOV", 2002, 30000 / 1001),
        (Clip(options=x264(), start_ms=850), "h264", "QuickTime / MOV", 2000, pytest.approx(30, abs=0.01)),
        (Clip(options=x264(), container="matroska"), "h264", "Matroska / WebM", 2000, 30.0),
        (Clip(options=x264(), container="mpegts"), "h264", "MPEG-TS (MPEG-2 Transport Stream)", 2000, 30.0),
        (Clip(codec="libsvtav1", options={"preset": "12"}), "av1", "QuickTime / MOV", 2000, 30.0),
        (Clip(codec="mpeg4", container="avi"), "mpeg4", "AVI (Audio Video Interleaved)", 2000, 30.0),
        (
            Clip(codec="mpeg2video", container="mpeg", rate=Fraction(25), frames=50, max_b_frames=2),
            "mpeg2video",
            "MPEG-PS (MPEG-2 Program Stream)",
            2000,
            25.0,
        ),
        (
            Clip(options=x264(), times_ms=[*range(0, 1000, 40), *range(1000, 2000, 100)], frames=35),
            "h264",
            "QuickTime / MOV",
            pytest.approx(2000, abs=200),
            pytest.approx(17.5, abs=2),
        ),
    ],
)
def test_facts(clip: Clip, codec: str, container_format: str, duration_ms: int, frame_rate: float) -> None:
    assert plan_of(clip).facts == VideoFacts(
        codec, container_format, duration_ms, frame_rate, 96, 64, ColorRange.LIMITED
    )


def long_clip(container: str) -> Clip:
    """100 seconds, a key frame every 7 seconds."""
    options = x264(keyint=35, min_keyint=35, bframes=0)
    return Clip(options=options, container=container, frames=500, rate=Fraction(5), width=32, height=32)


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts", "flv", "avi"])
def test_spans_begin_at_key_frames_and_are_long_enough(container: str) -> None:
    plan = plan_of(long_clip(container))
    starts = [float(span.start_pts * plan.time_base) for span in plan.spans]
    # the first key frame at or after 20 s is at 21 s
    assert starts == pytest.approx([starts[0], *(starts[0] + start for start in (21, 42, 63, 84))], abs=0.01)
    assert [span.end_pts for span in plan.spans] == [*[span.start_pts for span in plan.spans[1:]], None]
    assert [span.number for span in plan.spans] == [0, 1, 2, 3, 4]


class Watched(BytesIO):
    """Bytes that remember which were read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.touched = 0

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(size)
        self.touched += len(part)
        return part


@pytest.mark.parametrize(("container", "share"), [("mp4", 0.3), ("matroska", 0.3), ("mpegts", 1.8)])
def test_an_indexed_file_is_not_read_through(container: str, share: float) -> None:
    clip = Clip(options=x264(), frames=240, rate=Fraction(10), width=160, height=120, grain=60, container=container)
    stream = Watched(render(clip))
    assert len(probe(stream, LIMITS).spans) == 2
    assert stream.touched < share * len(stream.getvalue())


def test_matroska_without_cues_is_read_through() -> None:
    clip = dataclasses.replace(long_clip("matroska"), container_options={"live": "1"})
    plan = plan_of(clip)
    assert len(plan.spans) == 5
    assert plan.facts.duration_ms == pytest.approx(100_000, abs=200)


@pytest.mark.parametrize(("container", "spans"), [("flv", 7), ("mpegts", 20), ("mp4", 20)])
def test_few_spans_where_each_has_to_be_walked_to(container: str, spans: int) -> None:
    """20 spans of 21 s would make FLV's demuxer read 10 times the file: every third of them begins one instead."""
    clip = dataclasses.replace(long_clip(container), frames=2100)
    plan = plan_of(clip)
    assert len(plan.spans) == spans


def test_fragmented_mp4_is_read_through() -> None:
    clip = dataclasses.replace(long_clip("mp4"), container_options={"movflags": "frag_keyframe+empty_moov"})
    plan = plan_of(clip)
    assert len(plan.spans) == 5
    assert plan.facts.duration_ms == 100_000


def test_a_file_whose_times_are_counted_from_its_start_is_one_span() -> None:
    clip = Clip(codec="mpeg2video", container="mpeg", frames=750, rate=Fraction(25), width=32, height=32)
    assert len(plan_of(clip).spans) == 1


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
def test_too_long(container: str) -> None:
    with pytest.raises(JobFailed) as raised:
        plan_of(long_clip(container), MediaLimits(max_hours=90 / 3600))
    assert raised.value.fault is JobFault.TOO_LONG
    assert raised.value.detail == "0.03 h, limit 0.025 h"


def test_headers_that_claim_days_are_not_believed() -> None:
    """The length that Matroska's header states is far from its last cue: the packets are counted instead."""
    source = bytearray(render(long_clip("matroska")))
    place = source.index(b"\x44\x89\x88") + 3  # the element Duration, a double of milliseconds
    source[place : place + 8] = struct.pack(">d", 2.1e9)
    tag = source.find(b"DURATION")
    while tag >= 0:  # the same claim stands as text in the track's tags
        source[tag : tag + 8] = b"DURATLON"
        tag = source.find(b"DURATION")
    plan = probe(BytesIO(bytes(source)), LIMITS)
    assert plan.facts.duration_ms == pytest.approx(100_000, abs=200)
    assert len(plan.spans) == 5


def test_the_plan_depends_on_the_file_alone() -> None:
    source = render(long_clip("mpegts"))
    assert probe(BytesIO(source), LIMITS) == probe(BytesIO(source), MediaLimits(max_hours=1, max_pixels=10_000))


def test_a_cut_beside_its_key_frame_changes_no_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """MP4's index does not say how late a key frame is shown: the plan guesses, and may be off."""
    stream = BytesIO(render(Clip(options=x264(open_gop=1))))
    monkeypatch.setattr(probe_module, "SPAN_SECONDS", 0.4)
    exact = probe(stream, LIMITS)
    assert len(exact.spans) == 4
    whole = [
        (sample.time, sample.index, sample.pixels.tobytes())
        for span in exact.spans
        for sample in samples(stream, exact, span, EVERY_FRAME, LIMITS)
    ]
    for off in (-700, 700, 1536, 100):

        def beside(stream: VideoStream, off: int = off) -> list[tuple[int, bool]]:
            return [(tick + off, key) for tick, key in index_ticks(stream)]

        monkeypatch.setattr("faceline.media.probe.index_ticks", beside)
        shifted = probe(stream, LIMITS)
        assert shifted.spans[1:] != exact.spans[1:]
        assert [
            (sample.time, sample.index, sample.pixels.tobytes())
            for span in shifted.spans
            for sample in samples(stream, shifted, span, EVERY_FRAME, LIMITS)
        ] == whole
