"""The faces annotated by eye, and how answers are held against them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.annotated import (
    AXES,
    FILE,
    HALVES,
    UNCLEAR,
    Annotation,
    directions,
    faces_shown,
    looks,
    read,
    stated_words,
)
from benchmarks.accuracy.results import Figure
from faceline.domain.face import EMOTIONS, Emotion

FACES = read()
DRAWS = {
    "random",
    "gaze",
    "gaze high",
    "confused high",
    "confused middle",
    "confused low moved",
    "confused low open",
    "eye: confused",
    "eye: gaze",
}


def annotated(**words: str) -> Annotation:
    return Annotation("x.jpg", None, (0, 0, 1, 1), "random", "A", {a: (words.get(a, UNCLEAR),) * 2 for a in AXES})


def values(figures: list[Figure]) -> dict[str, Figure]:
    return {each.name.partition(": ")[2]: each for each in figures}


# ---- the table


def test_every_row_has_known_words_and_lies_in_its_picture() -> None:
    assert len(FACES) == len({(face.source, face.time_ms, face.box) for face in FACES}) > 200
    for face in FACES:
        left, top, width, height = face.box
        assert 0 <= left < left + width <= 1, face
        assert 0 <= top < top + height <= 1, face
        assert face.drawn in DRAWS, face
        assert face.half in HALVES, face
        assert (face.time_ms is not None) == face.source.startswith("videos/"), face
        for axis, said in face.words.items():
            assert set(said) <= {*AXES[axis], UNCLEAR}, face


def test_rows_of_one_folder_and_of_one_clip_stand_together() -> None:
    """The clips are read once each, and the pictures' archives too."""
    keys = [(face.source, face.time_ms or 0) for face in FACES]
    assert keys == sorted(keys)


def test_no_picture_is_in_both_halves() -> None:
    halves = [{face.source for face in FACES if face.half == half} for half in HALVES]
    assert not halves[0] & halves[1]


def test_there_is_enough_of_every_word() -> None:
    for axis, words in AXES.items():
        counts = np.bincount([face.label(axis) + 1 for face in FACES], minlength=len(words) + 1)
        assert counts[1:].min() >= 10, axis


def test_a_table_of_another_form_is_refused(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    (tmp_path / "a.csv").write_text(text.replace("horizontal_2", "sideways_2", 1), encoding="utf-8")
    (tmp_path / "b.csv").write_text(text.replace(",0.", ",zero.", 1), encoding="utf-8")
    with pytest.raises(KeyError):
        read(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="zero"):
        read(tmp_path / "b.csv")


def test_a_label_counts_where_both_passes_gave_it() -> None:
    face = annotated(horizontal="left")
    assert face.label("horizontal") == 0
    assert face.label("vertical") == -1
    assert replace(face, words=face.words | {"horizontal": ("left", "ahead")}).label("horizontal") == -1


def test_the_annotated_faces_are_in_the_material(test_data: Path) -> None:
    first = [next(face for face in FACES if face.source.startswith(folder)) for folder in ("stills/scenes", "videos/")]
    for face, shown in zip(first, faces_shown(test_data, first), strict=True):
        height, width = shown.pixels.shape[:2]
        assert shown.place[3] - shown.place[1] == pytest.approx(face.box[3] * height)
        assert 80 <= shown.place[3] - shown.place[1] <= height
        assert 0 <= shown.place[0] < shown.place[2] <= width


# ---- figures


def test_up_to_ten_degrees_are_ahead_and_a_missing_face_is_no_word() -> None:
    assert stated_words(np.array([-10.1, -10.0, 0.0, 10.0, 10.1, np.nan])).tolist() == [0, 1, 1, 1, 2, 3]


def test_directions_are_counted_by_word_and_a_missing_face_is_wrong() -> None:
    words = ("left", "left", "ahead", "ahead", "right", "right", UNCLEAR)
    faces = [replace(annotated(horizontal=word), source=str(k)) for k, word in enumerate(10 * words)]
    degrees = np.tile([-20.0, -5.0, 0.0, np.nan, 30.0, 11.0, 50.0], 10)
    figures, curves = directions(faces, "horizontal", "Yaw", degrees)
    found = values(figures)
    assert found["left, ahead, right: as annotated"].value == pytest.approx(4 / 6, abs=1e-4)
    assert found["left, ahead, right: as annotated"].missed == 10
    assert found["left, ahead, right: balanced accuracy"].value == pytest.approx((0.5 + 0.5 + 1) / 3, abs=1e-4)
    assert found["sign where it is not ahead"].value == 1.0
    assert found["sign where it is not ahead"].of == 40
    assert found["recall of right"].value == 1.0
    assert found["balanced accuracy, half A"].of == 60
    assert "balanced accuracy, half B" not in found
    assert [curve.of for curve in curves] == [[10, 10, 0, 0], [0, 10, 0, 10], [0, 0, 20, 0]]


def test_confused_is_told_by_rank_and_by_where_it_comes_first() -> None:
    at = EMOTIONS.index(Emotion.CONFUSED)
    faces = [replace(annotated(confused=word), source=str(k)) for k, word in enumerate(["yes", "yes", "no", "no"])]
    emotions = np.full((4, len(EMOTIONS)), 0.1)
    emotions[:, at] = (0.3, 0.02, 0.01, 0.2)
    emotions[3] = np.nan
    found = values(looks(faces, emotions))
    assert found["faces annotated as confused"].value == 2
    assert found["AUC"].value == 1.0
    assert found["AUC"].missed == 1
    assert found["recall where it comes first"].value == 0.5
    assert found["comes first where not annotated"].value == 0.0
    assert found["precision where it comes first"].value == 1.0
    assert found["recall from 1.5%"].value == 1.0
    assert found["precision from 1.5%"].of == 2
