"""Facts: what is packed comes back exactly, and nothing else is read."""

import base64
import math
import struct
from dataclasses import replace
from fractions import Fraction

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from faceline.domain.face import Attributes, Box, Face, Gaze
from faceline.domain.video import FrameTime, SampleFaces
from faceline.results.facts import VERSION, UnreadableFacts, pack, unpack
from tests.jobs.material import FACE, at, sampled
from tests.results.material import sample_lists

ATTRIBUTES = Attributes(30.5, 3, 0.5, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.125, (0.125,) * 8)
GAZE = Gaze(1, 2, 0.5)
FULL = replace(FACE, attributes=ATTRIBUTES, gaze=GAZE)
MESH_ALONE = replace(FACE, gaze=GAZE)


@settings(max_examples=60, deadline=None)
@given(sample_lists())
def test_what_is_packed_comes_back(samples: list[SampleFaces]) -> None:
    assert unpack(pack(samples)) == tuple(samples)


@pytest.mark.parametrize("face", [FACE, MESH_ALONE, FULL], ids=["DEFAULT", "gaze alone", "ALL"])
def test_what_a_face_has_not_comes_back_as_absent(face: Face) -> None:
    samples = (SampleFaces(at(0), (face, face), (1, 2)), SampleFaces(at(500), (face,), (1,)))
    assert unpack(pack(samples)) == samples


STORED = {
    "DEFAULT": (
        "ASi1L/1gQAD9AwDSxBAbwKcx3tv6//tt/a09M2T9aF8pYdf6QevcNjIFP+afiUOOpgUxKCEA8uhxXsMs61St3xpMedZe9fXP/dR8"
        "7XiCxscDJCCwwxQHWfJlJku+zGbJl5ks+TIbTZZ8mc2SLzNZ8mWWRb4DXWZjliXjTiZwb5uBHyzANxrAQysC"
    ),
    "ALL": (
        "ASi1L/1gmADFBADiBBIeoEWNAWBvFyvcvVihQo/TO7ezH7aV8rg6O9cZkCtTP+a5kgDjFqXpYRSKGIQcIEUPepx1qtZvEdY8a6/6"
        "+ud+ar52PJjGRwwvIKDDFAsHU0nAtmHvwMLciAto7i1vGBgosyz5ZpYl38yy5JtZlnwzGy3LfJllmS+zLPNllmW+A1Vm6yyLxh2a"
        "wN3mA29wgG8ugIdfBA=="
    ),
}
"""Bodies as they were stored before there was a form for gaze alone; FACE and FULL with track 1."""


@pytest.mark.parametrize(("form", "face"), [("DEFAULT", FACE), ("ALL", FULL)])
def test_what_was_stored_before_is_read(form: str, face: Face) -> None:
    assert unpack(base64.b64decode(STORED[form])) == (SampleFaces(at(0), (face,), (1,)),)


def test_values_are_rounded_to_float32() -> None:
    face = replace(FACE, box=Box(0.1, 0.2, 0.3, 0.4))
    (again,) = unpack(pack([SampleFaces(at(0), (face,))]))[0].faces
    assert again.box.left == struct.unpack("f", struct.pack("f", 0.1))[0] != 0.1


def test_a_face_costs_what_its_numbers_cost() -> None:
    few, many = ([sampled(0, n)] for n in (1, 101))
    all_few, all_many = ([SampleFaces(at(0), (FULL,) * n)] for n in (1, 101))
    assert len(pack(many)) - len(pack(few)) < 280 * 100
    assert len(pack(all_many)) - len(pack(all_few)) < 368 * 100


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], "at least one sample"),
        ([sampled(0), SampleFaces(FrameTime(0, Fraction(1, 90_000)), ())], "one time base"),
        ([SampleFaces(at(0), (FACE, FULL))], "some faces have attributes"),
        ([SampleFaces(at(0), (FULL, FACE))], "some faces have attributes"),
        ([SampleFaces(at(0), (MESH_ALONE, FULL))], "some faces have attributes"),
        ([SampleFaces(at(0), (FULL, MESH_ALONE))], "some faces have attributes"),
        ([SampleFaces(at(0), (replace(FULL, gaze=None),))], "attributes and no gaze"),
        ([SampleFaces(at(0), (FACE, FACE), (1,))], "no track"),
        ([SampleFaces(at(0), (FACE,), (1,)), sampled(1)], "no track"),
        ([SampleFaces(at(0), (replace(FACE, landmarks=FACE.landmarks[:5]),))], "5 landmarks"),
        ([SampleFaces(at(0), (replace(FACE, score=math.nan),))], "finite"),
        ([SampleFaces(at(0), (replace(FACE, score=math.inf),))], "finite"),
        ([SampleFaces(at(0), (replace(FACE, score=1e39),))], "float32"),
        ([SampleFaces(at(0), (replace(FULL, attributes=replace(ATTRIBUTES, emotions=(1.0,))),))], "1 emotions"),
    ],
)
def test_what_cannot_be_stored_is_refused(samples: list[SampleFaces], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        pack(samples)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_other_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(UnreadableFacts):
        unpack(noise)


def test_another_version_is_refused_by_name() -> None:
    body = pack([sampled(0)])
    with pytest.raises(UnreadableFacts, match="version 02"):
        unpack(bytes([VERSION + 1]) + body[1:])


def test_damaged_facts_are_refused() -> None:
    body = pack([sampled(0, 3)])
    longer = zstandard.ZstdDecompressor().decompress(body[1:]) + b"more"
    with pytest.raises(UnreadableFacts, match="expected"):
        unpack(body[:1] + zstandard.ZstdCompressor().compress(longer))
    for end in (1, 2, len(body) // 2, len(body) - 1):
        with pytest.raises(UnreadableFacts):
            unpack(body[:end])
