"""Rates through boto3, and what a client does then (B53, B57, B127, B240-B242)."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.harness import serving, stack
from tests.api.judge import Judged


def test_both_kinds_of_throttling(tmp_path: Path) -> None:
    """B53, B57: a sudden rise is ThrottlingException, a steady rate over the limit the other; both have status 400."""
    codes: list[tuple[str, str, int]] = []
    with stack(tmp_path) as installation, serving(installation.app(requests_per_second=5)) as address:
        client = Judged(address).client
        for number in range(40):
            if number > 15:
                installation.clock.move(milliseconds=100)
            with pytest.raises(ClientError) as error:
                client.get_face_detection(JobId="x")
            answer = error.value.response
            status = answer["ResponseMetadata"]["HTTPStatusCode"]
            codes.append((answer["Error"]["Code"], answer["Error"]["Message"], status))
    assert [code for code, _, _ in codes[:10]] == ["ResourceNotFoundException"] * 10
    assert codes[10] == ("ThrottlingException", "Slow down; sudden increase in rate of requests.", 400)
    assert codes[-1] == ("ProvisionedThroughputExceededException", "Provisioned rate exceeded.", 400) or (
        codes[-2] == ("ProvisionedThroughputExceededException", "Provisioned rate exceeded.", 400)
    )


def test_sdks_send_throttled_requests_again(tmp_path: Path) -> None:
    """B240, B241: three attempts in all with boto3's ordinary settings."""
    with stack(tmp_path) as installation, serving(installation.app(requests_per_second=0.5)) as address:
        client = Judged(address, attempts=3).client
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_face_detection(JobId="x")
        with pytest.raises(client.exceptions.ThrottlingException) as error:
            client.get_face_detection(JobId="x")
        assert error.value.response["ResponseMetadata"]["RetryAttempts"] == 2


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("start_face_detection", {"Video": {}}),
        ("get_face_detection", {"JobId": "x"}),
        ("detect_faces", {"Image": {}}),
    ],
)
def test_the_limit_counts_every_operation(tmp_path: Path, operation: str, request_: dict[str, Any]) -> None:
    """B57, B63: all three may answer it."""
    with stack(tmp_path) as installation, serving(installation.app(requests_per_second=0.5)) as address:
        client = Judged(address).client
        codes = []
        for _ in range(3):
            with pytest.raises(ClientError) as error:
                getattr(client, operation)(**request_)
            codes.append(error.value.response["Error"]["Code"])
            installation.clock.move(seconds=1.5)
    assert codes[1] == "ProvisionedThroughputExceededException"
