"""A picture and a video from end to end under the profile PERMISSIVE: what cannot be told is absent everywhere."""

import json
from pathlib import Path

import pytest

import faceline
from faceline.domain.job import FaceAttributes, JobRequest, ObjectRef
from faceline.domain.video import SERVICE_SAMPLE_RATE
from faceline.domain.weights import WeightsProfile
from faceline.engine.tasks import do
from faceline.vision.analyse import Analyser
from faceline.vision.settings import settings_under
from tests.engine.test_final_pass import house, nothing, outcome, tools_of
from tests.jobs.material import ACCOUNT, House
from tests.live.clips import render

__all__ = ["house"]

SEEN = {"BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"}


@pytest.fixture(scope="module")
def engine() -> faceline.Engine:
    return faceline.Engine("permissive")


def test_a_picture(engine: faceline.Engine, astronaut: Path) -> None:
    (face,) = engine.analyze_picture(astronaut).faces
    assert face.attributes is None
    assert face.gaze is not None
    (plain,) = engine.analyze_picture(astronaut, attributes="DEFAULT").faces
    assert plain.gaze is None


def test_a_video_and_a_job_of_it(engine: faceline.Engine, house: House, tmp_path: Path) -> None:
    """Tracks are linked all the same, absent values settle to absent ones, and nothing is made up on the wire."""
    video = render(tmp_path / "short.mp4", 4)
    local = list(engine.analyze(video, tracks=True))
    faces = [face for sample in local for face in sample.faces]
    assert len(faces) == 6
    assert [sample.tracks for sample in local] == [(1,)] * 4 + [()] * 2 + [(2,)] * 2
    assert {face.attributes for face in faces} == {None}
    assert None not in {face.gaze for face in faces}

    settings = settings_under(WeightsProfile.PERMISSIVE)
    tools = tools_of(house, tmp_path, lambda: Analyser(settings))
    for extended in (False, True):
        request = JobRequest(
            ACCOUNT, ObjectRef("films", video.name), FaceAttributes.ALL, SERVICE_SAMPLE_RATE, extended=extended
        )
        pin = tools.source.pin(request.video)
        job_id = house.queue.start(request, pin, token=None, fingerprint="", max_open=2)
        while (lease := house.leases.claim("w", 30.0)) is not None:
            do(tools, lease, nothing)
        body, facts = outcome(house, job_id)
        assert facts == local
        elements = json.loads(b"[" + body + b"]")
        assert [set(element["Face"]) for element in elements] == [SEEN | ({"EyeDirection"} if extended else set())] * 6
        assert {len(element["Face"]["Landmarks"]) for element in elements} == {30}


def test_another_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="free"):
        faceline.Engine("free")
