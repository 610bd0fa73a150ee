"""Requests: parsing, wrong types, and every constraint of the model in the service's words (B13, B14, B70-B92)."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.wire.constraints import Blob, Integer, Member, Sequence, Shape, Structure, Text
from faceline.wire.requests import (
    DETECT_FACES,
    GET_FACE_DETECTION,
    START_FACE_DETECTION,
    DetectFaces,
    GetFaceDetection,
    StartFaceDetection,
    parse_detect_faces,
    parse_get_face_detection,
    parse_start_face_detection,
)
from faceline.wire.serialization import SerializationError
from faceline.wire.validation import ValidationError
from tests.wire.model import service_model, shape
from tests.wire.strategies import like

Parser = Callable[[bytes], msgspec.Struct]
VIDEO = {"Video": {"S3Object": {"Bucket": "media", "Name": "a clip.mp4"}}}


def refusal(parser: Parser, request: object) -> str:
    """The text of the ValidationException that `request` meets."""
    with pytest.raises(ValidationError) as refused:
        parser(json.dumps(request).encode())
    return refused.value.text


def broken_type(parser: Parser, body: bytes) -> str:
    """The text of the SerializationException that `body` meets."""
    with pytest.raises(SerializationError) as refused:
        parser(body)
    return refused.value.text


# ---- the tables against the model


def described(kind: Shape) -> dict[str, Any]:
    """One of our shapes in the words of botocore's description."""
    return {name: value for name, value in _entries(kind).items() if value is not None}


def _entries(kind: Shape) -> dict[str, Any]:
    match kind:
        case Text():
            limits = {"type": "string", "min": kind.shortest, "max": kind.longest}
            return {**limits, "pattern": kind.pattern, "enum": list(kind.values) or None}
        case Integer():
            return {"type": "integer", "min": kind.smallest}
        case Blob():
            return {"type": "blob", "min": kind.shortest, "max": kind.longest}
        case Sequence():
            return {"type": "list"}
        case Structure():
            required = [member.name for member in kind.members if member.required]
            return {"type": "structure", "required": required or None}


def differences(kind: Shape, name: str) -> Iterator[str]:
    """Where our shape and the model's part."""
    model = shape(name)
    facts = {key: value for key, value in model.items() if key not in {"documentation", "members", "member"}}
    if described(kind) != facts:
        yield f"{name}: {described(kind)} is not {facts}"
    if isinstance(kind, Sequence):
        yield from differences(kind.item, model["member"]["shape"])
    if isinstance(kind, Structure):
        if [member.name for member in kind.members] != list(model["members"]):
            yield f"{name}: members {list(model['members'])}"
        for member in kind.members:
            yield from differences(member.shape, model["members"][member.name]["shape"])


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("StartFaceDetection", START_FACE_DETECTION),
        ("GetFaceDetection", GET_FACE_DETECTION),
        ("DetectFaces", DETECT_FACES),
    ],
)
def test_constraints_are_those_of_the_model(operation: str, kind: Structure) -> None:
    """B77-B89, B92: names, order, types, lengths, ranges, patterns, values and required members, both ways."""
    assert list(differences(kind, service_model()["operations"][operation]["input"]["shape"])) == []


def structs(kind: Structure, struct: type[msgspec.Struct]) -> Iterator[tuple[Member, msgspec.structs.FieldInfo]]:
    """Each member beside the field that holds it, at every depth."""
    fields = msgspec.structs.fields(struct)
    assert len(fields) == len(kind.members)
    for member, field in zip(kind.members, fields, strict=True):
        yield member, field
        if isinstance(member.shape, Structure):
            inner = next(each for each in field.type.__args__ if each is not type(None))
            yield from structs(member.shape, inner)


@pytest.mark.parametrize(
    ("kind", "struct"),
    [
        (START_FACE_DETECTION, StartFaceDetection),
        (GET_FACE_DETECTION, GetFaceDetection),
        (DETECT_FACES, DetectFaces),
    ],
)
def test_each_member_has_its_field(kind: Structure, struct: type[msgspec.Struct]) -> None:
    """A member that is decoded under another name would escape its constraints."""
    for member, field in structs(kind, struct):
        assert (field.encode_name, field.name) == (member.name, member.attribute)


# ---- good requests


