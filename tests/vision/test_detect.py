from typing import cast

import cv2
import numpy as np
import pytest

from faceline.vision.detect import MultiScaleDetector
from faceline.vision.geometry import Doubles, PixelBox, Pixels, RotatedSquare
from faceline.vision.manifest import Manifest
from faceline.vision.network import Network, Runtime
from faceline.vision.reduced import scales_of
from faceline.vision.rows import BlazeRows, Cells, OwnRows, anchor_centres, merged, nearest
from faceline.vision.settings import DetectorSettings, SecondLookSettings


@pytest.fixture(scope="module")
def detector(manifest: Manifest) -> MultiScaleDetector:
    return MultiScaleDetector(BlazeRows(Network(manifest.network("back"), Runtime())), DetectorSettings())


def test_anchors_run_by_stride_row_column_and_number() -> None:
    # 64 x 96: stride 16 has 4 rows of 6 cells with 2 anchors (48), stride 32 has 2 rows of 3 cells with 6 (36)
    centres = anchor_centres(np.array([0, 1, 2, 12, 47, 48, 53, 54, 83]), 64, 96, ((16, 2), (32, 6)))
    assert centres.tolist() == [
        [8, 8], [8, 8], [24, 8], [8, 24], [88, 56], [16, 16], [16, 16], [48, 16], [80, 48],
    ]  # fmt: skip


def test_overlapping_rows_become_their_weighted_mean_and_keep_the_best_score() -> None:
    rows = np.array([[0.0, 0, 10, 10, 0.6], [2.0, 0, 12, 10, 0.9], [50.0, 50, 60, 60, 0.8]])
    found = merged(rows, 0.3)
    assert found[0] == pytest.approx([1.2, 0, 11.2, 10, 0.9])
    assert found[1] == pytest.approx([50, 50, 60, 60, 0.8])


def test_nothing_merges_to_nothing() -> None:
    assert merged(np.zeros((0, 9)), 0.3).shape == (0, 9)


def test_rows_that_hardly_overlap_stay_apart() -> None:
    rows: Doubles = np.array([[0.0, 0, 10, 10, 0.9], [8.0, 0, 18, 10, 0.8]])
    assert len(merged(rows, 0.3)) == 2


@pytest.mark.parametrize(
    ("height", "width", "sizes"),
    [
        (1080, 1920, [(544, 960), (160, 256)]),
        (1920, 1080, [(960, 544), (256, 160)]),
        (288, 360, [(288, 384), (224, 256)]),
        (144, 176, [(160, 192)]),
        (1, 4000, [(32, 960), (32, 256)]),
    ],
)
def test_two_scales_padded_to_whole_strides(height: int, width: int, sizes: list[tuple[int, int]]) -> None:
    scaled = scales_of(np.full((height, width, 3), 9, np.uint8), 960, 256)
    assert [one.pixels.shape[1:3] for one in scaled] == sizes
    assert all(one.pixels[0, 0, 0, 0] == 9 for one in scaled)


def test_padding_is_black_and_scales_carry_back_to_the_frame() -> None:
    (scaled,) = scales_of(np.full((100, 100, 3), 200, np.uint8), 960, 256)
    assert (scaled.x, scaled.y) == (1, 1)
    assert not scaled.pixels[0, 100:].any()
    assert not scaled.pixels[0, :, 100:].any()


def test_the_face_is_found_with_its_eyes_level_and_in_place(detector: MultiScaleDetector, portrait: Pixels) -> None:
    best = detector.detect(portrait)[0]
    assert best.score > 0.8
    assert best.box.left < 224 < best.box.right
    assert best.box.top < 110 < best.box.bottom
    assert abs(best.search.angle_rad) < 0.2


def test_a_frame_four_times_as_large_moves_the_candidate_along(detector: MultiScaleDetector, portrait: Pixels) -> None:
    large = np.repeat(np.repeat(portrait, 4, axis=0), 4, axis=1)
    near, far = detector.detect(portrait)[0], detector.detect(large)[0]
    assert far.box.left == pytest.approx(4 * near.box.left, abs=40)
    assert far.box.bottom == pytest.approx(4 * near.box.bottom, abs=40)


def test_nothing_is_found_in_an_even_frame(detector: MultiScaleDetector) -> None:
    assert detector.detect(np.full((360, 640, 3), 128, np.uint8)) == ()


class Stub:
    """A network that gives fixed arrays."""

    def __init__(self, *arrays: np.ndarray) -> None:
        self._arrays = arrays

    def run(self, _pictures: Pixels) -> tuple[np.ndarray, ...]:
        return self._arrays


