"""Numbers as the service prints them (rekognition.md B7, B8).

Every number that is not an integer is a float32 widened to double and printed with the shortest digits that give back
that double, in the form of Java's Double.toString: decimal for 0.001 <= |x| < 10,000,000, otherwise one digit, a
point, at least one decimal, a capital E and the exponent.
"""

import struct
from collections.abc import Sequence
from decimal import Decimal

import msgspec

_DECIMAL_FROM = 1e-3
_DECIMAL_BELOW = 1e7
_encode = msgspec.json.Encoder().encode


def java_numbers(values: Sequence[float]) -> list[bytes]:
    """Print many numbers at once; about 5 microseconds for the hundred numbers of a face.

    values   finite, within the range of float32
    ->       one text for each, in order
    Raises   ValueError for NaN or infinity, OverflowError beyond float32.
    """
    if not values:
        return []
    form = f"<{len(values)}f"
    widened: tuple[float, ...] = struct.unpack(form, struct.pack(form, *values))
    # msgspec prints shortest digits too (its algorithm is checked against repr() in the tests), and differs from Java
    # only below 0.001 and from 10,000,000 on; numbers that could lie there take the slow path one by one.
    text = _encode(widened)
    tokens = text[1:-1].split(b",")
    plain = b"0.000" not in text and b"e" not in text and b"n" not in text
    if plain and min(widened) > -_DECIMAL_BELOW and max(widened) < _DECIMAL_BELOW:
        return tokens
    return [_java_number(value) for value in widened]


def java_number(value: float) -> bytes:
    """Print one number; raises as `java_numbers`."""
    return java_numbers((value,))[0]


def _java_number(value: float) -> bytes:
    magnitude = abs(value)
    if not magnitude < float("inf"):
        raise ValueError(f"{value} has no form on the wire")
    if magnitude == 0 or _DECIMAL_FROM <= magnitude < _DECIMAL_BELOW:
        return repr(value).encode()
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}".encode()
