"""SNS through boto3, against moto's SNS, SQS and STS on loopback."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from faceline.notify.message import Message
from faceline.notify.publisher import Undelivered
from faceline.notify.routes import publisher_from
from faceline.notify.sns import SnsPublisher
from faceline.settings import Settings

REGION = "eu-central-1"
ROLE = "arn:aws:iam::123456789012:role/publisher"


@dataclass(frozen=True)
class Aws:
    """moto's address and clients for it."""

    url: str

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION, endpoint_url=self.url)

    def topic_with_queue(self, name: str) -> tuple[str, str]:
        """A topic's ARN and the address of the queue that receives its messages."""
        fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
        arn: str = self.client("sns").create_topic(Name=name, Attributes=fifo)["TopicArn"]
        url: str = self.client("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": "true"} if fifo else {})[
            "QueueUrl"
        ]
        queue = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        self.client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue["QueueArn"])
        return arn, url

    def received(self, queue_url: str) -> list[dict[str, Any]]:
        got = self.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, AttributeNames=["All"])
        return list(got.get("Messages", []))


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in (("ACCESS_KEY_ID", "testing"), ("SECRET_ACCESS_KEY", "testing"), ("EC2_METADATA_DISABLED", "1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    return Aws(moto_url)


def _message(topic_arn: str) -> Message:
    return Message("5f3c", topic_arn, ROLE, "ab" * 32, '{"JobId":"abc","Status":"SUCCEEDED"}')


def test_a_message_reaches_the_queue(aws: Aws) -> None:
    topic, queue = aws.topic_with_queue("AmazonRekognitionEnds")
    SnsPublisher(aws.url).publish(_message(topic))
    (received,) = aws.received(queue)
    envelope = json.loads(received["Body"])
    assert (envelope["Type"], envelope["TopicArn"], envelope["Message"]) == (
        "Notification", topic, '{"JobId":"abc","Status":"SUCCEEDED"}',
    )  # fmt: skip
    assert "Subject" not in envelope


def test_b112_a_fifo_topic_groups_by_job_and_tells_repetitions(aws: Aws) -> None:
    topic, queue = aws.topic_with_queue("AmazonRekognitionEnds.fifo")
    publisher = publisher_from(Settings(sns_endpoint=aws.url))
    publisher.publish(_message(topic))
    publisher.publish(_message(topic))
    (received,) = aws.received(queue)
    assert received["Attributes"]["MessageGroupId"] == "ab" * 32
    assert received["Attributes"]["MessageDeduplicationId"] == "5f3c"


def test_the_role_is_assumed_once_through_sts(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    topic, queue = aws.topic_with_queue("AmazonRekognitionByRole")
    sessions: list[tuple[object, ...]] = []
    real = boto3.Session

    def recorded(*arguments: Any) -> boto3.Session:
        sessions.append(arguments)
        return real(*arguments)

    monkeypatch.setattr("faceline.notify.sns.boto3.Session", recorded)
    publisher = SnsPublisher(aws.url, aws.url)
    publisher.publish(_message(topic))
    publisher.publish(_message(topic))
    assert len(aws.received(queue)) == 2
    own, lent = sessions
    assert own == ()
    assert len(lent) == 3
    assert str(lent[0]).startswith("ASIA"), "short-lived credentials of the role"


def test_an_unknown_topic_is_undelivered_in_snss_words(aws: Aws) -> None:
    with pytest.raises(Undelivered, match="NotFound") as failure:
        SnsPublisher(aws.url).publish(_message(f"arn:aws:sns:{REGION}:123456789012:nobody"))
    assert "\n" not in str(failure.value)


def test_the_region_is_the_topics(aws: Aws) -> None:
    topic, queue = aws.topic_with_queue("regional")
    with pytest.raises(Undelivered):
        SnsPublisher(aws.url).publish(_message(topic.replace(REGION, "us-west-2")))
    assert aws.received(queue) == []


@pytest.mark.usefixtures("aws")
def test_nobody_there_is_one_line() -> None:
    with pytest.raises(Undelivered, match="Could not connect") as failure:
        SnsPublisher("http://127.0.0.1:9").publish(_message(f"arn:aws:sns:{REGION}:123456789012:a"))
    assert "\n" not in str(failure.value)


def test_no_credentials_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Undelivered, match="Unable to locate credentials"):
        SnsPublisher("http://127.0.0.1:9").publish(_message(f"arn:aws:sns:{REGION}:123456789012:a"))


@pytest.mark.parametrize("arn", ["", "topic", "arn:aws:sns::1:a", "arn:aws:sns:eu-west-1:1"])
def test_what_is_no_topic_is_said(arn: str) -> None:
    with pytest.raises(Undelivered, match="not the ARN of a topic"):
        SnsPublisher("http://127.0.0.1:9").publish(_message(arn))


@pytest.mark.usefixtures("aws")
def test_clients_of_many_regions_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceline.notify.sns._CLIENTS", 2)
    publisher = SnsPublisher("aws")
    first = publisher._client("us-west-2", ROLE)
    assert publisher._client("us-west-2", ROLE + "-other") is first, "without STS the role makes no difference"
    for region in ("us-east-1", "eu-west-1"):
        publisher._client(region, ROLE)
    assert len(publisher._clients) <= 2
    assert publisher._client("us-west-2", ROLE) is not first


def test_aws_itself_is_used_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    client = SnsPublisher("aws")._client("us-west-2", ROLE)
    assert client.meta.endpoint_url == "https://sns.us-west-2.amazonaws.com"  # type: ignore[attr-defined] # of boto3
