"""Signature version 4 with botocore's signer as the oracle (B20-B32)."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.api.accounts import AccessKey
from faceline.api.http import utc_now
from faceline.api.message import Request
from faceline.api.sigv4 import SignatureRefused, Verifier
from tests.api.signing import ALICE, KEY, KEYS, TEMPORARY, presigned, signed, with_header

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
UNRECOGNIZED = ("UnrecognizedClientException", "The security token included in the request is invalid.")
verifier = Verifier(KEYS, utc_now)


def refusal(request: Request, checker: Verifier = verifier) -> tuple[str, str]:
    """Code and text that the request meets."""
    with pytest.raises(SignatureRefused) as refused:
        checker.verify(request)
    return refused.value.code, refused.value.text


@given(
    st.binary(max_size=200), st.sampled_from(["us-east-1", "eu-central-1", "local"]), st.sampled_from([KEY, TEMPORARY])
)
def test_what_botocore_signs_is_accepted(body: bytes, region: str, key: AccessKey) -> None:
    """B1, B4, B20, B28: any body, region and key, with and without a session token."""
    assert verifier.verify(signed(body, key=key, region=region)) == ALICE


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_blanks_in_headers_are_folded_as_the_signer_folds_them(value: str) -> None:
    """B20: headers that a client adds and signs."""
    assert verifier.verify(signed(headers={"X-Amz-Extra": f" a  {value} b "})) == ALICE


def at(moment: datetime) -> Verifier:
    """A verifier whose clock stands at `moment`."""
    return Verifier(KEYS, lambda: moment)


def signed_at(request: Request) -> datetime:
    """When a request was signed."""
    return datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def other_letter(text: str, place: int) -> str:
    """The text with one letter changed into another of its kind."""
    place %= len(text)
    letter = text[place]
    return text[:place] + ("b" if letter == "a" else "a") + text[place + 1 :]


@given(body=st.binary(min_size=1, max_size=100), place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_any_changed_byte_of_the_body_is_refused(body: bytes, place: int, change: int) -> None:
    """B20, B25: the body's hash is part of what is signed."""
    place %= len(body)
    changed = body[:place] + bytes([body[place] ^ change]) + body[place + 1 :]
    assert refusal(replace(signed(body), body=changed)) == ("InvalidSignatureException", MISMATCH)


@given(place=st.integers(0, 10_000), name=st.sampled_from(["host", "x-amz-target", "content-type"]))
def test_any_changed_letter_of_a_signed_header_is_refused(place: int, name: str) -> None:
    """B4, B20, B25: the headers that boto3 signs."""
    request = signed()
    changed = with_header(request, name, other_letter(request.headers[name], place))
    assert refusal(changed) == ("InvalidSignatureException", MISMATCH)


@given(place=st.integers(0, 10_000))
def test_any_changed_letter_of_the_session_token_is_refused(place: int) -> None:
    """B20, B23: the token is compared and signed."""
    request = signed(key=TEMPORARY)
    token = other_letter(request.headers["x-amz-security-token"], place)
    assert refusal(with_header(request, "x-amz-security-token", token)) == UNRECOGNIZED


@given(place=st.integers(0, 10_000), part=st.sampled_from(["Credential", "SignedHeaders", "Signature"]))
def test_any_changed_letter_of_the_authorization_is_refused(place: int, part: str) -> None:
    """B20, B23, B25, B27, B28: key, scope, list of headers, signature."""
    request = signed()
    header = request.headers["authorization"]
    found = re.search(f"{part}=([^,]+)", header)
    assert found is not None
    changed = header.replace(found[1], other_letter(found[1], place))
    with pytest.raises(SignatureRefused):
        verifier.verify(with_header(request, "authorization", changed))


@pytest.mark.parametrize(("part", "value"), [("method", "PUT"), ("path", "/x"), ("query", "a=b")])
def test_method_path_and_query_are_signed(part: str, value: str) -> None:
    """B20, B25."""
    assert refusal(replace(signed(), **{part: value})) == ("InvalidSignatureException", MISMATCH)  # type: ignore[arg-type]  # three texts


def test_the_time_is_signed() -> None:
    """B20, B25: another time within the window."""
    request = signed()
    other = (signed_at(request) - timedelta(seconds=7)).strftime("%Y%m%dT%H%M%SZ")
    changed = with_header(request, "x-amz-date", other)
    assert refusal(changed, at(signed_at(request))) == ("InvalidSignatureException", MISMATCH)


def test_a_wrong_secret() -> None:
    """B25."""
    assert refusal(signed(key=replace(KEY, secret="guessed"))) == ("InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-target"])
def test_what_has_to_be_signed(name: str) -> None:
    """B4, B20: a signature over less than target, host and time protects nothing."""
    request = signed()
    header = request.headers["authorization"]
    listed = re.sub(f"{name};|;{name}(?=,)", "", header)
    assert listed != header
    text = f"'{name}' must be a 'SignedHeader' in the AWS Authorization."
    assert refusal(with_header(request, "authorization", listed)) == ("InvalidSignatureException", text)