def test_a_full_start() -> None:
    """B14, B100: all members; unknown ones are ignored."""
    request = parse_start_face_detection(
        json.dumps(
            {
                "Video": {"S3Object": {"Bucket": "media", "Name": "ü/a b.mp4", "Version": "3", "Region": 1}},
                "ClientRequestToken": "a-B_9",
                "NotificationChannel": {
                    "SNSTopicArn": "arn:aws:sns:eu-west-1:123456789012:AmazonRekognitionTopic.fifo",
                    "RoleArn": "arn:aws:iam::123456789012:role/service-role/Rekognition",
                },
                "FaceAttributes": "ALL",
                "JobTag": "tag:1/2=3+4",
                "Invented": [{"deeply": ["nested"]}],
            }
        ).encode()
    )
    assert request.video is not None
    assert request.video.s3_object is not None
    assert (request.video.s3_object.name, request.video.s3_object.version) == ("ü/a b.mp4", "3")
    assert request.channel is not None
    assert request.channel.role_arn == "arn:aws:iam::123456789012:role/service-role/Rekognition"
    assert (request.token, request.face_attributes, request.job_tag) == ("a-B_9", "ALL", "tag:1/2=3+4")


def test_null_means_absent() -> None:
    """B10, B11: SDKs that send null mean that the member is not there."""
    assert parse_get_face_detection(b'{"JobId":"a","MaxResults":null,"NextToken":null}') == GetFaceDetection("a")


def test_an_empty_next_token_and_a_large_page_pass() -> None:
    """B86, B87, B131, B134: the model has no minimum for one and no maximum for the other."""
    request = parse_get_face_detection(b'{"JobId":"a","MaxResults":2147483647,"NextToken":""}')
    assert (request.max_results, request.next_token) == (2**31 - 1, "")


@given(st.binary(min_size=1, max_size=300))
def test_pictures_arrive_as_bytes(picture: bytes) -> None:
    """B13: base64 in JSON, decoded once."""
    text = base64.b64encode(picture).decode()
    request = parse_detect_faces(json.dumps({"Image": {"Bytes": text}, "Attributes": ["ALL", "DEFAULT"]}).encode())
    assert request.image is not None
    assert request.image.content == picture
    assert request.attributes == ("ALL", "DEFAULT")


def test_what_the_model_does_not_require_may_be_absent() -> None:
    """B92: Video={} and Image={} are well formed; the operation refuses them later (B54)."""
    assert parse_start_face_detection(b'{"Video":{}}').video is not None
    assert parse_detect_faces(b'{"Image":{},"Attributes":[]}').image is not None


# ---- wrong types


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"JobId":"\\ud800"}', b"nothing", b"[" * 100_000, b"NaN", b"null"]
)
def test_broken_json_has_no_text(body: bytes) -> None:
    """B61, B70: not JSON, or no object at all."""
    assert broken_type(parse_get_face_detection, body) == ""


@pytest.mark.parametrize(
    ("parser", "body", "found", "wanted"),
    [
        (parse_get_face_detection, b'"text"', "java.lang.String", "Map"),
        (parse_get_face_detection, b"[]", "java.util.ArrayList", "Map"),
        (parse_get_face_detection, b'{"JobId":5}', "java.lang.Integer", "String"),
        (parse_get_face_detection, b'{"JobId":true}', "java.lang.Boolean", "String"),
        (parse_get_face_detection, b'{"JobId":{}}', "java.util.LinkedHashMap", "String"),
        (parse_get_face_detection, b'{"JobId":["a"]}', "java.util.ArrayList", "String"),
        (parse_get_face_detection, b'{"JobId":"a","MaxResults":"5"}', "java.lang.String", "Integer"),
        (parse_get_face_detection, b'{"JobId":"a","MaxResults":5.5}', "java.lang.Double", "Integer"),
        (parse_get_face_detection, b'{"JobId":"a","MaxResults":2147483648}', "java.lang.Long", "Integer"),
        (
            parse_get_face_detection,
            b'{"JobId":"a","MaxResults":99999999999999999999}',
            "java.math.BigInteger",
            "Integer",
        ),
        (parse_get_face_detection, b'{"JobId":"a","MaxResults":true}', "java.lang.Boolean", "Integer"),
        (parse_start_face_detection, b'{"Video":"v"}', "java.lang.String", "Map"),
        (parse_start_face_detection, b'{"Video":{"S3Object":[1]}}', "java.util.ArrayList", "Map"),
        (parse_start_face_detection, b'{"Video":{"S3Object":{"Name":1}}}', "java.lang.Integer", "String"),
        (parse_detect_faces, b'{"Image":{"Bytes":"a"}}', "java.lang.String", "ByteBuffer"),
        (parse_detect_faces, b'{"Image":{"Bytes":"*&^%"}}', "java.lang.String", "ByteBuffer"),
        (parse_detect_faces, b'{"Image":{"Bytes":7}}', "java.lang.Integer", "ByteBuffer"),
        (parse_detect_faces, b'{"Image":{},"Attributes":"ALL"}', "java.lang.String", "List"),
        (parse_detect_faces, b'{"Image":{},"Attributes":["ALL",1]}', "java.lang.Integer", "String"),
    ],
)
def test_wrong_types_name_java_classes(parser: Parser, body: bytes, found: str, wanted: str) -> None:
    """B44, B70, B182: the service's pattern, also for base64 that is none."""
    assert broken_type(parser, body) == f"class {found} can not be converted to an {wanted}"


