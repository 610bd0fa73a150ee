"""Objects in S3 of any make, read by ranges: the whole object is never needed on disk."""

import threading
from typing import Any, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from faceline.domain.faults import JobFailed, JobFault, Refused, RequestFault
from faceline.domain.job import ObjectPin, ObjectRef
from faceline.domain.ports import ByteStream
from faceline.sources.blocks import BlockStream

_GONE = {"404", "403", "NoSuchKey", "NoSuchBucket", "NoSuchVersion", "AccessDenied", "405", "MethodNotAllowed"}
_CHANGED = {"412", "PreconditionFailed"}


class S3Source:
    """Every bucket of one S3 endpoint.

    endpoint     address of the endpoint; None is the vendor's own
    region       for signatures, and for the vendor's endpoint
    addressing   "auto", "path" or "virtual"
    """

    def __init__(self, endpoint: str | None, region: str, addressing: str) -> None:
        self._endpoint = endpoint
        self._region = region
        self._config = Config(
            s3={"addressing_style": addressing},
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=10,
            read_timeout=30,
            max_pool_connections=16,
        )
        self._lock = threading.Lock()
        self._made: Any = None

    def pin(self, ref: ObjectRef) -> ObjectPin:
        """Look the object up (HEAD). Raises Refused(OBJECT_MISSING) whatever the reason, as the service does (B160)."""
        try:
            head = self._client().head_object(**_names(ref))
        except (ClientError, BotoCoreError) as error:
            raise Refused(RequestFault.OBJECT_MISSING, str(error)) from error
        version = head.get("VersionId")
        return ObjectPin(head["ETag"], head["ContentLength"], None if version == "null" else version)

    def open(self, ref: ObjectRef, pin: ObjectPin) -> ByteStream:
        """Open the pinned state. Reads raise JobFailed(OBJECT_GONE, OBJECT_CHANGED or STORE_UNAVAILABLE)."""
        names = _names(ObjectRef(ref.bucket, ref.key, ref.version or pin.version))
        client = self._client()

        def read_range(offset: int, size: int) -> bytes:
            try:
                answer = client.get_object(Range=f"bytes={offset}-{offset + size - 1}", IfMatch=pin.etag, **names)
                return bytes(answer["Body"].read())
            except (ClientError, BotoCoreError) as error:
                _job_fault(error)

        return BlockStream(read_range, pin.size)

    def fetch(self, ref: ObjectRef, limit: int) -> bytes:
        """The whole object. Raises Refused(OBJECT_MISSING or PICTURE_TOO_LARGE)."""
        try:
            answer = self._client().get_object(**_names(ref))
            if answer["ContentLength"] > limit:
                answer["Body"].close()
                raise Refused(RequestFault.PICTURE_TOO_LARGE)
            # Without a number botocore checks that all of it came.
            return bytes(answer["Body"].read())
        except (ClientError, BotoCoreError) as error:
            raise Refused(RequestFault.OBJECT_MISSING, str(error)) from error

    def _client(self) -> Any:
        """The client, made at its first use: making it costs a tenth of a second and reads credential files."""
        with self._lock:
            if self._made is None:
                self._made = boto3.client(
                    "s3", endpoint_url=self._endpoint, region_name=self._region, config=self._config
                )
            return self._made


def _names(ref: ObjectRef) -> dict[str, str]:
    names = {"Bucket": ref.bucket, "Key": ref.key}
    if ref.version is not None:
        names["VersionId"] = ref.version
    return names


def _job_fault(error: ClientError | BotoCoreError) -> NoReturn:
    """Turn the store's refusal in the middle of a job into the job's fault."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code in _CHANGED:
        raise JobFailed(JobFault.OBJECT_CHANGED) from error
    if code in _GONE:
        raise JobFailed(JobFault.OBJECT_GONE, str(error)) from error
    raise JobFailed(JobFault.STORE_UNAVAILABLE, str(error)) from error