# ---- time


def test_the_window_is_five_minutes_each_way() -> None:
    """B21, B22: exactly 300 s are allowed, 301 s are not; the texts name the times."""
    request = signed()
    moment = signed_at(request)
    for offset in (-300, 0, 300):
        assert at(moment + timedelta(seconds=offset)).verify(request) == ALICE
    late, early = moment + timedelta(seconds=301), moment - timedelta(seconds=301)
    form = "%Y%m%dT%H%M%SZ"
    oldest, latest = f"{moment + timedelta(seconds=1):{form}}", f"{moment - timedelta(seconds=1):{form}}"
    expired = f"Signature expired: {moment:{form}} is now earlier than {oldest} ({late:{form}} - 5 min.)"
    ahead = f"Signature not yet current: {moment:{form}} is still later than {latest} ({early:{form}} + 5 min.)"
    assert refusal(request, at(late)) == ("InvalidSignatureException", expired)
    assert refusal(request, at(early)) == ("InvalidSignatureException", ahead)


def test_a_key_whose_time_is_over() -> None:
    """B24: told only to whoever signs with the right secret."""
    now = utc_now()
    expired = Verifier({TEMPORARY.id: replace(TEMPORARY, expires=now - timedelta(seconds=1))}, lambda: now)
    valid = Verifier({TEMPORARY.id: replace(TEMPORARY, expires=now + timedelta(hours=1))}, lambda: now)
    text = "The security token included in the request is expired"
    assert refusal(signed(key=TEMPORARY), expired) == ("ExpiredTokenException", text)
    assert valid.verify(signed(key=TEMPORARY)) == ALICE


# ---- what is missing or malformed


def test_unknown_keys_and_tokens() -> None:
    """B23: an unknown key, a key without its token, a token that nobody gave."""
    assert refusal(signed(key=replace(KEY, id="AKIANOBODY"))) == UNRECOGNIZED
    assert refusal(signed(key=replace(TEMPORARY, session_token=None))) == UNRECOGNIZED
    assert refusal(signed(key=replace(KEY, session_token="invented"))) == UNRECOGNIZED


def test_requests_that_are_not_signed_in_a_header() -> None:
    """B26, B31: none at all, or a presigned address."""
    missing = ("MissingAuthenticationTokenException", "Missing Authentication Token")
    assert refusal(with_header(signed(), "authorization", None)) == missing
    assert refusal(presigned()) == missing


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("", ["Credential", "Signature", "SignedHeaders"]),
        ("Bearer abc", ["Credential", "Signature", "SignedHeaders"]),
        ("AWS4-HMAC-SHA256", ["Credential", "Signature", "SignedHeaders"]),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host", ["Signature"]),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/e,Signature=", ["Signature", "SignedHeaders"]),
    ],
)
def test_a_malformed_authorization(header: str, missing: list[str]) -> None:
    """B27: every missing part is named."""
    text = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
    assert refusal(with_header(signed(), "authorization", header)) == ("IncompleteSignatureException", text)


def test_a_missing_date() -> None:
    """B27."""
    text = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    assert refusal(with_header(signed(), "x-amz-date", None)) == ("IncompleteSignatureException", text)


@pytest.mark.parametrize(
    "date", ["yesterday", "20269999T999999Z", "2026-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 GMT"]
)
def test_a_date_of_another_form(date: str) -> None:
    """B27: never an exception of ours."""
    code, _ = refusal(with_header(signed(), "x-amz-date", date))
    assert code in {"IncompleteSignatureException", "InvalidSignatureException"}


def test_a_credential_with_too_few_parts() -> None:
    """B27."""
    header = signed().headers["authorization"].replace("/rekognition", "")
    code, text = refusal(with_header(signed(), "authorization", header))
    assert (code, text.split(",")[0]) == (
        "IncompleteSignatureException",
        "Credential must have exactly 5 slash-delimited elements",
    )


def test_the_scope() -> None:
    """B20, B28: another service is refused; any region is accepted unless the operator lists some."""
    text = "Credential should be scoped to correct service: 'rekognition'."
    assert refusal(signed(service="s3")) == ("InvalidSignatureException", text)
    listed = Verifier(KEYS, utc_now, frozenset({"eu-west-1"}))
    assert listed.verify(signed(region="eu-west-1")) == ALICE
    assert refusal(signed(region="us-east-1"), listed)[0] == "InvalidSignatureException"


@given(st.dictionaries(st.sampled_from(["authorization", "x-amz-date", "date", "host"]), st.text(max_size=80)))
def test_any_headers_are_refused_in_words(headers: dict[str, str]) -> None:
    """B26, B27: whatever is sent, the outcome is one of the refusals."""
    with pytest.raises(SignatureRefused):
        verifier.verify(Request("POST", "/", "", headers, b"{}"))