def test_the_first_wrong_type_in_model_order_is_named() -> None:
    """B76: whatever the order in the body."""
    assert broken_type(parse_get_face_detection, b'{"MaxResults":"x","JobId":1}') == (
        "class java.lang.Integer can not be converted to an String"
    )


def test_serialization_comes_before_validation() -> None:
    """B64: a wrong type hides broken constraints."""
    assert broken_type(parse_get_face_detection, b'{"JobId":"","MaxResults":"x"}').startswith("class java.lang.String")


# ---- constraints


def one(value: str, path: str, rule: str) -> str:
    """The text for a single broken rule."""
    return f"1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {rule}"


@pytest.mark.parametrize(
    ("parser", "request_", "text"),
    [
        (parse_start_face_detection, {}, one("null", "video", "Member must not be null")),
        (parse_get_face_detection, {}, one("null", "jobId", "Member must not be null")),
        (parse_detect_faces, {}, one("null", "image", "Member must not be null")),
        (
            parse_get_face_detection,
            {"JobId": "a" * 65},
            one(f"'{'a' * 65}'", "jobId", "Member must have length less than or equal to 64"),
        ),
        (
            parse_get_face_detection,
            {"JobId": "!!"},
            one("'!!'", "jobId", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9-_]+$"),
        ),
        (
            parse_get_face_detection,
            {"JobId": "abc\n"},
            one("'abc\n'", "jobId", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9-_]+$"),
        ),
        (
            parse_get_face_detection,
            {"JobId": "a", "MaxResults": 0},
            one("'0'", "maxResults", "Member must have value greater than or equal to 1"),
        ),
        (
            parse_get_face_detection,
            {"JobId": "a", "MaxResults": -5},
            one("'-5'", "maxResults", "Member must have value greater than or equal to 1"),
        ),
        (
            parse_get_face_detection,
            {"JobId": "a", "NextToken": "x" * 256},
            one(f"'{'x' * 256}'", "nextToken", "Member must have length less than or equal to 255"),
        ),
        (
            parse_start_face_detection,
            {"Video": {"S3Object": {"Bucket": "ab", "Name": "x"}}},
            one("'ab'", "video.s3Object.bucket", "Member must have length greater than or equal to 3"),
        ),
        (
            parse_start_face_detection,
            {"Video": {"S3Object": {"Bucket": "a b c", "Name": "x"}}},
            one(
                "'a b c'", "video.s3Object.bucket", r"Member must satisfy regular expression pattern: [0-9A-Za-z\.\-_]*"
            ),
        ),
        (
            parse_start_face_detection,
            {"Video": {"S3Object": {"Bucket": "abc", "Name": ""}}},
            one("''", "video.s3Object.name", "Member must have length greater than or equal to 1"),
        ),
        (
            parse_start_face_detection,
            {"Video": {"S3Object": {"Bucket": "abc", "Name": "x", "Version": ""}}},
            one("''", "video.s3Object.version", "Member must have length greater than or equal to 1"),
        ),
        (
            parse_start_face_detection,
            {**VIDEO, "ClientRequestToken": "with blank"},
            one(
                "'with blank'",
                "clientRequestToken",
                "Member must satisfy regular expression pattern: ^[a-zA-Z0-9-_]+$",
            ),
        ),
        (
            parse_start_face_detection,
            {**VIDEO, "FaceAttributes": "SOME"},
            one("'SOME'", "faceAttributes", "Member must satisfy enum value set: [DEFAULT, ALL]"),
        ),
        (
            parse_start_face_detection,
            {**VIDEO, "JobTag": "a tag"},
            one("'a tag'", "jobTag", r"Member must satisfy regular expression pattern: [a-zA-Z0-9_.\-:+=\/]+"),
        ),
        (
            parse_start_face_detection,
            {**VIDEO, "NotificationChannel": {"SNSTopicArn": "arn:aws:sns:x:123456789012:t"}},
            one("null", "notificationChannel.roleArn", "Member must not be null"),
        ),
        (
            parse_start_face_detection,
            {
                **VIDEO,
                "NotificationChannel": {"SNSTopicArn": "t", "RoleArn": "arn:aws:iam::123456789012:role/r"},
            },
            one(
                "'t'",
                "notificationChannel.sNSTopicArn",
                r"Member must satisfy regular expression pattern: (^arn:aws:sns:.*:\w{12}:.+$)",
            ),
        ),
        (
            parse_detect_faces,
            {"Image": {"Bytes": ""}},
            one(
                "'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]'",
                "image.bytes",
                "Member must have length greater than or equal to 1",
            ),
        ),
        (
            parse_detect_faces,
            {"Image": {"Bytes": "QUJD"}, "Attributes": ["ALL", "NOSE", "NOSE"]},
            one(
                "'[ALL, NOSE, NOSE]'",
                "attributes",
                "Member must satisfy constraint: [Member must satisfy enum value set: [DEFAULT, ALL, AGE_RANGE, BEARD, "
                "EMOTIONS, EYE_DIRECTION, EYEGLASSES, EYES_OPEN, GENDER, MOUTH_OPEN, MUSTACHE, FACE_OCCLUDED, SMILE, "
                "SUNGLASSES]]",
            ),
        ),
        (
            parse_detect_faces,
            {"Image": {"Bytes": "QUJD"}, "Attributes": ["ALL", None]},
            one("'[ALL, null]'", "attributes", "Member must satisfy constraint: [Member must not be null]"),
        ),
    ],
)
def test_one_broken_rule(parser: Parser, request_: object, text: str) -> None:
    """B60, B71-B75, B77-B91, B131: the service's sentence for each kind of rule, with its path."""
    assert refusal(parser, request_) == text


