"""The JSON of one face: forms, order of members, fixed rules of values (B147-B149, B185-B187, B194-B217)."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from faceline.domain.face import EMOTIONS, LANDMARK_TYPES, Box, Face, Point, Pose, Quality
from faceline.domain.job import FaceAttributes
from faceline.domain.verdicts import THRESHOLDS
from faceline.domain.video import ColorRange, VideoFacts
from faceline.wire.answers import detect_faces_answer, video_document
from faceline.wire.faces import (
    APPEARANCE_MEMBERS,
    MEMBERS,
    PICTURE_ALL,
    PICTURE_DEFAULT,
    VIDEO_ALL,
    VIDEO_DEFAULT,
    VIDEO_EXTENDED,
    FaceForm,
    face_detail,
    face_fragment,
    picture_form,
    video_form,
)
from tests.wire.model import in_model_order, shape
from tests.wire.recorded import content_length, face_of, recorded
from tests.wire.strategies import faces


@pytest.fixture
def even(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every trait divided at one half, as the service seems to do."""
    monkeypatch.setattr("faceline.domain.verdicts.THRESHOLDS", dict.fromkeys(THRESHOLDS, 0.5))


DEFAULT_ORDER = ["BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"]


def test_members_stand_in_model_order() -> None:
    """B12, B194: 17 members, in the order of the model."""
    assert list(MEMBERS) == list(shape("FaceDetail")["members"])


@given(faces)
def test_a_video_face_with_all_attributes(face: Face) -> None:
    """B147-B149, B201: Timestamp and Face; 15 members, 30 landmarks, no FaceOccluded, no EyeDirection."""
    element = json.loads(face_fragment(1480, face, VIDEO_ALL))
    in_model_order(element, "FaceDetection")
    assert element["Timestamp"] == 1480
    assert list(element["Face"]) == MEMBERS_WITHOUT_PICTURE_ONES
    assert [point["Type"] for point in element["Face"]["Landmarks"]] == [str(kind) for kind in LANDMARK_TYPES]


MEMBERS_WITHOUT_PICTURE_ONES = [name for name in MEMBERS if name not in {"FaceOccluded", "EyeDirection"}]


@given(faces)
def test_a_video_face_with_the_default_set(face: Face) -> None:
    """B149: five members and the first five landmarks."""
    element = json.loads(face_fragment(0, face, VIDEO_DEFAULT))
    assert list(element["Face"]) == DEFAULT_ORDER
    assert [point["Type"] for point in element["Face"]["Landmarks"]] == [
        *("eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose")
    ]


@given(faces)
def test_the_extended_form_adds_the_two_that_the_service_leaves_out(face: Face) -> None:
    """B148: only --extended shows FaceOccluded and EyeDirection in video."""
    element = json.loads(face_fragment(0, face, VIDEO_EXTENDED))
    assert list(element["Face"]) == list(MEMBERS)


@given(faces)
def test_a_picture_face_with_all_attributes(face: Face) -> None:
    """B10, B194, B201: 17 members in model order, nothing null, nothing else."""
    text = face_detail(face, PICTURE_ALL)
    detail = json.loads(text)
    in_model_order(detail, "FaceDetail")
    assert list(detail) == list(MEMBERS)
    assert b"null" not in text
    assert b" " not in text


@given(faces)
def test_pupils_repeat_the_eyes(face: Face) -> None:
    """B203: digit by digit, whatever was measured for the pupils."""
    points = {point.pop("Type"): point for point in json.loads(face_detail(face, PICTURE_ALL))["Landmarks"]}
    assert points["leftPupil"] == points["eyeLeft"]
    assert points["rightPupil"] == points["eyeRight"]


@given(faces)
def test_verdicts_state_the_likelier_value(face: Face) -> None:
    """B212, B213: Value = p > threshold; Confidence = 100 x the chance that it is right, never below 50."""
    assert face.attributes is not None
    detail = json.loads(face_detail(face, PICTURE_ALL))
    traits = {
        "Smile": "smile",
        "Eyeglasses": "eyeglasses",
        "Sunglasses": "sunglasses",
        "Gender": "male",
        "Beard": "beard",
        "Mustache": "mustache",
        "EyesOpen": "eyes_open",
        "MouthOpen": "mouth_open",
        "FaceOccluded": "occluded",
    }
    for name, trait in traits.items():
        share = getattr(face.attributes, trait)
        yes = share > THRESHOLDS[trait]
        assert detail[name]["Value"] == (("Female", "Male")[yes] if name == "Gender" else yes)
        right = share if yes else 1 - share
        assert detail[name]["Confidence"] == pytest.approx(100 * max(right, 0.5), abs=1e-5)
    assert detail["Gender"]["Value"] in {"Male", "Female"}


