"""Completion messages without AWS, and what the operator sees of them and of the jobs."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.live.fixtures import ROLE, TOPIC
from tests.live.processes import wait_until
from tests.live.receiver import Receiver
from tests.live.serving import Served, clean_environment

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


@pytest.fixture
def accepting(live: Served, receiver: Receiver) -> Iterator[Receiver]:
    """The receiver; with each message it asks at once for the job."""
    receiver.look = lambda body: live.status(json.loads(json.loads(body)["Message"])["JobId"])
    yield receiver
    receiver.accepting.clear()


def start(live: Served, key: str, tag: str | None = None) -> str:
    """A job that has a channel."""
    request = {"Video": {"S3Object": {"Bucket": "videos", "Name": key}}}
    channel = {"NotificationChannel": {"SNSTopicArn": TOPIC, "RoleArn": ROLE}}
    reply = live.post("StartFaceDetection", request | channel | ({} if tag is None else {"JobTag": tag}))
    return str(json.loads(reply.body)["JobId"])


def jobs(live: Served, *words: str) -> str:
    """What `faceline jobs` prints."""
    command = [sys.executable, "-m", "faceline", "jobs", words[0], "--data", str(live.data), *words[1:]]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=clean_environment()).stdout


@pytest.mark.parametrize(("key", "status", "tag"), [("short.mp4", "SUCCEEDED", "a.b"), ("text.mp4", "FAILED", None)])
def test_the_message_arrives_when_the_result_is_there(
    live: Served, accepting: Receiver, key: str, status: str, tag: str | None
) -> None:
    """B170-B175: SNS's envelope and headers, the compact text, and a job whose result can be fetched at that moment."""
    accepting.accepting.set()
    before = len(accepting.deliveries)
    job_id = start(live, key, tag)
    wait_until(lambda: len(accepting.deliveries) > before, "the message arrives")
    delivery = accepting.deliveries[before]
    assert delivery.seen == status
    envelope = json.loads(delivery.body)
    message = json.loads(envelope["Message"])
    ended = message["Timestamp"]
    assert envelope["Message"] == (
        f'{{"JobId":"{job_id}","Status":"{status}","API":"StartFaceDetection",'
        + ("" if tag is None else f'"JobTag":"{tag}",')
        + f'"Timestamp":{ended},"Video":{{"S3ObjectName":"{key}","S3Bucket":"videos"}}}}'
    )
    assert (envelope["Type"], envelope["TopicArn"]) == ("Notification", TOPIC)
    assert delivery.headers["x-amz-sns-message-type"] == "Notification"
    assert delivery.headers["x-amz-sns-message-id"] == envelope["MessageId"]


def test_a_refused_message_is_shown_and_comes_later(live: Served, accepting: Receiver) -> None:
    """B176."""
    before, refused = len(accepting.deliveries), accepting.refused
    job_id = start(live, "short.mp4", "later")
    wait_until(lambda: accepting.refused > refused, "the message is refused")
    wait_until(lambda: "503" in jobs(live, "show", job_id), "the refusal is shown")
    shown = jobs(live, "show", job_id[:16])
    assert "SUCCEEDED, 100 % of the video's time, 6 faces" in shown
    assert "answered 503" in shown
    assert re.search(r"message +due, attempts: \d+, next at ", shown)
    assert TOPIC in shown
    accepting.accepting.set()
    wait_until(lambda: len(accepting.deliveries) > before, "the message comes after all")
    assert json.loads(json.loads(accepting.deliveries[before].body)["Message"])["JobId"] == job_id
    wait_until(lambda: "delivered, attempts: " in jobs(live, "show", job_id), "the delivery is shown")


def test_jobs_are_listed_newest_first(live: Served) -> None:
    first, second = live.start("short.mp4", "ALL"), live.start("text.mp4")
    for job_id in (first, second):
        live.result(job_id)
    head, *lines = jobs(live, "list", "--limit", "2").splitlines()
    assert head.split()[:3] == ["started", "(UTC)", "state"]
    assert [line.split()[2] for line in lines] == ["FAILED", "SUCCEEDED"]
    assert [line.split()[-2] for line in lines] == [second[:12], first[:12]]
    assert lines[1].endswith("videos/short.mp4")


def test_a_failed_job_tells_its_operator_why(live: Served) -> None:
    job_id = live.start("text.mp4")
    live.result(job_id)
    shown = jobs(live, "show", job_id)
    assert "NOT_A_VIDEO" in shown
    assert "Give a video file, not a text, picture or playlist." in shown
