"""The sampler against a full decode, on rendered clips, at several rates and for several ways to cut."""

from fractions import Fraction
from functools import cache
from io import BytesIO

import pytest

from faceline.domain.video import EVERY_FRAME, SERVICE_SAMPLE_RATE, SampleRate
from faceline.media import probe as probe_module
from faceline.media.container import MediaLimits
from faceline.media.probe import probe
from faceline.media.samples import Sample, samples
from tests.media.clips import Clip, render, x264, x265
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
    "h264_flv": Clip(options=x264(), container="flv"),
    "h264_odd": Clip(options=x264(), width=98, height=66),
    "hevc_open_gop": Clip(codec="libx265", options=x265(), container_options={}),
    "hevc_open_gop_ts": Clip(codec="libx265", options=x265(), container="mpegts"),
    "hevc_closed_10bit": Clip(codec="libx265", options=x265(open_gop=0), pix_fmt="yuv420p10le"),
    "vp8_hidden_packets": Clip(
        codec="libvpx",
        container="webm",
        options={"auto-alt-ref": "1", "lag-in-frames": "16", "g": "20", "deadline": "realtime", "cpu-used": "8"},
    ),
    "vp9": Clip(
        codec="libvpx-vp9",
        container="webm",
        options={"g": "20", "deadline": "realtime", "cpu-used": "8"},
        width=97,
        height=65,
    ),
    "av1": Clip(codec="libsvtav1", options={"preset": "12", "g": "20", "svtav1-params": "lp=1"}),
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
PLAIN = {"h264_intra_refresh", "vp8_hidden_packets"}


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
