"""Accounts: the credentials file, permissions, jobs that belong to accounts (B23-B25, B32, B47, B64, B107, B129)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from faceline.api.accounts import AccessKey, Caller, CredentialsError, load_credentials
from tests.api.harness import Stack, samples, serving, stack
from tests.api.judge import Judged

VIDEO = {"S3Object": {"Bucket": "media", "Name": "clip.mp4"}}
FILE = """
[[key]]
access_key = "AKIAALICE"
secret_key = "alice's secret"
account = "111111111111"
user = "alice"

[[key]]
access_key = "AKIABOB"
secret_key = "bob's secret"
account = "222222222222"
user = "bob"
buckets = ["media", "bob-*"]
operations = ["StartFaceDetection", "Get*"]
topics = ["arn:aws:sns:eu-west-1:222222222222:*"]

[[key]]
access_key = "ASIACAROL"
secret_key = "carol's secret"
account = "111111111111"
session_token = "carol's token"
expires = 2020-01-01T00:00:00Z
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The credentials file."""
    path = tmp_path / "credentials.toml"
    path.write_text(FILE)
    return path


def test_the_file(file: Path) -> None:
    """Every member of the file, and what is assumed where it says nothing."""
    keys = load_credentials(file)
    assert keys["AKIAALICE"] == AccessKey("AKIAALICE", "alice's secret", Caller("111111111111", "alice"))
    bob = keys["AKIABOB"].caller
    assert bob.arn == "arn:aws:iam::222222222222:user/bob"
    assert (bob.may_read("media"), bob.may_read("bob-1"), bob.may_read("other")) == (True, True, False)
    assert (bob.may_call("GetFaceDetection"), bob.may_call("DetectFaces")) == (True, False)
    assert bob.may_notify("arn:aws:sns:eu-west-1:222222222222:faces")
    assert not bob.may_notify("arn:aws:sns:eu-west-1:111111111111:faces")
    carol = keys["ASIACAROL"]
    assert (carol.session_token, carol.expires) == ("carol's token", datetime(2020, 1, 1, tzinfo=UTC))
    assert carol.caller.user == "faceline"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[key]",
        "[[key]]\naccess_key = 'A'",
        "[[key]]\naccess_key = 'A'\nsecret_key = ''\naccount = '111111111111'",
        "[[key]]\naccess_key = 'A'\nsecret_key = 's3cr3t'\naccount = '1'",
        "[[key]]\naccess_key = 'A B'\nsecret_key = 's3cr3t'\naccount = '111111111111'",
        "[[key]]\naccess_key = 'A'\nsecret_key = 's3cr3t'\naccount = '111111111111'\nbucket = ['x']",
        "[[key]]\naccess_key = 'A'\nsecret_key = 's3cr3t'\naccount = '111111111111'\nexpires = 2030-01-01T00:00:00",
        2 * "[[key]]\naccess_key = 'A'\nsecret_key = 's3cr3t'\naccount = '111111111111'\n",
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    """One line that names the file, and no secret."""
    path = tmp_path / "credentials.toml"
    path.write_text(text)
    with pytest.raises(CredentialsError) as error:
        load_credentials(path)
    assert str(error.value).startswith(f"credentials file {path}: ")
    assert "\n" not in str(error.value)
    assert "s3cr3t" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The reason in one line."""
    with pytest.raises(CredentialsError, match="No such file"):
        load_credentials(tmp_path / "missing.toml")


def test_secrets_are_not_printed(file: Path) -> None:
    """A key in a log line shows neither secret nor token."""
    text = repr(load_credentials(file))
    assert "secret" not in text
    assert "carol's token" not in text


class Signed:
    """A running server with credentials, and clients of it."""

    def __init__(self, installation: Stack, address: str) -> None:
        self.stack = installation
        self.address = address
        self.alice = self.client("AKIAALICE", "alice's secret")
        self.bob = self.client("AKIABOB", "bob's secret")

    def client(self, access_key: str, secret_key: str, token: str | None = None) -> Any:
        """A boto3 client with these credentials."""
        judged = Judged(self.address, access_key=access_key, secret_key=secret_key, session_token=token)
        return judged.client


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    """The server of the module; its clock is the machine's, because boto3 signs with that."""
    folder = Path(tmp_path_factory.mktemp("signed"))
    (folder / "credentials.toml").write_text(FILE)
    with stack(folder) as installation:
        installation.clock.now = datetime.now(UTC)
        with serving(installation.app(load_credentials(folder / "credentials.toml"))) as address:
            yield Signed(installation, address)


def refused(call: Any, **request: Any) -> tuple[str, str]:
    """Code and text of a refusal; all of them have status 400 (B29)."""
    with pytest.raises(ClientError) as error:
        call(**request)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_signed_calls_are_answered(signed: Signed) -> None:
    """B20, B32: boto3 with its own keys."""
    job_id = signed.alice.start_face_detection(Video=VIDEO)["JobId"]
    assert signed.alice.get_face_detection(JobId=job_id)["JobStatus"] == "IN_PROGRESS"
    assert signed.stack.queue.get("111111111111", job_id).request.account == "111111111111"


def test_a_large_picture_is_signed_as_well(signed: Signed) -> None:
    """B20: the hash over five megabytes of body."""
    assert signed.alice.detect_faces(Image={"Bytes": bytes(5_242_880)})["FaceDetails"] == []


