"""The whole of vision on pictures."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.recorded import pairs_of, summary
from faceline.domain.face import EMOTIONS, Emotion, Face
from faceline.domain.job import FaceAttributes
from faceline.vision.analyse import Analyser
from faceline.vision.geometry import Pixels


def shrunk(picture: Pixels, side: int) -> Pixels:
    return np.asarray(Image.fromarray(picture).resize((side, side)), np.uint8)


@pytest.fixture(scope="module")
def frames(portrait: Pixels) -> list[Pixels]:
    """Frames of several sizes with none, one and two faces."""
    small = shrunk(portrait, 200)
    two = np.zeros((300, 640, 3), np.uint8)
    two[50:250, 40:240], two[80:280, 400:600] = small, small[:, ::-1]
    return [portrait, np.full((360, 640, 3), 77, np.uint8), two, portrait[:, ::-1].copy(), small, (portrait // 3)]


@pytest.mark.parametrize("attributes", list(FaceAttributes))
def test_answers_are_the_same_to_the_bit_however_frames_are_grouped(
    analyser: Analyser, frames: list[Pixels], attributes: FaceAttributes
) -> None:
    together = analyser.analyse(frames, attributes)
    assert [len(faces) for faces in together] == [1, 0, 2, 1, 1, 1]
    alone = [analyser.analyse([frame], attributes)[0] for frame in frames]
    halves = analyser.analyse(frames[:2], attributes) + analyser.analyse(frames[2:], attributes)
    backwards = analyser.analyse(frames[::-1], attributes)[::-1]
    assert together == alone == halves == backwards


def test_default_and_all_find_the_same_faces(analyser: Analyser, frames: list[Pixels]) -> None:
    for plain, full in zip(
        analyser.analyse(frames, FaceAttributes.DEFAULT), analyser.analyse(frames, FaceAttributes.ALL), strict=True
    ):
        assert [(face.box, face.landmarks, face.pose, face.score) for face in plain] == [
            (face.box, face.landmarks, face.pose, face.score) for face in full
        ]
        assert all(face.attributes is None for face in plain)
        assert all(face.attributes is not None for face in full)


def test_faces_come_largest_first(analyser: Analyser, portrait: Pixels) -> None:
    scene = np.zeros((512, 1024, 3), np.uint8)
    scene[:200, :200], scene[:, 512:] = shrunk(portrait, 200), portrait
    (faces,) = analyser.analyse([scene], FaceAttributes.DEFAULT)
    assert [face.box.left > 0.5 for face in faces] == [True, False]


def one_face(analyser: Analyser, picture: Pixels) -> Face:
    ((face,),) = analyser.analyse([picture], FaceAttributes.ALL)
    return face


def test_the_astronaut_is_a_smiling_woman_without_glasses_or_beard(analyser: Analyser, portrait: Pixels) -> None:
    face = one_face(analyser, portrait)
    attributes = face.attributes
    assert attributes is not None
    assert face.score > 0.95
    assert attributes.male < 0.5
    assert attributes.smile > 0.9
    assert attributes.mouth_open > 0.5
    assert attributes.eyes_open > 0.9
    assert max(attributes.eyeglasses, attributes.sunglasses, attributes.beard, attributes.mustache) < 0.1
    assert attributes.occluded < 0.2
    assert EMOTIONS[int(np.argmax(attributes.emotions))] is Emotion.HAPPY
    assert 25 < attributes.age_years < 50


def test_a_mirrored_picture_turns_and_rolls_the_other_way(analyser: Analyser, portrait: Pixels) -> None:
    face, mirrored = one_face(analyser, portrait), one_face(analyser, portrait[:, ::-1].copy())
    assert mirrored.pose.yaw_deg == pytest.approx(-face.pose.yaw_deg, abs=4)
    assert mirrored.pose.roll_deg == pytest.approx(-face.pose.roll_deg, abs=4)
    assert mirrored.box.left == pytest.approx(1 - face.box.left - face.box.width, abs=0.01)


def test_dark_bars_over_the_eyes_speak_for_sunglasses(analyser: Analyser, portrait: Pixels) -> None:
    face = one_face(analyser, portrait)
    worn = portrait.copy()
    for point in face.landmarks[:2]:
        x, y = int(point.x * 512), int(point.y * 512)
        worn[y - 11 : y + 13, x - 18 : x + 18] = 12
    bare, covered = face.attributes, one_face(analyser, worn).attributes
    assert bare is not None
    assert covered is not None
    assert covered.sunglasses > bare.sunglasses + 0.1


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(analyser: Analyser, frame: Pixels) -> None:
    with pytest.raises(ValueError, match="frame"):
        analyser.analyse([frame], FaceAttributes.DEFAULT)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (700, 2), (33, 31)])
def test_tiny_and_thin_frames_hold_no_face(analyser: Analyser, size: tuple[int, int]) -> None:
    assert analyser.analyse([np.full((*size, 3), 120, np.uint8)], FaceAttributes.ALL) == [()]


def test_no_frames_give_no_answers(analyser: Analyser) -> None:
    assert analyser.analyse([], FaceAttributes.ALL) == []


def test_importing_vision_loads_no_codec() -> None:
    code = "import sys, faceline.vision.analyse; sys.exit('av' in sys.modules or 'sqlalchemy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.data
def test_recorded_answers_of_the_service_agree(analyser: Analyser, test_data: Path) -> None:
    found = list(pairs_of(test_data / "recorded", analyser))
    figures = summary([pair for group, _ in found for pair in group], sum(extra for _, extra in found))
    assert figures["found"] >= 38
    assert figures["further_faces_of_ours"] <= 2
    assert figures["box_iou_mean"] >= 0.9
    assert figures["eyes_and_mouth_mean_iod"] <= 0.05
    assert figures["all_landmarks_mean_iod"] <= 0.048
    assert max(figures["mean_absolute_difference"][name] for name in ("Roll", "Yaw", "Pitch")) <= 4.2
    assert figures["same_values_share"] >= 0.9
