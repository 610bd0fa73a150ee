"""DetectFaces through an unmodified boto3 (B49, B50, B54, B55, B180-B196)."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from faceline.domain.face import PictureFaces
from faceline.domain.faults import RequestFault
from faceline.domain.job import FaceAttributes
from tests.api.conftest import Service
from tests.api.harness import face, serving, stack, wait_until
from tests.api.judge import Judged

DEFAULT = {"BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"}
PICTURE = {"Bytes": b"\xff\xd8\xff picture"}


def detect(service: Service, **request: Any) -> list[dict[str, Any]]:
    """FaceDetails of a picture."""
    details: list[dict[str, Any]] = service.client.detect_faces(**{"Image": PICTURE, **request})["FaceDetails"]
    return details


def refused(service: Service, **request: Any) -> tuple[str, str, int]:
    """Code, text and status of the refusal that a picture meets."""
    with pytest.raises(ClientError) as error:
        service.client.detect_faces(**{"Image": PICTURE, **request})
    answer = error.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_bytes_reach_the_analysis_as_they_are(service: Service) -> None:
    """B13, B180, B189: base64 on the wire only; no face is an empty list; nothing is stored."""
    picture = bytes(range(256)) * 20
    assert detect(service, Image={"Bytes": picture}) == []
    assert service.stack.pictures.seen == [(picture, FaceAttributes.DEFAULT)]
    assert service.stack.queue.list_jobs() == []


def test_a_stored_picture(service: Service) -> None:
    """B180, B162: read from the store under the operator's rights."""
    service.stack.objects.put("media", "one.jpg", b"stored picture")
    service.stack.pictures.found = PictureFaces(640, 480, (face(),))
    assert len(detect(service, Image={"S3Object": {"Bucket": "media", "Name": "one.jpg"}})) == 1
    assert service.stack.pictures.seen[-1][0] == b"stored picture"


@pytest.mark.parametrize(
    "image",
    [
        {},
        {"S3Object": {}},
        {"S3Object": {"Bucket": "media"}},
        {"Bytes": b"x", "S3Object": {"Bucket": "media", "Name": "clip.mp4"}},
    ],
)
def test_exactly_one_picture_is_needed(service: Service, image: dict[str, Any]) -> None:
    """B54, B180: neither, both, or an incomplete object."""
    assert refused(service, Image=image) == ("InvalidParameterException", "Request has invalid parameters", 400)


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        (RequestFault.PICTURE_UNREADABLE, "InvalidImageFormatException", "Request has invalid image format"),
        (RequestFault.PICTURE_TOO_LARGE, "ImageTooLargeException", "Image size is too large."),
        (RequestFault.PARAMETER, "InvalidParameterException", "Request has invalid parameters"),
        (RequestFault.THROTTLED, "ThrottlingException", "Slow down; sudden increase in rate of requests."),
    ],
)
def test_what_the_analysis_refuses(service: Service, fault: RequestFault, code: str, text: str) -> None:
    """B49, B50, B53, B181, B184: the picture process's refusals, without its details."""
    service.stack.pictures.refusal = fault
    assert refused(service) == (code, text, 400)


@pytest.mark.parametrize(("width", "height"), [(79, 480), (640, 79)])
def test_a_picture_under_eighty_pixels(service: Service, width: int, height: int) -> None:
    """B54, B183: either side."""
    service.stack.pictures.found = PictureFaces(width, height, (face(),))
    assert refused(service) == ("InvalidParameterException", "Request has invalid parameters", 400)


def test_a_picture_of_eighty_pixels(service: Service) -> None:
    """B183: the smallest that is allowed."""
    service.stack.pictures.found = PictureFaces(80, 80, (face(),))
    assert len(detect(service)) == 1


def test_an_object_over_fifteen_megabytes(service: Service) -> None:
    """B49, B164: stored pictures have a larger limit than bytes, and an error of their own."""
    service.stack.objects.put("media", "large.jpg", b"x", size=15_728_641)
    image = {"S3Object": {"Bucket": "media", "Name": "large.jpg"}}
    assert refused(service, Image=image) == ("ImageTooLargeException", "Image size is too large.", 400)
    service.stack.objects.put("media", "limit.jpg", b"x", size=15_728_640)
    assert detect(service, Image={"S3Object": {"Bucket": "media", "Name": "limit.jpg"}}) == []


def test_objects_that_cannot_be_read_or_are_empty(service: Service) -> None:
    """B55, B160, B161."""
    service.stack.objects.put("media", "empty.jpg", b"")
    missing = refused(service, Image={"S3Object": {"Bucket": "media", "Name": "missing.jpg"}})
    assert missing == (
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        400,
    )
    empty = refused(service, Image={"S3Object": {"Bucket": "media", "Name": "empty.jpg"}})
    assert empty == ("InvalidS3ObjectException", "Request has invalid S3 object.", 400)


def test_bytes_over_five_megabytes(service: Service) -> None:
    """B73, B88, B90, B182: boto3 sends them, the server answers with the text that was seen."""
    code, text, status = refused(service, Image={"Bytes": bytes(7_843_602)})
    assert (code, status) == ("ValidationException", 400)
    assert text == (
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=7843602 cap=7843602]' at 'image.bytes' "
        "failed to satisfy constraint: Member must have length less than or equal to 5242880"
    )