@given(faces)
def test_emotions_are_a_sorted_distribution(face: Face) -> None:
    """B215-B217: each of the eight once, falling, with the sum 100; UNKNOWN never."""
    entries = json.loads(face_detail(face, PICTURE_ALL))["Emotions"]
    assert sorted(entry["Type"] for entry in entries) == sorted(str(emotion) for emotion in EMOTIONS)
    confidences = [entry["Confidence"] for entry in entries]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(100, abs=2e-4)


@given(faces)
def test_ages_are_whole_years_with_the_widths_of_today(face: Face) -> None:
    """B214: integers, Low < High, width 6, 8 or 10."""
    age = json.loads(face_detail(face, PICTURE_ALL))["AgeRange"]
    assert isinstance(age["Low"], int)
    assert isinstance(age["High"], int)
    assert age["Low"] >= 0
    assert age["High"] - age["Low"] in {6, 8, 10}


@given(faces)
def test_geometry_pose_and_gaze_are_passed_on(face: Face) -> None:
    """B200, B205, B209, B211, B218: values outside 0..1 stand; gaze confidence has no floor of 50."""
    assert face.gaze is not None
    detail = json.loads(face_detail(face, PICTURE_ALL))
    assert detail["BoundingBox"]["Left"] == pytest.approx(face.box.left, rel=1e-6, abs=1e-12)
    assert detail["BoundingBox"]["Height"] == pytest.approx(face.box.height, rel=1e-6, abs=1e-12)
    assert detail["Landmarks"][4]["X"] == pytest.approx(face.landmarks[4].x, rel=1e-6, abs=1e-12)
    assert detail["Pose"]["Yaw"] == pytest.approx(face.pose.yaw_deg, rel=1e-6, abs=1e-12)
    assert detail["Quality"]["Sharpness"] == pytest.approx(face.quality.sharpness, rel=1e-6, abs=1e-12)
    assert detail["Confidence"] == pytest.approx(100 * face.score, rel=1e-6, abs=1e-12)
    assert detail["EyeDirection"]["Pitch"] == pytest.approx(face.gaze.pitch_deg, rel=1e-6, abs=1e-12)
    assert detail["EyeDirection"]["Confidence"] == pytest.approx(100 * face.gaze.score, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("asked", "extra", "landmarks"),
    [
        ([], set(), 5),
        (["DEFAULT"], set(), 5),
        (["FACE_OCCLUDED"], {"FaceOccluded"}, 5),
        (["DEFAULT", "FACE_OCCLUDED"], {"FaceOccluded"}, 5),
        (["EYES_OPEN", "FACE_OCCLUDED", "SUNGLASSES"], {"EyesOpen", "FaceOccluded", "Sunglasses"}, 5),
        (["SMILE", "AGE_RANGE", "SMILE"], {"Smile", "AgeRange"}, 5),
        (["ALL"], set(MEMBERS), 30),
        (["DEFAULT", "ALL"], set(MEMBERS), 30),
        (["GENDER", "ALL", "ALL"], set(MEMBERS), 30),
    ],
)
@given(face=faces)
def test_lists_of_attributes(asked: list[str], extra: set[str], landmarks: int, face: Face) -> None:
    """B185-B187, B195, B196: DEFAULT is always there, names add to it, ALL wins; 5 landmarks unless ALL."""
    detail = json.loads(face_detail(face, picture_form(asked)))
    assert set(detail) == set(DEFAULT_ORDER) | extra
    assert len(detail["Landmarks"]) == landmarks


def test_every_attribute_name_of_the_model_has_a_member() -> None:
    """B89: no value of the enumeration is forgotten, and only members of FaceDetail are named."""
    names = shape("Attribute")["enum"]
    for name in names:
        assert picture_form([name]).members <= set(MEMBERS)
    assert picture_form(set(names) - {"ALL"}).members == set(MEMBERS)


@given(faces)
def test_what_the_weights_cannot_tell_is_absent(face: Face) -> None:
    """Without appearance networks (docs/licences.md): no member is null or made up, the others stand as ever."""
    told = replace(face, attributes=None)
    whole, rest = json.loads(face_detail(face, PICTURE_ALL)), json.loads(face_detail(told, PICTURE_ALL))
    assert rest == {name: value for name, value in whole.items() if name not in APPEARANCE_MEMBERS}
    assert list(rest) == [*DEFAULT_ORDER, "EyeDirection"]
    in_model_order(rest, "FaceDetail")
    for form, expected in ((VIDEO_ALL, DEFAULT_ORDER), (VIDEO_EXTENDED, [*DEFAULT_ORDER, "EyeDirection"])):
        element = json.loads(face_fragment(1480, told, form))
        assert list(element) == ["Timestamp", "Face"]
        assert list(element["Face"]) == expected
        assert len(element["Face"]["Landmarks"]) == 30
    assert face_fragment(0, told, VIDEO_DEFAULT) == face_fragment(0, face, VIDEO_DEFAULT)


