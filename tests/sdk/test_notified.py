"""The classic flow, by the example script: upload, start with a channel, wait for the message, page."""

import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from examples import notified
from tests.live.processes import PATIENCE_S
from tests.live.serving import CREDENTIALS, Served, clean_environment

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

ROLE = "arn:aws:iam::123456789012:role/Rekognition"


def test_the_classic_flow_runs_against_other_endpoints(
    served: Served, moto: str, buckets: Path, tmp_path: Path
) -> None:
    """B175: the result is there when the message is. A key with a blank and an umlaut, as people's files have."""
    s3 = boto3.client(
        "s3", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    s3.create_bucket(Bucket="uploads")
    s3.close()
    video = tmp_path / "ein schöner Film.mp4"
    video.write_bytes((buckets / "videos" / "short.mp4").read_bytes())
    endpoints = {f"AWS_ENDPOINT_URL_{name}": moto for name in ("S3", "SNS", "SQS")}
    environment = clean_environment(**CREDENTIALS, **endpoints, AWS_ENDPOINT_URL_REKOGNITION=served.address)
    command = [sys.executable, str(Path(notified.__file__)), str(video), "--bucket", "uploads", "--role", ROLE]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=2 * PATIENCE_S)
    assert (done.returncode, done.stderr) == (0, "")
    started, ended, *faces = done.stdout.splitlines()
    job_id = started.split()[1]
    assert started == f"job {job_id} is started"
    assert ended == f"job {job_id} has ended as SUCCEEDED"
    assert [float(line.split()[0]) for line in faces] == [0, 0.5, 1, 1.5, 3, 3.5]
    assert all(re.fullmatch(r" +\d+\.\d{3} s  [A-Z]+ +\d+\.\d %", line) for line in faces), faces
