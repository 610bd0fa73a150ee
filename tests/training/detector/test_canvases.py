"""Canvases repeat under a seed, and boxes stay on the faces through warps, pyramids and pasting."""

import numpy as np
import pytest

from training.detector.canvases import SIDE, SMALLEST, CanvasMaker, Material, make_source, warp
from training.detector.drawn import drawn_pictures
from training.detector.faces import Faces, Pixels, join, move, one_face
from training.detector.occluders import occlude
from training.detector.pictures import Crop, Picture, cut_outs, pyramid

FACE = (120.0, 80.0, 180.0, 160.0)
POINTS = np.asarray([[138, 110], [162, 110], [150, 125], [140, 140], [160, 140]], np.float32)


def marked(box: tuple[float, ...], width: int = 320, height: int = 240) -> Pixels:
    """A grey picture with a white rectangle for a face."""
    pixels = np.full((height, width, 3), 60, np.uint8)
    left, top, right, bottom = (int(v) for v in box)
    pixels[top:bottom, left:right] = 255
    return pixels


def material() -> Material:
    picture = Picture("p", "test", pyramid(marked(FACE)), one_face(FACE, POINTS, 0.0))
    empty = Picture("e", "noface", pyramid(np.full((200, 300, 3), 90, np.uint8)), Faces.none())
    crop = Crop("c", "test", marked((30, 20, 70, 80), 100, 100), one_face((30, 20, 70, 80)))
    return Material((make_source(0.6, [picture]),), (crop,), (empty,), 0.3, 0.1, 0.0)


def test_a_seed_gives_the_same_canvases() -> None:
    first, second = (CanvasMaker(material(), np.random.default_rng(5)) for _ in range(2))

    for _ in range(3):
        a, b = first.make(), second.make()
        assert np.array_equal(a.pixels, b.pixels)
        assert np.array_equal(a.faces.boxes, b.faces.boxes)


def test_boxes_lie_inside_the_canvas_and_small_ones_are_not_learnt() -> None:
    maker = CanvasMaker(material(), np.random.default_rng(1))
    faces = [maker.make().faces for _ in range(20)]

    boxes = np.concatenate([f.boxes for f in faces])
    learnt = np.concatenate([f.boxes[~f.ignored] for f in faces])
    assert len(learnt) > 20
    assert boxes.min() >= 0
    assert boxes.max() <= SIDE
    assert (learnt[:, 3] - learnt[:, 1]).min() >= SMALLEST


@pytest.mark.parametrize("scale", [1.3, 0.9, 0.45, 0.2])
def test_the_box_follows_the_pixels_through_every_pyramid_level(scale: float) -> None:
    picture = Picture("p", "test", pyramid(marked(FACE)), one_face(FACE))
    matrix = np.asarray([[scale, 0, 3.5], [0, scale, 7.25]], np.float32)

    pixels = warp(picture, matrix, scale, 460, 340, 60)

    box = move(picture.faces, matrix, False).boxes[0]
    inside = pixels[:, :, 0] > 157
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    assert seen == pytest.approx(box.tolist(), abs=1.0)


def test_drawn_masks_cover_the_mouth_and_are_labelled() -> None:
    face = one_face(FACE, POINTS, 0.0)
    labels = []
    for seed in range(40):
        pixels = marked(FACE)
        after = occlude(pixels, face, np.random.default_rng(seed), chance=1.0)
        changed = (pixels != marked(FACE)).any(2)
        assert changed.any()
        labels.append(float(after.covered[0]))
        if labels[-1] == 1.0:
            assert changed[141, 145:155].all()
    assert labels.count(1.0) > 10
    assert 0.0 in labels


def test_drawn_pictures_repeat_under_a_seed_and_differ_from_each_other() -> None:
    first, second = (drawn_pictures(np.random.default_rng(3), 9, []) for _ in range(2))

    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], first[1])


def test_a_face_is_cut_out_with_its_surroundings_and_its_neighbours() -> None:
    neighbour = one_face((190, 90, 230, 150), POINTS + 60, 1.0)
    picture = Picture("p", "test", pyramid(marked(FACE)), join([neighbour, one_face(FACE, POINTS, 0.0)]))

    crops = cut_outs([picture], 70.0, np.random.default_rng(2))

    (crop,) = crops  # the neighbour is too small for a crop of its own
    left, top, right, bottom = (int(v) for v in crop.face.boxes[0])
    assert (right - left, bottom - top) == (60, 80)
    assert crop.pixels[top:bottom, left:right].min() == 255
    assert crop.pixels[:, left - 2].max() == 60
    assert len(crop.face) == 2
    assert left > 30
    assert crop.pixels.shape[0] - bottom >= 30


def test_doubts_are_ignored_on_the_canvas() -> None:
    maker = CanvasMaker(material(), np.random.default_rng(1))
    before = sum(f.ignored.sum() for f in (maker.make().faces for _ in range(20)))
    again = CanvasMaker(material(), np.random.default_rng(1))
    doubt = one_face((20, 20, 32, 34))
    again.doubts = {"p": Faces(doubt.boxes, doubt.points, doubt.covered, np.asarray([True]))}

    after = sum(f.ignored.sum() for f in (again.make().faces for _ in range(20)))

    assert after > before
