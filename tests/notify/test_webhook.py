"""Webhooks: SNS's envelope by HTTP to a small server on loopback (B174)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from faceline.notify.message import Message
from faceline.notify.publisher import Undelivered
from faceline.notify.routes import publisher_from
from faceline.notify.webhook import WebhookPublisher
from faceline.settings import Settings, SettingsError

TOPIC = "arn:aws:sns:eu-west-1:000000000000:ends"
MESSAGE = Message("5f3c", TOPIC, "arn:aws:iam::000000000000:role/any", "ab" * 32, '{"JobId":"ä"}')


@dataclass
class Receiver:
    """What the server was sent, and how it answers."""

    url: str = ""
    status: int = 200
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(seen.status)
            self.send_header("location", f"{seen.url}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield seen
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hooks(receiver: Receiver) -> Iterator[WebhookPublisher]:
    made = WebhookPublisher({TOPIC: f"{receiver.url}/in?x=1"}, lambda: 1_515_733_532_276)
    yield made
    made.close()


def test_the_envelope_is_the_one_of_sns(hooks: WebhookPublisher, receiver: Receiver) -> None:
    hooks.publish(MESSAGE)
    ((path, headers, body),) = receiver.requests
    sent = json.loads(body)
    assert path == "/in?x=1"
    assert list(sent) == [
        *("Type", "MessageId", "TopicArn", "Message", "Timestamp"),
        *("SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"),
    ]
    assert (sent["Type"], sent["MessageId"], sent["TopicArn"]) == ("Notification", "5f3c", TOPIC)
    assert sent["Message"] == MESSAGE.body
    assert sent["Timestamp"] == "2018-01-12T05:05:32.276Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", sent["Timestamp"])
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["x-amz-sns-message-id"] == "5f3c"
    assert headers["x-amz-sns-topic-arn"] == TOPIC
    assert headers["content-type"] == "text/plain; charset=UTF-8"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_only_success_counts_and_redirects_are_not_followed(
    hooks: WebhookPublisher, receiver: Receiver, status: int
) -> None:
    receiver.status = status
    with pytest.raises(Undelivered, match=f"answered {status}"):
        hooks.publish(MESSAGE)
    assert len(receiver.requests) == 1


def test_the_environments_proxy_is_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    hooks = WebhookPublisher({TOPIC: receiver.url})
    hooks.publish(MESSAGE)
    hooks.close()
    assert len(receiver.requests) == 1


def test_nobody_there_is_one_line() -> None:
    hooks = WebhookPublisher({TOPIC: "http://127.0.0.1:9/"})
    with pytest.raises(Undelivered, match="ConnectError") as failure:
        hooks.publish(MESSAGE)
    hooks.close()
    assert "\n" not in str(failure.value)


def test_a_topic_without_an_address_is_said(hooks: WebhookPublisher) -> None:
    other = Message("1", TOPIC + "x", "", "", "")
    assert not hooks.serves(other.topic_arn)
    with pytest.raises(Undelivered, match="no --webhook is set"):
        hooks.publish(other)


@pytest.mark.parametrize("url", ["ftp://a/b", "file:///etc/passwd", "nonsense", "http://", "http://[::", "unix:/x"])
def test_other_addresses_are_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match=f"webhook of {TOPIC}"):
        publisher_from(Settings(webhook=(f"{TOPIC}={url}",)))


def test_routes_say_when_nobody_serves_a_topic() -> None:
    routes = publisher_from(Settings())
    with pytest.raises(Undelivered, match="no --webhook names this topic, and --sns-endpoint is not set"):
        routes.publish(MESSAGE)


def test_routes_prefer_a_topics_webhook(receiver: Receiver) -> None:
    routes = publisher_from(Settings(webhook=(f"{TOPIC}={receiver.url}/?a=b",), sns_endpoint="http://127.0.0.1:9"))
    routes.publish(MESSAGE)
    assert receiver.requests[0][0] == "/?a=b"
