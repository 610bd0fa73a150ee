"""The operations that are offered: which request, which rights, which function, which refusals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from faceline.api.accounts import Caller
from faceline.domain.faults import Refused, RequestFault
from faceline.domain.job import FaceAttributes, NotificationChannel, ObjectRef
from faceline.service.detect_faces import DetectFaces
from faceline.service.face_detection import FaceDetection, StartRequest
from faceline.wire import requests
from faceline.wire.answers import detect_faces_answer, face_detection_answer, start_answer
from faceline.wire.faces import picture_form

_COMMON = frozenset(
    {
        RequestFault.PARAMETER,
        RequestFault.DENIED,
        RequestFault.THROTTLED,
        RequestFault.RATE_EXCEEDED,
        RequestFault.BROKEN,
    }
)
_OBJECT = frozenset({RequestFault.OBJECT_MISSING, RequestFault.OBJECT_EMPTY})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    faults   refusals that the service model lets it answer (B63); any other is a mistake of ours
    answer   from the caller and the body to the body of the answer; raises SerializationError, ValidationError, Refused
    """

    name: str
    faults: frozenset[RequestFault]
    answer: Callable[[Caller, bytes], bytes]


def offered(videos: FaceDetection, pictures: DetectFaces) -> Mapping[str, Operation]:
    """All operations by name."""

    def start(caller: Caller, body: bytes) -> bytes:
        request = requests.parse_start_face_detection(body)
        _permit(caller, "StartFaceDetection")
        return start_answer(videos.start(_start_request(caller, request)))

    def get(caller: Caller, body: bytes) -> bytes:
        request = requests.parse_get_face_detection(body)
        _permit(caller, "GetFaceDetection")
        page = videos.get(caller.account, request.job_id or "", request.max_results, request.next_token)
        return face_detection_answer(page.job, page.elements, page.next_token)

    def detect(caller: Caller, body: bytes) -> bytes:
        request = requests.parse_detect_faces(body)
        _permit(caller, "DetectFaces")
        image = request.image or requests.Image()
        form = picture_form(filter(None, request.attributes or ()))
        wanted = FaceAttributes.ALL if form.needs_attributes else FaceAttributes.DEFAULT
        stored = None if image.s3_object is None else _object(caller, image.s3_object)
        return detect_faces_answer(pictures.detect(image.content, stored, wanted), form)

    operations = (
        Operation(
            "StartFaceDetection",
            _COMMON | _OBJECT | {RequestFault.TOKEN_REUSED, RequestFault.TOO_MANY_JOBS, RequestFault.VIDEO_TOO_LARGE},
            start,
        ),
        Operation("GetFaceDetection", _COMMON | {RequestFault.JOB_UNKNOWN, RequestFault.PAGE_TOKEN}, get),
        Operation(
            "DetectFaces",
            _COMMON | _OBJECT | {RequestFault.PICTURE_TOO_LARGE, RequestFault.PICTURE_UNREADABLE},
            detect,
        ),
    )
    return {operation.name: operation for operation in operations}


def _permit(caller: Caller, operation: str) -> None:
    """Permission comes after validation and before the rules of the service (B64)."""
    if not caller.may_call(operation):
        detail = f"User: {caller.arn} is not authorized to perform: rekognition:{operation}"
        raise Refused(RequestFault.DENIED, detail)


def _start_request(caller: Caller, request: requests.StartFaceDetection) -> StartRequest:
    channel = _channel(caller, request.channel)
    stored = request.video.s3_object if request.video else None
    return StartRequest(
        account=caller.account,
        video=None if stored is None else _object(caller, stored),
        attributes=FaceAttributes(request.face_attributes or FaceAttributes.DEFAULT),
        channel=channel,
        tag=request.job_tag,
        token=request.token,
    )


def _channel(caller: Caller, channel: requests.Channel | None) -> NotificationChannel | None:
    if channel is None:
        return None
    topic_arn, role_arn = channel.topic_arn or "", channel.role_arn or ""
    if not caller.may_notify(topic_arn):
        detail = (
            f"User: {caller.arn} is not authorized to perform: rekognition:StartFaceDetection on resource: {topic_arn}"
        )
        raise Refused(RequestFault.DENIED, detail)
    return NotificationChannel(topic_arn, role_arn)


def _object(caller: Caller, stored: requests.S3Object) -> ObjectRef:
    """The object that a caller names. One that the caller may not read looks like one that does not exist (B160)."""
    if not (stored.bucket and stored.name):
        raise Refused(RequestFault.PARAMETER)
    if not caller.may_read(stored.bucket):
        raise Refused(RequestFault.OBJECT_MISSING, f"{caller.arn} may not read from {stored.bucket}")
    return ObjectRef(stored.bucket, stored.name, stored.version)
