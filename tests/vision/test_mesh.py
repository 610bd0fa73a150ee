from collections.abc import Callable
from dataclasses import replace
from math import atan2, degrees, hypot, radians, sqrt

import numpy as np
import pytest
from PIL import Image

from faceline.vision.detect import Candidate, MultiScaleDetector
from faceline.vision.geometry import Floats, PixelBox, Pixels, RotatedSquare
from faceline.vision.manifest import Manifest
from faceline.vision.mesh import CROP, FaceMesh, Mesher, outermost, to_frame, without_twins
from faceline.vision.network import Network, Runtime
from faceline.vision.rows import BlazeRows
from faceline.vision.settings import DetectorSettings, MeshSettings

Find = Callable[[list[Pixels]], list[tuple[Candidate, ...]]]


@pytest.fixture(scope="module")
def find(manifest: Manifest) -> Find:
    detector = MultiScaleDetector(BlazeRows(Network(manifest.network("back"), Runtime())), DetectorSettings())
    return lambda frames: [detector.detect(frame) for frame in frames]


@pytest.fixture(scope="module")
def mesher(manifest: Manifest) -> Mesher:
    return Mesher(Network(manifest.network("amesh"), Runtime()), MeshSettings(flag=0.5))


def mesh_at(x: float, y: float, side: float) -> FaceMesh:
    points = np.zeros((478, 3))
    points[:, 0] = x + np.linspace(0, side, 478)
    points[:, 1] = y + np.linspace(0, side, 478)[::-1]
    return FaceMesh(points, 1.0, 1.0)


def test_points_of_a_turned_crop_return_to_their_place_and_depth_to_their_scale() -> None:
    square = RotatedSquare(100, 200, 2 * CROP, radians(90))
    points = np.zeros((478, 3))
    points[0] = (CROP / 2, CROP / 2, 5)
    points[1] = (CROP, CROP / 2, -5)
    placed = to_frame(points, square)
    assert placed[0] == pytest.approx([100, 200, 10])
    assert placed[1] == pytest.approx([100, 200 + CROP, -10])


def test_a_patch_inside_a_face_is_dropped_and_a_neighbour_stays() -> None:
    patch, neighbour, face = PixelBox(30, 30, 70, 70), PixelBox(95, 0, 175, 80), PixelBox(0, 0, 100, 100)
    assert outermost([patch, neighbour, face], 0.6) == [2, 1]
    assert outermost([], 0.6) == []


def test_of_twins_the_one_with_the_better_score_stays() -> None:
    weak, strong, other = mesh_at(0, 0, 100), mesh_at(5, 0, 100), mesh_at(70, 0, 100)
    strong = FaceMesh(strong.points, 1.0, 0.9)
    weak = FaceMesh(weak.points, 1.0, 0.8)
    assert without_twins([weak, strong, other], 0.5) == [2, 1]


def test_the_mesh_sits_on_the_face(mesher: Mesher, find: Find, portrait: Pixels) -> None:
    ((mesh,),) = mesher.meshes([portrait], find([portrait]))
    nose = mesh.points[1]
    assert hypot(nose[0] - 224, nose[1] - 122) < 15
    assert mesh.flag > 0.99
    assert mesh.bounds.height == pytest.approx(125, abs=25)


@pytest.mark.parametrize("turns", [0, 1])
def test_roll_follows_a_picture_that_lies_on_its_side(mesher: Mesher, find: Find, portrait: Pixels, turns: int) -> None:
    frame = np.ascontiguousarray(np.rot90(portrait, -turns))
    ((mesh,),) = mesher.meshes([frame], find([frame]))
    assert mesh.roll_rad == pytest.approx(radians(90 * turns), abs=0.25)


def level(frame: Pixels, find: Find) -> Candidate:
    """The best candidate as a detector gives it that takes every face for upright."""
    best = find([frame])[0][0]
    return replace(best, search=replace(best.search, angle_rad=0.0))


def leaning(picture: Pixels, angle_deg: float) -> Pixels:
    """The picture turned clockwise, grey around it."""
    return np.asarray(Image.fromarray(picture).rotate(-angle_deg, Image.Resampling.BILINEAR, fillcolor=(90, 90, 90)))


@pytest.mark.parametrize("angle", [-60, -40, 20, 45, 60])
def test_a_face_that_leans_is_found_though_the_detector_thinks_it_upright(
    mesher: Mesher, find: Find, portrait: Pixels, angle: float
) -> None:
    close = np.ascontiguousarray(portrait[:250, 100:350])
    frame = leaning(close, angle)
    ((mesh,),) = mesher.meshes([frame], [(level(frame, find),)])
    ((upright,),) = mesher.meshes([close], find([close]))
    assert degrees(mesh.roll_rad) == pytest.approx(angle + degrees(upright.roll_rad), abs=3)
    assert mesh.eye_distance == pytest.approx(upright.eye_distance, rel=0.06)


class Counted(Network):
    """Counts the crops it is shown."""

    shown = 0

    def run(self, pixels: Pixels) -> tuple[Floats, ...]:
        self.shown += len(pixels)
        return super().run(pixels)


def test_an_upright_face_is_looked_at_twice_and_a_leaning_one_a_few_times(
    manifest: Manifest, find: Find, portrait: Pixels
) -> None:
    network = Counted(manifest.network("amesh"), Runtime())
    mesher = Mesher(network, MeshSettings(flag=0.5))
    mesher.meshes([portrait], [(level(portrait, find),)])
    assert network.shown == 2
    frame = leaning(np.ascontiguousarray(portrait[:250, 100:350]), 45)
    mesher.meshes([frame], [(level(frame, find),)])
    assert 2 + 2 < network.shown <= 2 + 6


