"""Publishing through SNS with boto3: AWS itself, or anything that speaks its protocol."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from faceline.notify.message import Message
from faceline.notify.publisher import Undelivered

AWS = "aws"
"""The endpoint that stands for AWS's own addresses."""

_CONNECT_S, _READ_S = 5, 10
_RENEW_BEFORE = timedelta(minutes=5)
_CLIENTS = 64


class _Sns(Protocol):
    """The one call that is used of boto3's client."""

    def publish(self, **arguments: str) -> object: ...


@dataclass(frozen=True, slots=True)
class _Client:
    sns: _Sns
    good_until: datetime


class SnsPublisher:
    """Publishes to the topic of a message, in the region that its ARN names.

    endpoint       address of SNS, or "aws"
    sts_endpoint   address of STS, or "aws", through which RoleArn is assumed before publishing; empty to publish with
                   the server's own credentials
    """

    def __init__(self, endpoint: str, sts_endpoint: str = "") -> None:
        self._endpoint = _url(endpoint)
        self._sts_endpoint = sts_endpoint
        self._clients: dict[tuple[str, str], _Client] = {}
        # Sessions are not safe for threads while a client is made; a made client is.
        self._making = threading.Lock()

    def publish(self, message: Message) -> None:
        """Publish. Raises Undelivered with SNS's or STS's own words."""
        arguments = {"TopicArn": message.topic_arn, "Message": message.body}
        if message.topic_arn.endswith(".fifo"):
            arguments |= {"MessageGroupId": message.job_id, "MessageDeduplicationId": message.id}  # B112
        try:
            self._client(_region(message.topic_arn), message.role_arn).publish(**arguments)
        except (BotoCoreError, ClientError) as error:
            raise Undelivered(" ".join(str(error).split())) from error

    def _client(self, region: str, role_arn: str) -> _Sns:
        key = (region, role_arn if self._sts_endpoint else "")
        with self._making:
            known = self._clients.get(key)
            if known is None or known.good_until <= datetime.now(UTC):
                if len(self._clients) >= _CLIENTS:
                    self._clients.clear()
                known = self._clients[key] = self._make(region, role_arn)
            return known.sns

    def _make(self, region: str, role_arn: str) -> _Client:
        if not self._sts_endpoint:
            return self._sns(boto3.Session(), region, datetime.max.replace(tzinfo=UTC))
        sts = boto3.Session().client("sts", region_name=region, endpoint_url=_url(self._sts_endpoint), config=_config())
        lent = sts.assume_role(RoleArn=role_arn, RoleSessionName="faceline")["Credentials"]
        session = boto3.Session(lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"])
        return self._sns(session, region, lent["Expiration"] - _RENEW_BEFORE)

    def _sns(self, session: boto3.Session, region: str, good_until: datetime) -> _Client:
        client = session.client("sns", region_name=region, endpoint_url=self._endpoint, config=_config())
        return _Client(client, good_until)


def _config() -> Config:
    """One attempt in a short time: the outbox repeats, and knows when."""
    return Config(connect_timeout=_CONNECT_S, read_timeout=_READ_S, retries={"total_max_attempts": 1})


def _url(endpoint: str) -> str | None:
    return None if endpoint == AWS else endpoint


def _region(topic_arn: str) -> str:
    """arn:partition:sns:region:account:name"""
    parts = topic_arn.split(":")
    if len(parts) != 6 or not parts[3]:
        raise Undelivered(f"{topic_arn} is not the ARN of a topic")
    return parts[3]
