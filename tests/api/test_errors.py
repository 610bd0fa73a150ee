"""The table of errors against botocore's model, and every error by a real cause (B40-B63, B260, B261)."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from faceline.api.catalogue import NOT_OFFERED
from faceline.api.errors import ERRORS, FRAMEWORK_ERRORS, refusal
from faceline.api.operations import Operation, offered
from faceline.domain.faults import RequestFault
from tests.api.conftest import Service
from tests.api.harness import Stack
from tests.wire.model import service_model


def operations(stack: Stack) -> Iterator[Operation]:
    """The operations that are offered."""
    return iter(offered(*stack.services()).values())


def declared(operation: str) -> set[str]:
    """The errors that the model lets an operation answer."""
    return {error["shape"] for error in service_model()["operations"][operation]["errors"]}


def test_every_refusal_has_a_row() -> None:
    """B40: the table is total."""
    assert set(ERRORS) == set(RequestFault)


def test_each_operation_answers_exactly_what_the_model_declares(running: Service) -> None:
    """B46, B47, B63: nine, seven and eight errors, none missing, none beyond."""
    for operation in operations(running.stack):
        assert {ERRORS[fault].code for fault in operation.faults} == declared(operation.name)
    counts = {operation.name: len(declared(operation.name)) for operation in operations(running.stack)}
    assert counts == {"StartFaceDetection": 9, "GetFaceDetection": 7, "DetectFaces": 8}


def test_only_what_the_model_calls_a_fault_has_status_500() -> None:
    """B52, B53, B63: InternalServerError; our ThrottlingException is the one of status 400."""
    for error in ERRORS.values():
        assert error.status == (500 if error.code == "InternalServerError" else 400)
    assert service_model()["shapes"]["InternalServerError"]["fault"]


def test_errors_of_the_framework_are_modelled_nowhere(running: Service) -> None:
    """B46: they arrive as plain ClientError."""
    for error in FRAMEWORK_ERRORS:
        for operation in operations(running.stack):
            assert error.code not in declared(operation.name)
        assert error.code not in dir(running.client.exceptions)


def test_the_body_of_a_modelled_error() -> None:
    """B40-B42: bare name, Code and Message in this order, compact, no Logref."""
    assert refusal(RequestFault.PARAMETER, "a detail of ours").body == (
        b'{"__type":"InvalidParameterException","Code":"InvalidParameterException",'
        b'"Message":"Request has invalid parameters"}'
    )


def test_details_show_only_where_the_text_has_a_gap() -> None:
    """B48, B56, B59, B160: what the operator's log says of an object never reaches a client."""
    shown = {fault for fault in RequestFault if b"DETAIL" in refusal(fault, "DETAIL").body}
    assert shown == {
        RequestFault.DENIED,
        RequestFault.TOKEN_REUSED,
        RequestFault.TOO_MANY_JOBS,
        RequestFault.VIDEO_TOO_LARGE,
    }


def test_modelled_errors_are_exceptions_of_the_client(service: Service) -> None:
    """B43, B46, B243: a class of the client, with the request id."""
    with pytest.raises(service.client.exceptions.ResourceNotFoundException) as error:
        service.client.get_face_detection(JobId="unknown")
    assert len(error.value.response["ResponseMetadata"]["RequestId"]) == 36


# What B47 (AccessDeniedException), B53 and B57 (rates) need stands in test_sigv4.py and test_rates.py; the others that
# Start, Get and DetectFaces may answer stand in test_start.py, test_get.py and test_detect_faces.py.


@pytest.mark.parametrize("operation", ["start_face_detection", "detect_faces"])
def test_a_mistake_of_ours_is_an_internal_server_error(
    service: Service, operation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """B52: a library that breaks; the client sees no traceback, the log does."""
    service.stack.objects.broken = True
    stored = {"S3Object": {"Bucket": "media", "Name": "clip.mp4"}}
    request: dict[str, Any] = {"Video": stored} if operation == "start_face_detection" else {"Image": stored}
    with pytest.raises(ClientError) as error:
        getattr(service.client, operation)(**request)
    assert error.value.response["Error"] == {"Code": "InternalServerError", "Message": "Internal server error"}
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    written = capsys.readouterr()
    assert "secret detail" in written.out + written.err


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("compare_faces", {"SourceImage": {"Bytes": b"x"}, "TargetImage": {"Bytes": b"x"}}),
        ("start_face_search", {"Video": {}, "CollectionId": "x"}),
        ("list_collections", {}),
    ],
)
def test_operations_of_the_model_that_are_not_offered(service: Service, name: str, request_: dict[str, Any]) -> None:
    """B62, B260: the name and a text of its own."""
    with pytest.raises(ClientError) as error:
        getattr(service.client, name)(**request_)
    operation = "".join(word.capitalize() for word in name.split("_"))
    assert error.value.response["Error"] == {
        "Code": "UnknownOperationException",
        "Message": f"The requested operation is not provided by this server: {operation}.",
    }


def test_the_list_of_what_is_not_offered_is_the_models(running: Service) -> None:
    """B260: 75 operations, three of them offered."""
    ours = {operation.name for operation in operations(running.stack)}
    assert set(service_model()["operations"]) == ours | NOT_OFFERED
    assert len(NOT_OFFERED) == 72
