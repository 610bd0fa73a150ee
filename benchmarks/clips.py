"""Clips to measure on, rendered by code: one face in the picture, camera work, cuts and grain as real material has.

    python -m benchmarks.clips reference.mp4 [--seconds 60]

The astronaut (NASA, public domain) hangs in a large synthetic scene with detail at every scale; the camera pans, zooms
and tilts over it, with a cut every five seconds.
"""

import argparse
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

PHOTOGRAPH = Path(__file__).parent.parent / "examples" / "astronaut.jpg"

RATE = 30
SHOT_SECONDS = 5
SCENE_WIDTH, SCENE_HEIGHT = 3200, 1800
# the photograph is shown at twice its size; its face then is about 200 pixels high before the camera zooms
PHOTOGRAPH_SCALE = 2
# where the face is in the scene
FACE = (SCENE_WIDTH / 2 + PHOTOGRAPH_SCALE * (224 - 256), SCENE_HEIGHT / 2 + PHOTOGRAPH_SCALE * (118 - 256))
# standard deviation in levels of 255; at CRF 21 it gives about the rate of the material that the goals were set on
GRAIN = 3.7
GRAIN_PLATES = 12

REFERENCE_OPTIONS = {"preset": "medium", "crf": "21", "x264-params": "keyint=60"}


def reference_clip(path: Path, seconds: int) -> None:
    """1920 x 1080 at 30 frames a second, x264 medium CRF 21, a key frame at least every 60 frames and at each cut."""
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=RATE, options=REFERENCE_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.codec_context.colorspace = 1
        stream.codec_context.color_range = 1
        for pixels in frames(1920, 1080, seconds):
            rgb = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            output.mux(stream.encode(rgb.reformat(format="yuv420p", dst_colorspace=1, dst_color_range=1)))
        output.mux(stream.encode(None))


def long_clip(path: Path, seconds: int) -> None:
    """640 x 360 at 30 frames a second: one rendered minute over and over, so that hours are made in seconds."""
    minute = BytesIO()
    with av.open(minute, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "x264-params": "keyint=60"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for pixels in frames(640, 360, 60):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode(None))
    minute.seek(0)
    with av.open(minute, "r") as source, av.open(str(path), "w", format="mp4") as output:
        shown = source.streams.video[0]
        copy = output.add_stream_from_template(shown)
        for turn in range(-(-seconds // 60)):
            source.seek(0)
            for packet in source.demux(shown):
                if packet.pts is None or packet.dts is None:
                    continue
                later = round(Fraction(60 * turn) / packet.time_base)
                packet.pts += later
                packet.dts += later
                packet.stream = copy
                output.mux(packet)


def frames(width: int, height: int, seconds: int) -> Iterator[Pixels]:
    """Every frame, (height, width, 3) RGB."""
    scene = _scene()
    chance = np.random.default_rng(5)
    plates = [np.round(chance.normal(0, GRAIN, (height, width, 1))).astype(np.int16) for _ in range(GRAIN_PLATES)]
    for number in range(seconds * RATE):
        matrix = _camera(number / RATE, width, height)
        frame = cv2.warpAffine(scene, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        grain = np.roll(plates[chance.integers(GRAIN_PLATES)], int(chance.integers(height)), axis=0)
        yield np.clip(frame + grain, 0, 255).astype(np.uint8)


def _camera(time_s: float, width: int, height: int) -> NDArray[np.float64]:
    """The 2 x 3 matrix from scene to frame. Each shot has its own zoom, direction and speed."""
    shot, within = divmod(time_s, SHOT_SECONDS)
    drift = within / SHOT_SECONDS - 0.5
    chance = np.random.default_rng(int(shot) + 100)
    zoom = width / 1920 * (1.0 + 0.5 * chance.random()) * (1 + 0.25 * drift * chance.choice((-1, 1)))
    tilt = np.deg2rad(8 * drift * chance.choice((-1, 1)))
    pan = np.array([500 * drift * chance.choice((-1, 1)), 150 * drift * chance.choice((-1, 1))])
    looked_at = np.array(FACE) + pan + chance.uniform(-120, 120, 2)
    turn = zoom * np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    return np.column_stack([turn, np.array([width / 2, height / 2]) - turn @ looked_at])


def _scene() -> Pixels:
    """A wall with texture from the coarsest to the finest scale, some hard edges, and the photograph in the middle."""
    chance = np.random.default_rng(11)
    wall = np.zeros((SCENE_HEIGHT, SCENE_WIDTH, 3), np.float32)
    for octave in range(1, 10):
        cells = 2**octave
        coarse = chance.normal(0, 1, (max(2, cells * 9 // 16), cells, 3)).astype(np.float32)
        grey = coarse.mean(axis=2, keepdims=True)
        layer = cv2.resize(0.7 * grey + 0.3 * coarse, (SCENE_WIDTH, SCENE_HEIGHT), interpolation=cv2.INTER_CUBIC)
        wall += layer * 34 / octave**0.8
    scene = np.clip(wall + 110, 0, 255).astype(np.uint8)
    for _ in range(220):
        start = chance.integers((0, 0), (SCENE_WIDTH, SCENE_HEIGHT))
        end = start + chance.integers(-260, 260, 2)
        colour = tuple(int(level) for level in chance.integers(20, 235, 3))
        cv2.line(scene, tuple(map(int, start)), tuple(map(int, end)), colour, int(chance.integers(1, 9)), cv2.LINE_AA)
    with Image.open(PHOTOGRAPH) as picture:
        side = picture.width * PHOTOGRAPH_SCALE
        photograph = np.asarray(picture.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))
    top, left = (SCENE_HEIGHT - side) // 2, (SCENE_WIDTH - side) // 2
    scene[top : top + side, left : left + side] = photograph
    return scene


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    reference_clip(options.path, options.seconds)


if __name__ == "__main__":
    main()
