"""Whole answers that no job or picture of the other tests shows (B116, B150-B155)."""

import json
from dataclasses import replace

from faceline.domain.video import ColorRange, VideoFacts
from faceline.wire.answers import detect_faces_answer, video_document, video_document_frame, video_metadata
from faceline.wire.faces import PICTURE_DEFAULT
from tests.wire.model import in_model_order

FACTS = VideoFacts("hevc", "Matroska / WebM", 4570, 29.97002997, 1080, 1920, ColorRange.FULL)


def test_a_document_without_a_job() -> None:
    """B150, B154, B155: the shape of GetFaceDetection's answer, for files on the command line."""
    document = json.loads(video_document(FACTS, [b'{"Timestamp":0}', b'{"Timestamp":500}']))
    in_model_order(document, "GetFaceDetectionResponse")
    assert document["Faces"] == [{"Timestamp": 0}, {"Timestamp": 500}]
    assert document["VideoMetadata"] == {
        "Codec": "hevc",
        "DurationMillis": 4570,
        "Format": "Matroska / WebM",
        "FrameRate": 29.970029830932617,
        "FrameHeight": 1920,
        "FrameWidth": 1080,
        "ColorRange": "FULL",
    }


def test_the_frame_of_a_document_is_what_stands_around_the_faces() -> None:
    """A document may be written face by face."""
    opening, closing = video_document_frame(FACTS)
    assert opening + b"{}" + closing == video_document(FACTS, [b"{}"])


def test_whole_frame_rates_have_a_decimal() -> None:
    """B8, B152: 25.0, not 25."""
    assert b'"FrameRate":25.0,' in video_metadata(replace(FACTS, frame_rate=25.0))


def test_a_picture_without_faces() -> None:
    """B191: the empty list and nothing else."""
    assert detect_faces_answer([], PICTURE_DEFAULT) == b'{"FaceDetails":[]}'
