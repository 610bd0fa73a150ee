"""Publishing without AWS: the notification is posted to an address as SNS would post it to a subscriber (B174)."""

import json
from collections.abc import Mapping
from datetime import datetime

import httpx

from faceline.db.clock import Clock, system_clock, to_datetime
from faceline.notify.message import Message
from faceline.notify.publisher import Undelivered

_CONNECT_S, _READ_S = 5.0, 10.0


class WebhookPublisher:
    """Posts a topic's messages to the address that the operator gave for it; only 2xx counts as delivered.

    The envelope has SNS's members and headers. It cannot carry Amazon's signature: Signature and its address are
    empty, so a receiver that verifies signatures must be told to trust the address instead.
    urls     topic ARN -> http or https address
    Raises   ValueError for any other address.
    """

    def __init__(self, urls: Mapping[str, str], clock: Clock = system_clock) -> None:
        for topic_arn, url in urls.items():
            _check(topic_arn, url)
        self._urls = dict(urls)
        self._clock = clock
        # No redirects: only the operator says where messages go. No proxies or passwords from the environment.
        self._http = httpx.Client(
            timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S), follow_redirects=False, trust_env=False
        )

    def serves(self, topic_arn: str) -> bool:
        """Whether there is an address for the topic."""
        return topic_arn in self._urls

    def publish(self, message: Message) -> None:
        """Post. Raises Undelivered when there is no answer in time or it is not 2xx."""
        url = self._urls.get(message.topic_arn)
        if url is None:
            raise Undelivered(f"no --webhook is set for {message.topic_arn}")
        request = self._http.build_request(
            "POST", url, content=envelope(message, to_datetime(self._clock())), headers=_headers(message)
        )
        try:
            answer = self._http.send(request, stream=True)  # the answer's body is of no interest and not read
            answer.close()
        except httpx.HTTPError as error:
            raise Undelivered(f"{url}: {type(error).__name__} {error}".rstrip()) from error
        if not answer.is_success:
            raise Undelivered(f"{url} answered {answer.status_code} {answer.reason_phrase}".rstrip())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def envelope(message: Message, sent_at: datetime) -> bytes:
    """The notification as SNS posts it; `Message` is a JSON text inside the JSON."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": message.id,
            "TopicArn": message.topic_arn,
            "Message": message.body,
            "Timestamp": sent_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "SignatureVersion": "1",
            "Signature": "",
            "SigningCertURL": "",
            "UnsubscribeURL": "",
        },
        ensure_ascii=False,
        indent=2,
    ).encode()


def _headers(message: Message) -> dict[str, str]:
    return {
        "content-type": "text/plain; charset=UTF-8",
        "user-agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": message.id,
        "x-amz-sns-topic-arn": message.topic_arn,
    }


def _check(topic_arn: str, url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"webhook of {topic_arn}: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"webhook of {topic_arn}: {url!r} is not an http or https address")
