"""StartFaceDetection through an unmodified boto3 (B48, B54-B56, B59, B100-B112, B160-B163)."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from faceline.domain.job import FaceAttributes, JobState
from tests.api.conftest import Service
from tests.api.harness import samples, serving, stack
from tests.api.judge import Judged

VIDEO = {"S3Object": {"Bucket": "media", "Name": "clip.mp4"}}
CHANNEL = {
    "SNSTopicArn": "arn:aws:sns:eu-west-1:123456789012:RekognitionVideo",
    "RoleArn": "arn:aws:iam::123456789012:role/publish",
}
ACCOUNT = "000000000000"


def start(service: Service, **request: Any) -> str:
    """The JobId of a new job on the ordinary clip."""
    answer = service.client.start_face_detection(**{"Video": VIDEO, **request})
    job_id: str = answer["JobId"]
    return job_id


def refused(service: Service, **request: Any) -> tuple[str, str, int]:
    """Code, text and status of the refusal that a Start meets."""
    with pytest.raises(ClientError) as error:
        service.client.start_face_detection(**{"Video": VIDEO, **request})
    answer = error.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_the_answer_is_a_job_id(service: Service) -> None:
    """B6, B100, B101: 76 bytes, 64 lower-case hexadecimal digits."""
    answer = service.client.start_face_detection(Video=VIDEO)
    assert re.fullmatch("[0-9a-f]{64}", answer["JobId"])
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "76"


def test_everything_that_was_asked_for_is_kept(service: Service) -> None:
    """B100, B110, B112: attributes, tag, topic and role of the request; a .fifo topic is accepted."""
    channel = {**CHANNEL, "SNSTopicArn": CHANNEL["SNSTopicArn"] + ".fifo"}
    job_id = start(service, FaceAttributes="ALL", JobTag="tag:1", NotificationChannel=channel)
    request = service.stack.queue.get(ACCOUNT, job_id).request
    assert (request.video.bucket, request.video.key, request.video.version) == ("media", "clip.mp4", None)
    assert (request.attributes, request.tag) == (FaceAttributes.ALL, "tag:1")
    assert request.channel is not None
    assert (request.channel.topic_arn, request.channel.role_arn) == (channel["SNSTopicArn"], channel["RoleArn"])


def test_attributes_are_default_unless_all_is_asked_for(service: Service) -> None:
    """B102: absent means DEFAULT."""
    assert service.stack.queue.get(ACCOUNT, start(service)).request.attributes is FaceAttributes.DEFAULT


def test_a_version_that_exists_is_pinned(service: Service) -> None:
    """B163: the version of the request is the one that the job reads."""
    service.stack.objects.put("media", "versions.mp4", b"first")
    service.stack.objects.put("media", "versions.mp4", b"second")
    video = {"S3Object": {"Bucket": "media", "Name": "versions.mp4", "Version": "1"}}
    job = service.stack.queue.get(ACCOUNT, start(service, Video=video))
    assert (job.request.video.version, job.pin.version, job.pin.size) == ("1", "1", len(b"first"))


@pytest.mark.parametrize(
    "stored",
    [
        {"Bucket": "nowhere", "Name": "clip.mp4"},
        {"Bucket": "media", "Name": "missing.mp4"},
        {"Bucket": "media", "Name": "clip.mp4", "Version": "99"},
    ],
)
def test_an_object_that_cannot_be_read(service: Service, stored: dict[str, str]) -> None:
    """B55, B103, B160, B163: bucket, key or version, always the same text, and at once."""
    assert refused(service, Video={"S3Object": stored}) == (
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        400,
    )


def test_an_empty_object(service: Service) -> None:
    """B161: the second documented text."""
    service.stack.objects.put("media", "empty.mp4", b"")
    video = {"S3Object": {"Bucket": "media", "Name": "empty.mp4"}}
    assert refused(service, Video=video) == ("InvalidS3ObjectException", "Request has invalid S3 object.", 400)


def test_a_video_over_ten_gigabytes(service: Service) -> None:
    """B59, B104: at once, with the object's size and the limit."""
    service.stack.objects.put("media", "long.mp4", b"frames", size=10_737_418_241)
    video = {"S3Object": {"Bucket": "media", "Name": "long.mp4"}}
    text = "Video size in bytes: 10737418241 is more than the maximum limit of: 10737418240 bytes."
    assert refused(service, Video=video) == ("VideoTooLargeException", text, 400)


def test_a_video_of_exactly_the_limit_is_accepted(service: Service) -> None:
    """B104: 10 * 1024^3 bytes are not over 10 GB."""
    service.stack.objects.put("media", "limit.mp4", b"frames", size=10_737_418_240)
    assert start(service, Video={"S3Object": {"Bucket": "media", "Name": "limit.mp4"}})


