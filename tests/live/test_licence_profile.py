"""`faceline serve --weights-profile permissive` through an unmodified boto3."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceline.wire.faces import APPEARANCE_MEMBERS
from tests.api.judge import Judged
from tests.live.serving import Served

MEMBERS = {"BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"}


@pytest.fixture(scope="module")
def served(buckets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("permissive") / "data"
    with Served(data, buckets, ["--weights-profile", "permissive"]) as started:
        yield started
        started.stop()


def test_the_log_says_once_what_is_left_out_and_why(served: Served) -> None:
    """By the time that the server is ready; the roles below it say nothing."""
    (line,) = served.events("attributes_left_out")
    assert (line["role"], line["level"], line["weights_profile"]) == ("serve", "warning", "permissive")
    assert line["members"] == list(APPEARANCE_MEMBERS)
    assert line["why"] == "the weights that tell them were trained on pictures published for research"


def test_pictures_and_videos_are_answered_without_it(served: Served) -> None:
    judged = Judged(served.address)
    image = {"S3Object": {"Bucket": "videos", "Name": "face.jpg"}}
    (face,) = judged.client.detect_faces(Image=image, Attributes=["ALL"])["FaceDetails"]
    assert set(face) == MEMBERS | {"EyeDirection"}
    (named,) = judged.client.detect_faces(Image=image, Attributes=["SMILE", "GENDER"])["FaceDetails"]
    assert set(named) == MEMBERS
    faces = json.loads(b"{" + served.faces(served.start("short.mp4", "ALL")) + b"}")["Faces"]
    assert [set(each["Face"]) for each in faces] == [MEMBERS] * len(faces)
    assert len(faces) == 6
    assert judged.complaints == []
    assert len(served.events("attributes_left_out")) == 1
