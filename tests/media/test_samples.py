"""The sampler against a full decode, on rendered clips, at several rates and for several ways to cut."""

import gc
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.video import EVERY_FRAME, SERVICE_SAMPLE_RATE, SampleRate
from faceline.media import plain, thrifty
from faceline.media import probe as probe_module
from faceline.media.container import MediaLimits
from faceline.media.probe import probe
from faceline.media.samples import Sample, samples
from faceline.media.schedule import Scheduled
from tests.media.clips import Clip, growing, read_number, render, with_empty_packets, x264, x265
from tests.media.oracle import FullDecode, checksum, full_decode

LIMITS = MediaLimits()
RATES = {"2": SERVICE_SAMPLE_RATE, "5": SampleRate(Fraction(5)), "all": EVERY_FRAME}

_PHONE_TIMES = [round(1000 * place / 30) for place in range(30)] + [
    1000 + round(1000 * place / 12) for place in range(30)
]
_GAP_TIMES = [round(1000 * place / 30) + (2300 if place >= 31 else 0) for place in range(60)]
_NO_EDIT_TROUBLE = {"avoid_negative_ts": "disabled"}

CLIPS: dict[str, Clip] = {
    "h264": Clip(options=x264()),
    "h264_pyramid": Clip(options=x264(bframes=7, b_pyramid="normal", ref=4)),
    "h264_open_gop": Clip(options=x264(open_gop=1)),
    "h264_open_gop_mkv": Clip(options=x264(open_gop=1), container="matroska"),
    "h264_open_gop_ts": Clip(options=x264(open_gop=1), container="mpegts"),
    "h264_one_key_frame": Clip(options=x264(keyint=600), frames=90),
    "h264_intra_only": Clip(options=x264(keyint=1, min_keyint=1, bframes=0)),
    "h264_intra_refresh": Clip(options=x264(intra_refresh=1, bframes=0), frames=90),
    "h264_no_b_frames": Clip(options=x264(bframes=0)),
    "h264_interlaced": Clip(options=x264(tff=1)),
    "h264_10bit": Clip(options=x264(), pix_fmt="yuv420p10le"),
    "h264_444": Clip(options=x264(), pix_fmt="yuv444p"),
    "h264_grey": Clip(options=x264(), pix_fmt="gray"),
    "h264_full_range": Clip(options=x264(), full_range=True, pix_fmt="yuvj420p"),
    "h264_ntsc": Clip(options=x264(), rate=Fraction(30000, 1001)),
    "h264_variable_rate": Clip(options=x264(), times_ms=_PHONE_TIMES),
    "h264_gap": Clip(options=x264(), times_ms=_GAP_TIMES),
    "h264_gap_mkv": Clip(options=x264(), times_ms=_GAP_TIMES, container="matroska"),
    "h264_slow": Clip(options=x264(), rate=Fraction(1), frames=12),
    "h264_240fps": Clip(options=x264(keyint=60), rate=Fraction(240), frames=240),
    "h264_start_850ms": Clip(options=x264(), start_ms=850),
    "h264_hidden_start": Clip(options=x264(keyint=40), lead_ms=1000, container_options=_NO_EDIT_TROUBLE),
    "h264_rotated_90": Clip(options=x264(), rotation=90),
    "h264_rotated_180": Clip(options=x264(), rotation=180),
    "h264_rotated_270": Clip(options=x264(), rotation=270),
    "h264_sound": Clip(options=x264(), sound=True),
    "h264_fragmented": Clip(options=x264(), container_options={"movflags": "frag_keyframe+empty_moov"}),
    "h264_mov": Clip(options=x264(), container="mov"),
    "h264_avi": Clip(options=x264(), container="avi"),
    "h264_avi_in_order": Clip(options=x264(bframes=0), container="avi"),
    "h264_flv": Clip(options=x264(), container="flv"),
    "h264_odd": Clip(options=x264(), width=98, height=66),
    "hevc_open_gop": Clip(codec="libx265", options=x265(), container_options={}),
    "hevc_open_gop_ts": Clip(codec="libx265", options=x265(), container="mpegts"),
    "hevc_closed_10bit": Clip(codec="libx265", options=x265(open_gop=0), pix_fmt="yuv420p10le"),
    "vp8": Clip(codec="libvpx", container="webm", options={"g": "20", "deadline": "realtime", "cpu-used": "8"}),
    "vp9": Clip(
        codec="libvpx-vp9",
        container="webm",
        options={"g": "20", "deadline": "realtime", "cpu-used": "8"},
        width=97,
        height=65,
    ),
    "av1": Clip(codec="libsvtav1", options={"preset": "8", "g": "20", "crf": "5", "svtav1-params": "lp=1"}),
    "mpeg1_ps": Clip(codec="mpeg1video", container="mpeg", options={"g": "12"}, rate=Fraction(25), max_b_frames=2),
    "mpeg2_ps": Clip(codec="mpeg2video", container="mpeg", options={"g": "12"}, rate=Fraction(25), max_b_frames=2),
    "mpeg2_ts": Clip(codec="mpeg2video", container="mpegts", options={"g": "12"}, rate=Fraction(25), max_b_frames=2),
    "mpeg4_avi": Clip(codec="mpeg4", container="avi", options={"g": "20"}, max_b_frames=2),
    "mpeg4_mp4": Clip(codec="mpeg4", options={"g": "20"}, max_b_frames=2, width=99, height=67),
    "mjpeg_avi": Clip(codec="mjpeg", container="avi", pix_fmt="yuvj420p"),
    "wmv2": Clip(codec="wmv2", container="asf", options={"g": "20"}),
    "flv1": Clip(codec="flv", container="flv", options={"g": "20"}),
    "prores": Clip(codec="prores_ks", container="mov", pix_fmt="yuv422p10le"),
}

