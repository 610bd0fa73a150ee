from dataclasses import replace

import pytest

from faceline.domain.face import Face, Pose, Quality
from faceline.tracks.weight import HIDDEN, LEAST, bareness, clarity
from tests.tracks.scene import HEIGHT, Person


def test_a_large_sharp_frontal_face_counts_fully() -> None:
    assert clarity(Person().face(0.5), HEIGHT) == 1.0


@pytest.mark.parametrize(
    ("face", "expected"),
    [
        pytest.param(Person().face(0.5, size=0.025), 0.5, id="32 px"),
        pytest.param(Person().face(0.5, size=0.005), LEAST, id="6 px"),
        pytest.param(replace(Person().face(0.5), pose=Pose(0.0, 45.0, 0.0)), 0.5, id="turned"),
        pytest.param(replace(Person().face(0.5), pose=Pose(0.0, 0.0, -90.0)), LEAST, id="looking down"),
        pytest.param(replace(Person().face(0.5), quality=Quality(60.0, 5.0)), 0.5, id="blurred"),
        pytest.param(Person().face(0.5, score=0.5), 0.5, id="doubtful"),
    ],
)
def test_each_flaw_lowers_the_weight(face: Face, expected: float) -> None:
    assert clarity(face, HEIGHT) == pytest.approx(expected)


def test_a_hidden_face_says_little() -> None:
    assert bareness(0.0) == 1.0
    assert bareness(1.0) == pytest.approx(HIDDEN)
