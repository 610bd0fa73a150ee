import re

import numpy as np
import pytest

from faceline.domain.face import LANDMARK_TYPES, LandmarkType, Point
from faceline.domain.job import FaceAttributes
from faceline.vision.analyse import Analyser
from faceline.vision.box import service_box
from faceline.vision.geometry import Doubles, PixelBox, Pixels
from faceline.vision.landmarks import VERTICES, LandmarkModel, Placement, ratios, vertex_landmarks
from faceline.vision.manifest import Manifest


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
    landmarks = np.zeros((30, 2))
    landmarks[0] = (320, -18)
    assert ratios(landmarks, 640, 360)[0] == Point(0.5, -0.05)


def test_vertices_are_averaged() -> None:
    mesh = np.zeros((1, 478, 3))
    mesh[0, 5], mesh[0, 19] = (10, 20, 3), (14, 40, 9)
    assert vertex_landmarks(mesh)[0, LANDMARK_TYPES.index(LandmarkType.NOSE)] == pytest.approx([12, 30])


@pytest.fixture(scope="module")
def model(manifest: Manifest) -> LandmarkModel:
    return LandmarkModel.load(manifest.array("service_shape"))


def placed(shape: Doubles, angle_deg: float, size: float) -> Doubles:
    """(1, 30, 2) the shape turned clockwise on screen, at that size, somewhere."""
    c, s = np.cos(np.radians(angle_deg)) * size, np.sin(np.radians(angle_deg)) * size
    return np.asarray(shape @ np.array([[c, s], [-s, c]]) + (300, 200))[None]


def test_a_placement_leads_there_and_back(model: LandmarkModel) -> None:
    points = placed(model.mean, 30, 80)
    placement = Placement.of(points, model.mean)
    assert placement.away(points)[0] == pytest.approx(model.mean, abs=1e-6)
    assert placement.back(placement.away(points)) == pytest.approx(points)
    assert np.degrees(np.angle(placement.size))[0, 0] == pytest.approx(30)


@pytest.mark.parametrize("angle", [0, 25, -120])
def test_the_mean_face_is_believed_and_an_odd_point_only_in_part(model: LandmarkModel, angle: float) -> None:
    points = placed(model.mean, angle, 100)
    assert model.believed(points) == pytest.approx(points, abs=1e-3)
    chin = LANDMARK_TYPES.index(LandmarkType.CHIN_BOTTOM)
    odd = points.copy()
    odd[0, chin] += 10
    moved = np.hypot(*(model.believed(odd)[0, chin] - points[0, chin]))
    assert 2 < moved < 0.8 * np.hypot(10, 10)


def test_a_mirrored_face_has_mirrored_landmarks(model: LandmarkModel) -> None:
    names = [kind.value for kind in LANDMARK_TYPES]
    swap = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}
    mirror = [names.index(re.sub("left|right|Left|Right", lambda side: swap[side[0]], name)) for name in names]
    points = placed(model.mean, 12, 100) + np.random.default_rng(0).normal(0, 2, (1, 30, 2))
    points[:, [names.index("leftPupil"), names.index("rightPupil")]] = points[:, :2]
    mirrored = points[:, mirror] * (-1, 1)
    assert model.believed(mirrored) == pytest.approx(model.believed(points)[:, mirror] * (-1, 1), abs=0.02)
    assert model.yaw_pitch(mirrored) == pytest.approx(model.yaw_pitch(points) * (-1, 1), abs=0.05)


def test_each_of_many_faces_gets_what_it_gets_alone_to_the_bit(model: LandmarkModel) -> None:
    points = np.concatenate([placed(model.mean, angle, 40 + angle) for angle in range(9)])
    points += np.random.default_rng(1).normal(0, 2, points.shape)
    together = model.believed(points)
    assert all(np.array_equal(model.believed(one[None])[0], found) for one, found in zip(points, together, strict=True))
    pupils = [LANDMARK_TYPES.index(kind) for kind in (LandmarkType.LEFT_PUPIL, LandmarkType.RIGHT_PUPIL)]
    assert np.array_equal(together[:, pupils], together[:, :2])
    alone = [model.yaw_pitch(one[None])[0] for one in together]
    assert np.array_equal(model.yaw_pitch(together), alone)
    assert model.believed(points[:0]).shape == (0, 30, 2)


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
