"""From the bytes of a request to its typed value, or SerializationException in the service's words (B44, B61, B70)."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from faceline.wire.constraints import Blob, Integer, Sequence, Shape, Structure, Text

Request = TypeVar("Request", bound=msgspec.Struct)

_INTEGERS = range(-(2**31), 2**31)
_LONGS = range(-(2**63), 2**63)


class SerializationError(Exception):
    """The body is no JSON object of the right types. `text` is the service's message; empty for broken JSON."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or "the body is not JSON")
        self.text = text


def decode(body: bytes, kind: type[Request], shape: Structure) -> Request:
    """Decode `body` into `kind`; unknown members are ignored (B14), null means absent. Raises SerializationError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        # Only now is it worth finding out what exactly is wrong: the typed decoder stops at the first mismatch of the
        # body's order, and does not know Java's names.
        raise SerializationError(_first_mismatch(_any_json(body), shape) or "") from None


def _any_json(body: bytes) -> object:
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise SerializationError from None
    return value


def _first_mismatch(value: object, shape: Shape) -> str | None:
    """The first value in model order whose JSON type is not that of its shape, in the service's words."""
    if value is None:
        return None
    if not _fits(value, shape):
        return f"class {_java_class(value)} can not be converted to an {shape.java}"
    if isinstance(shape, Structure) and isinstance(value, Mapping):
        found = (_first_mismatch(value.get(member.name), member.shape) for member in shape.members)
        return next(filter(None, found), None)
    if isinstance(shape, Sequence) and isinstance(value, list):
        return next(filter(None, (_first_mismatch(each, shape.item) for each in value)), None)
    return None


def _fits(value: object, shape: Shape) -> bool:
    match shape:
        case Text():
            return isinstance(value, str)
        case Integer():
            return isinstance(value, int) and not isinstance(value, bool) and value in _INTEGERS
        case Blob():
            return isinstance(value, str) and _is_base64(value)
        case Sequence():
            return isinstance(value, list)
        case Structure():
            return isinstance(value, dict)


def _is_base64(value: str) -> bool:
    try:
        msgspec.convert(value, bytes)
    except msgspec.ValidationError:
        return False
    return True


def _java_class(value: object) -> str:
    """The class that the service's parser makes of a JSON value."""
    match value:
        case bool():
            return "java.lang.Boolean"
        case str():
            return "java.lang.String"
        case float():
            return "java.lang.Double"
        case int() if value in _INTEGERS:
            return "java.lang.Integer"
        case int() if value in _LONGS:
            return "java.lang.Long"
        case int():
            return "java.math.BigInteger"
        case list():
            return "java.util.ArrayList"
        case _:
            return "java.util.LinkedHashMap"
