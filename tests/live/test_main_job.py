"""The main job from outside: an unmodified boto3 against the real server, every process real."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples import faces_in_video
from examples.sample_video import FACE_CENTRE, SECONDS, camera
from tests.api.judge import Judged
from tests.live.clips import FRAMES_PER_SECOND, GONE_S, SCALE, SIZE
from tests.live.fixtures import SHORT_S
from tests.live.serving import CREDENTIALS, Served, clean_environment

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

VIDEO = {"S3Object": {"Bucket": "videos", "Name": "short.mp4"}}
DEFAULT_MEMBERS = {"BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"}
ONLY_PICTURES = {"FaceOccluded", "EyeDirection"}


@pytest.fixture(scope="module")
def judged(live: Served) -> Judged:
    """A boto3 client whose every answer is held to botocore's output shapes."""
    return Judged(live.address)


@pytest.fixture(scope="module")
def everything(judged: Judged) -> dict[str, Any]:
    """The only page of a finished job with ALL attributes."""
    job_id = judged.client.start_face_detection(Video=VIDEO, FaceAttributes="ALL", JobTag="tag")["JobId"]
    return faces_in_video.wait(judged.client, job_id)


def test_the_answer_has_the_services_form(judged: Judged, everything: dict[str, Any]) -> None:
    """B121, B123, B124, B149."""
    assert "NextToken" not in everything
    assert "StatusMessage" not in everything
    assert (everything["Video"], everything["JobTag"]) == (VIDEO, "tag")
    members = {frozenset(element["Face"]) for element in everything["Faces"]}
    assert [len(each) for each in members] == [15]
    assert not members.pop() & ONLY_PICTURES
    assert judged.complaints == []


def test_the_video_is_described(everything: dict[str, Any]) -> None:
    """B150-B155."""
    assert everything["VideoMetadata"] == {
        "Codec": "h264",
        "DurationMillis": SHORT_S * 1000,
        "Format": "QuickTime / MOV",
        "FrameRate": FRAMES_PER_SECOND,
        "FrameHeight": SIZE[1],
        "FrameWidth": SIZE[0],
        "ColorRange": "LIMITED",
    }


def test_the_face_is_found_when_and_where_it_is(everything: dict[str, Any]) -> None:
    """B140, B141: two samples a second; the face's centre lies in its box at every one of them but while it is away."""
    times = [time for time in range(0, SHORT_S * 1000, 500) if not GONE_S[0] <= time / 1000 < GONE_S[1]]
    assert [element["Timestamp"] for element in everything["Faces"]] == times
    for element in everything["Faces"]:
        x, y = camera(element["Timestamp"] / 1000 % SECONDS) @ (*FACE_CENTRE, 1) * SCALE / SIZE
        box = element["Face"]["BoundingBox"]
        assert box["Left"] + box["Width"] / 4 < x < box["Left"] + 3 * box["Width"] / 4
        assert box["Top"] + box["Height"] / 4 < y < box["Top"] + 3 * box["Height"] / 4


def test_pages_of_any_size_are_the_same_faces(judged: Judged, everything: dict[str, Any]) -> None:
    """B130-B138."""
    job_id = everything["JobId"]
    for size in (1, 4, 5, 6, 7):
        found, token, sizes = list[Any](), dict[str, str](), list[int]()
        while True:
            page = judged.client.get_face_detection(JobId=job_id, MaxResults=size, **token)
            found += page["Faces"]
            sizes.append(len(page["Faces"]))
            assert page["VideoMetadata"] == everything["VideoMetadata"]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        assert found == everything["Faces"]
        assert sizes[:-1] == [size] * (len(sizes) - 1)
    assert judged.complaints == []


def test_default_gives_five_members_and_the_same_boxes(live: Served, everything: dict[str, Any]) -> None:
    """B102, B149."""
    client = live.client()
    page = faces_in_video.wait(client, client.start_face_detection(Video=VIDEO)["JobId"])
    assert {frozenset(element["Face"]) for element in page["Faces"]} == {frozenset(DEFAULT_MEMBERS)}
    assert {len(element["Face"]["Landmarks"]) for element in page["Faces"]} == {5}
    boxes = [[element["Face"]["BoundingBox"] for element in each["Faces"]] for each in (page, everything)]
    assert boxes[0] == boxes[1]


def test_a_token_starts_one_job(judged: Judged) -> None:
    """B106."""
    first, second = (
        judged.client.start_face_detection(Video=VIDEO, ClientRequestToken="only-once")["JobId"] for _ in "ab"
    )
    assert first == second


def test_pictures_by_bytes_and_from_a_bucket_are_answered_alike(judged: Judged, buckets: Path) -> None:
    """B180, B185-B187, B194, B195."""
    client = judged.client
    stored = {"S3Object": {"Bucket": "videos", "Name": "face.jpg"}}
    given = {"Bytes": (buckets / "videos" / "face.jpg").read_bytes()}
    by_bytes, by_name = (
        client.detect_faces(Image=image, Attributes=["ALL"])["FaceDetails"] for image in (given, stored)
    )
    assert by_bytes == by_name
    (face,) = by_bytes
    assert len(face) == 17
    assert len(face["Landmarks"]) == 30
    (plain,) = client.detect_faces(Image=stored)["FaceDetails"]
    assert set(plain) == DEFAULT_MEMBERS
    (some,) = client.detect_faces(Image=stored, Attributes=["EYES_OPEN", "FACE_OCCLUDED", "SUNGLASSES"])["FaceDetails"]
    assert set(some) == DEFAULT_MEMBERS | {"EyesOpen", "FaceOccluded", "Sunglasses"}
    assert judged.complaints == []


def test_a_file_analysed_without_a_server_gives_the_same_faces(buckets: Path, everything: dict[str, Any]) -> None:
    """But for the rounding of the store, which keeps float32."""
    command = [sys.executable, "-m", "faceline", "analyze", "--attributes", "ALL", "--json", "-"]
    command += [str(buckets / "videos" / "short.mp4")]
    done = subprocess.run(command, check=True, capture_output=True, env=clean_environment())
    document = json.loads(done.stdout)
    assert {name: document[name] for name in ("JobStatus", "VideoMetadata")} == {
        name: everything[name] for name in ("JobStatus", "VideoMetadata")
    }
    expected, found = (list(leaves(each["Faces"])) for each in (everything, document))
    assert [each for each in found if not isinstance(each, float)] == [
        each for each in expected if not isinstance(each, float)
    ]
    assert [each for each in found if isinstance(each, float)] == pytest.approx(
        [each for each in expected if isinstance(each, float)], rel=1e-6, abs=1e-9
    )


def leaves(value: Any) -> Iterator[object]:
    """Every name, number and word in order."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def test_the_example_runs_with_nothing_but_its_environment_set(live: Served, tmp_path: Path) -> None:
    environment = clean_environment(**CREDENTIALS, AWS_ENDPOINT_URL_REKOGNITION=live.address)
    script, written = str(Path(faces_in_video.__file__)), tmp_path / "faces.json"
    command = [sys.executable, script, "videos", "short.mp4", "--json", str(written)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.splitlines()
    assert lines[0] == "short.mp4: h264 in QuickTime / MOV, 480 x 270 px, 10.00 frames/s, 4.00 s"
    assert lines[-1] == "6 faces at 6 times"
    assert len(json.loads(written.read_text())["Faces"]) == len(lines) - 4 == 6
