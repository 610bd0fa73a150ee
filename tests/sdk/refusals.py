"""Refusals that every SDK is shown, and the words it must have for them."""

from dataclasses import dataclass
from typing import Any

MISSING = {"S3Object": {"Bucket": "videos", "Name": "none.mp4"}}
CLIP = {"S3Object": {"Bucket": "videos", "Name": "short.mp4"}}
PICTURE = {"S3Object": {"Bucket": "videos", "Name": "face.jpg"}}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that is refused.

    modelled   whether the SDK has a class for the error
    """

    operation: str
    input: dict[str, Any]
    code: str
    message: str
    modelled: bool = True

    def __str__(self) -> str:
        return f"{self.operation}-{self.code}"


REFUSALS = (
    Refusal(
        "StartFaceDetection",
        {"Video": MISSING},
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
    ),
    Refusal("StartFaceDetection", {"Video": {}}, "InvalidParameterException", "Request has invalid parameters"),
    Refusal(
        "StartFaceDetection",
        {"Video": CLIP, "JobTag": "a blank"},
        "ValidationException",
        "1 validation error detected: Value 'a blank' at 'jobTag' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [a-zA-Z0-9_.\-:+=\/]+",
        modelled=False,
    ),
    Refusal("GetFaceDetection", {"JobId": "0" * 64}, "ResourceNotFoundException", "Could not find JobId"),
    Refusal("DetectFaces", {"Image": CLIP}, "InvalidImageFormatException", "Request has invalid image format"),
    Refusal(
        "DetectLabels",
        {"Image": PICTURE},
        "UnknownOperationException",
        "The requested operation is not provided by this server: DetectLabels.",
        modelled=False,
    ),
)
"""B47-B62. Those that need a job before (tokens of pages and of requests) stand in the tests themselves."""
