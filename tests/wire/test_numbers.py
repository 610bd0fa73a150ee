"""Numbers on the wire: B7, B8, B9."""

import json
import struct
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.wire.numbers import java_number, java_numbers


def widened(value: float) -> float:
    """`value` as float32, widened to double."""
    number: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return number


def to_string(value: float) -> str:
    """Java's Double.toString, written a second time and plainly: the oracle."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = shortest(value)
    point = len(digits) - 1 + exponent
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point}"


def shortest(value: float) -> tuple[str, str, int]:
    """Sign, digits and exponent of the shortest decimal that reads back as `value`, the nearest of those."""
    exact = Decimal(value)
    for figures in range(1, 18):
        step = Decimal(1).scaleb(exact.adjusted() - figures + 1)
        near = [exact.quantize(step, rounding) for rounding in (ROUND_FLOOR, ROUND_CEILING)]
        if fitting := [each for each in near if float(each) == value]:
            best = min(fitting, key=lambda each: abs(each - exact)).normalize()
            exponent = best.as_tuple().exponent
            assert isinstance(exponent, int)
            return "-" if best < 0 else "", "".join(map(str, best.as_tuple().digits)), exponent
    raise AssertionError("17 digits are enough for any double")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (99.674484, "99.67448425292969"),
        (5.066394805908203e-4, "5.066394805908203E-4"),
        (8.940696716308594e-06, "8.940696716308594E-6"),
        (25, "25.0"),
        (100.0, "100.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.001, "0.0010000000474974513"),
        (-0.0009, "-8.999999845400453E-4"),
        (2.0**-12, "2.44140625E-4"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (-12345678.0, "-1.2345678E7"),
        (1e-10, "1.000000013351432E-10"),
        (10.0001, "10.000100135803223"),
    ],
)
def test_the_form_is_that_of_java(value: float, text: str) -> None:
    """B7, B8: shortest digits of the widened float32, in the form of Double.toString."""
    assert java_number(value).decode() == text


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=120))
def test_any_float32_is_printed_as_java_prints_it(values: list[float]) -> None:
    """B7, B8: against a second, plain writing of the rule."""
    assert [text.decode() for text in java_numbers(values)] == [to_string(widened(value)) for value in values]


@given(st.lists(st.floats(-200, 200), min_size=1, max_size=120))
def test_every_number_reads_back_as_its_float32(values: list[float]) -> None:
    """B7, B9: nothing is lost but what float32 loses, for any member alike."""
    document = json.loads(b"[" + b",".join(java_numbers(values)) + b"]")
    assert document == [widened(value) for value in values]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_say_is_refused(value: float) -> None:
    """Python's json and msgspec would write NaN or null here; the service never does (B10)."""
    with pytest.raises(ValueError, match="no form on the wire"):
        java_numbers([0.5, value])


def test_beyond_float32_is_refused() -> None:
    """A number that float32 cannot hold is a mistake of ours, not infinity."""
    with pytest.raises(OverflowError):
        java_number(1e300)
