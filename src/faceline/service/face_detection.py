"""StartFaceDetection and GetFaceDetection in domain terms."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from faceline.domain.faults import Refused, RequestFault
from faceline.domain.job import FaceAttributes, Job, JobRequest, JobState, NotificationChannel, ObjectPin, ObjectRef
from faceline.domain.ports import Source
from faceline.domain.video import SERVICE_SAMPLE_RATE

LARGEST_PAGE = 1000
"""Elements of Faces in one answer, at most and by default (B130, B131)."""


class Jobs(Protocol):
    """What the operations need of the job queue."""

    def replay(self, account: str, token: str, fingerprint: str) -> str | None:
        """The job that this ClientRequestToken started; Refused(TOKEN_REUSED) for other parameters."""
        ...

    def start(self, request: JobRequest, pin: ObjectPin, *, token: str | None, fingerprint: str, max_open: int) -> str:
        """Create a job or find the token's; Refused(TOKEN_REUSED), or Refused(TOO_MANY_JOBS, number of open jobs)."""
        ...

    def get(self, account: str, job_id: str) -> Job:
        """One job of the account; Refused(JOB_UNKNOWN)."""
        ...


class Page(Protocol):
    """Elements of Faces, rendered and joined by commas."""

    @property
    def body(self) -> bytes:
        """Empty for no elements."""
        ...

    @property
    def next(self) -> int | None:
        """Position of the first element after the page; None at the end."""
        ...


class Pages(Protocol):
    """What the operations need of the results."""

    def read(self, account: str, job_id: str, position: int, n: int) -> Page:
        """At most `n` elements of a finished job from `position` on; Refused(JOB_UNKNOWN)."""
        ...


class PageTokens(Protocol):
    """NextTokens: signed, so that nothing is stored for them (B132-B135)."""

    def issue(self, account: str, job_id: str, position: int) -> str:
        """A token for the page that begins at `position`."""
        ...

    def read(self, token: str, account: str, job_id: str) -> int:
        """The position in the token; Refused(PAGE_TOKEN) for a token that is not this job's, edited or too old."""
        ...


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What a caller asks for; `video` is None when bucket or key was not given (B92)."""

    account: str
    video: ObjectRef | None
    attributes: FaceAttributes = FaceAttributes.DEFAULT
    channel: NotificationChannel | None = None
    tag: str | None = None
    token: str | None = None

    @property
    def fingerprint(self) -> str:
        """Stands for all parameters but the token itself, as values (B107)."""
        video = self.video or ObjectRef("", "")
        channel = self.channel or NotificationChannel("", "")
        values = (
            *(video.bucket, video.key, video.version or "", self.attributes.value),
            *(channel.topic_arn, channel.role_arn, self.tag or ""),
        )
        # No value is empty when it is given (B77-B84), and lengths keep neighbours apart.
        return hashlib.sha256("".join(f"{len(value)}:{value}" for value in values).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class VideoRules:
    """The operator's choices for videos.

    max_video_bytes   largest object (B104)
    max_open_jobs     of one account (B105)
    extended          show FaceOccluded and EyeDirection with ALL (B148)
    """

    max_video_bytes: int
    max_open_jobs: int
    extended: bool = False


@dataclass(frozen=True, slots=True)
class FacePage:
    """One answer of GetFaceDetection: elements of Faces joined by commas, and the token of the next page if any."""

    job: Job
    elements: bytes = b""
    next_token: str | None = None


class FaceDetection:
    """The two operations on stored videos."""

    def __init__(self, source: Source, jobs: Jobs, pages: Pages, tokens: PageTokens, rules: VideoRules) -> None:
        self._source = source
        self._jobs = jobs
        self._pages = pages
        self._tokens = tokens
        self._rules = rules

    def start(self, request: StartRequest) -> str:
        """Start a job, or find the one that the same token started; the JobId.

        Raises Refused(PARAMETER, TOKEN_REUSED, OBJECT_MISSING, OBJECT_EMPTY, VIDEO_TOO_LARGE or TOO_MANY_JOBS).
        """
        if request.video is None:
            raise Refused(RequestFault.PARAMETER)
        fingerprint = request.fingerprint
        try:
            # A replay succeeds although the object is gone meanwhile or the account is full (B106, B108).
            if request.token is not None:
                known = self._jobs.replay(request.account, request.token, fingerprint)
                if known is not None:
                    return known
            pin = self._pin(request.video)
            return self._jobs.start(
                self._job_request(request, request.video),
                pin,
                token=request.token,
                fingerprint=fingerprint,
                max_open=self._rules.max_open_jobs,
            )
        except Refused as refused:
            raise self._completed(refused, request) from refused

    def get(self, account: str, job_id: str, max_results: int | None = None, next_token: str | None = None) -> FacePage:
        """One page of a job, in whatever state it is.

        max_results   1 or more; above 1000 means 1000 (B131)
        next_token    from the page before; empty means none (B134)
        Raises        Refused(JOB_UNKNOWN or PAGE_TOKEN).
        """
        job = self._jobs.get(account, job_id)
        position = self._tokens.read(next_token, account, job_id) if next_token else 0
        if job.state is not JobState.SUCCEEDED:
            return FacePage(job)
        page = self._pages.read(account, job_id, position, min(max_results or LARGEST_PAGE, LARGEST_PAGE))
        if page.next is None:
            return FacePage(job, page.body)
        return FacePage(job, page.body, self._tokens.issue(account, job_id, page.next))

    def _pin(self, video: ObjectRef) -> ObjectPin:
        pin = self._source.pin(video)
        if pin.size == 0:
            raise Refused(RequestFault.OBJECT_EMPTY)
        if pin.size > self._rules.max_video_bytes:
            gap = f"{pin.size} is more than the maximum limit of: {self._rules.max_video_bytes}"
            raise Refused(RequestFault.VIDEO_TOO_LARGE, gap)
        return pin

    def _job_request(self, request: StartRequest, video: ObjectRef) -> JobRequest:
        return JobRequest(
            account=request.account,
            video=video,
            attributes=request.attributes,
            sample_rate=SERVICE_SAMPLE_RATE,
            extended=self._rules.extended,
            channel=request.channel,
            tag=request.tag,
        )

    def _completed(self, refused: Refused, request: StartRequest) -> Refused:
        """The same refusal with what its text on the wire has to name (B48, B56)."""
        match refused.fault:
            case RequestFault.TOKEN_REUSED:
                return Refused(refused.fault, request.token or "")
            case RequestFault.TOO_MANY_JOBS:
                account, limit = request.account, self._rules.max_open_jobs
                return Refused(refused.fault, f"{refused.detail}  open Jobs for User {account}. Maximum limit: {limit}")
            case _:
                return refused
