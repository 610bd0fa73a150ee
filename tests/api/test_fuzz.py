"""Anything may be sent: no status 500, no traceback, no hang (B60-B62).

FACELINE_FUZZ sets the number of examples of each test; 150 unless it is set.
"""

import json
import os
import socket
from urllib.parse import urlsplit

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faceline.wire.requests import DETECT_FACES, GET_FACE_DETECTION, START_FACE_DETECTION
from tests.api.conftest import Service
from tests.api.test_http import JSON, send
from tests.wire.strategies import like

EXAMPLES = int(os.environ.get("FACELINE_FUZZ", "150"))
fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SHAPES = {
    "StartFaceDetection": START_FACE_DETECTION,
    "GetFaceDetection": GET_FACE_DETECTION,
    "DetectFaces": DETECT_FACES,
}
operations = st.sampled_from(sorted(SHAPES))


def well_answered(service: Service, operation: str, body: bytes) -> None:
    """The answer is 200 or one of the documented refusals of a client's mistake."""
    answer = send(service.address, body, f"RekognitionService.{operation}")
    assert answer.status in {200, 400}, answer
    document = json.loads(answer.body)
    assert b"Traceback" not in answer.body
    if answer.status == 400:
        assert document["__type"].endswith("Exception")


@fuzz
@given(operation=operations, data=st.data())
def test_requests_that_are_nearly_right(service: Service, operation: str, data: st.DataObject) -> None:
    """B60, B61: members of right and wrong types and values, at every depth."""
    body = json.dumps(data.draw(like(SHAPES[operation]))).encode()
    well_answered(service, operation, body)


@fuzz
@given(operation=operations, body=st.binary(max_size=200))
def test_bodies_of_any_bytes(service: Service, operation: str, body: bytes) -> None:
    """B61: what is not JSON."""
    well_answered(service, operation, body)


@fuzz
@given(operation=operations, data=st.data())
def test_good_bodies_with_a_few_bytes_changed(service: Service, operation: str, data: st.DataObject) -> None:
    """B61: what is nearly JSON."""
    body = bytearray(json.dumps(data.draw(like(SHAPES[operation]))).encode())
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4)):
        body[place % len(body)] = value
    well_answered(service, operation, bytes(body))


@fuzz
@given(
    headers=st.dictionaries(
        st.sampled_from(["X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date", "Host", "Accept-Encoding"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60),
        max_size=5,
    )
)
def test_headers_of_any_text(service: Service, headers: dict[str, str]) -> None:
    """B4, B15, B62: whatever stands in a header, the answer is a refusal in JSON."""
    encoded = {name: value.encode("latin-1").decode("latin-1") for name, value in headers.items()}
    answer = send(service.address, b"{}", headers=encoded)
    assert 400 <= answer.status < 500
    assert "__type" in json.loads(answer.body) or answer.headers["content-type"] != JSON


@fuzz
@given(
    start=st.sampled_from([b"", b"POST / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: localhost\r\n"]), rest=st.binary()
)
def test_any_bytes_on_the_connection(service: Service, start: bytes, rest: bytes) -> None:
    """Not HTTP at all: the connection ends, the server goes on."""
    where = urlsplit(service.address)
    with socket.create_connection((str(where.hostname), where.port or 0), timeout=20) as connection:
        connection.sendall(start + rest + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert b"Traceback" not in answer
    assert b" 500 " not in answer.partition(b"\r\n")[0]


def test_the_server_still_answers(service: Service) -> None:
    """After all of this."""
    assert send(service.address, b'{"JobId":"x"}').status == 400
