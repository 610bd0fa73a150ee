"""The requests of the three operations: typed values, the model's constraints beside them, and their parsers.

A test holds the constraints against botocore's description of the service, so that they cannot drift.
"""

from typing import Annotated

import msgspec

from faceline.wire.constraints import Blob, Integer, Member, Sequence, Structure, Text
from faceline.wire.serialization import Request, decode
from faceline.wire.validation import validate

LARGEST_PICTURE_BYTES = 5_242_880


class S3Object(msgspec.Struct, frozen=True):
    """Where an object lies (B77, B78)."""

    bucket: str | None = msgspec.field(default=None, name="Bucket")
    name: str | None = msgspec.field(default=None, name="Name")
    version: str | None = msgspec.field(default=None, name="Version")


class Video(msgspec.Struct, frozen=True):
    """The video of a Start; the model requires nothing of it (B92)."""

    s3_object: S3Object | None = msgspec.field(default=None, name="S3Object")


class Channel(msgspec.Struct, frozen=True):
    """NotificationChannel (B80-B82)."""

    topic_arn: str | None = msgspec.field(default=None, name="SNSTopicArn")
    role_arn: str | None = msgspec.field(default=None, name="RoleArn")


class StartFaceDetection(msgspec.Struct, frozen=True):
    """Request of StartFaceDetection (B100)."""

    video: Video | None = msgspec.field(default=None, name="Video")
    token: str | None = msgspec.field(default=None, name="ClientRequestToken")
    channel: Channel | None = msgspec.field(default=None, name="NotificationChannel")
    face_attributes: str | None = msgspec.field(default=None, name="FaceAttributes")
    job_tag: str | None = msgspec.field(default=None, name="JobTag")


class GetFaceDetection(msgspec.Struct, frozen=True):
    """Request of GetFaceDetection (B121)."""

    job_id: str | None = msgspec.field(default=None, name="JobId")
    max_results: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)] | None = msgspec.field(
        default=None, name="MaxResults"
    )
    next_token: str | None = msgspec.field(default=None, name="NextToken")


class Image(msgspec.Struct, frozen=True):
    """A picture: bytes in the request, or an object (B180)."""

    content: bytes | None = msgspec.field(default=None, name="Bytes")
    s3_object: S3Object | None = msgspec.field(default=None, name="S3Object")


class DetectFaces(msgspec.Struct, frozen=True):
    """Request of DetectFaces (B180)."""

    image: Image | None = msgspec.field(default=None, name="Image")
    attributes: tuple[str | None, ...] | None = msgspec.field(default=None, name="Attributes")


_IDENTIFIER = r"^[a-zA-Z0-9-_]+$"

_S3_OBJECT = Structure(
    (
        Member("Bucket", "bucket", Text(3, 255, r"[0-9A-Za-z\.\-_]*")),
        Member("Name", "name", Text(1, 1024)),
        Member("Version", "version", Text(1, 1024)),
    )
)

_CHANNEL = Structure(
    (
        Member("SNSTopicArn", "topic_arn", Text(pattern=r"(^arn:aws:sns:.*:\w{12}:.+$)"), required=True),
        Member("RoleArn", "role_arn", Text(pattern=r"arn:aws:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"), required=True),
    )
)

START_FACE_DETECTION = Structure(
    (
        Member("Video", "video", Structure((Member("S3Object", "s3_object", _S3_OBJECT),)), required=True),
        Member("ClientRequestToken", "token", Text(1, 64, _IDENTIFIER)),
        Member("NotificationChannel", "channel", _CHANNEL),
        Member("FaceAttributes", "face_attributes", Text(values=("DEFAULT", "ALL"))),
        Member("JobTag", "job_tag", Text(1, 1024, r"[a-zA-Z0-9_.\-:+=\/]+")),
    )
)

GET_FACE_DETECTION = Structure(
    (
        Member("JobId", "job_id", Text(1, 64, _IDENTIFIER), required=True),
        Member("MaxResults", "max_results", Integer(1)),
        Member("NextToken", "next_token", Text(longest=255)),
    )
)

_ATTRIBUTE = Text(
    values=(
        *("DEFAULT", "ALL", "AGE_RANGE", "BEARD", "EMOTIONS", "EYE_DIRECTION", "EYEGLASSES", "EYES_OPEN", "GENDER"),
        *("MOUTH_OPEN", "MUSTACHE", "FACE_OCCLUDED", "SMILE", "SUNGLASSES"),
    )
)

_IMAGE = Structure(
    (
        Member("Bytes", "content", Blob(1, LARGEST_PICTURE_BYTES)),
        Member("S3Object", "s3_object", _S3_OBJECT),
    )
)

DETECT_FACES = Structure(
    (
        Member("Image", "image", _IMAGE, required=True),
        Member("Attributes", "attributes", Sequence(_ATTRIBUTE)),
    )
)


def parse_start_face_detection(body: bytes) -> StartFaceDetection:
    """Raises SerializationError or ValidationError with the service's text."""
    return _parse(body, StartFaceDetection, START_FACE_DETECTION)


def parse_get_face_detection(body: bytes) -> GetFaceDetection:
    """Raises SerializationError or ValidationError with the service's text."""
    return _parse(body, GetFaceDetection, GET_FACE_DETECTION)


def parse_detect_faces(body: bytes) -> DetectFaces:
    """Raises SerializationError or ValidationError with the service's text."""
    return _parse(body, DetectFaces, DETECT_FACES)


def _parse(body: bytes, kind: type[Request], shape: Structure) -> Request:
    request = decode(body, kind, shape)
    validate(request, shape)
    return request
