"""Whole answers of the three operations as bytes: compact JSON, members in model order, nothing null (B6, B10, B12)."""

from collections.abc import Iterable

import msgspec

from faceline.domain.face import Face
from faceline.domain.faults import JobFault
from faceline.domain.job import Job, JobState
from faceline.domain.video import VideoFacts
from faceline.wire.faces import FaceForm, face_detail
from faceline.wire.numbers import java_number

CODEC_TEXT = "Unsupported codec/format."
OBJECT_TEXT = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
BROKEN_TEXT = "Internal server error"

STATUS_MESSAGES: dict[JobFault, str] = {
    JobFault.NOT_A_VIDEO: CODEC_TEXT,
    JobFault.NO_VIDEO_STREAM: CODEC_TEXT,
    JobFault.CODEC_UNSUPPORTED: CODEC_TEXT,
    JobFault.NOT_DECODABLE: CODEC_TEXT,
    JobFault.FRAME_TOO_LARGE: CODEC_TEXT,
    JobFault.TOO_LONG: "Video duration is more than the maximum limit.",
    JobFault.OBJECT_GONE: OBJECT_TEXT,
    JobFault.OBJECT_CHANGED: "The video changed after the job was started.",
    JobFault.DECODER_CRASHED: BROKEN_TEXT,
    JobFault.DECODER_TIMEOUT: BROKEN_TEXT,
    JobFault.OUT_OF_MEMORY: BROKEN_TEXT,
    JobFault.WORKER_LOST: BROKEN_TEXT,
    JobFault.STORE_UNAVAILABLE: BROKEN_TEXT,
    JobFault.BROKEN: BROKEN_TEXT,
}
"""What a client reads of a failed job (B114, B115); the exact fault goes to the log and to `faceline jobs show`."""

_STATUS = {
    JobState.QUEUED: "IN_PROGRESS",
    JobState.RUNNING: "IN_PROGRESS",
    JobState.SUCCEEDED: "SUCCEEDED",
    JobState.FAILED: "FAILED",
}

_text = msgspec.json.Encoder().encode


def start_answer(job_id: str) -> bytes:
    """StartFaceDetection's answer (B100)."""
    return b'{"JobId":%b}' % _text(job_id)


def face_detection_answer(job: Job, elements: bytes = b"", next_token: str | None = None) -> bytes:
    """GetFaceDetection's answer for a job in any state (B121-B126).

    elements     of Faces as `face_fragment` made them, joined by commas; empty unless the job has SUCCEEDED
    next_token   given when elements remain (B132)
    """
    before = [b'"JobStatus":%b' % _text(_STATUS[job.state])]
    if job.fault is not None:
        before.append(b'"StatusMessage":%b' % _text(STATUS_MESSAGES[job.fault]))
    if job.state is JobState.SUCCEEDED and job.facts is not None:
        before.append(b'"VideoMetadata":%b' % video_metadata(job.facts))
    if next_token is not None:
        before.append(b'"NextToken":%b' % _text(next_token))
    after = [b'"JobId":%b' % _text(job.id), b'"Video":%b' % _video(job)]
    if job.request.tag is not None:
        after.append(b'"JobTag":%b' % _text(job.request.tag))
    # One copy of the elements, which are three megabytes in a page of a thousand faces.
    return b"".join((b"{", b",".join(before), b',"Faces":[', elements, b"],", b",".join(after), b"}"))


def video_document_frame(facts: VideoFacts) -> tuple[bytes, bytes]:
    """What stands before and after the elements of Faces when a video is answered without a job.

    The whole document has the shape of GetFaceDetection's answer; elements are joined by commas.
    """
    return b'{"JobStatus":"SUCCEEDED","VideoMetadata":%b,"Faces":[' % video_metadata(facts), b"]}"


def video_document(facts: VideoFacts, fragments: Iterable[bytes]) -> bytes:
    """All faces of a video in the shape of GetFaceDetection's answer, for a file that no job stands for."""
    opening, closing = video_document_frame(facts)
    return opening + b",".join(fragments) + closing


def detect_faces_answer(faces: Iterable[Face], form: FaceForm) -> bytes:
    """DetectFaces' answer; faces in the order in which they are to stand (B190, B191)."""
    return b'{"FaceDetails":[%b]}' % b",".join([face_detail(face, form) for face in faces])


def video_metadata(facts: VideoFacts) -> bytes:
    """VideoMetadata (B150-B155)."""
    return (
        b'{"Codec":%b,"DurationMillis":%d,"Format":%b,"FrameRate":%b,"FrameHeight":%d,"FrameWidth":%d,"ColorRange":%b}'
        % (
            _text(facts.codec),
            facts.duration_ms,
            _text(facts.container_format),
            java_number(facts.frame_rate),
            facts.height,
            facts.width,
            _text(facts.color_range.value),
        )
    )


def _video(job: Job) -> bytes:
    video = job.request.video
    version = b"" if video.version is None else b',"Version":%b' % _text(video.version)
    return b'{"S3Object":{"Bucket":%b,"Name":%b%b}}' % (_text(video.bucket), _text(video.key), version)