@pytest.mark.parametrize(
    "video", [{}, {"S3Object": {}}, {"S3Object": {"Bucket": "media"}}, {"S3Object": {"Name": "x"}}]
)
def test_an_incomplete_video(service: Service, video: dict[str, Any]) -> None:
    """B54, B92: the model requires neither S3Object nor Bucket nor Name; the operation does."""
    assert refused(service, Video=video) == ("InvalidParameterException", "Request has invalid parameters", 400)


def test_what_boto3_refuses_itself_and_what_it_sends(service: Service) -> None:
    """B90: minimum lengths are checked by the client, patterns and maxima by the server alone."""
    with pytest.raises(ParamValidationError):
        service.client.start_face_detection(Video=VIDEO, ClientRequestToken="")
    code, text, status = refused(service, ClientRequestToken="a b", JobTag="t" * 1025)
    assert (code, status) == ("ValidationException", 400)
    assert text.startswith("2 validation errors detected: Value 'a b' at 'clientRequestToken' failed")


# ---- ClientRequestToken


def test_the_same_request_twice_is_one_job(service: Service) -> None:
    """B106, B107: same token, same parameters, the same JobId; FaceAttributes absent equals DEFAULT."""
    first = start(service, ClientRequestToken="replay")
    assert start(service, ClientRequestToken="replay") == first
    assert start(service, ClientRequestToken="replay", FaceAttributes="DEFAULT") == first


@pytest.mark.parametrize(
    "other",
    [
        {"FaceAttributes": "ALL"},
        {"JobTag": "other"},
        {"NotificationChannel": CHANNEL},
        {"Video": {"S3Object": {"Bucket": "media", "Name": "other.mp4"}}},
        {"Video": {"S3Object": {"Bucket": "media", "Name": "clip.mp4", "Version": "1"}}},
    ],
)
def test_the_same_token_for_another_request(service: Service, other: dict[str, Any]) -> None:
    """B48, B106, B107: any other parameter counts."""
    service.stack.objects.put("media", "other.mp4", b"frames")
    start(service, ClientRequestToken="mismatch")
    assert refused(service, ClientRequestToken="mismatch", **other) == (
        "IdempotentParameterMismatchException",
        "The ClientRequestToken: mismatch you have supplied is already in use.",
        400,
    )


def test_no_token_makes_a_job_each_time(service: Service) -> None:
    """B109, B244: boto3 makes none for this operation."""
    assert start(service) != start(service)


def test_a_token_is_free_after_seven_days(service: Service) -> None:
    """B106: a week later the same token is a new job."""
    first = start(service, ClientRequestToken="week")
    service.stack.clock.move(days=6, hours=23)
    assert start(service, ClientRequestToken="week") == first
    service.stack.clock.move(hours=2)
    assert start(service, ClientRequestToken="week") != first


def test_a_replay_needs_no_object_any_more(service: Service) -> None:
    """B106, B108: the token is looked up before the object, also after the job has ended."""
    service.stack.objects.put("media", "going.mp4", b"frames")
    video = {"S3Object": {"Bucket": "media", "Name": "going.mp4"}}
    job_id = start(service, Video=video, ClientRequestToken="going")
    service.stack.work()
    del service.stack.objects.versions["media", "going.mp4"]
    assert start(service, Video=video, ClientRequestToken="going") == job_id


def test_fifty_equal_starts_at_once_are_one_job(service: Service) -> None:
    """B106, B108: the race has one winner, and everybody is told the same JobId."""
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(start(service, ClientRequestToken="race"))) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 50
    assert len(set(answers)) == 1


# ---- open jobs


def test_the_limit_of_open_jobs(tmp_path: Path) -> None:
    """B56, B105, B108: the 21st Start fails and leaves nothing; a replay still succeeds; an end frees a place."""
    with stack(tmp_path, max_open_jobs=20) as installation, serving(installation.app()) as address:
        service = Service(installation, address, Judged(address))
        first = start(service, ClientRequestToken="full")
        for _ in range(19):
            start(service)
        text = "20  open Jobs for User 000000000000. Maximum limit: 20"
        assert refused(service) == ("LimitExceededException", text, 400)
        assert refused(service, ClientRequestToken="unborn")[0] == "LimitExceededException"
        assert installation.queue.open_jobs(ACCOUNT) == 20
        assert start(service, ClientRequestToken="full") == first
        installation.work(samples(1))
        assert installation.queue.get(ACCOUNT, first).state is JobState.SUCCEEDED
        assert start(service, ClientRequestToken="unborn") != first
        assert service.judged.complaints == []


def test_a_thousand_jobs_may_wait_by_default(service: Service) -> None:
    """B105: more than the service's twenty are queued, not refused."""
    assert len({start(service) for _ in range(25)}) == 25
