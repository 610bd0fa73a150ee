"""Every error as it looks on the wire (B40-B62): one table for refusals, one for what the framework refuses.

The page of errors in the documentation is made from these tables.
"""

from dataclasses import dataclass

import msgspec

from faceline.api.message import Answer
from faceline.domain.faults import RequestFault
from faceline.wire.answers import BROKEN_TEXT, OBJECT_TEXT

_text = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class WireError:
    """One row: the error's name, HTTP status and text.

    text      `{}` is a gap that the refusal's detail fills; a text without a gap never shows the detail
    number    behaviour of the contract that says so
    """

    code: str
    status: int
    text: str
    number: str


_INVALID_OBJECT = "InvalidS3ObjectException"

ERRORS: dict[RequestFault, WireError] = {
    RequestFault.PARAMETER: WireError("InvalidParameterException", 400, "Request has invalid parameters", "B54"),
    RequestFault.OBJECT_MISSING: WireError(_INVALID_OBJECT, 400, OBJECT_TEXT, "B160"),
    RequestFault.OBJECT_EMPTY: WireError(_INVALID_OBJECT, 400, "Request has invalid S3 object.", "B161"),
    RequestFault.VIDEO_TOO_LARGE: WireError("VideoTooLargeException", 400, "Video size in bytes: {} bytes.", "B59"),
    RequestFault.PICTURE_TOO_LARGE: WireError("ImageTooLargeException", 400, "Image size is too large.", "B49"),
    RequestFault.PICTURE_UNREADABLE: WireError(
        "InvalidImageFormatException", 400, "Request has invalid image format", "B50"
    ),
    RequestFault.TOKEN_REUSED: WireError(
        "IdempotentParameterMismatchException",
        400,
        "The ClientRequestToken: {} you have supplied is already in use.",
        "B48",
    ),
    RequestFault.TOO_MANY_JOBS: WireError("LimitExceededException", 400, "{}", "B56"),
    RequestFault.JOB_UNKNOWN: WireError("ResourceNotFoundException", 400, "Could not find JobId", "B58"),
    RequestFault.PAGE_TOKEN: WireError("InvalidPaginationTokenException", 400, "Invalid Pagination Token", "B51"),
    RequestFault.DENIED: WireError("AccessDeniedException", 400, "{}", "B47"),
    RequestFault.THROTTLED: WireError(
        "ThrottlingException", 400, "Slow down; sudden increase in rate of requests.", "B53"
    ),
    RequestFault.RATE_EXCEEDED: WireError(
        "ProvisionedThroughputExceededException", 400, "Provisioned rate exceeded.", "B57"
    ),
    RequestFault.BROKEN: WireError("InternalServerError", 500, BROKEN_TEXT, "B52"),
}


def refusal(fault: RequestFault, detail: str = "") -> Answer:
    """A modelled error (B40, B41): `__type`, Code and Message in this order."""
    error = ERRORS[fault]
    body = {"__type": error.code, "Code": error.code, "Message": error.text.replace("{}", detail)}
    return Answer(error.status, _text(body), error.code)


@dataclass(frozen=True, slots=True)
class FrameworkError:
    """An error that no operation declares: it is refused before the operation is reached (B46).

    text   an example or the text itself; some are completed where they are raised
    """

    code: str
    status: int
    text: str
    number: str
    cause: str
    remedy: str


FRAMEWORK_ERRORS = (
    FrameworkError(
        "SerializationException",
        400,
        "class java.lang.String can not be converted to an Integer",
        "B61, B70",
        "The body is no JSON object, or a member has another JSON type than the model says.",
        "Send what an SDK sends; a body that is not JSON gets no text.",
    ),
    FrameworkError(
        "ValidationException",
        400,
        "1 validation error detected: Value '...' at '...' failed to satisfy constraint: ...",
        "B60, B71-B76",
        "A member breaks a constraint of the service model.",
        "The text names the member and the rule.",
    ),
    FrameworkError(
        "UnknownOperationException",
        400,
        "The requested operation is not provided by this server: <Operation>.",
        "B62, B260, B261",
        "X-Amz-Target names an operation that this server does not offer; other paths and methods get status 404.",
        "Call StartFaceDetection, GetFaceDetection or DetectFaces by POST to /.",
    ),
    FrameworkError(
        "InvalidSignatureException",
        400,
        "The request signature we calculated does not match the signature you provided. ...",
        "B21, B22, B25, B28",
        "The signature is wrong, the clock is more than 5 minutes off, or the scope names another service.",
        "Check the secret key, the clock and the service name `rekognition`.",
    ),
    FrameworkError(
        "UnrecognizedClientException",
        400,
        "The security token included in the request is invalid.",
        "B23",
        "The access key or its session token is not in the credentials file.",
        "Check the access key, or add it to the file.",
    ),
    FrameworkError(
        "ExpiredTokenException",
        400,
        "The security token included in the request is expired",
        "B24",
        "The access key's time is over.",
        "Use a key that is still valid.",
    ),
    FrameworkError(
        "MissingAuthenticationTokenException",
        400,
        "Missing Authentication Token",
        "B26, B31",
        "The request is not signed in its Authorization header, but the server checks signatures.",
        "Sign the request; presigned addresses are not accepted.",
    ),
    FrameworkError(
        "IncompleteSignatureException",
        400,
        "Authorization header requires 'Signature' parameter.",
        "B27",
        "A part of the signature is missing or malformed.",
        "Sign with signature version 4.",
    ),
    FrameworkError(
        "RequestEntityTooLargeException",
        413,
        "The body is larger than 16777216 bytes.",
        "-",
        "The body is larger than the server reads at all.",
        "Send pictures of at most 5 MB, or put them into a bucket.",
    ),
    FrameworkError(
        "RequestTimeoutException",
        408,
        "The body did not arrive in time.",
        "-",
        "The client sent its body too slowly or not at all.",
        "Send again.",
    ),
    FrameworkError(
        "UnsupportedMediaTypeException",
        415,
        "Content-Type must be application/x-amz-json-1.1.",
        "B3",
        "The body has another type than SDKs send; a web page could have sent it.",
        "Set Content-Type to application/x-amz-json-1.1.",
    ),
    FrameworkError(
        "MisdirectedRequestException",
        421,
        "Without --credentials this server answers on loopback names only.",
        "B32",
        "The Host header is not a loopback name although the server has no credentials file.",
        "Call the server as localhost or 127.0.0.1, or start it with --credentials.",
    ),
)

_STATUS_OF = {error.code: error.status for error in FRAMEWORK_ERRORS}


def serialization(text: str) -> Answer:
    """SerializationException has no Code, and no Message for broken JSON (B44, B70)."""
    code = "SerializationException"
    return Answer(_STATUS_OF[code], _text({"__type": code, "Message": text} if text else {"__type": code}), code)


def framework(code: str, message: str) -> Answer:
    """An error of the framework whose text stands under `message` (B21, B45)."""
    return Answer(_STATUS_OF[code], _text({"__type": code, "message": message}), code)


def unknown_operation(not_offered: str = "", status: int = 400) -> Answer:
    """UnknownOperationException (B15, B62, B260, B261); with a text for the model's operations that are not offered."""
    code = "UnknownOperationException"
    if not not_offered:
        return Answer(status, _text({"__type": code}), code)
    message = f"The requested operation is not provided by this server: {not_offered}."
    return Answer(status, _text({"__type": code, "Message": message}), code)
