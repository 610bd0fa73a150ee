"""The contract through the AWS CLI."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.processes import PATIENCE_S, wait_until
from tests.live.serving import CREDENTIALS, Served, clean_environment
from tests.sdk.refusals import CLIP, PICTURE, REFUSALS, Refusal

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

CALLS = {
    "StartFaceDetection": "start-face-detection",
    "GetFaceDetection": "get-face-detection",
    "DetectFaces": "detect-faces",
    "DetectLabels": "detect-labels",
}

# Exit codes for what the service refused, of the tool's generations.
SERVICE_ERRORS = {254, 255}


class Cli:
    """`aws rekognition` with nothing set but where the service is."""

    def __init__(self, program: str, address: str) -> None:
        self._command = [program, "--endpoint-url", address, "--output", "json", "rekognition"]

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self._command, *words],
            check=False,
            capture_output=True,
            text=True,
            env=clean_environment(**CREDENTIALS),
            timeout=PATIENCE_S,
        )

    def output(self, *words: str) -> dict[str, Any]:
        """What a call that must succeed prints."""
        done = self.run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed

    def refused(self, *words: str) -> str:
        """The error line of a call that must fail."""
        done = self.run(*words)
        assert (done.returncode in SERVICE_ERRORS, done.stdout) == (True, ""), done
        return done.stderr.strip()


@pytest.fixture(scope="module")
def aws(served: Served, require_tool: Callable[..., str]) -> Cli:
    return Cli(require_tool("aws", Path(sys.executable).with_name("aws")), served.address)


@pytest.fixture(scope="module")
def job_id(served: Served, aws: Cli) -> str:
    """A finished job with ALL attributes."""
    words = ["--video", json.dumps(CLIP), "--face-attributes", "ALL", "--job-tag", "cli"]
    started = str(aws.output("start-face-detection", *words, "--client-request-token", "cli")["JobId"])
    wait_until(lambda: served.status(started) != "IN_PROGRESS", "the job has ended")
    return started


def test_pages_until_no_token_are_what_boto3_reads(served: Served, aws: Cli, job_id: str) -> None:
    """B134: the first call may pass an empty token."""
    expected = served.client().get_face_detection(JobId=job_id)
    words = ["get-face-detection", "--job-id", job_id, "--max-results", "3", "--next-token"]
    page = aws.output(*words, "")
    faces = page["Faces"]
    while "NextToken" in page:
        page = aws.output(*words, page["NextToken"])
        faces += page["Faces"]
    assert faces == expected["Faces"]
    assert (page["JobTag"], page["Video"], page["JobStatus"]) == ("cli", CLIP, "SUCCEEDED")


def test_pictures_are_what_boto3_reads(served: Served, aws: Cli, buckets: Path) -> None:
    """B245: the old tool takes bytes by an option of its own."""
    expected = served.client().detect_faces(Image=PICTURE, Attributes=["ALL"])["FaceDetails"]
    words = ["detect-faces", "--attributes", "ALL"]
    content = f"fileb://{buckets / 'videos' / 'face.jpg'}"
    assert aws.output(*words, "--image", json.dumps(PICTURE))["FaceDetails"] == expected
    assert aws.output(*words, "--image-bytes", content)["FaceDetails"] == expected


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_refusals_are_printed_in_the_services_words(aws: Cli, refusal: Refusal) -> None:
    call = CALLS[refusal.operation]
    said = aws.refused(call, "--cli-input-json", json.dumps(refusal.input))
    assert said.endswith(
        f"An error occurred ({refusal.code}) when calling the {refusal.operation} operation: {refusal.message}"
    )


def test_refusals_that_need_a_job(aws: Cli, job_id: str) -> None:
    """B48, B51."""
    tampered = aws.refused("get-face-detection", "--job-id", job_id, "--next-token", "A" * 76)
    assert "(InvalidPaginationTokenException)" in tampered
    reused = aws.refused("start-face-detection", "--video", json.dumps(CLIP), "--client-request-token", "cli")
    assert "(IdempotentParameterMismatchException)" in reused
