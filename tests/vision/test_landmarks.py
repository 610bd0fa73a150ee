import numpy as np
import pytest

from faceline.domain.face import LANDMARK_TYPES, LandmarkType, Point
from faceline.domain.job import FaceAttributes
from faceline.vision.analyse import Analyser
from faceline.vision.box import service_box
from faceline.vision.geometry import PixelBox, Pixels
from faceline.vision.landmarks import VERTICES, landmarks_of


@pytest.fixture(scope="module")
def places(analyser: Analyser, portrait: Pixels) -> dict[LandmarkType, Point]:
    ((face,),) = analyser.analyse([portrait], FaceAttributes.DEFAULT)
    return dict(zip(LANDMARK_TYPES, face.landmarks, strict=True))


def test_every_landmark_has_its_vertices() -> None:
    assert set(VERTICES) == set(LANDMARK_TYPES)


def test_pupils_are_the_eyes_digit_by_digit(places: dict[LandmarkType, Point]) -> None:
    assert places[LandmarkType.LEFT_PUPIL] == places[LandmarkType.EYE_LEFT]
    assert places[LandmarkType.RIGHT_PUPIL] == places[LandmarkType.EYE_RIGHT]


@pytest.mark.parametrize(
    "row",
    [
        "leftEyeBrowLeft leftEyeBrowUp leftEyeBrowRight rightEyeBrowLeft rightEyeBrowUp rightEyeBrowRight",
        "upperJawlineLeft leftEyeLeft eyeLeft leftEyeRight rightEyeLeft eyeRight rightEyeRight upperJawlineRight",
        "midJawlineLeft mouthLeft noseLeft nose noseRight mouthRight midJawlineRight",
    ],
)
def test_left_is_the_picture_s_left(places: dict[LandmarkType, Point], row: str) -> None:
    across = [places[LandmarkType(name)].x for name in row.split()]
    assert across == sorted(across)


@pytest.mark.parametrize(
    "column",
    [
        "leftEyeBrowUp leftEyeUp eyeLeft leftEyeDown nose mouthUp mouthDown chinBottom",
        "rightEyeBrowUp rightEyeUp eyeRight rightEyeDown noseRight mouthRight chinBottom",
        "upperJawlineLeft midJawlineLeft chinBottom",
    ],
)
def test_from_brow_to_chin(places: dict[LandmarkType, Point], column: str) -> None:
    down = [places[LandmarkType(name)].y for name in column.split()]
    assert down == sorted(down)


def test_landmarks_are_ratios_of_the_picture() -> None:
    points = np.zeros((478, 3))
    points[468] = (320, -18, 7)
    assert landmarks_of(points, 640, 360)[0] == Point(0.5, -0.05)


def test_the_box_reaches_above_the_mesh_and_hardly_beyond_it_elsewhere() -> None:
    box = service_box(PixelBox(100, 100, 200, 200))
    assert (box.left, box.right, box.top, box.bottom) == pytest.approx((101.7, 200.2, 90.4, 200.9))


def test_eyes_and_chin_lie_where_the_service_has_them_in_its_box(analyser: Analyser, portrait: Pixels) -> None:
    ((face,),) = analyser.analyse([portrait], FaceAttributes.DEFAULT)
    places = dict(zip(LANDMARK_TYPES, face.landmarks, strict=True))

    def height(kind: LandmarkType) -> float:
        return (places[kind].y - face.box.top) / face.box.height

    assert height(LandmarkType.EYE_LEFT) == pytest.approx(0.39, abs=0.05)
    assert height(LandmarkType.CHIN_BOTTOM) == pytest.approx(0.98, abs=0.04)
    left = (places[LandmarkType.UPPER_JAWLINE_LEFT].x - face.box.left) / face.box.width
    right = (places[LandmarkType.UPPER_JAWLINE_RIGHT].x - face.box.left) / face.box.width
    assert (left, right) == pytest.approx((0.02, 0.98), abs=0.06)
