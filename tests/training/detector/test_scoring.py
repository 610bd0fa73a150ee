"""Detections are merged once, and counted as right, false or neither by the rules of the figures."""

import numpy as np
import pytest

from training.detector.decode import Detections, suppress
from training.detector.faces import Faces, join, one_face
from training.detector.scoring import compare, found_count, threshold_at


def detections(*rows: tuple[float, tuple[float, float, float, float]]) -> Detections:
    count = len(rows)
    return Detections(
        np.asarray([r[0] for r in rows], np.float32),
        np.asarray([r[1] for r in rows], np.float32).reshape(-1, 4),
        np.zeros((count, 5, 2), np.float32),
        np.zeros(count, np.float32),
        np.full(count, 8, np.float32),
    )


def ignored(box: tuple[float, ...]) -> Faces:
    face = one_face(box)
    return Faces(face.boxes, face.points, face.covered, np.asarray([True]))


def test_overlapping_boxes_merge_weighted_by_the_square_of_their_scores() -> None:
    merged = suppress(detections((0.4, (2, 0, 12, 10)), (0.8, (0, 0, 10, 10)), (0.5, (30, 30, 40, 40))))

    assert merged.scores.tolist() == pytest.approx([0.8, 0.5])
    assert merged.boxes[0].tolist() == pytest.approx([0.4, 0, 10.4, 10])


def test_a_box_inside_a_better_one_vanishes_without_pulling_it() -> None:
    merged = suppress(detections((0.9, (0, 0, 40, 40)), (0.8, (10, 10, 20, 20))))

    assert merged.boxes.tolist() == [[0, 0, 40, 40]]


def test_a_face_is_found_once_and_its_second_box_is_false() -> None:
    scored = compare(detections((0.6, (0, 0, 10, 10)), (0.9, (1, 0, 11, 10))), one_face((0, 0, 10, 10)))

    assert scored.right.tolist() == pytest.approx([0.9])
    assert scored.false.tolist() == pytest.approx([0.6])


def test_a_box_on_an_ignored_face_is_neither_right_nor_false() -> None:
    faces = join([one_face((0, 0, 10, 10)), ignored((50, 50, 60, 60))])

    scored = compare(detections((0.9, (50, 50, 60, 60)), (0.7, (80, 80, 90, 90))), faces)

    assert scored.right.tolist() == [-1]
    assert scored.false.tolist() == pytest.approx([0.7])


def test_the_threshold_leaves_the_allowed_number_of_false_boxes() -> None:
    faces = one_face((0, 0, 20, 20))
    found = detections((0.95, (0, 0, 20, 20)), (0.9, (40, 0, 60, 20)), (0.5, (80, 0, 99, 20)))
    scored = [compare(found, faces), compare(detections((0.3, (0, 0, 20, 20))), faces)]

    threshold = threshold_at(scored, 0.5)

    assert threshold == pytest.approx(0.5)
    assert found_count(scored, threshold, 16) == (1, 2)
    assert found_count(scored, threshold_at(scored, 1.0), 16) == (2, 2)
    assert found_count(scored, threshold, 24) == (0, 0)
