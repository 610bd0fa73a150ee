"""Analyse a file on this machine without a server, in this process."""

from collections.abc import Iterator
from pathlib import Path

from faceline.domain.face import PictureFaces
from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.job import FaceAttributes
from faceline.domain.ports import ByteStream
from faceline.domain.video import SampleFaces, SampleRate, VideoPlan
from faceline.engine.analysis import faces_of
from faceline.media.container import MediaLimits
from faceline.media.picture import decode_picture
from faceline.media.probe import probe
from faceline.media.samples import samples
from faceline.vision.analyse import Analyser

PICTURE_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
MAX_PICTURE_PIXELS = 100_000_000
LOCAL_LIMITS = MediaLimits()


def is_picture(path: Path) -> bool:
    """Whether the file is a JPEG or PNG by its content. Raises OSError."""
    with path.open("rb") as file:
        return file.read(8).startswith(PICTURE_SIGNATURES)


def open_file(path: Path) -> ByteStream:
    """A file as a demuxer may read it. Raises OSError."""
    if not path.is_file():
        raise FileNotFoundError(2, "not a regular file", str(path))
    return path.open("rb")


def plan_file(path: Path) -> VideoPlan:
    """Facts and spans of a video file. Raises JobFailed, OSError."""
    stream = open_file(path)
    try:
        return probe(stream, LOCAL_LIMITS)
    finally:
        stream.close()


def analyse_video(
    path: Path, plan: VideoPlan, analyser: Analyser, attributes: FaceAttributes, rate: SampleRate
) -> Iterator[SampleFaces]:
    """The faces of every sample, in order of time, as they are found. Raises JobFailed, OSError."""
    seen = False
    for span in plan.spans:
        stream = open_file(path)
        try:
            for found in faces_of(samples(stream, plan, span, rate, LOCAL_LIMITS), analyser, attributes):
                seen = True
                yield found
        finally:
            stream.close()
    if not seen:
        raise JobFailed(JobFault.NOT_DECODABLE)


def analyse_picture(path: Path, analyser: Analyser, attributes: FaceAttributes) -> PictureFaces:
    """The faces of a JPEG or PNG file. Raises Refused, OSError."""
    pixels = decode_picture(path.read_bytes(), MAX_PICTURE_PIXELS)
    (faces,) = analyser.analyse([pixels], attributes)
    height, width = pixels.shape[:2]
    return PictureFaces(width, height, faces)