def test_another_accounts_job_is_unknown(signed: Signed) -> None:
    """B58, B129: not even its existence is told."""
    job_id = signed.alice.start_face_detection(Video=VIDEO)["JobId"]
    assert refused(signed.bob.get_face_detection, JobId=job_id) == ("ResourceNotFoundException", "Could not find JobId")


def test_another_accounts_token_is_another_token(signed: Signed) -> None:
    """B107: ClientRequestTokens are of one account."""
    mine = signed.alice.start_face_detection(Video=VIDEO, ClientRequestToken="shared")["JobId"]
    other = signed.bob.start_face_detection(Video=VIDEO, ClientRequestToken="shared", FaceAttributes="ALL")["JobId"]
    assert mine != other


def test_a_page_token_of_another_account(signed: Signed) -> None:
    """B51, B135: bound to job and account; here both differ."""
    mine = signed.alice.start_face_detection(Video=VIDEO)["JobId"]
    other = signed.bob.start_face_detection(Video=VIDEO)["JobId"]
    signed.stack.work(samples(3))
    token = signed.alice.get_face_detection(JobId=mine, MaxResults=1)["NextToken"]
    code, _ = refused(signed.bob.get_face_detection, JobId=other, NextToken=token)
    assert code == "InvalidPaginationTokenException"


def test_an_operation_that_is_not_allowed(signed: Signed) -> None:
    """B47: the caller's ARN and the operation."""
    assert refused(signed.bob.detect_faces, Image={"Bytes": b"x"}) == (
        "AccessDeniedException",
        "User: arn:aws:iam::222222222222:user/bob is not authorized to perform: rekognition:DetectFaces",
    )


def test_permission_comes_after_validation_and_before_content(signed: Signed) -> None:
    """B64: rubbish bytes of a caller without permission, and broken rules of the same caller."""
    assert refused(signed.bob.detect_faces, Image={"Bytes": b"rubbish"})[0] == "AccessDeniedException"
    assert refused(signed.bob.detect_faces, Image={})[0] == "AccessDeniedException"
    assert refused(signed.bob.detect_faces, Image={"Bytes": b"x"}, Attributes=["NOSE"])[0] == "ValidationException"


def test_a_bucket_that_is_not_allowed_looks_like_one_that_is_missing(signed: Signed) -> None:
    """B160, B162: the same code and text; the bucket's existence is not told."""
    signed.stack.objects.put("alices", "clip.mp4", b"frames")
    video = {"S3Object": {"Bucket": "alices", "Name": "clip.mp4"}}
    assert refused(signed.bob.start_face_detection, Video=video) == (
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
    )
    assert signed.alice.start_face_detection(Video=video)["JobId"]


def test_a_topic_that_is_not_allowed(signed: Signed) -> None:
    """B47: with the resource."""
    channel = {
        "SNSTopicArn": "arn:aws:sns:eu-west-1:111111111111:hers",
        "RoleArn": "arn:aws:iam::222222222222:role/publish",
    }
    code, text = refused(signed.bob.start_face_detection, Video=VIDEO, NotificationChannel=channel)
    assert code == "AccessDeniedException"
    assert text == (
        "User: arn:aws:iam::222222222222:user/bob is not authorized to perform: rekognition:StartFaceDetection "
        "on resource: arn:aws:sns:eu-west-1:111111111111:hers"
    )


@pytest.mark.parametrize(
    ("key", "secret", "token", "code"),
    [
        ("AKIANOBODY", "x", None, "UnrecognizedClientException"),
        ("AKIAALICE", "wrong", None, "InvalidSignatureException"),
        ("ASIACAROL", "carol's secret", None, "UnrecognizedClientException"),
        ("ASIACAROL", "carol's secret", "carol's token", "ExpiredTokenException"),
    ],
)
def test_credentials_that_are_wrong(signed: Signed, key: str, secret: str, token: str | None, code: str) -> None:
    """B23-B25, B29, B46: plain ClientErrors of status 400."""
    assert refused(signed.client(key, secret, token).get_face_detection, JobId="x")[0] == code


def test_a_clock_that_is_off(signed: Signed) -> None:
    """B21, B30: one attempt, and the answer's Date tells the right time."""
    signed.stack.clock.move(minutes=6)
    try:
        with pytest.raises(ClientError) as error:
            signed.alice.get_face_detection(JobId="x")
        assert error.value.response["Error"]["Code"] == "InvalidSignatureException"
        assert error.value.response["Error"]["Message"].startswith("Signature expired: ")
        assert error.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    finally:
        signed.stack.clock.move(minutes=-6)


def test_with_credentials_other_host_names_are_served(signed: Signed) -> None:
    """B32: the check of the Host header belongs to servers that check no signature."""
    judged = Judged(signed.address.replace("127.0.0.1", "localhost"), access_key="AKIAALICE", secret_key="x")
    code, _ = refused(judged.client.get_face_detection, JobId="x")
    assert code == "InvalidSignatureException"


def test_time_moves_for_the_machine_too(signed: Signed) -> None:
    """The clock of this module stands at the machine's time, within what a slow run needs."""
    assert abs(signed.stack.clock.now - datetime.now(UTC)) < timedelta(minutes=4)