# Of these the packets' times do not tell which frames come out, so that everything is decoded.
PLAIN = {"h264_intra_refresh", "h264_avi"}


@cache
def clip_bytes(name: str) -> bytes:
    return render(CLIPS[name])


@cache
def decoded(name: str) -> FullDecode:
    return full_decode(clip_bytes(name))


def sampled(source: bytes, rate: SampleRate) -> list[Sample]:
    stream = BytesIO(source)
    plan = probe(stream, LIMITS)
    return [sample for span in plan.spans for sample in samples(stream, plan, span, rate, LIMITS)]


def summary(taken: list[Sample]) -> list[tuple[int, int]]:
    return [(sample.time.pts, checksum(sample.pixels)) for sample in taken]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("span_seconds", [20, 0.4])
@pytest.mark.parametrize("name", CLIPS)
def test_equals_a_full_decode(name: str, span_seconds: float, rate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_module, "SPAN_SECONDS", span_seconds)
    taken = sampled(clip_bytes(name), RATES[rate])
    assert summary(taken) == decoded(name).expected(RATES[rate].per_second)


@pytest.mark.parametrize("name", CLIPS.keys() - {"h264_grey"})
def test_every_frame_is_the_frame_that_was_drawn(name: str) -> None:
    """The numbers on the boards, upright and in their colours."""
    hidden = 30 if name == "h264_hidden_start" else 0
    numbers = [read_number(sample.pixels) for sample in sampled(clip_bytes(name), EVERY_FRAME)]
    assert numbers == list(range(hidden, CLIPS[name].frames))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("span_seconds", [20, 0.4])
