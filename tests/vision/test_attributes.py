"""The parts between crops and the attributes of ALL, without networks."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from faceline.domain.face import EMOTIONS, Emotion, Pose
from faceline.domain.weights import WeightsProfile
from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS, AppearanceBatch
from faceline.vision.attributes.describe import describe, half_width
from faceline.vision.attributes.emotions import with_confused
from faceline.vision.attributes.gaze import YAW_SHIFT, gazes, iris_offsets
from faceline.vision.attributes.heads import Heads
from faceline.vision.attributes.measures import MEASURES, eye_openness, measures
from faceline.vision.geometry import Doubles
from faceline.vision.manifest import Manifest, WeightFile, WeightsBroken
from faceline.vision.pose import PoseFitter
from faceline.vision.settings import WEIGHTS

FRONTAL = Pose(0.0, 0.0, 0.0)


@pytest.fixture
def face() -> Doubles:
    """(478, 3): the canonical face with irises in the middle of its eyes."""
    fitter = PoseFitter.load(Manifest.load(WEIGHTS).array("canonical_face"))
    mesh = np.zeros((478, 3))
    mesh[:468] = fitter.canonical * (10.0, -10.0, -10.0)
    mesh[468:473], mesh[473:] = mesh[[33, 133]].mean(axis=0), mesh[[362, 263]].mean(axis=0)
    return mesh


def measure(mesh: Doubles, name: str) -> float:
    return float(measures(mesh[None])[0, MEASURES.index(name)])


def batch_of(seven: Doubles) -> AppearanceBatch:
    count = len(seven)
    traits = np.tile(np.linspace(0.1, 0.9, len(TRAITS)), (count, 1))
    return AppearanceBatch(traits, np.full(count, 33.0), np.full(count, 4.0), seven)


class TestMeasures:
    def test_size_place_and_roll_change_nothing(self, face: Doubles) -> None:
        c, s = np.cos(0.4), np.sin(0.4)
        turned = face @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T * 3.7 + (900, -40, 12)
        assert measures(turned[None])[0] == pytest.approx(measures(face[None])[0])

    def test_an_opening_mouth_widens_the_lip_gap_alone_of_lips_and_eyes(self, face: Doubles) -> None:
        opened = face.copy()
        opened[14, 1] += 12
        assert measure(opened, "lip_gap") > measure(face, "lip_gap") + 0.05
        assert measure(opened, "eye_left") == measure(face, "eye_left")

    def test_a_smile_widens_the_mouth_and_lifts_its_corners(self, face: Doubles) -> None:
        smiling = face.copy()
        smiling[61] += (-6, -5, 0)
        smiling[291] += (6, -5, 0)
        assert measure(smiling, "mouth_width") > measure(face, "mouth_width") + 0.08
        assert measure(smiling, "corner_lift") > measure(face, "corner_lift") + 0.03

    def test_a_closed_left_eye_is_the_one_on_the_picture_s_left(self, face: Doubles) -> None:
        winking = face.copy()
        for upper, lower in ((159, 145), (158, 153), (160, 144)):
            winking[upper] = winking[lower]
        left, right = eye_openness(winking[None])
        assert left[0] < 0.01 < right[0]
        assert winking[33, 0] < winking[263, 0]

    def test_one_raised_brow_is_uneven_two_are_not(self, face: Doubles) -> None:
        one, both = face.copy(), face.copy()
        one[105, 1] -= 12
        both[[105, 334], 1] -= 12
        assert measure(one, "brow_asymmetry") > measure(both, "brow_asymmetry") + 0.05

    def test_a_flat_mesh_gives_finite_measures(self) -> None:
        assert np.isfinite(measures(np.zeros((1, 478, 3)))).all()

    def test_rows_do_not_depend_on_their_neighbours(self, face: Doubles) -> None:
        meshes = np.stack([face, face * 1.3, face[::-1]])
        assert np.array_equal(measures(meshes)[1:2], measures(meshes[1:2]))


class TestEmotions:
    """In the order of SEVEN_EMOTIONS: calm, happy, surprised, sad, angry, disgusted, afraid."""

    calm = np.array([[0.9, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01]])
    happy = np.array([[0.01, 0.97, 0.01, 0.004, 0.002, 0.002, 0.002]])
    torn = np.array([[0.45, 0.002, 0.01, 0.2, 0.1, 0.2, 0.038]])

    def confused(self, seven: Doubles) -> float:
        return float(with_confused(seven)[0, EMOTIONS.index(Emotion.CONFUSED)])

    def test_a_face_between_calm_and_disagreeable_looks_more_confused_than_a_clear_one(self) -> None:
        assert self.confused(self.torn) > self.confused(self.calm) + 0.02
        assert self.confused(self.calm) > self.confused(self.happy)
        assert self.confused(self.happy) < 0.01

    def test_it_never_comes_first(self) -> None:
        every = np.random.default_rng(3).dirichlet(np.full(7, 0.3), 2000)
        assert with_confused(every)[:, EMOTIONS.index(Emotion.CONFUSED)].max() < 1 / 8

    def test_a_share_of_nought_is_no_harm(self) -> None:
        assert 0 < self.confused(np.eye(7)[:1]) < 0.05

    def test_the_eight_sum_to_one_and_keep_their_order(self) -> None:
        eight = with_confused(self.torn)[0]
        assert eight.sum() == pytest.approx(1)
        shares = [eight[EMOTIONS.index(Emotion(name))] for name in SEVEN_EMOTIONS]
        assert shares == pytest.approx(self.torn[0] * (1 - self.confused(self.torn)))

    def test_rows_do_not_depend_on_their_neighbours(self) -> None:
        three = np.concatenate([self.calm, self.torn, self.happy])
        assert np.array_equal(with_confused(three)[1:2], with_confused(self.torn))


class TestGaze:
    def test_irises_in_the_middle_are_level(self, face: Doubles) -> None:
        assert iris_offsets(face[None])[0] == pytest.approx([0, 0], abs=1e-9)

    def test_irises_to_the_picture_s_left_give_a_smaller_yaw(self, face: Doubles) -> None:
        aside = face.copy()
        aside[468:, 0] -= 5
        (ahead,), (left,) = gazes(face[None], [FRONTAL]), gazes(aside[None], [FRONTAL])
        assert left.yaw_deg < ahead.yaw_deg - 10

    def test_a_mirrored_look_is_the_mirrored_yaw_but_for_twice_the_shift(self, face: Doubles) -> None:
        aside, mirrored = face.copy(), face.copy()
        aside[468:, 0] -= 5
        mirrored[468:, 0] += 5
        (one,), (other,) = gazes(aside[None], [Pose(0.0, -20.0, 0.0)]), gazes(mirrored[None], [Pose(0.0, 20.0, 0.0)])
        assert one.yaw_deg + other.yaw_deg == pytest.approx(2 * YAW_SHIFT)

    def test_raised_irises_give_a_larger_pitch(self, face: Doubles) -> None:
        raised = face.copy()
        raised[468:, 1] -= 4
        (ahead,), (up,) = gazes(face[None], [FRONTAL]), gazes(raised[None], [FRONTAL])
        assert up.pitch_deg > ahead.pitch_deg + 3

    def test_closed_eyes_say_nothing_of_where_they_look(self, face: Doubles) -> None:
        shut = face.copy()
        for upper, lower in ((159, 145), (158, 153), (160, 144), (386, 374), (385, 380), (387, 373)):
            shut[upper] = shut[lower]
        assert gazes(shut[None], [FRONTAL])[0].score == 0
        assert gazes(face[None], [FRONTAL])[0].score > 0.9

    def test_a_turned_head_lowers_the_score(self, face: Doubles) -> None:
        away = gazes(face[None], [Pose(0.0, 60.0, 0.0)])[0]
        assert away.score < gazes(face[None], [FRONTAL])[0].score - 0.5


class TestAge:
    @pytest.mark.parametrize(("error", "half"), [(2.0, 3.0), (3.5, 3.0), (4.0, 4.0), (5.0, 4.0), (9.0, 5.0)])
    def test_ranges_have_the_service_s_widths(self, error: float, half: float) -> None:
        assert half_width(error) == half

    def test_the_range_holds_the_estimate_in_its_middle(self) -> None:
        seven = TestEmotions.calm
        (attributes,) = describe(batch_of(seven))
        assert (attributes.age_range.low, attributes.age_range.high) == (29, 37)


class TestDescribe:
    def test_every_trait_goes_to_the_field_of_its_name(self) -> None:
        (attributes,) = describe(batch_of(TestEmotions.calm))
        chances = dict(zip(TRAITS, np.linspace(0.1, 0.9, len(TRAITS)), strict=True))
        for name in TRAITS[1:]:
            assert getattr(attributes, name) == pytest.approx(chances[name])
        assert sum(attributes.emotions) == pytest.approx(1)


class TestHeads:
    def file(self, folder: Path, **changes: Doubles) -> WeightFile:
        arrays: dict[str, Doubles] = {
            "traits": np.zeros((10, 3)),
            "traits_bias": np.zeros(10),
            "emotions": np.zeros((7, 3)),
            "emotions_bias": np.zeros(7),
            "age": np.array([1.0, 0, 0]),
            "age_bias": np.array(20.0),
            "age_error": np.array([0.1, 0, 0]),
            "age_error_bias": np.array(-2.0),
        } | changes
        content = io.BytesIO()
        np.savez(content, **{name: array for name, array in arrays.items() if array.size})  # type: ignore[arg-type] # the stubs take the names for flags
        path = folder / "heads.npz"
        path.write_bytes(content.getvalue())
        return WeightFile("heads", path, hashlib.sha256(content.getvalue()).hexdigest(), WeightsProfile.RESEARCH)

    def test_zero_heads_are_undecided_and_age_is_linear(self, tmp_path: Path) -> None:
        batch = Heads.load(self.file(tmp_path), 3).read(np.array([[10.0, 0, 0], [500.0, 0, 0]]))
        assert (batch.traits == 0.5).all()
        assert batch.emotions == pytest.approx(1 / 7)
        assert batch.age_years.tolist() == [30, 100]
        assert batch.age_error.tolist() == [1, 48]

    def test_other_numbers_of_features_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsBroken, match="shapes"):
            Heads.load(self.file(tmp_path), 4)

    def test_a_missing_array_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsBroken, match="age_error_bias"):
            Heads.load(self.file(tmp_path, age_error_bias=np.zeros(0)), 3)

    def test_no_faces_give_empty_columns(self, tmp_path: Path) -> None:
        heads = Heads.load(self.file(tmp_path), 3)
        assert heads.read(np.zeros((0, 3))).traits.shape == (0, 10)
        assert heads.human(np.zeros((0, 3))).shape == (0,)
