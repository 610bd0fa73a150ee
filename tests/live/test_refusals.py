"""Bad requests against the real server: each gets its documented error, and the log gets no traceback."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from examples import faces_in_video
from tests.live.serving import CONTENT_TYPE, Served

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

UNREADABLE = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
UNKNOWN_JOB = "0" * 64


@pytest.fixture(autouse=True)
def no_traceback(live: Served) -> Iterator[None]:
    """Whatever a test sends, the log stays free of tracebacks and the server alive."""
    yield
    assert "Traceback" not in live.log
    assert live.request("GET", "/health", None, {}).status == 200


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """Code and text of the error that a boto3 call meets."""
    with pytest.raises(ClientError) as met:
        call(**arguments)
    answer = met.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["ResponseMetadata"]["RequestId"]
    return answer["Error"]["Code"], answer["Error"]["Message"]


def stored(bucket: str, name: str) -> dict[str, Any]:
    return {"S3Object": {"Bucket": bucket, "Name": name}}


@pytest.mark.parametrize(
    ("bucket", "name"),
    [("nowhere", "short.mp4"), ("videos", "none.mp4"), ("videos", "../secret"), ("...", "short.mp4")],
    ids=["bucket", "key", "way out", "dots"],
)
def test_missing_objects(live: Served, bucket: str, name: str) -> None:
    """B55, B160."""
    client = live.client()
    expected = ("InvalidS3ObjectException", UNREADABLE)
    assert refusal(client.start_face_detection, Video=stored(bucket, name)) == expected
    assert refusal(client.detect_faces, Image=stored(bucket, name)) == expected


def test_an_empty_object(live: Served) -> None:
    """B161."""
    expected = ("InvalidS3ObjectException", "Request has invalid S3 object.")
    assert refusal(live.client().start_face_detection, Video=stored("videos", "empty.mp4")) == expected


def test_operations_that_are_not_offered(live: Served) -> None:
    """B62, B260, B261."""
    code, text = refusal(live.client().detect_labels, Image=stored("videos", "face.jpg"))
    assert (code, text) == (
        "UnknownOperationException",
        "The requested operation is not provided by this server: DetectLabels.",
    )
    bare = b'{"__type":"UnknownOperationException"}'
    assert live.post("DetectNothing", {}).body == bare
    assert live.post("GetFaceDetection", {}, X_Amz_Target="DynamoDB_20120810.ListTables").body == bare


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"JobId":', b"\xff\xfe{}", b"null", b"{}{}"])
def test_malformed_json(live: Served, body: bytes) -> None:
    """B61, B70."""
    reply = live.post("GetFaceDetection", body)
    assert (reply.status, reply.error["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("operation", "body", "words"),
    [
        ("GetFaceDetection", {"JobId": 5}, ("Integer", "String")),
        ("GetFaceDetection", {"JobId": "a", "MaxResults": "5"}, ("String", "Integer")),
        ("StartFaceDetection", {"Video": "short.mp4"}, ("String",)),
        ("StartFaceDetection", {"Video": {"S3Object": []}}, ("List",)),
        ("DetectFaces", {"Image": {"Bytes": 1}}, ("Integer",)),
        ("DetectFaces", {"Image": {"Bytes": "aGk="}, "Attributes": "ALL"}, ("String", "List")),
    ],
)
def test_wrong_types(live: Served, operation: str, body: dict[str, Any], words: tuple[str, ...]) -> None:
    """B70."""
    reply = live.post(operation, body)
    assert (reply.status, reply.error["__type"]) == (400, "SerializationException")
    assert all(word in reply.error["Message"] for word in words), reply.error


@pytest.mark.parametrize(
    ("operation", "body", "text"),
    [
        ("StartFaceDetection", {}, "Value null at 'video' failed to satisfy constraint: Member must not be null"),
        ("GetFaceDetection", {"JobId": "a" * 65}, "Member must have length less than or equal to 64"),
        ("GetFaceDetection", {"JobId": "a", "MaxResults": 0}, "Member must have value greater than or equal to 1"),
        ("DetectFaces", {"Image": {}, "Attributes": ["AGE"]}, "Member must satisfy enum value set"),
    ],
)
def test_broken_constraints(live: Served, operation: str, body: dict[str, Any], text: str) -> None:
    """B60, B71-B76."""
    reply = live.post(operation, body)
    assert (reply.status, reply.error["__type"]) == (400, "ValidationException")
    assert reply.error["message"].startswith("1 validation error detected: Value ")
    assert text in reply.error["message"]


def test_broken_rules_of_the_service(live: Served) -> None:
    """B54, B92, B180, B183."""
    client = live.client()
    small = io.BytesIO()
    Image.new("RGB", (200, 79)).save(small, "PNG")
    both = {"Bytes": small.getvalue(), **stored("videos", "face.jpg")}
    expected = ("InvalidParameterException", "Request has invalid parameters")
    assert refusal(client.start_face_detection, Video={}) == expected
    assert refusal(client.detect_faces, Image={}) == expected
    assert refusal(client.detect_faces, Image=both) == expected
    assert refusal(client.detect_faces, Image={"Bytes": small.getvalue()}) == expected


def test_pictures_that_are_none(live: Served, buckets: Path) -> None:
    """B50, B73, B181."""
    client = live.client()
    expected = ("InvalidImageFormatException", "Request has invalid image format")
    half = (buckets / "videos" / "face.jpg").read_bytes()[:9000]
    for content in (b"\x89PNG", b"no picture", b"GIF89a" + bytes(500), half):
        assert refusal(client.detect_faces, Image={"Bytes": content}) == expected
    assert refusal(client.detect_faces, Image=stored("videos", "short.mp4")) == expected
    code, text = refusal(client.detect_faces, Image={"Bytes": bytes(5_242_881)})
    assert code == "ValidationException"
    assert "java.nio.HeapByteBuffer[pos=0 lim=5242881 cap=5242881]' at 'image.bytes'" in text


def test_an_unknown_job(live: Served) -> None:
    """B58."""
    expected = ("ResourceNotFoundException", "Could not find JobId")
    assert refusal(live.client().get_face_detection, JobId=UNKNOWN_JOB) == expected


def test_tokens_that_were_tampered_with(live: Served) -> None:
    """B51, B132, B135."""
    client = live.client()
    jobs = [live.start("short.mp4") for _ in "ab"]
    for job_id in jobs:
        faces_in_video.wait(client, job_id)
    token = client.get_face_detection(JobId=jobs[0], MaxResults=2)["NextToken"]
    expected = ("InvalidPaginationTokenException", "Invalid Pagination Token")
    edited = [token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in (0, 20, 40, 60)]
    for wrong in [*edited, token[:-4], token + "AAAA", "x", "A" * 76]:
        assert refusal(client.get_face_detection, JobId=jobs[0], NextToken=wrong) == expected
    assert refusal(client.get_face_detection, JobId=jobs[1], NextToken=token) == expected
    assert len(client.get_face_detection(JobId=jobs[0], NextToken=token)["Faces"]) == 4


def test_a_text_named_as_a_video_fails_its_job(live: Served) -> None:
    """B114, B125."""
    job_id = live.start("text.mp4")
    answer = json.loads(live.result(job_id))
    assert answer == {
        "JobStatus": "FAILED",
        "StatusMessage": "Unsupported codec/format.",
        "Faces": [],
        "JobId": job_id,
        "Video": stored("videos", "text.mp4"),
    }


def test_requests_that_no_sdk_sends(live: Served) -> None:
    """B15, B32."""
    json_type = {"Content-Type": CONTENT_TYPE}
    assert live.request("GET", "/", None, {}).status == 404
    assert live.request("POST", "/2016-06-27", b"{}", json_type).status == 404
    assert live.post("GetFaceDetection", {}, Content_Type="text/plain").status == 415
    assert live.post("GetFaceDetection", {}, Host="faces.example.com").status == 421
    assert live.post("DetectFaces", bytes(16 * 1024**2 + 1)).status == 413
