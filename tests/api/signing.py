"""botocore's signer, the oracle of the signature tests, and keys to sign with."""

from collections.abc import Mapping
from dataclasses import replace

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from faceline.api.accounts import AccessKey, Caller
from faceline.api.message import Request

ALICE = Caller("123456789012", "alice")
KEY = AccessKey("AKIAALICE", "alice's secret/+key", ALICE)
TEMPORARY = AccessKey("ASIATEMP", "another secret", ALICE, session_token="token/of+session==")
KEYS = {key.id: key for key in (KEY, TEMPORARY)}
HOST = "faceline.example:8377"
HEADERS = {"X-Amz-Target": "RekognitionService.GetFaceDetection", "Content-Type": "application/x-amz-json-1.1"}


def signed(
    body: bytes = b'{"JobId":"x"}',
    *,
    key: AccessKey = KEY,
    region: str = "eu-west-1",
    service: str = "rekognition",
    headers: Mapping[str, str] | None = None,
) -> Request:
    """A request as botocore signs it now."""
    request = AWSRequest("POST", f"https://{HOST}/", data=body, headers={**HEADERS, **(headers or {})})
    SigV4Auth(Credentials(key.id, key.secret, key.session_token), service, region).add_auth(request)
    sent = {name.lower(): str(value) for name, value in request.headers.items()}
    return Request("POST", "/", "", {"host": HOST, **sent}, body)


def presigned(body: bytes = b"{}") -> Request:
    """A request with its signature in the query."""
    request = AWSRequest("POST", f"https://{HOST}/", data=body, headers=HEADERS)
    SigV4QueryAuth(Credentials(KEY.id, KEY.secret), "rekognition", "eu-west-1").add_auth(request)
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    return Request("POST", "/", str(request.url).partition("?")[2], {"host": HOST, **headers}, body)


def with_header(request: Request, name: str, value: str | None) -> Request:
    """The same request with another value of one header, or without it."""
    headers = {key: text for key, text in request.headers.items() if key != name}
    return replace(request, headers=headers if value is None else {**headers, name: value})