@pytest.mark.parametrize(
    ("asked", "extra"),
    [(["SMILE"], []), (["FACE_OCCLUDED", "GENDER"], []), (["EMOTIONS", "EYE_DIRECTION"], ["EyeDirection"])],
)
@given(face=faces)
def test_a_list_that_names_what_the_weights_cannot_tell(asked: list[str], extra: list[str], face: Face) -> None:
    """It is answered without that."""
    detail = json.loads(face_detail(replace(face, attributes=None), picture_form(asked)))
    assert list(detail) == [*DEFAULT_ORDER, *extra]
    assert len(detail["Landmarks"]) == 5


def test_attributes_that_were_not_computed_cannot_be_shown() -> None:
    """A form that shows attributes asks for them by a clear error, not by leaving members out."""
    face = Face(Box(0, 0, 1, 1), 1.0, (Point(0, 0),) * 30, Pose(0, 0, 0), Quality(50, 50))
    assert b"Landmarks" in face_detail(face, PICTURE_DEFAULT)
    with pytest.raises(ValueError, match="not computed"):
        face_detail(face, PICTURE_ALL)


@pytest.mark.parametrize(
    ("asked", "extended", "form"),
    [
        (FaceAttributes.DEFAULT, False, VIDEO_DEFAULT),
        (FaceAttributes.DEFAULT, True, VIDEO_DEFAULT),
        (FaceAttributes.ALL, False, VIDEO_ALL),
        (FaceAttributes.ALL, True, VIDEO_EXTENDED),
    ],
)
def test_forms_of_video(asked: FaceAttributes, extended: bool, form: FaceForm) -> None:
    """B148, B149: --extended changes ALL alone."""
    assert video_form(asked, extended=extended) is form


def details(document: Iterable[Any]) -> list[Face]:
    """Domain faces of a list of FaceDetail."""
    return [face_of(detail) for detail in document]


@pytest.mark.usefixtures("even")
def test_detectfaces_group27_is_written_again_to_the_byte() -> None:
    """B6, B7, B8, B194, B214, B216: 27 real faces, 94,252 bytes, every value equal."""
    document = recorded("detectfaces_group27.json")
    answer = detect_faces_answer(details(document["FaceDetails"]), PICTURE_ALL)
    assert len(answer) == content_length(document)
    assert json.loads(answer)["FaceDetails"] == document["FaceDetails"]


@pytest.mark.usefixtures("even")
def test_detectfaces_2025_is_written_again_to_the_byte() -> None:
    """B6, B8, B203, B217: 3,502 bytes with numbers in scientific form, every value equal."""
    document = recorded("detectfaces_2025_nopicture.json")
    answer = detect_faces_answer(details(document["FaceDetails"]), PICTURE_ALL)
    assert len(answer) == content_length(document)
    assert json.loads(answer)["FaceDetails"] == document["FaceDetails"]


@pytest.mark.usefixtures("even")
def test_getfacedetection_2021_is_written_again_to_the_byte() -> None:
    """B6, B8, B123, B149, B152: 80 real faces, 268,217 bytes; ColorRange is younger than this answer (B155)."""
    document = recorded("getfacedetection_all_25fps_2021.json")
    metadata = document["VideoMetadata"]
    facts = VideoFacts(
        codec=metadata["Codec"],
        container_format=metadata["Format"],
        duration_ms=metadata["DurationMillis"],
        frame_rate=metadata["FrameRate"],
        width=metadata["FrameWidth"],
        height=metadata["FrameHeight"],
        color_range=ColorRange.LIMITED,
    )
    fragments = [
        face_fragment(element["Timestamp"], face_of(element["Face"]), VIDEO_ALL) for element in document["Faces"]
    ]
    answer = video_document(facts, fragments).replace(b',"ColorRange":"LIMITED"', b"")
    assert len(answer) == content_length(document)
    assert json.loads(answer)["VideoMetadata"] == metadata
    for ours, theirs in zip(json.loads(answer)["Faces"], document["Faces"], strict=True):
        assert ours["Timestamp"] == theirs["Timestamp"]
        for name in set(theirs["Face"]) - {"Landmarks"}:
            assert ours["Face"][name] == theirs["Face"][name]
        # B204: in 2021 two brow names were interchanged; places and values are compared, names are right here
        assert [(p["X"], p["Y"]) for p in ours["Face"]["Landmarks"]] == [
            (p["X"], p["Y"]) for p in theirs["Face"]["Landmarks"]
        ]