@pytest.mark.parametrize("name", CLIPS)
def test_decodes_everything_only_where_it_must(
    name: str, span_seconds: float, rate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way that decodes everything would hide a wrong short cut: see that it is not taken."""
    monkeypatch.setattr(probe_module, "SPAN_SECONDS", span_seconds)
    ways: list[str] = []
    decode_all = plain.sampled_frames

    def noted(*args: Any) -> Iterator[tuple[int, VideoFrame]]:
        ways.append("plain")
        return decode_all(*args)

    monkeypatch.setattr(plain, "sampled_frames", noted)
    sampled(clip_bytes(name), RATES[rate])
    assert bool(ways) == (name in PLAIN)


def test_feeds_the_decoder_little_more_than_the_samples_need(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[int] = []
    send = thrifty._Feed.send

    def noted(feed: thrifty._Feed, item: Scheduled) -> Iterator[tuple[int, VideoFrame]]:
        fed.append(item.pts)
        return send(feed, item)

    monkeypatch.setattr(thrifty._Feed, "send", noted)
    assert len(sampled(clip_bytes("h264_intra_only"), SERVICE_SAMPLE_RATE)) == len(fed) == 4
    fed.clear()
    sampled(clip_bytes("h264"), SERVICE_SAMPLE_RATE)
    # key frames at 0, 0.5, 1 and 1.5 s: the targets are the key frames themselves
    assert len(fed) == 4


def test_times_and_indexes_of_the_rule() -> None:
    """Frames at 0..1000 ms, then none until 3333 ms: the frame before the gap answers 1.5 s too, but only once."""
    taken = sampled(clip_bytes("h264_gap"), SERVICE_SAMPLE_RATE)
    assert [(sample.index, sample.time.timestamp_ms) for sample in taken] == [
        (0, 0), (1, 500), (2, 1000), (7, 3500), (8, 4000),
    ]  # fmt: skip


def test_nothing_is_sampled_before_the_first_frame() -> None:
    taken = sampled(clip_bytes("h264_start_850ms"), SERVICE_SAMPLE_RATE)
    assert [sample.time.timestamp_ms for sample in taken] == [983, 1483, 1983, 2483]
    assert [sample.index for sample in taken] == [2, 3, 4, 5]


def test_no_target_at_the_end_itself() -> None:
    """60 frames at 30 a second end at 2.0 s, where a fifth target would lie."""
    assert [sample.index for sample in sampled(clip_bytes("h264"), SERVICE_SAMPLE_RATE)] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["h264_open_gop", "h264_intra_refresh", "mpeg2_ps"])
def test_resumes_behind_a_stored_sample(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_module, "SPAN_SECONDS", 0.9)
    stream = BytesIO(clip_bytes(name))
    plan = probe(stream, LIMITS)
    for span in plan.spans:
        whole = list(samples(stream, plan, span, RATES["5"], LIMITS))
        for given in range(1, len(whole) + 1):
            after = whole[given - 1].time
            rest = list(samples(stream, plan, span, RATES["5"], LIMITS, after=after))
            assert summary(rest) == summary(whole[given:])


def test_memory_for_waiting_packets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the limit packets are decoded instead of kept, and the samples stay the same."""
    monkeypatch.setattr(thrifty, "_MAX_HELD", 4)
    rate = SampleRate(Fraction(1, 2))
    for name in ("h264_one_key_frame", "h264_open_gop", "hevc_open_gop"):
        assert summary(sampled(clip_bytes(name), rate)) == decoded(name).expected(rate.per_second)


def _alive() -> int:
    return sum(isinstance(thing, VideoFrame | VideoCodecContext) for thing in gc.get_objects())


@pytest.mark.parametrize("name", ["h264_open_gop", "h264_intra_refresh"])
def test_frames_are_freed_without_the_garbage_collector(name: str) -> None:
    """A circle of references would keep the memory of every frame until the collector comes by."""
    stream = BytesIO(clip_bytes(name))
    gc.collect()
    before = _alive()
    gc.disable()
    try:
        plan = probe(stream, LIMITS)
        for sample in samples(stream, plan, plan.spans[0], EVERY_FRAME, LIMITS):
            if sample.index % 4096 == 0:  # every eighth frame will do
                assert _alive() - before <= 7, "what a decoder gives when it is emptied, and one picture"
    finally:
        gc.enable()
    assert _alive() - before <= 1, "the last sample's picture"


def test_a_packet_without_a_frame_is_noticed() -> None:
    """As VP8's hidden reference frames are stored: a packet of its own, whose time no frame ever has."""
    clip = Clip(options=x264(), container="matroska", rate=Fraction(27))
    source = with_empty_packets(clip, at_ms=(495, 1495))
    taken = sampled(source, SERVICE_SAMPLE_RATE)
    assert [read_number(sample.pixels) for sample in taken] == [0, 13, 27, 40, 54]
    assert summary(taken) == full_decode(source).expected(Fraction(2))


def test_size_may_change_midway() -> None:
    source = growing([(96, 64), (160, 128), (64, 96)], frames_each=30)
    taken = sampled(source, SERVICE_SAMPLE_RATE)
    assert [sample.pixels.shape for sample in taken] == [
        (64, 96, 3), (64, 96, 3), (128, 160, 3), (128, 160, 3), (96, 64, 3), (96, 64, 3),
    ]  # fmt: skip
    assert [read_number(sample.pixels) for sample in taken] == [0, 15, 30, 45, 60, 75]


def test_frames_that_grow_over_the_limit_end_the_job() -> None:
    stream = BytesIO(growing([(96, 64), (320, 256)], frames_each=30))
    limits = MediaLimits(max_pixels=200 * 200)
    plan = probe(stream, limits)
    taken = samples(stream, plan, plan.spans[0], SERVICE_SAMPLE_RATE, limits)
    with pytest.raises(JobFailed) as raised:
        list(taken)
    assert raised.value.fault is JobFault.FRAME_TOO_LARGE


def test_a_resumed_span_shows_life_before_its_first_sample() -> None:
    """Frames that an earlier attempt has settled are decoded again, and whoever watches must see it."""
    stream = BytesIO(render(Clip(options=x264(), frames=90)))
    plan = probe(stream, LIMITS)
    rate = SampleRate(Fraction(5))
    every = list(samples(stream, plan, plan.spans[0], rate, LIMITS))
    beats: list[None] = []
    rest = samples(stream, plan, plan.spans[0], rate, LIMITS, after=every[-2].time, beat=lambda: beats.append(None))
    assert [sample.time for sample in rest] == [every[-1].time]
    assert len(beats) == len(every)