def test_a_picture_over_five_megabytes() -> None:
    """B73, B88, B182: the seen text, letter by letter, for the seen size."""
    picture = base64.b64encode(bytes(7_843_602)).decode()
    assert refusal(parse_detect_faces, {"Image": {"Bytes": picture}}) == (
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=7843602 cap=7843602]' at 'image.bytes' "
        "failed to satisfy constraint: Member must have length less than or equal to 5242880"
    )


def test_a_picture_of_exactly_the_limit_passes() -> None:
    """B88: the maximum itself is allowed."""
    picture = base64.b64encode(bytes(5_242_880)).decode()
    request = parse_detect_faces(json.dumps({"Image": {"Bytes": picture}}).encode())
    assert request.image is not None
    assert len(request.image.content or b"") == 5_242_880


def test_several_broken_rules_are_joined_in_model_order() -> None:
    """B71, B76: all of them, depth first, whatever the order in the body."""
    text = refusal(
        parse_start_face_detection,
        {
            "JobTag": "",
            "FaceAttributes": "none",
            "ClientRequestToken": "!",
            "Video": {"S3Object": {"Name": "", "Bucket": "!"}},
        },
    )
    first, *others = text.split("; ")
    assert first == (
        "7 validation errors detected: Value '!' at 'video.s3Object.bucket' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3"
    )
    assert [sentence.split("'")[3] for sentence in others] == [
        *("video.s3Object.bucket", "video.s3Object.name", "clientRequestToken", "faceAttributes", "jobTag", "jobTag")
    ]


def test_a_hostile_topic_costs_no_time() -> None:
    """A pattern with two wildcards is tried on a megabyte that matches almost everywhere and never in the end."""
    topic = "arn:aws:sns:" + ":123456789012:" * 70_000 + "\n"
    channel = {"SNSTopicArn": topic, "RoleArn": "arn:aws:iam::123456789012:role/r"}
    assert "sNSTopicArn" in refusal(parse_start_face_detection, {**VIDEO, "NotificationChannel": channel})


@pytest.mark.parametrize(
    ("parser", "kind"),
    [
        (parse_start_face_detection, START_FACE_DETECTION),
        (parse_get_face_detection, GET_FACE_DETECTION),
        (parse_detect_faces, DETECT_FACES),
    ],
)
@given(data=st.data())
def test_any_request_is_parsed_or_refused_in_words(parser: Parser, kind: Structure, data: st.DataObject) -> None:
    """B60, B61: nothing but the two refusals ever comes out."""
    body = json.dumps(data.draw(like(kind))).encode()
    outcome = refused_text(parser, body)
    assert outcome is None or outcome == "" or " validation error" in outcome or outcome.startswith("class java.")


def refused_text(parser: Parser, body: bytes) -> str | None:
    """The text of either refusal; None for a good request. Anything else escapes."""
    try:
        parser(body)
    except (ValidationError, SerializationError) as refused:
        return refused.text
    return None


@pytest.mark.parametrize("parser", [parse_start_face_detection, parse_get_face_detection, parse_detect_faces])
@given(body=st.binary(max_size=60))
def test_any_bytes_are_parsed_or_refused(parser: Parser, body: bytes) -> None:
    """B61: raw bytes never escape as another exception."""
    with pytest.raises((SerializationError, ValidationError)):
        parser(body)
