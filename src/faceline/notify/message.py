"""The completion message, to the letter (B170-B177)."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way.

    id       stays the same over all attempts, so that a receiver can tell a repetition
    body     the compact JSON text of `completion`
    """

    id: str
    topic_arn: str
    role_arn: str
    job_id: str
    body: str


def completion(*, job_id: str, status: str, tag: str | None, ended_ms: int, bucket: str, key: str) -> str:
    """The text that the service publishes when a job ends: one line, keys in its order, JobTag only if there is one.

    status     SUCCEEDED or FAILED (B173)
    ended_ms   end of the job, UTC milliseconds (B171)
    """
    said: dict[str, str | int | dict[str, str]] = {"JobId": job_id, "Status": status, "API": "StartFaceDetection"}
    if tag is not None:
        said["JobTag"] = tag
    said["Timestamp"] = ended_ms
    said["Video"] = {"S3ObjectName": key, "S3Bucket": bucket}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)
