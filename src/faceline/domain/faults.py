"""Every way to fail, in two closed tables: refusals of a request, and ends of a job.

A **request fault** is answered at once; a **job fault** ends a job as FAILED. Code raises `Refused` or `JobFailed`;
only `faceline.api` knows how a refusal looks on the wire.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One row of the table.

    cause     what happened, for people
    remedy    what to do about it, for people
    retry     whether another attempt of the same work may succeed
    """

    cause: str
    remedy: str
    retry: bool = False


class RequestFault(Enum):
    """Why a request is refused."""

    PARAMETER = FaultRow(
        "A rule of the operation is broken although every member is well formed.",
        "Give exactly one of Bytes and S3Object, a picture of at least 80 x 80 pixels, a complete S3Object.",
    )
    OBJECT_MISSING = FaultRow(
        "The bucket, key or version does not exist or may not be read.",
        "Check bucket, key and version, the server's --buckets folder or S3 endpoint, and the account's rights.",
    )
    OBJECT_EMPTY = FaultRow("The object has no bytes.", "Upload the object again; its transfer may have failed.")
    VIDEO_TOO_LARGE = FaultRow("The video object is larger than the limit.", "Raise --max-video-bytes or cut the file.")
    PICTURE_TOO_LARGE = FaultRow(
        "The picture object is larger than 15 MB or has more pixels than the limit.", "Reduce the picture."
    )
    PICTURE_UNREADABLE = FaultRow("The picture is not a readable JPEG or PNG.", "Convert it to JPEG or PNG.")
    TOKEN_REUSED = FaultRow(
        "The ClientRequestToken was used before with other parameters.", "Use a new token for a new request."
    )
    TOO_MANY_JOBS = FaultRow(
        "The account has as many open jobs as it may.", "Wait until jobs end, or raise --max-open-jobs."
    )
    JOB_UNKNOWN = FaultRow(
        "There is no such job of this account, or its results are past their retention.", "Check the JobId and account."
    )
    PAGE_TOKEN = FaultRow(
        "The NextToken is broken, expired or belongs to another job.", "Begin again without NextToken."
    )
    DENIED = FaultRow(
        "The caller may not use this operation or resource.", "Extend the account's row in the credentials file."
    )
    THROTTLED = FaultRow("Requests come in a sudden rise.", "Send again after a growing pause.", retry=True)
    RATE_EXCEEDED = FaultRow(
        "The account sends more requests a second than it may.",
        "Send more slowly, or raise --requests-per-second.",
        retry=True,
    )
    BROKEN = FaultRow("The server failed.", "Send again; then see the server's log under the request id.", retry=True)


class JobFault(Enum):
    """Why a job ended as FAILED. The wire shows only the texts of B114 and B115."""

    NOT_A_VIDEO = FaultRow(
        "The object is not a video that can be opened.", "Give a video file, not a text, picture or playlist."
    )
    NO_VIDEO_STREAM = FaultRow("The file holds no video stream.", "Give a file with pictures, not sound alone.")
    CODEC_UNSUPPORTED = FaultRow(
        "The codec is not offered here.", "Re-encode, for example to H.264, or widen --codecs."
    )
    NOT_DECODABLE = FaultRow("No frame of the video can be decoded.", "Check that the file is complete.")
    FRAME_TOO_LARGE = FaultRow("The frames have more pixels than the limit.", "Reduce the video's size.")
    TOO_LONG = FaultRow("The video is longer than the limit.", "Cut it, or raise --max-video-hours.")
    OBJECT_GONE = FaultRow(
        "The object could not be read any more after the job had been started.", "Start again with a readable object."
    )
    OBJECT_CHANGED = FaultRow("The object changed after the job had been started.", "Start again with the new object.")
    DECODER_CRASHED = FaultRow(
        "The decoder process died.", "Re-encode the file; report it if it plays elsewhere.", retry=True
    )
    DECODER_TIMEOUT = FaultRow("The decoder made no progress in time.", "Re-encode the file.", retry=True)
    OUT_OF_MEMORY = FaultRow(
        "The decoder process used more memory than it may.", "Raise --slot-memory-mb or reduce the video.", retry=True
    )
    WORKER_LOST = FaultRow("The worker disappeared while it held the work.", "See that workers stay up.", retry=True)
    STORE_UNAVAILABLE = FaultRow(
        "The object store did not answer.", "Check the store; the work is tried again.", retry=True
    )
    BROKEN = FaultRow("The worker failed.", "See its log under the job id.", retry=True)


class Refused(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """A request is refused. `detail` completes the service's text where it has a gap (a number, an ARN)."""

    def __init__(self, fault: RequestFault, detail: str = "") -> None:
        super().__init__(f"{fault.name}: {detail or fault.value.cause}")
        self.fault = fault
        self.detail = detail


class JobFailed(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The work of a job cannot be done. `detail` is for the operator's log and `faceline jobs show`."""

    def __init__(self, fault: JobFault, detail: str = "") -> None:
        super().__init__(f"{fault.name}: {detail or fault.value.cause}")
        self.fault = fault
        self.detail = detail


class Unusable(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """This installation cannot run as it is set up. The text is one line for its operator: what is wrong, and where."""
