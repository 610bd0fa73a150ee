"""Small renderings of the sample video: the same photograph under the same camera, in fewer and smaller frames."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from examples.sample_video import HEIGHT, SECONDS, WIDTH, Pixels, camera, photograph

SCALE = 3 / 8
SIZE = (round(WIDTH * SCALE), round(HEIGHT * SCALE))
FRAMES_PER_SECOND = 10
GONE_S = (1.9, 2.6)
"""The face is away once in every clip, for the samples of 2 and 2.5 s."""


def render(path: Path, seconds: float) -> Path:
    """Write `seconds` of H.264 in MP4 with one face of 60 to 120 pixels; a key frame every second."""
    picture = photograph()
    options = {"crf": "22", "preset": "ultrafast", "g": str(FRAMES_PER_SECOND)}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FRAMES_PER_SECOND), options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(round(seconds * FRAMES_PER_SECOND)):
            pixels = _frame(picture, number / FRAMES_PER_SECOND)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def _frame(picture: Pixels, time_s: float) -> Pixels:
    wall = np.full((SIZE[1], SIZE[0], 3), 70, dtype=np.uint8)
    if GONE_S[0] <= time_s < GONE_S[1]:
        return wall
    matrix = SCALE * camera(time_s % SECONDS)
    cv2.warpAffine(picture, matrix, SIZE, dst=wall, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT)
    return wall
