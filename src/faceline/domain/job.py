"""A job from its request to its end, and the work it is made of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from faceline.domain.faults import JobFault
from faceline.domain.video import SampleRate, VideoFacts


class FaceAttributes(StrEnum):
    """What a job computes (B83, B102)."""

    DEFAULT = "DEFAULT"
    ALL = "ALL"


class JobState(StrEnum):
    """States of a job. QUEUED and RUNNING are both IN_PROGRESS on the wire (B113)."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object as the caller names it."""

    bucket: str
    key: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectPin:
    """Which state of the object the job reads (B120): `etag` identifies the bytes, `size` is in bytes.

    For a folder the etag is made of size and modification time. Reading with a pin that no longer fits raises
    JobFailed(OBJECT_CHANGED).
    """

    etag: str
    size: int
    version: str | None = None


@dataclass(frozen=True, slots=True)
class NotificationChannel:
    """Where the completion message goes."""

    topic_arn: str
    role_arn: str


@dataclass(frozen=True, slots=True)
class JobRequest:
    """All that a Start fixes. `extended` adds FaceOccluded and EyeDirection to a video's faces."""

    account: str
    video: ObjectRef
    attributes: FaceAttributes
    sample_rate: SampleRate
    extended: bool = False
    channel: NotificationChannel | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the jobs table. Times are aware and in UTC.

    progress_ms   how much of the video's time has been analysed and stored, in milliseconds
    """

    id: str
    request: JobRequest
    pin: ObjectPin
    state: JobState
    created_at: datetime
    ended_at: datetime | None = None
    facts: VideoFacts | None = None
    progress_ms: int = 0
    faces: int = 0
    fault: JobFault | None = None
    detail: str = ""


class WorkKind(StrEnum):
    """PLAN opens the video and cuts it; SPAN analyses one span; FINISH makes the final pass and ends the job."""

    PLAN = "PLAN"
    SPAN = "SPAN"
    FINISH = "FINISH"


@dataclass(frozen=True, slots=True)
class Lease:
    """Permission to do one piece of work. Every write that the work makes names `token`, so that a worker whose lease
    was taken over can write nothing any more (a fencing token).

    number    of the span; 0 for PLAN and FINISH
    attempt   1, 2, 3, ...
    """

    job_id: str
    kind: WorkKind
    number: int
    token: str
    attempt: int
