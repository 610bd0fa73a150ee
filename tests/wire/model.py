"""botocore's description of the service: the judge of shapes, constraints and errors."""

from functools import cache
from typing import Any

import botocore.loaders

SERVICE = "rekognition"


@cache
def service_model() -> dict[str, Any]:
    """The whole description, read once."""
    model: dict[str, Any] = botocore.loaders.Loader().load_service_model(SERVICE, "service-2")
    return model


def shape(name: str) -> dict[str, Any]:
    """One shape by its name."""
    described: dict[str, Any] = service_model()["shapes"][name]
    return described


def in_model_order(value: Any, name: str) -> None:
    """Fails unless every object in `value` has only members of its shape, in the order of the model (B12)."""
    described = shape(name)
    if described["type"] == "list":
        for each in value:
            in_model_order(each, described["member"]["shape"])
    if described["type"] == "structure":
        assert list(value) == [member for member in described["members"] if member in value]
        for member, each in value.items():
            in_model_order(each, described["members"][member]["shape"])
