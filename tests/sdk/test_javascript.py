"""The contract through the AWS SDK for JavaScript v3."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.processes import wait_until
from tests.live.serving import CREDENTIALS, Served, clean_environment
from tests.sdk.refusals import CLIP, PICTURE, REFUSALS, Refusal

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

HERE = Path(__file__).parent / "js"
INSTALL_S = 240


@pytest.fixture(scope="session")
def packages(require_tool: Callable[..., str]) -> Path:
    """The folder of the locked packages, installed once for each lock file into the user's cache."""
    npm = require_tool("npm")
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "faceline-tests")
    folder = cache / f"js-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache))
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / name, fresh / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, check=False, timeout=INSTALL_S)
        if done.returncode:
            shutil.rmtree(fresh)
            unavailable(f"npm could not install the SDK: {done.stderr.strip()[-300:]}")
        fresh.rename(folder)
    return folder / "node_modules"


def unavailable(why: str) -> None:
    """Skip; where FACELINE_REQUIRE_TOOLS is set that is a failure."""
    if os.environ.get("FACELINE_REQUIRE_TOOLS"):
        pytest.fail(why)
    pytest.skip(why)


class JavaScript:
    """A Node process that holds one client."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests, self._answers = process.stdin, process.stdout

    def call(self, operation: str, bytes_of: Path | None = None, **parameters: Any) -> dict[str, Any]:
        """One call's outcome: `output`, or `error` and what the SDK makes of it."""
        asked = {"operation": operation, "input": parameters, "bytes": bytes_of and str(bytes_of)}
        self._requests.write(json.dumps(asked) + "\n")
        self._requests.flush()
        outcome: dict[str, Any] = json.loads(self._answers.readline())
        return outcome

    def output(self, operation: str, bytes_of: Path | None = None, **parameters: Any) -> dict[str, Any]:
        """The output of a call that must succeed."""
        outcome = self.call(operation, bytes_of, **parameters)
        assert outcome.get("status") == 200, outcome
        assert outcome["requestId"]
        output: dict[str, Any] = outcome["output"]
        return output


@pytest.fixture(scope="module")
def javascript(served: Served, packages: Path, require_tool: Callable[..., str]) -> Iterator[JavaScript]:
    command = [require_tool("node"), str(HERE / "calls.cjs"), served.address]
    environment = clean_environment(**CREDENTIALS, NODE_PATH=str(packages))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield JavaScript(process)


@pytest.fixture(scope="module")
def job_id(javascript: JavaScript) -> str:
    """A finished job with ALL attributes."""
    started = javascript.output("StartFaceDetection", Video=CLIP, FaceAttributes="ALL", JobTag="js")["JobId"]
    wait_until(lambda: in_progress(javascript, started) is False, "the job has ended")
    return str(started)


def in_progress(javascript: JavaScript, job_id: str) -> bool:
    page = javascript.output("GetFaceDetection", JobId=job_id)
    if page["JobStatus"] == "IN_PROGRESS":
        assert page == {"JobStatus": "IN_PROGRESS", "Faces": [], "JobId": job_id, "Video": CLIP, "JobTag": "js"}
    return bool(page["JobStatus"] == "IN_PROGRESS")


def test_pages_until_no_token_are_what_boto3_reads(served: Served, javascript: JavaScript, job_id: str) -> None:
    expected = served.client().get_face_detection(JobId=job_id)
    page = javascript.output("GetFaceDetection", JobId=job_id, MaxResults=4)
    faces = page["Faces"]
    while "NextToken" in page:
        page = javascript.output("GetFaceDetection", JobId=job_id, MaxResults=4, NextToken=page["NextToken"])
        faces += page["Faces"]
    assert faces == expected["Faces"]
    assert page["VideoMetadata"] == expected["VideoMetadata"]
    assert len(faces) == 6


def test_pictures_are_what_boto3_reads(served: Served, javascript: JavaScript, buckets: Path) -> None:
    expected = served.client().detect_faces(Image=PICTURE, Attributes=["ALL"])["FaceDetails"]
    content = buckets / "videos" / "face.jpg"
    assert javascript.output("DetectFaces", Image=PICTURE, Attributes=["ALL"])["FaceDetails"] == expected
    assert javascript.output("DetectFaces", content, Attributes=["ALL"])["FaceDetails"] == expected


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_refusals_become_its_own_errors(javascript: JavaScript, refusal: Refusal) -> None:
    """B40-B46: not repeated, and of the SDK's class where the service model has one."""
    outcome = javascript.call(refusal.operation, **refusal.input)
    assert_refused(outcome, refusal.code, refusal.message)
    assert outcome["typed"] is refusal.modelled


def test_refusals_that_need_a_job(javascript: JavaScript, job_id: str) -> None:
    """B48, B51."""
    tampered = javascript.call("GetFaceDetection", JobId=job_id, NextToken="A" * 76)
    assert_refused(tampered, "InvalidPaginationTokenException", "Invalid Pagination Token")
    javascript.output("StartFaceDetection", Video=CLIP, ClientRequestToken="javascript")
    reused = javascript.call("StartFaceDetection", Video=CLIP, ClientRequestToken="javascript", JobTag="other")
    text = "The ClientRequestToken: javascript you have supplied is already in use."
    assert_refused(reused, "IdempotentParameterMismatchException", text)
    assert tampered["typed"]
    assert reused["typed"]


def assert_refused(outcome: dict[str, Any], code: str, message: str) -> None:
    assert {name: outcome[name] for name in ("error", "message", "fault", "status", "attempts")} == {
        "error": code,
        "message": message,
        "fault": "client",
        "status": 400,
        "attempts": 1,
    }
    assert outcome["requestId"]