def test_what_the_detector_hardly_believes_gets_no_turned_looks(
    manifest: Manifest, find: Find, portrait: Pixels
) -> None:
    """The same leaning face costs its turned looks with a score of 0.7, and none with 0.5."""
    frame = leaning(np.ascontiguousarray(portrait[:250, 100:350]), 60)
    shown = []
    for score in (0.5, 0.7):
        network = Counted(manifest.network("amesh"), Runtime())
        Mesher(network, MeshSettings(flag=0.99)).meshes([frame], [(replace(level(frame, find), score=score),)])
        shown.append(network.shown)
    assert shown[0] == 1
    assert shown[1] >= 3


class Scripted(Network):
    """Sees a level mesh in every crop, and gives the flags' logits in the order it was told."""

    logits: list[list[float]]

    def run(self, pixels: Pixels) -> tuple[Floats, ...]:
        logits = np.array(self.logits.pop(0) if len(pixels) else [], np.float32)
        assert len(logits) == len(pixels)
        angles = np.linspace(0, 2 * np.pi, 478)
        ring = np.stack([96 + 50 * np.cos(angles), 96 + 50 * np.sin(angles), 0 * angles], axis=1)
        ring[33], ring[263] = (60, 80, 0), (130, 80, 0)
        return np.repeat(ring[None], len(pixels), axis=0).astype(np.float32), logits


@pytest.mark.parametrize(("next_logits", "roll"), [([6.3, 21.8], 60), ([21.8, 6.3], -60)])
def test_of_two_turned_looks_the_one_that_leads_to_the_better_face_is_believed(
    manifest: Manifest, find: Find, portrait: Pixels, next_logits: list[float], roll: float
) -> None:
    network = Scripted(manifest.network("amesh"), Runtime())
    network.logits = [[-2.4], [6.4, 5.7], next_logits, [20.0]]
    ((mesh,),) = Mesher(network, MeshSettings()).meshes([portrait], [(level(portrait, find),)])
    assert degrees(mesh.roll_rad) == pytest.approx(roll)


def test_leaning_faces_get_in_company_what_each_gets_alone(mesher: Mesher, find: Find, portrait: Pixels) -> None:
    close = np.ascontiguousarray(portrait[:250, 100:350])
    frames = [leaning(close, angle) for angle in (-50, 0, 25, 60)]
    groups = [(level(frame, find),) for frame in frames]
    together = mesher.meshes(frames, groups)
    for frame, group, found in zip(frames, groups, together, strict=True):
        ((alone,),), (mesh,) = mesher.meshes([frame], [group]), found
        assert np.array_equal(mesh.points, alone.points)


def test_two_frames_in_one_call_get_their_own_faces(mesher: Mesher, find: Find, portrait: Pixels) -> None:
    empty = np.full((240, 320, 3), 90, np.uint8)
    moved = np.roll(portrait, 60, axis=1)
    first, none, second = mesher.meshes([portrait, empty, moved], find([portrait, empty, moved]))
    assert none == ()
    assert second[0].points[1, 0] - first[0].points[1, 0] == pytest.approx(60, abs=3)


def test_a_candidate_on_nothing_is_no_face(mesher: Mesher, portrait: Pixels, find: Find) -> None:
    (candidate,) = find([portrait])[0][:1]
    empty = np.full((512, 512, 3), 127, np.uint8)
    assert mesher.meshes([empty], [(replace(candidate, score=0.69),)]) == [()]


@pytest.mark.parametrize(("flat", "half"), [(True, 0.5), (False, 0.0)])
def test_what_only_the_detector_takes_for_a_face_moves_half_way_to_where_it_saw_it(
    mesher: Mesher, portrait: Pixels, find: Find, flat: bool, half: float
) -> None:
    """And a mesh that is sure of itself stays where it is, whatever the detector saw."""
    (found,) = find([portrait])[0][:1]
    frame = np.full_like(portrait, 127) if flat else portrait
    seen = [replace(found, score=0.71, bounds=PixelBox(at, 100, at + 80, 180)) for at in (200, 260)]
    ((first,),), ((second,),) = (mesher.meshes([frame], [(candidate,)]) for candidate in seen)
    assert second.bounds.left - first.bounds.left == pytest.approx(60 * half)
    larger = replace(found, score=0.71, bounds=PixelBox(160, 60, 320, 220))
    ((grown,),) = mesher.meshes([frame], [(larger,)])
    aspect = first.bounds.width / first.bounds.height
    assert grown.bounds.width - first.bounds.width == pytest.approx((160 - 80) * sqrt(aspect) * half)


def test_a_candidate_beyond_the_frame_is_no_face(mesher: Mesher, find: Find, portrait: Pixels) -> None:
    (candidate,) = find([portrait])[0][:1]
    tiny = portrait[:16, :16]
    assert mesher.meshes([np.ascontiguousarray(tiny)], [(candidate,)]) == [()]


def test_roll_is_the_direction_of_the_eye_line() -> None:
    mesh = mesh_at(0, 0, 100)
    left, right = mesh.points[33], mesh.points[263]
    assert mesh.roll_rad == atan2(right[1] - left[1], right[0] - left[0])
    assert mesh.eye_distance == pytest.approx(hypot(*(right - left)[:2]))
