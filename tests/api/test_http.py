"""The HTTP side with raw requests (B1-B6, B10-B12, B15, B30, B32, B41-B45, B60-B62, B260, B261)."""

import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from faceline.api.asgi import HttpRules
from faceline.api.hosts import host_of, is_loopback
from tests.api.conftest import Service
from tests.api.harness import START, samples, serving, stack

JSON = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Answered:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(
    address: str,
    body: bytes,
    target: str | None = "RekognitionService.GetFaceDetection",
    *,
    method: str = "POST",
    path: str = "/",
    headers: Mapping[str, str | None] | None = None,
) -> Answered:
    """Send one request; a header of value None is left out."""
    wanted: dict[str, str | None] = {"Content-Type": JSON, "X-Amz-Target": target, **(headers or {})}
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request(method, path, body, {name: value for name, value in wanted.items() if value is not None})
        answer = connection.getresponse()
        return Answered(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def test_the_headers_of_an_answer(service: Service) -> None:
    """B2, B5, B30, B42, B243: exactly four, the Date of the server's clock, a UUID in lower case."""
    answer = send(service.address, b'{"JobId":"unknown"}')
    assert set(answer.headers) == {"content-type", "content-length", "date", "x-amzn-requestid"}
    assert answer.headers["content-type"] == JSON
    assert parsedate_to_datetime(answer.headers["date"]) == START + (service.stack.clock.now - START)
    assert str(uuid.UUID(answer.headers["x-amzn-requestid"])) == answer.headers["x-amzn-requestid"]


def test_request_ids_differ(service: Service) -> None:
    """B5: one for each request."""
    ids = {send(service.address, b"{}").headers["x-amzn-requestid"] for _ in range(5)}
    assert len(ids) == 5


def test_an_answer_in_progress_to_the_byte(service: Service) -> None:
    """B6, B10, B12, B122, B124: compact, model order, nothing null."""
    video = b'{"S3Object":{"Bucket":"media","Name":"clip.mp4"}}'
    started = send(service.address, b'{"Video":%b}' % video, "RekognitionService.StartFaceDetection")
    assert re.fullmatch(b'{"JobId":"[0-9a-f]{64}"}', started.body)
    assert len(started.body) == 76
    job_id = json.loads(started.body)["JobId"].encode()
    answer = send(service.address, b'{"JobId":"%b"}' % job_id)
    assert answer.body == b'{"JobStatus":"IN_PROGRESS","Faces":[],"JobId":"%b","Video":%b}' % (job_id, video)


def test_a_finished_answer_to_the_byte(service: Service) -> None:
    """B6, B12, B126, B152: members in model order, numbers as Java prints them."""
    video = b'{"S3Object":{"Bucket":"media","Name":"clip.mp4"}}'
    started = send(service.address, b'{"Video":%b,"JobTag":"t"}' % video, "RekognitionService.StartFaceDetection")
    service.stack.work(samples(0))
    job_id = json.loads(started.body)["JobId"].encode()
    assert send(service.address, b'{"JobId":"%b"}' % job_id).body == (
        b'{"JobStatus":"SUCCEEDED","VideoMetadata":{"Codec":"h264","DurationMillis":7415,"Format":"QuickTime / MOV",'
        b'"FrameRate":59.87440872192383,"FrameHeight":1920,"FrameWidth":1080,"ColorRange":"LIMITED"},'
        b'"Faces":[],"JobId":"%b","Video":%b,"JobTag":"t"}' % (job_id, video)
    )


def test_unknown_headers_and_any_authorization_are_ignored_without_credentials(service: Service) -> None:
    """B4, B32: checking is off, so a broken signature is no hindrance."""
    headers = {"Authorization": "nonsense", "amz-sdk-invocation-id": "x", "X-Invented": "y"}
    answer = send(service.address, b'{"JobId":"unknown"}', headers=headers)
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("POST", "/other"), ("PUT", "/"), ("DELETE", "/x"), ("OPTIONS", "/"), ("POST", "/health")],
)
def test_other_methods_and_paths(service: Service, method: str, path: str) -> None:
    """B15: 404 with the bare type."""
    answer = send(service.address, b"{}", method=method, path=path)
    assert (answer.status, answer.body) == (404, b'{"__type":"UnknownOperationException"}')


def test_health(service: Service) -> None:
    """B15: under a name that no SDK calls."""
    answer = send(service.address, b"", None, method="GET", path="/health", headers={"Content-Type": None})
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "GetFaceDetection",
        "DynamoDB_20120810.GetItem",
        "RekognitionService",
        "RekognitionService.",
        "RekognitionService.Invented",
        "RekognitionService.getfacedetection",
    ],
)
def test_targets_that_name_nothing(service: Service, target: str | None) -> None:
    """B2, B62, B260, B261: status 400 and the bare type."""
    answer = send(service.address, b"{}", target)
    assert (answer.status, answer.body) == (400, b'{"__type":"UnknownOperationException"}')


def test_a_body_that_is_not_json(service: Service) -> None:
    """B44, B61, B70: the type alone."""
    answer = send(service.address, b'{"JobId":')
    assert (answer.status, answer.body) == (400, b'{"__type":"SerializationException"}')


