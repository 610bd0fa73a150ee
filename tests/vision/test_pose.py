import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.vision.geometry import Doubles
from faceline.vision.manifest import Manifest
from faceline.vision.pose import PoseFitter, angles_of, nose_drop
from faceline.vision.settings import WEIGHTS

LEVEL = np.zeros((1, 2))
"""Yaw and pitch by landmarks that say nothing."""
FITTER = PoseFitter.load(Manifest.load(WEIGHTS).array("canonical_face"))
degrees = st.floats(-50, 50)


def turned(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Doubles:
    """A mesh (478, 3) of the canonical face after turns in the service's sense, in pixels, y down, z away."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    around_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    around_z = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    points = FITTER.canonical @ (around_z @ around_y @ around_x).T
    mesh = np.zeros((478, 3))
    mesh[:468] = points * (7.0, -7.0, -7.0) + (300, 200, 0)
    mesh[468:473], mesh[473:] = mesh[[33, 133]].mean(axis=0), mesh[[362, 263]].mean(axis=0)
    return mesh


@given(degrees)
def test_a_pure_yaw_is_measured(yaw: float) -> None:
    found = np.degrees(angles_of(FITTER.rotations(turned(yaw, 0, 0)[None])))[:, 0]
    assert found == pytest.approx([yaw, 0, 0], abs=1e-6)


@given(degrees)
def test_a_pure_pitch_is_measured(pitch: float) -> None:
    found = np.degrees(angles_of(FITTER.rotations(turned(0, pitch, 0)[None])))[:, 0]
    assert found == pytest.approx([0, pitch, 0], abs=1e-6)


@given(degrees)
def test_a_pure_roll_is_measured(roll: float) -> None:
    found = np.degrees(angles_of(FITTER.rotations(turned(0, 0, roll)[None])))[:, 0]
    assert found == pytest.approx([0, 0, roll], abs=1e-6)


def test_yaw_is_positive_when_the_nose_points_to_the_picture_s_right() -> None:
    mesh = turned(25, 0, 0)
    assert mesh[1, 0] > mesh[[33, 263], 0].mean() + 5
    assert FITTER.by_mesh(mesh[None])[0, 0] > 10


def test_pitch_is_positive_when_the_face_looks_up() -> None:
    up, down = turned(0, 25, 0), turned(0, -25, 0)
    assert up[1, 1] - up[[33, 263], 1].mean() < down[1, 1] - down[[33, 263], 1].mean()
    assert FITTER.by_mesh(up[None])[1, 0] > 10 > FITTER.by_mesh(down[None])[1, 0]


def test_roll_is_positive_when_the_right_eye_of_the_picture_is_lower() -> None:
    mesh = turned(0, 0, 20)
    assert mesh[263, 1] > mesh[33, 1]
    assert FITTER.poses(mesh[None], LEVEL)[0].roll_deg == pytest.approx(20)


def test_many_meshes_get_what_each_gets_alone() -> None:
    meshes = np.stack([turned(10, -5, 3), turned(-20, 8, -30), turned(0, 0, 0)])
    angles = np.array([[3.0, 4.0], [-9.0, 2.0], [1.0, 1.0]])
    alone = [FITTER.poses(mesh[None], angle[None])[0] for mesh, angle in zip(meshes, angles, strict=True)]
    assert FITTER.poses(meshes, angles) == alone
    assert FITTER.poses(meshes[:0], angles[:0]) == []


def test_yaw_and_pitch_are_the_mean_of_what_mesh_and_landmarks_say() -> None:
    mesh = turned(10, -5, 3)[None]
    yaw, pitch, _ = FITTER.by_mesh(mesh)[:, 0]
    pose = FITTER.poses(mesh, np.array([[20.0, 30.0]]))[0]
    assert (pose.yaw_deg, pose.pitch_deg) == pytest.approx(((yaw + 20) / 2, (pitch + 30) / 2))


def test_a_mirrored_face_is_fitted_by_a_rotation_all_the_same() -> None:
    mirrored = turned(0, 0, 0)
    mirrored[:, 0] = -mirrored[:, 0]
    rotation = FITTER.rotations(mirrored[None])[0]
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_the_nose_drop_does_not_depend_on_roll() -> None:
    assert nose_drop(turned(0, 0, 40)[None])[0] == pytest.approx(nose_drop(turned(0, 0, 0)[None])[0])
