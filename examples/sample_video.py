"""A short sample video with a real face: a camera that pans, zooms and tilts over a photograph.

The photograph is that of the astronaut Eileen Collins, made by NASA, in the public domain.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

PHOTOGRAPH = Path(__file__).with_name("astronaut.jpg")
WIDTH, HEIGHT = 1280, 720
FRAMES_PER_SECOND = 25
SECONDS = 10
GONE = (6.0, 7.0)
FACE_CENTRE = (224.0, 118.0)

Pixels = NDArray[np.uint8]


def camera(time_s: float) -> NDArray[np.float64]:
    """The 2 x 3 matrix that takes the photograph to the frame: where the camera stands at `time_s`."""
    phase = 2 * np.pi * time_s / SECONDS
    zoom = 2.6 + 1.1 * np.sin(phase)
    tilt = np.deg2rad(14 * np.sin(2 * phase))
    place = np.array([WIDTH * (0.5 + 0.22 * np.sin(phase * 1.5)), HEIGHT * (0.45 + 0.08 * np.cos(phase))])
    turn = zoom * np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    shift = place - turn @ np.array(FACE_CENTRE)
    return np.column_stack([turn, shift])


def photograph() -> Pixels:
    """The photograph, (512, 512, 3) RGB."""
    with Image.open(PHOTOGRAPH) as picture:
        return np.asarray(picture.convert("RGB"))


def frames() -> Iterator[Pixels]:
    """Every frame, (720, 1280, 3) RGB."""
    picture = photograph()
    ramp = np.linspace(40, 90, HEIGHT, dtype=np.uint8)[:, None, None]
    wall = np.broadcast_to(ramp, (HEIGHT, WIDTH, 3)).copy()
    for number in range(SECONDS * FRAMES_PER_SECOND):
        time_s = number / FRAMES_PER_SECOND
        if GONE[0] <= time_s < GONE[1]:
            yield wall
            continue
        frame = wall.copy()
        cv2.warpAffine(
            picture,
            camera(time_s),
            (WIDTH, HEIGHT),
            dst=frame,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
        yield frame


def render(path: Path) -> None:
    """Write the video as H.264 in MP4."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FRAMES_PER_SECOND), options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for pixels in frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    import sys

    render(Path(sys.argv[1]))