def test_our_own_detector_decodes_the_cells_above_the_floor_and_looks_a_little_lower() -> None:
    """Two pictures of 32 x 64: the stride-16 map has cells at (8, 8), (24, 8), ..., (56, 24)."""
    maps = [np.full((2, 32 // stride, 64 // stride, 16), -9, np.float32) for stride in (8, 16, 32)]
    maps[0][1, 2, 5, :10] = [3, 0, np.log(4), np.log(6), 1, -1, -2, -3, 2, -3]
    maps[1][0, 1, 3, :10] = [1, 0, np.log(10), np.log(20), 0, 2, -5, 0, 5, 1]
    maps[1][1, 0, 0, 0] = -1
    own = OwnRows(cast("Network", Stub(*maps)))
    found = own.find(np.zeros((2, 32, 64, 3), np.uint8), 0.5)
    assert found.pictures.tolist() == [0, 1]
    assert found.rows[:, -1] == pytest.approx([0.7311, 0.9526], abs=1e-4)
    assert found.rows[:, :8] == pytest.approx(
        np.array([[46, 6, 66, 46, 51, 24, 61, 25], [41, 13, 49, 25, 42, 17, 46, 17]]), abs=1e-4
    )
    search = own.search(PixelBox(10, 20, 30, 70), 0.3)
    assert (search.x, search.y, search.side, search.angle_rad) == pytest.approx((20, 47, 65, 0.3))


@pytest.mark.parametrize("name", ["detector", "back"])
def test_every_cell_is_found_without_a_floor_and_none_above_one(manifest: Manifest, name: str) -> None:
    network = Network(manifest.network(name), Runtime())
    rows = OwnRows(network) if name == "detector" else BlazeRows(network)
    pictures = np.random.default_rng(3).integers(0, 256, (2, 64, 96, 3), np.uint8)
    cells = {"detector": 8 * 12 + 4 * 6 + 2 * 3, "back": 2 * 4 * 6 + 6 * 2 * 3}[name]
    assert len(rows.find(pictures, 0.0).rows) == 2 * cells
    assert len(rows.find(pictures, 1.0).rows) == 0
    alone = rows.find(pictures[1:], 0.0).rows
    assert np.array_equal(rows.find(pictures, 0.0).rows[cells:], alone)


def row_of(left: float, top: float, side: float, score: float) -> list[float]:
    """A cell's answer: a square box with both eyes in its middle."""
    eye = [left + side / 2, top + side / 2]
    return [left, top, left + side, top + side, *eye, *eye, score]


def test_the_cells_that_overlap_the_best_one_at_a_place_are_averaged() -> None:
    cells = Cells(
        np.array([0, 0, 0, 2]),
        np.array([row_of(14, 10, 40, 0.4), row_of(10, 10, 40, 0.8), row_of(60, 60, 30, 0.99), row_of(0, 0, 40, 0.7)]),
    )
    found = nearest(np.array([[12.0, 12, 50, 50]] * 3), cells, 0.3)
    assert found[0, :4] == pytest.approx([34 / 3, 10, 154 / 3, 50])
    assert found[:, 8].tolist() == [0.8, 0, 0.7]
    assert found[2, :4] == pytest.approx([0, 0, 40, 40])


def test_a_place_that_no_cell_overlaps_scores_nothing() -> None:
    cells = Cells(np.array([0]), np.array([row_of(60, 60, 30, 0.99)]))
    assert nearest(np.array([[0.0, 0, 40, 40]]), cells, 0.3)[0, 8] == 0
    assert nearest(np.array([[0.0, 0, 40, 40]]), Cells(np.zeros(0, np.int64), np.zeros((0, 9))), 0.3)[0, 8] == 0


class StubRows:
    """Gives one row at first sight, and at the second look one in the middle of the picture."""

    def __init__(self, first: list[float], second: float) -> None:
        self._first, self._second = first, second
        self.looks: list[Pixels] = []

    def find(self, pixels: Pixels, floor: float) -> Cells:
        """The row, unless this is the short pass; at a second look a face of 40 px, 4 px to the right of the middle."""
        rows = np.array([self._first]) if pixels.shape[2] == 960 else np.zeros((0, 9))
        if pixels.shape[2] == SecondLookSettings().side:
            self.looks.append(pixels)
            rows = np.array([row_of(32, 28, 40, self._second)] * len(pixels))
        above = rows[:, -1] > floor
        return Cells(np.flatnonzero(above), rows[above])

    def search(self, candidate: PixelBox, angle_rad: float) -> RotatedSquare:
        """Any square."""
        return RotatedSquare(candidate.left, candidate.top, candidate.width, angle_rad)

    def bounds(self, candidate: PixelBox) -> PixelBox:
        """Any box."""
        return candidate


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [(0.1, 0.9, 0.5), (0.5, 0.5, 0.5), (0.7, 0.0, None), (0.1, 0.2, None), (0.02, 0.99, None)],
    ids=["doubtful then sure", "middling", "not seen again", "doubtful", "under the floor"],
)
def test_two_looks_count_alike(first: float, second: float, together: float | None) -> None:
    """Logits and boxes are averaged; 20 px of the reduced frame are 40 px of 1080p, which are shown as they are."""
    rows = StubRows(row_of(100, 50, 20, first), second)
    found = MultiScaleDetector(rows, DetectorSettings(score=0.3)).detect(np.zeros((1080, 1920, 3), np.uint8))
    assert [candidate.score for candidate in found] == pytest.approx([together] if together else [], abs=0.001)
    assert [candidate.box for candidate in found] == ([PixelBox(202, 100, 242, 140)] if together else [])


@pytest.mark.parametrize(("side", "looks"), [(20, 1), (60, 0)], ids=["seen small", "seen large"])
def test_a_weak_find_is_looked_at_again_only_if_that_shows_more(side: float, looks: int) -> None:
    rows = StubRows(row_of(100, 50, side, 0.1), 0.0)
    MultiScaleDetector(rows, DetectorSettings()).detect(np.zeros((1080, 1920, 3), np.uint8))
    assert len(rows.looks) == looks


def test_what_is_sure_at_first_sight_needs_no_second_look() -> None:
    rows = StubRows(row_of(100, 50, 20, 0.85), 0.0)
    (found,) = MultiScaleDetector(rows, DetectorSettings()).detect(np.zeros((1080, 1920, 3), np.uint8))
    assert found.score == 0.85
    assert not rows.looks


def test_the_second_look_shows_the_frame_itself_and_black_around_it() -> None:
    frame = np.zeros((1080, 1920, 3), np.uint8)
    frame[:, 1::2] = 255
    rows = StubRows(row_of(-2, -2, 20, 0.5), 0.5)
    MultiScaleDetector(rows, DetectorSettings()).detect(frame)
    ((crop,),) = rows.looks
    # the box is -4..36 in the frame, the look -32..64: 32 black lines, then every line of the frame
    assert not crop[:31].any()
    assert crop[64, 33:95, 0].tolist() == [255, 0] * 31


def test_a_large_place_is_shown_from_the_reduced_frame() -> None:
    """A place of 64 px of it, 128 of the frame: the look is 153.6 px of it wide, where every second line is white."""
    frame = np.zeros((1080, 1920, 3), np.uint8)
    frame[:, 1::2] = 255
    rows = StubRows(row_of(100, 100, 64, 0.5), 0.5)
    (found,) = MultiScaleDetector(rows, DetectorSettings()).detect(frame)
    ((crop,),) = rows.looks
    assert set(crop[:, :, 0].ravel().tolist()) == {128}
    # 4 px of 96 to the right, of which 153.6 px of the reduced frame are 307.2 of the frame; half way there
    assert found.box.left == pytest.approx(200 + 4 * 307.2 / 96 / 2, abs=0.01)


def test_a_place_outside_the_frame_is_dropped() -> None:
    rows = StubRows(row_of(100, 700, 20, 0.7), 0.9)
    assert MultiScaleDetector(rows, DetectorSettings()).detect(np.zeros((1080, 1920, 3), np.uint8)) == ()


def test_a_small_face_is_found_at_the_second_look(manifest: Manifest, portrait: Pixels) -> None:
    """20 px in 1080p: doubtful at the first look, which sees 10 px, and hardly so after the second."""
    frame = np.full((1080, 1920, 3), 90, np.uint8)
    frame[600:680, 1100:1180] = cv2.resize(portrait, (80, 80), interpolation=cv2.INTER_AREA)
    own = OwnRows(Network(manifest.network("detector"), Runtime()))
    floor = SecondLookSettings().floor
    first = max(own.find(scales_of(frame, 960, 256)[0].pixels, floor).rows[:, -1])
    found, *_ = MultiScaleDetector(own, DetectorSettings()).detect(frame)
    assert first < 0.5 < 0.7 < found.score
    assert found.box.left < 1135 < found.box.right
    assert found.box.top < 617 < found.box.bottom


@pytest.mark.parametrize(("side", "found"), [(11.9, 0), (12.1, 1)])
def test_a_face_of_less_than_twelve_pixels_of_the_frame_is_no_candidate(side: float, found: int) -> None:
    rows = StubRows(row_of(100, 50, side, 0.9), 0.9)
    assert len(MultiScaleDetector(rows, DetectorSettings()).detect(np.zeros((540, 960, 3), np.uint8))) == found
