"""The measuring of accuracy is itself measured on cases whose figures are known."""

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from benchmarks.accuracy import page, results, statistics
from benchmarks.accuracy.detection import average_precision
from benchmarks.accuracy.plots import draw
from benchmarks.accuracy.results import Curve, Figure, Measured
from benchmarks.accuracy.sets import Seen, padded
from benchmarks.accuracy.targets import TARGETS, table
from benchmarks.accuracy.things import KINDS, with_thing
from benchmarks.accuracy.whole import Whole
from faceline.domain.face import LANDMARK_TYPES, Box, Face, Point, Pose, Quality
from training.detector.scoring import Scored

NOWHERE = tuple(Point(0.0, 0.0) for _ in LANDMARK_TYPES)


def face(left: float, top: float, side: float, score: float = 0.9) -> Face:
    return Face(Box(left, top, side, side), score, NOWHERE, Pose(0, 0, 0), Quality(50, 50))


# ---- statistics


def test_a_missed_face_is_wrong_in_whole_pictures_and_left_out_of_tight_crops() -> None:
    chances = np.array([0.9, np.nan, 0.1, 0.2])
    truth = np.array([1.0, 1.0, 0.0, 0.0])
    whole, _ = statistics.two_classes("x", chances, truth, miss_is_wrong=True)
    tight, _ = statistics.two_classes("x", chances, truth, miss_is_wrong=False)
    assert (whole.value, whole.of, whole.missed) == (0.75, 4, 1)
    assert (tight.value, tight.of, tight.missed) == (1.0, 3, 1)


def test_confidences_that_are_right_as_often_as_they_say_have_no_error() -> None:
    confidence = np.full(1000, 0.8)
    right = (np.arange(1000) % 5 > 0).astype(float)
    assert statistics.ece(confidence, right) == pytest.approx(0.0, abs=0.01)
    assert statistics.ece(confidence, np.ones(1000)) == pytest.approx(0.2)
    assert 0 < statistics.ece_by_chance(confidence) < 0.1


def test_all_right_does_not_mean_surely_all_right() -> None:
    found = statistics.share("x", np.ones(10))
    assert found.value == 1.0
    assert found.low == pytest.approx(0.7225, abs=0.001)


def test_faces_of_one_picture_are_drawn_together() -> None:
    right = np.repeat([1.0, 0.0], 50)
    alone = statistics.share("x", right)
    together = statistics.share("x", right, clusters=np.repeat([0, 1], 50))
    assert (alone.low or 0) > 0.35
    assert together.low == 0.0


def test_average_precision_of_a_known_ranking() -> None:
    """Right, false, right of two faces: precision 1 for the first half of the recall, 2/3 for the second."""
    nothing = np.zeros((0, 4))
    scored = Scored(np.array([0.9, 0.5]), np.array([30.0, 30.0]), np.zeros(2), np.array([0.7]), nothing)
    assert average_precision([scored]) == pytest.approx(0.5 + 0.5 * 2 / 3)


# ---- pictures


def test_a_face_is_the_one_that_the_label_is_about() -> None:
    near, far = face(0.4, 0.4, 0.2), face(0.0, 0.0, 0.39)
    seen = Seen({}, 100, 100, (40.0, 40.0, 60.0, 60.0), (far, near))
    assert seen.face is near
    assert Seen({}, 100, 100, (70.0, 70.0, 90.0, 90.0), (far, near)).face is None


def test_each_found_face_answers_for_one_label() -> None:
    whole = Whole("x", 100, 100, [(10, 10, 30, 30), (12, 12, 32, 32)], [0, 0], [False, False], (face(0.1, 0.1, 0.2),))
    assert whole.pairs(0.4) == [whole.faces[0], None]


def test_a_border_leaves_the_crop_as_it_is_and_small_tiles_are_enlarged() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (100, 100, 3), dtype=np.uint8)
    around = padded({}, pixels)
    assert list(around.place) == [50, 50, 150, 150]
    assert (around.pixels[50:150, 50:150] == pixels).all()
    assert padded({}, pixels[:48, :48]).pixels.shape == (192, 192, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_drawn_thing_covers_a_part_of_the_face_and_not_all_of_it(kind: str) -> None:
    pixels = np.full((144, 144, 3), 128, np.uint8)
    for seed in range(8):
        drawn = with_thing(pixels, (40, 30, 104, 120), kind, np.random.default_rng(seed))
        covered = (np.abs(drawn[30:120, 40:104].astype(int) - 128).max(axis=2) > 12).mean()
        assert 0.08 < covered < 0.9, seed
        again = with_thing(pixels, (40, 30, 104, 120), kind, np.random.default_rng(seed))
        assert (again == drawn).all()


# ---- files and page


def test_one_set_up_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    for setup, value in (("a+b", 0.5), ("c+d", 0.6), ("a+b", 0.7)):
        results.store("age", setup, Measured({"x.onnx": "00"}, "", [Figure("f", value)]), tmp_path)
    found = results.load("age", tmp_path).setups
    assert {name: each.figures[0].value for name, each in found.items()} == {"a+b": 0.7, "c+d": 0.6}


def test_what_could_not_be_measured_is_left_out(tmp_path: Path) -> None:
    results.store("age", "a+b", Measured({}, "", [Figure("f", float("nan")), Figure("g", 1.0)]), tmp_path)
    assert [each.name for each in results.load("age", tmp_path).setups["a+b"].figures] == ["g"]


def test_the_table_says_what_was_reached_missed_and_does_not_count(tmp_path: Path) -> None:
    figures = [
        Figure("Age: mean absolute error", 4.0, 3.5, 4.5, 300, "years", tainted="trained on it"),
        Figure("Age over 60: mean absolute error", 7.0, unit="years"),
    ]
    results.store("age", "a+b", Measured({}, "", figures), tmp_path)
    rows = {line.split("|")[1].strip(): line.split("|")[4].strip() for line in table(tmp_path).splitlines()}
    assert rows["Age: mean absolute error, years"] == "4.00 [3.50, 4.50] reached (does not count)"
    assert rows["Age over 60: mean absolute error, years"] == "7.00 MISSED"
    assert rows["Sunglasses: balanced accuracy, %"] == "not measured"
    assert len(rows) == len(TARGETS) + 3


def test_the_page_and_its_plots_are_made_from_the_files_alone(tmp_path: Path) -> None:
    curve = Curve("synthetic, default setting", [20.0, 40.0], [0.5, 1.0], [0.4, 0.9], [0.6, 1.0], [200, 200])
    best = Curve("synthetic, best setting", [20.0, 40.0], [0.9, 1.0], [0.8, 0.9], [1.0, 1.0], [200, 200])
    figures = [Figure("synthetic, default setting: recall at 40 px", 1.0, 0.98, 1.0, 200)]
    results.store("detection", "a+b", Measured({"a.onnx": "00"}, "set so", figures, [curve, best]), tmp_path)
    draw(tmp_path, "a+b", tmp_path / "plots")
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["detection.svg"]
    ET.fromstring((tmp_path / "plots" / "detection.svg").read_text())  # noqa: S314 - written a line above
    text = page.page(tmp_path, "a+b")
    assert "| synthetic, default setting: recall at 40 px | 100.0 [98.0, 100.0] % | 200 |  | |" in text
    assert "`a.onnx` | `00`" in text


def test_the_committed_figures_can_be_read() -> None:
    for path in results.FOLDER.glob("*.json"):
        found = results.load(path.stem)
        assert found.task == path.stem
        for measured in found.setups.values():
            assert measured.figures
            assert all(len(digest) == 64 for digest in measured.weights.values())
