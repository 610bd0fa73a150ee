"""botocore as the judge: a client with nothing changed but its address, whose every answer is held to the model."""

import json
from typing import Any

import boto3
from botocore.config import Config

from tests.wire.model import shape

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (float,),
    "boolean": (bool,),
    "list": (list,),
    "structure": (dict,),
}
OUTPUTS = {
    "StartFaceDetection": "StartFaceDetectionResponse",
    "GetFaceDetection": "GetFaceDetectionResponse",
    "DetectFaces": "DetectFacesResponse",
}
# What an answer always has, whatever else the model allows to be absent.
NEEDED = {
    "StartFaceDetectionResponse": {"JobId"},
    "GetFaceDetectionResponse": {"JobStatus", "Faces", "JobId", "Video"},
    "DetectFacesResponse": {"FaceDetails"},
    "FaceDetail": {"BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"},
}


def complaints(value: Any, name: str, path: str = "$") -> list[str]:
    """Every way in which `value` is not what the model calls `name`."""
    described = shape(name)
    kind = described["type"]
    if type(value) not in PYTHON_TYPES[kind]:
        return [f"{path} is {value!r}, not a {kind}"]
    if "enum" in described and value not in described["enum"]:
        return [f"{path} is {value!r}, which is no value of {name}"]
    if kind == "list":
        return [
            each
            for place, item in enumerate(value)
            for each in complaints(item, described["member"]["shape"], f"{path}[{place}]")
        ]
    if kind == "structure":
        return _of_structure(value, name, path)
    return _of_limits(value, described, path)


def _of_structure(value: dict[str, Any], name: str, path: str) -> list[str]:
    members = shape(name)["members"]
    # Inner structures are whole: the service never leaves out one of their members (B200-B219).
    inner = set() if name in NEEDED or name in {"Video", "S3Object", "VideoMetadata"} else set(members)
    found = [f"{path}.{member} is not in the model" for member in set(value) - set(members)]
    found += [f"{path}.{member} is missing" for member in (NEEDED.get(name, inner)) - set(value)]
    if list(value) != [member for member in members if member in value]:
        found.append(f"{path}: members stand in another order than the model's")
    for member in set(value) & set(members):
        found += complaints(value[member], members[member]["shape"], f"{path}.{member}")
    return found


def _of_limits(value: Any, described: dict[str, Any], path: str) -> list[str]:
    size = len(value) if isinstance(value, str) else value
    if size < described.get("min", size) or size > described.get("max", size):
        return [f"{path} is {value!r}, outside {described.get('min')}..{described.get('max')}"]
    return []


class Judged:
    """A boto3 client, and what its answers were found to be wrong in."""

    def __init__(
        self,
        address: str,
        *,
        access_key: str = "AKIAEXAMPLE",
        secret_key: str = "secret",  # noqa: S107 - a server without credentials takes any
        session_token: str | None = None,
        attempts: int = 1,
    ) -> None:
        self.complaints: list[str] = []
        self.client: Any = boto3.client(
            "rekognition",
            endpoint_url=address,
            region_name="eu-west-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=session_token,
            config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}),
        )
        self.client.meta.events.register("after-call.rekognition", self._judge)

    def _judge(self, http_response: Any, model: Any, **_: Any) -> None:
        body = json.loads(http_response.content)
        if http_response.status_code == 200:
            self.complaints += complaints(body, OUTPUTS[model.name])
            if b"null" in http_response.content or b": " in http_response.content:
                self.complaints.append("the body is not compact")
        if http_response.headers["content-type"] != "application/x-amz-json-1.1":
            self.complaints.append(f"content-type {http_response.headers['content-type']}")
