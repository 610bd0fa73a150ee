"""Signature version 4, checked (B20-B32).

Source: the vendor's description of SigV4, and botocore's signer as the oracle of the tests.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from faceline.api.accounts import AccessKey, Caller
from faceline.api.message import Request

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rekognition"
TERMINATOR = "aws4_request"
WINDOW = timedelta(minutes=5)
ISO_BASIC = "%Y%m%dT%H%M%SZ"
SIGNING_KEYS_KEPT = 512

INVALID = "InvalidSignatureException"
INCOMPLETE = "IncompleteSignatureException"
UNRECOGNIZED = ("UnrecognizedClientException", "The security token included in the request is invalid.")
EXPIRED = ("ExpiredTokenException", "The security token included in the request is expired")
MISSING = ("MissingAuthenticationTokenException", "Missing Authentication Token")
_MISMATCH_TEXT = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
MISMATCH = (INVALID, _MISMATCH_TEXT)
# Headers that say what is asked for, or when: a signature that leaves one of them out protects nothing.
ALWAYS_SIGNED = ("host", "x-amz-date", "x-amz-target", "x-amz-security-token")


class SignatureRefused(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The request is not signed as it has to be. `code` and `text` are those of the wire."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class _Authorization:
    access_key: str
    day: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/{self.terminator}"


class Verifier:
    """Finds out who signed a request. May be used by many threads.

    keys      the credentials file
    clock     the present time, aware, in UTC
    regions   names of the regions that a scope may name; empty for any (B28)
    """

    def __init__(
        self, keys: Mapping[str, AccessKey], clock: Callable[[], datetime], regions: frozenset[str] = frozenset()
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._regions = regions
        # Deriving a key is four of the five HMACs of a small request; a client uses the same one all day.
        self._signing_key = lru_cache(SIGNING_KEYS_KEPT)(_signing_key)

    def verify(self, request: Request) -> Caller:
        """The caller. Raises SignatureRefused."""
        header = request.headers.get("authorization")
        if header is None:  # a presigned address is refused in the same way (B31)
            raise SignatureRefused(*MISSING)
        date_text = request.headers.get("x-amz-date") or request.headers.get("date")
        authorization = _parse(header, date_text)
        signed_at = _parse_date(date_text or "")
        self._check_scope(authorization, signed_at)
        key = self._key_of(authorization.access_key, request.headers.get("x-amz-security-token"))
        now = self._clock()
        _check_clock(signed_at, now)
        self._check_signature(request, authorization, signed_at, key)
        if key.expires is not None and key.expires <= now:
            raise SignatureRefused(*EXPIRED)
        return key.caller

    def _check_scope(self, authorization: _Authorization, signed_at: datetime) -> None:
        if authorization.service != SERVICE:
            raise SignatureRefused(INVALID, f"Credential should be scoped to correct service: '{SERVICE}'.")
        if authorization.terminator != TERMINATOR:
            raise SignatureRefused(INVALID, f"Credential should be scoped with a valid terminator: '{TERMINATOR}'.")
        if self._regions and authorization.region not in self._regions:
            raise SignatureRefused(INVALID, "Credential should be scoped to a valid region.")
        if authorization.day != signed_at.strftime("%Y%m%d"):
            raise SignatureRefused(INVALID, "Date in Credential scope does not match the date of the request.")

    def _key_of(self, access_key: str, session_token: str | None) -> AccessKey:
        key = self._keys.get(access_key)
        if key is None:
            raise SignatureRefused(*UNRECOGNIZED)
        given, wanted = (session_token or "").encode(), (key.session_token or "").encode()
        if not hmac.compare_digest(given, wanted):
            raise SignatureRefused(*UNRECOGNIZED)
        return key

    def _check_signature(
        self, request: Request, authorization: _Authorization, signed_at: datetime, key: AccessKey
    ) -> None:
        for name in ALWAYS_SIGNED:
            if name in request.headers and name not in authorization.signed_headers:
                raise SignatureRefused(INVALID, f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
        canonical = _canonical_request(request, authorization.signed_headers)
        text = "\n".join(
            (ALGORITHM, signed_at.strftime(ISO_BASIC), authorization.scope, hashlib.sha256(canonical).hexdigest())
        )
        signing_key = self._signing_key(key.secret, authorization.day, authorization.region)
        expected = hmac.digest(signing_key, text.encode(), "sha256").hex()
        if not hmac.compare_digest(expected.encode(), authorization.signature.encode()):
            raise SignatureRefused(*MISMATCH)


def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, SERVICE, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _parse(header: str, date_text: str | None) -> _Authorization:
    """The parts of the Authorization header; all that are missing are named (B27)."""
    algorithm, _, rest = header.strip().partition(" ")
    pairs = (pair.strip().partition("=") for pair in rest.split(",")) if algorithm == ALGORITHM else ()
    parts = {name: value for name, _, value in pairs}
    complaints = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not parts.get(name)
    ]
    if not date_text:
        complaints.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if complaints:
        raise SignatureRefused(INCOMPLETE, " ".join(complaints))
    credential = parts["Credential"].split("/")
    if len(credential) != 5:
        text = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."
        raise SignatureRefused(INCOMPLETE, text)
    access_key, day, region, service, terminator = credential
    signed_headers = tuple(parts["SignedHeaders"].split(";"))
    return _Authorization(access_key, day, region, service, terminator, signed_headers, parts["Signature"])


def _parse_date(text: str) -> datetime:
    """Time of signing: ISO 8601 basic, or the form of a Date header."""
    try:
        if re.fullmatch(r"\d{8}T\d{6}Z", text, re.ASCII):
            return datetime.strptime(text, ISO_BASIC).replace(tzinfo=UTC)
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        message = "Date must be in ISO-8601 'basic format'."
        raise SignatureRefused(INCOMPLETE, message) from None


def _check_clock(signed_at: datetime, now: datetime) -> None:
    """Five minutes each way (B21, B22)."""
    signed, current = signed_at.strftime(ISO_BASIC), now.strftime(ISO_BASIC)
    if signed_at < now - WINDOW:
        oldest = (now - WINDOW).strftime(ISO_BASIC)
        text = f"Signature expired: {signed} is now earlier than {oldest} ({current} - 5 min.)"
        raise SignatureRefused(INVALID, text)
    if signed_at > now + WINDOW:
        latest = (now + WINDOW).strftime(ISO_BASIC)
        text = f"Signature not yet current: {signed} is still later than {latest} ({current} + 5 min.)"
        raise SignatureRefused(INVALID, text)


def _canonical_request(request: Request, signed_headers: tuple[str, ...]) -> bytes:
    query = "&".join(sorted(filter(None, request.query.split("&"))))
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed_headers)
    names = ";".join(signed_headers)
    body_hash = hashlib.sha256(request.body).hexdigest()
    return f"{request.method}\n{request.path}\n{query}\n{headers}\n{names}\n{body_hash}".encode()
