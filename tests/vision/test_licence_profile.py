"""Under the profile PERMISSIVE no file for research can be loaded, and vision works without these."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from faceline.domain.face import Face
from faceline.domain.job import FaceAttributes
from faceline.domain.weights import WeightsProfile
from faceline.vision.analyse import Analyser
from faceline.vision.geometry import Pixels
from faceline.vision.manifest import MANIFESTS, Manifest, WeightsBroken, WeightsNotAdmitted
from faceline.vision.settings import WEIGHTS, AppearanceChoice, DetectorChoice, VisionSettings, settings_under

ADMITTED = {"back.onnx", "amesh.onnx", "canonical_face.npy", "service_shape.npz"}
"""Three files of MediaPipe, and what recorded answers say of landmarks."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights without any file that is for research."""
    made = tmp_path_factory.mktemp("weights")
    for name in (*MANIFESTS, *ADMITTED):
        shutil.copy(WEIGHTS / name, made / name)
    return made


@pytest.fixture(scope="module")
def permissive(folder: Path) -> VisionSettings:
    return replace(settings_under(WeightsProfile.PERMISSIVE), weights=folder)


@pytest.fixture(scope="module")
def analyser(permissive: VisionSettings) -> Analyser:
    return Analyser(permissive)


def names_of(manifest: Manifest) -> set[str]:
    return {entry.path.name for entry in (*manifest.networks.values(), *manifest.arrays.values())}


def test_these_files_are_admitted_and_no_others() -> None:
    """Whoever marks one more file permissive has to say so here."""
    assert names_of(Manifest.load(WEIGHTS, WeightsProfile.PERMISSIVE)) == ADMITTED
    everything = names_of(Manifest.load(WEIGHTS, WeightsProfile.RESEARCH))
    assert everything == {path.name for path in WEIGHTS.iterdir() if path.suffix in {".onnx", ".npy", ".npz"}}


def test_a_file_for_research_is_refused_by_name() -> None:
    """Not merely unused: its entry is not there, so that nothing can read it."""
    everything, admitted = Manifest.load(WEIGHTS), Manifest.load(WEIGHTS, WeightsProfile.PERMISSIVE)
    barred = {*everything.networks, *everything.arrays} - {*admitted.networks, *admitted.arrays}
    assert barred == admitted.barred
    assert {"detector", "appearance", "faceres", "heads"} <= barred
    for name in sorted(barred):
        for ask in (admitted.network, admitted.array):
            with pytest.raises(WeightsNotAdmitted, match=rf"^the weights profile permissive does not admit {name}$"):
                ask(name)


@pytest.mark.parametrize(
    "change",
    [
        {"detector_network": DetectorChoice.OWN},
        {"appearance": AppearanceChoice.OWN},
        {"appearance": AppearanceChoice.CONVERTED},
    ],
    ids=str,
)
def test_a_network_for_research_cannot_be_chosen(change: dict[str, DetectorChoice | AppearanceChoice]) -> None:
    """With all files in their place."""
    with pytest.raises(WeightsNotAdmitted):
        Analyser(replace(settings_under(WeightsProfile.PERMISSIVE), **change))  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize("written", ["", 'profile = "free"'])
def test_an_entry_without_a_known_profile_is_malformed(tmp_path: Path, written: str) -> None:
    shutil.copy(WEIGHTS / "manifest.toml", tmp_path)
    (tmp_path / "trained.toml").write_text(f'[arrays.x]\nfile = "x.npz"\nsha256 = "00"\n{written}\n')
    with pytest.raises(WeightsBroken, match="malformed"):
        Manifest.load(tmp_path, WeightsProfile.PERMISSIVE)


def one_face(analyser: Analyser, picture: Pixels, attributes: FaceAttributes = FaceAttributes.ALL) -> Face:
    ((face,),) = analyser.analyse([picture], attributes)
    return face


def test_without_the_files_for_research_the_face_is_found_and_described(analyser: Analyser, portrait: Pixels) -> None:
    """Eileen Collins: her box and eyes in their places, her pose frontal, and nothing said of age or smile."""
    face = one_face(analyser, portrait)
    assert face.box.left * 512 == pytest.approx(181, abs=8)
    assert face.box.top * 512 == pytest.approx(59, abs=8)
    assert face.landmarks[0].x * 512 == pytest.approx(204, abs=4)
    assert max(abs(face.pose.yaw_deg), abs(face.pose.pitch_deg), abs(face.pose.roll_deg)) < 10
    assert face.score > 0.95
    assert face.attributes is None
    assert face.gaze is not None
    assert face.gaze.score > 0.9


def test_default_and_all_find_the_same_face(analyser: Analyser, portrait: Pixels) -> None:
    plain = one_face(analyser, portrait, FaceAttributes.DEFAULT)
    assert plain.gaze is None
    assert plain == replace(one_face(analyser, portrait), gaze=None)


def test_answers_are_the_same_to_the_bit_however_frames_are_grouped(analyser: Analyser, portrait: Pixels) -> None:
    frames = [portrait, np.full((360, 640, 3), 77, np.uint8), portrait[:, ::-1].copy()]
    together = analyser.analyse(frames, FaceAttributes.ALL)
    assert [len(faces) for faces in together] == [1, 0, 1]
    assert together == [analyser.analyse([frame], FaceAttributes.ALL)[0] for frame in frames]


def test_no_other_file_of_weights_is_opened(astronaut: Path) -> None:
    """Seen from outside, by the interpreter's own audit of opened files, with all files in their place."""
    code = """
import json, sys
opened = set()
sys.addaudithook(lambda event, words: opened.add(str(words[0])) if event == "open" else None)
import faceline
found = faceline.Engine("permissive").analyze_picture(sys.argv[1])
print(json.dumps([len(found.faces), sorted(opened)]))
"""
    done = subprocess.run([sys.executable, "-c", code, str(astronaut)], check=True, capture_output=True, text=True)
    faces, opened = json.loads(done.stdout)
    assert faces == 1
    assert {path.name for path in map(Path, opened) if path.parent == WEIGHTS} == ADMITTED | set(MANIFESTS)
