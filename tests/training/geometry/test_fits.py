"""Geometry fitted on recorded answers: what is left out stays out, and shapes are learned as they are."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.recorded import brow_name
from faceline.vision.geometry import Doubles
from faceline.vision.landmarks import EYES, PUPILS, LandmarkModel
from faceline.vision.manifest import Manifest
from faceline.vision.settings import WEIGHTS
from training.geometry.__main__ import ious, left_out, measured
from training.geometry.answers import KINDS, OLDER_MODEL, OUTER, Answers, with_picture, without_picture
from training.geometry.fits import solve
from training.geometry.shape import MIRROR, fit_model, mean_shape, mirrored

GROUPS = np.array(["a", "a", "b", "c"])


def test_a_picture_is_judged_by_the_others() -> None:
    values = np.array([1.0, 3.0, 10.0, 20.0])

    def way(used: np.ndarray) -> Doubles:
        return np.full(4, values[used].mean())

    assert left_out(way, GROUPS) == pytest.approx([15, 15, 8, 14 / 3])
    figures = measured(way, lambda found: np.abs(found - values), GROUPS)
    assert figures["in sample"] == pytest.approx((7.5 + 5.5 + 1.5 + 11.5) / 4)
    assert figures["picture left out"] == pytest.approx((14 + 12 + 2 + 46 / 3) / 4, abs=1e-4)
    assert figures["picture left out, mean over pictures"] == pytest.approx((13 + 2 + 46 / 3) / 3, abs=1e-4)


def test_faces_without_the_value_do_not_count() -> None:
    values = np.array([1.0, np.nan, 3.0, np.nan])
    figures = measured(lambda _: np.zeros(4), lambda found: np.abs(found - values), GROUPS)
    assert figures["picture left out"] == 2
    assert solve(np.ones((4, 1)), values, np.array([1.0, 1.0, 3.0, 1.0])) == pytest.approx([2.5])


def test_the_mirror_gives_each_side_the_other_s_name() -> None:
    assert [KINDS[MIRROR[KINDS.index(name)]] for name in ("leftEyeBrowLeft", "rightEyeLeft", "chinBottom")] == [
        "rightEyeBrowRight",
        "leftEyeRight",
        "chinBottom",
    ]
    assert np.array_equal(MIRROR[MIRROR], np.arange(30))


@pytest.mark.parametrize(
    ("name", "then"),
    [
        ("leftEyeBrowUp", "leftEyeBrowRight"),
        ("rightEyeBrowRight", "rightEyeBrowUp"),
        ("leftEyeBrowLeft", "leftEyeBrowLeft"),
        ("leftEyeUp", "leftEyeUp"),
    ],
)
def test_brows_of_2021_get_their_names_of_today(name: str, then: str) -> None:
    assert brow_name(name, "detectfaces_small120x160") == then
    assert brow_name(name, "detectfaces_group27") == name


def faces(count: int) -> Answers:
    """Recorded faces that are one symmetric shape, its mouth corners at one height or another, yaw with the nose."""
    rng = np.random.default_rng(3)
    shape = rng.normal(0, 0.3, (30, 2))
    shape = (shape + mirrored(shape[None])[0]) / 2
    shape[OUTER] = (-0.5, 0), (0.5, 0)
    shape[PUPILS] = shape[EYES]
    points, yaw = np.tile(shape, (count, 1, 1)), rng.uniform(-30, 30, count)
    points[:, [KINDS.index("mouthLeft"), KINDS.index("mouthRight")], 1] += rng.normal(0, 0.1, (count, 1))
    points[:, KINDS.index("nose"), 0] += yaw / 100
    turn = np.exp(1j * rng.uniform(-0.4, 0.4, count)) * rng.uniform(30, 90, count)
    places = (points[..., 0] + 1j * points[..., 1]) * turn[:, None] + rng.uniform(0, 500, (count, 1))
    poses = np.stack([yaw, np.zeros(count), np.degrees(np.angle(turn))], axis=1)
    none = np.full((count, 2), np.nan)
    return Answers(
        np.array(["a"] * count),
        np.stack([places.real, places.imag], axis=2),
        np.zeros((count, 4)),
        poses,
        none,
        none,
        np.ones(count),
    )


def test_the_model_follows_what_varies_and_drops_what_never_did() -> None:
    answers = faces(80)
    model = fit_model(answers, [answers])
    mean = mean_shape(answers.landmarks, answers.weights)
    assert mean.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert np.diff(mean[OUTER], axis=0)[0] == pytest.approx([1, 0], abs=1e-9)
    gain = np.diag(model.gain).reshape(30, 2)
    mouth, brow = gain[KINDS.index("mouthLeft"), 1], gain[KINDS.index("leftEyeBrowUp"), 1]
    assert mouth > 0.8
    assert brow < 0.45
    found = model.yaw_pitch(answers.landmarks)
    assert np.abs(found[:, 0] - answers.poses[:, 0]).mean() < 4
    assert found[:, 1] == pytest.approx(np.zeros(80), abs=0.5)


def test_iou() -> None:
    assert ious(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]])) == pytest.approx([1 / 3])


@pytest.mark.data
def test_the_shipped_model_is_what_the_recipe_gives(test_data: Path) -> None:
    prior = without_picture(test_data / "recorded")
    assert len(prior.groups) == 113
    theirs, _ = with_picture(test_data / "recorded")
    later = prior.groups != "detectfaces_2020_nopicture"
    newer = theirs.groups != OLDER_MODEL

    def only(answers: Answers, rows: np.ndarray) -> Answers:
        return Answers(*(getattr(answers, name)[rows] for name in Answers.__slots__))

    made = fit_model(prior, [only(prior, later), only(theirs, newer)])
    shipped = LandmarkModel.load(Manifest.load(WEIGHTS).array("service_shape"))
    for name in ("mean", "gain", "angles", "angles_shift"):
        assert getattr(made, name) == pytest.approx(getattr(shipped, name), abs=2e-3), name