def test_a_wrong_type(service: Service) -> None:
    """B41, B44, B61, B70: no Code, the text under Message."""
    answer = send(service.address, b'{"JobId":"x","MaxResults":"5"}')
    assert (answer.status, answer.body) == (
        400,
        b'{"__type":"SerializationException","Message":"class java.lang.String can not be converted to an Integer"}',
    )


def test_a_broken_rule(service: Service) -> None:
    """B45, B60, B86, B131: the text under message, in lower case."""
    answer = send(service.address, b'{"JobId":"x","MaxResults":0}')
    text = (
        "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )
    assert answer.status == 400
    assert answer.body.decode() == f'{{"__type":"ValidationException","message":"{text}"}}'


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json", "application/x-amz-json-1.0"])
def test_other_content_types(service: Service, content_type: str | None) -> None:
    """B3, B32: what a web page can send without being asked is refused."""
    answer = send(service.address, b"{}", headers={"Content-Type": content_type})
    assert (answer.status, json.loads(answer.body)["__type"]) == (415, "UnsupportedMediaTypeException")


def test_a_content_type_with_a_parameter(service: Service) -> None:
    """B3: the type is what counts."""
    answer = send(service.address, b"{}", headers={"Content-Type": f"{JSON}; charset=utf-8"})
    assert json.loads(answer.body)["__type"] == "ValidationException"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.7:8377", "localhost.evil", ""])
def test_hosts_that_are_not_loopback(service: Service, host: str) -> None:
    """B32: a page of another site that points its name at this machine gets nothing."""
    answer = send(service.address, b'{"JobId":"x"}', headers={"Host": host})
    assert (answer.status, json.loads(answer.body)["__type"]) == (421, "MisdirectedRequestException")


@pytest.mark.parametrize(
    ("header", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST:8377", True),
        ("s3.localhost", True),
        ("127.0.0.1:80", True),
        ("127.9.9.9", True),
        ("[::1]:8377", True),
        ("[::1]", True),
        ("0.0.0.0:80", False),
        ("example.com", False),
        ("notlocalhost", False),
        ("[fe80::1]", False),
        ("", False),
    ],
)
def test_names_of_this_machine(header: str, loopback: bool) -> None:
    """B32: what counts as loopback."""
    assert is_loopback(host_of(header)) is loopback


# ---- limits of the body


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with small limits."""
    rules = HttpRules(loopback_only=True, largest_body=1000, drained=10_000_000, body_timeout_s=0.5)
    with stack(Path(tmp_path_factory.mktemp("tight"))) as installation, serving(installation.app(rules=rules)) as url:
        yield url


def test_a_body_over_the_limit(tight: str) -> None:
    """413 before anything is kept or parsed, announced or not; the connection is given up."""
    answer = send(tight, b'{"JobId":"x"}' + b" " * 2_000_000)
    assert (answer.status, json.loads(answer.body)["__type"]) == (413, "RequestEntityTooLargeException")
    assert answer.headers["connection"] == "close"
    assert send(tight, b'{"JobId":"x"}' + b" " * 900).status == 400


def test_a_chunked_body_over_the_limit(tight: str) -> None:
    """Without Content-Length the bytes are counted."""
    with raw(tight) as connection:
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_never_comes(tight: str) -> None:
    """A client that stops in the middle is told so and let go; nothing waits for it."""
    with raw(tight) as connection:
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 500\r\n\r\n"
        connection.sendall(head.encode() + b'{"JobId"')
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_leaves(tight: str) -> None:
    """Nobody is answered, and the server goes on."""
    with raw(tight) as connection:
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 500\r\n\r\n"
        connection.sendall(head.encode())
    assert send(tight, b"{}").status == 400


def test_the_ordinary_limit_leaves_room_for_the_services_own_text() -> None:
    """B73: a picture of 11 MB is 15 MB of base64, and must be refused by validation, not by the limit of the body."""
    assert HttpRules(loopback_only=True).largest_body == 16 * 1024**2


def raw(address: str) -> socket.socket:
    """A connection without any client library."""
    where = urlsplit(address)
    return socket.create_connection((str(where.hostname), where.port or 0), timeout=20)


# ---- what the process holds


def test_the_api_process_holds_no_codec_and_no_model() -> None:
    """A fresh interpreter loads the whole API without decoder, runtime or array library."""
    program = (
        "import sys, faceline.api.http, faceline.api.server\n"
        "print([name for name in ('av', 'onnxruntime', 'numpy', 'PIL', 'cv2', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_body_that_never_ends_is_given_up(tight: str) -> None:
    """What is thrown away is limited too."""
    with raw(tight) as connection:
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: 999999999999\r\n\r\n"
        connection.sendall(head.encode())
        answer = b""
        try:
            while not answer:
                connection.sendall(b"x" * 500_000)
                connection.settimeout(0.01)
                with contextlib.suppress(TimeoutError):
                    answer = connection.recv(100)
        except (BrokenPipeError, ConnectionResetError):
            return
        assert answer[:13] in {b"HTTP/1.1 413 ", b"HTTP/1.1 408 "}
