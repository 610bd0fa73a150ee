"""Colours and orientation, against what was drawn."""

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from faceline.domain.video import SERVICE_SAMPLE_RATE, ColorRange, VideoPlan
from faceline.media.container import MediaLimits
from faceline.media.probe import probe
from faceline.media.samples import samples
from faceline.media.upright import Upright, pixel_aspect_of
from tests.media.clips import Clip, draw, marks_error, read_number, render, x264

LIMITS = MediaLimits()
BT709, BT601, BT2020 = 1, 5, 9

# swscale's quick conversion cuts instead of rounding, and 4:2:0 in 8 bits takes its share
TOLERANCE = 8.0


def first_picture(clip: Clip) -> tuple[VideoPlan, NDArray[np.uint8]]:
    stream = BytesIO(render(clip))
    plan = probe(stream, LIMITS)
    return plan, next(samples(stream, plan, plan.spans[0], SERVICE_SAMPLE_RATE, LIMITS)).pixels


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_all_eight_ways_to_lay_a_picture_down(rotation: int, mirrored: bool) -> None:
    clip = Clip(options=x264(), frames=3, first_number=9, width=160, height=96, rotation=rotation, mirrored=mirrored)
    plan, picture = first_picture(clip)
    assert picture.shape == (96, 160, 3)
    assert (plan.facts.width, plan.facts.height) == (160, 96)
    assert read_number(picture) == 9
    assert picture.flags.c_contiguous


@pytest.mark.parametrize("colorspace", [BT601, BT709, BT2020])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p", "yuv420p10le"])
def test_stated_matrix_and_range_are_honoured(colorspace: int, full_range: bool, pix_fmt: str) -> None:
    clip = Clip(options=x264(), frames=3, colorspace=colorspace, full_range=full_range, pix_fmt=pix_fmt)
    plan, picture = first_picture(clip)
    assert marks_error(picture) < TOLERANCE
    assert plan.facts.color_range == (ColorRange.FULL if full_range else ColorRange.LIMITED)


@pytest.mark.parametrize(("size", "colorspace"), [((640, 480), BT601), ((1280, 720), BT709), ((720, 1280), BT709)])
def test_a_missing_matrix_is_guessed_by_size(size: tuple[int, int], colorspace: int) -> None:
    width, height = size
    frame = VideoFrame.from_ndarray(draw(5, width, height), format="rgb24").reformat(
        format="yuv420p", dst_colorspace=colorspace, dst_color_range=1, threads=1
    )
    frame.colorspace = 2
    assert marks_error(Upright().rgb(frame)) < TOLERANCE


def test_grey_stays_grey() -> None:
    _, picture = first_picture(Clip(options=x264(), frames=3, first_number=77, pix_fmt="gray"))
    assert int(np.ptp(picture.astype(int), axis=2).max()) == 0
    assert picture[4, -4, 0] > 200, "the white mark"


@pytest.mark.parametrize(("rotation", "size"), [(0, (192, 64)), (90, (96, 128))])
def test_the_shape_of_pixels_is_in_the_facts_and_in_the_picture(rotation: int, size: tuple[int, int]) -> None:
    """The stored width is stretched, whichever way it is shown afterwards."""
    clip = Clip(options=x264(), frames=3, first_number=6, pixel_shape=Fraction(2), rotation=rotation)
    plan, picture = first_picture(clip)
    assert (plan.facts.width, plan.facts.height) == size
    assert picture.shape == (size[1], size[0], 3)
    assert read_number(picture) == 6


def test_one_scaling_context_for_all_frames() -> None:
    """Pictures of changing sizes and formats from one converter, each right."""
    upright = Upright()
    for width, height, pix_fmt in [
        (96, 64, "yuv420p"),
        (97, 65, "yuv420p"),
        (96, 64, "yuv444p10le"),
        (50, 34, "rgb24"),
    ]:
        frame = VideoFrame.from_ndarray(draw(3, width, height), format="rgb24").reformat(format=pix_fmt, threads=1)
        picture = upright.rgb(frame)
        assert picture.shape == (height, width, 3)
        assert read_number(picture) == 3


def test_pyav_turns_the_same_way() -> None:
    """Our reading of the display matrix agrees with FFmpeg's angle."""
    for rotation in (90, 180, 270):
        source = render(Clip(options=x264(), frames=2, rotation=rotation))
        with av.open(BytesIO(source), "r") as container:
            frame = next(container.decode(video=0))
            flat = frame.to_ndarray(format="rgb24")
            assert np.array_equal(Upright().rgb(frame), np.rot90(flat, (frame.rotation // 90) % 4))


@pytest.mark.parametrize(("aspect", "width"), [(Fraction(2), 320), (Fraction(1, 2), 80), (Fraction(1), 160)])
def test_oblong_pixels_are_made_square(aspect: Fraction, width: int) -> None:
    frame = VideoFrame.from_ndarray(draw(5, 160, 96), format="rgb24").reformat(format="yuv420p", threads=1)
    picture = Upright().rgb(frame, aspect)
    assert picture.shape == (96, width, 3)
    assert read_number(picture) == 5


@pytest.mark.parametrize(
    ("stated", "used"), [(Fraction(1000), 1), (Fraction(1, 1000), 1), (None, 1), (Fraction(4, 3), Fraction(4, 3))]
)
def test_an_aspect_that_no_camera_makes_is_ignored(stated: Fraction | None, used: Fraction | int) -> None:
    class Stream:
        sample_aspect_ratio = stated

    assert pixel_aspect_of(Stream()) == used  # type: ignore[arg-type]  # stands for a stream