@pytest.mark.parametrize(
    ("asked", "wanted", "members", "landmarks"),
    [
        (None, FaceAttributes.DEFAULT, 5, 5),
        ([], FaceAttributes.DEFAULT, 5, 5),
        (["DEFAULT"], FaceAttributes.DEFAULT, 5, 5),
        (["FACE_OCCLUDED"], FaceAttributes.ALL, 6, 5),
        (["EYES_OPEN", "FACE_OCCLUDED", "SUNGLASSES"], FaceAttributes.ALL, 8, 5),
        (["ALL", "DEFAULT"], FaceAttributes.ALL, 17, 30),
        (["SMILE", "ALL"], FaceAttributes.ALL, 17, 30),
    ],
)
def test_lists_of_attributes(
    service: Service, asked: list[str] | None, wanted: FaceAttributes, members: int, landmarks: int
) -> None:
    """B89, B185-B187, B194-B196: what is shown, and that only what is needed is computed."""
    service.stack.pictures.found = PictureFaces(640, 480, (face(),))
    request = {} if asked is None else {"Attributes": asked}
    (detail,) = detect(service, **request)
    assert (len(detail), len(detail["Landmarks"])) == (members, landmarks)
    assert service.stack.pictures.seen[-1][1] is wanted


@pytest.mark.parametrize(
    ("asked", "members"),
    [
        (["ALL"], DEFAULT | {"EyeDirection"}),
        (["SMILE", "FACE_OCCLUDED"], DEFAULT),
        (["EYE_DIRECTION", "BEARD"], DEFAULT | {"EyeDirection"}),
    ],
)
def test_what_the_weights_cannot_tell_is_left_out(service: Service, asked: list[str], members: set[str]) -> None:
    """A request that names it is answered without it (docs/licences.md)."""
    service.stack.pictures.found = PictureFaces(640, 480, (replace(face(), attributes=None),))
    (detail,) = detect(service, Attributes=asked)
    assert set(detail) == members


def test_an_attribute_that_is_none(service: Service) -> None:
    """B75, B89: boto3 does not check values, the server does."""
    code, text, _ = refused(service, Attributes=["ALL", "NOSE"])
    assert code == "ValidationException"
    assert text.startswith("1 validation error detected: Value '[ALL, NOSE]' at 'attributes' failed")


def test_faces_are_sorted_by_area(service: Service) -> None:
    """B190: falling, whatever the order of the analysis or the confidence."""
    found = (face(width=0.1, score=0.9999), face(width=0.3, score=0.6), face(width=0.2, score=0.8))
    service.stack.pictures.found = PictureFaces(640, 480, found)
    widths = [detail["BoundingBox"]["Width"] for detail in detect(service)]
    assert widths == sorted(widths, reverse=True)
    assert len(widths) == 3


def test_the_hundred_largest_faces(service: Service) -> None:
    """B191: at most 100, and those are the largest."""
    service.stack.pictures.found = PictureFaces(6400, 4800, tuple(face(width=0.1 + n / 1000) for n in range(130)))
    widths = [detail["BoundingBox"]["Width"] for detail in detect(service)]
    assert len(widths) == 100
    assert min(widths) == pytest.approx(0.13)


def test_faces_that_are_less_likely_than_not(service: Service) -> None:
    """B193: cut at 50, weak ones above it are returned."""
    service.stack.pictures.found = PictureFaces(640, 480, (face(score=0.49), face(score=0.55)))
    (detail,) = detect(service)
    assert detail["Confidence"] == pytest.approx(55)


def test_the_smallest_face_is_the_operators_choice(tmp_path: Path) -> None:
    """B192: --min-face-px counts at 1080p and grows with the picture."""
    faces = (face(width=41 / 1920, height=41 / 1080), face(width=39 / 1920, height=80 / 1080))
    with stack(tmp_path, min_face_px=40) as installation, serving(installation.app()) as address:
        service = Service(installation, address, Judged(address))
        for scale in (1, 2):
            installation.pictures.found = PictureFaces(1920 * scale, 1080 * scale, faces)
            (detail,) = detect(service)
            assert detail["BoundingBox"]["Width"] == pytest.approx(41 / 1920)


def test_too_many_pictures_at_once(tmp_path: Path) -> None:
    """B53, B241: where the queue is full the next picture is refused at once, and the others are answered."""
    with stack(tmp_path, waiting=2) as installation, serving(installation.app()) as address:
        service = Service(installation, address, Judged(address))
        installation.pictures.gate = threading.Event()
        answers: list[list[dict[str, Any]]] = []
        threads = [threading.Thread(target=lambda: answers.append(detect(service))) for _ in range(2)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(installation.pictures.seen) == 2)
        error = ("ThrottlingException", "Slow down; sudden increase in rate of requests.", 400)
        assert refused(service) == error
        installation.pictures.gate.set()
        for thread in threads:
            thread.join()
        assert answers == [[], []]
        assert detect(service) == []


def test_a_picture_process_that_died(service: Service) -> None:
    """B52, B241: InternalServerError, which SDKs send again; no detail of ours."""
    service.stack.pictures.refusal = RequestFault.BROKEN
    assert refused(service) == ("InternalServerError", "Internal server error", 500)
