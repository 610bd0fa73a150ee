"""The final pass: the same bytes however a video was cut or a pass interrupted, in a server and without one."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import faceline
from faceline.cli.main import commands
from faceline.db.engine import open_database
from faceline.db.errors import LeaseLost
from faceline.domain.face import Face
from faceline.domain.job import FaceAttributes, JobRequest, Lease, ObjectRef, WorkKind
from faceline.domain.video import SERVICE_SAMPLE_RATE, SampleFaces
from faceline.engine.final_pass import finish_local, finish_stored
from faceline.engine.spool import PART_SAMPLES, FactSpool
from faceline.engine.tasks import Tools, do, finish
from faceline.media.container import MediaLimits
from faceline.results.facts import pack, unpack
from faceline.results.store import Chunk
from faceline.sources.folder import FolderSource
from faceline.vision.analyse import Analyser
from tests.jobs.material import ACCOUNT, House, a_plan
from tests.live.clips import render
from tests.tracks.scene import Person, film, sampled, seen_as

FACTS = a_plan(1).facts
REQUEST = JobRequest(ACCOUNT, ObjectRef("films", "short.mp4"), FaceAttributes.ALL, SERVICE_SAMPLE_RATE)
Parts = Sequence[Sequence[SampleFaces]]


def scene() -> list[SampleFaces]:
    """Ten seconds at 4 a second: two people pass each other, one of them away for a while; every fifth reading is
    wrong."""

    def faces(t: float) -> Iterator[Face]:
        wrong = round(4 * t) % 5 == 0
        her = seen_as(male=0.75 if wrong else 0.125, age_years=60.0 if wrong else 20.5)
        yield Person(1).face(0.2 + 0.05 * t, attributes=her)
        if not 4 < t < 5:
            yield Person(2).face(0.8 - 0.05 * t, 0.55, attributes=seen_as(beard=0.25 if wrong else 0.875))

    return list(unpack(pack(film(4, 10, faces))))


def cut(samples: Sequence[SampleFaces], seed: int) -> list[Parts]:
    """One to four spans of one to four parts each."""
    random = np.random.default_rng(seed)
    return [_split(span, random) for span in _split(samples, random)]


def _split(samples: Sequence[SampleFaces], random: np.random.Generator) -> Parts:
    count = min(int(random.integers(4)), len(samples) - 1)
    places = sorted(random.choice(np.arange(1, len(samples)), count, replace=False).tolist())
    return [samples[a:b] for a, b in zip([0, *places], [*places, len(samples)], strict=True)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = open_database(f"sqlite:///{tmp_path / 'faceline.sqlite3'}")
    yield House(database)
    database.close()


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser()


def tools_of(house: House, folder: Path, analyser: Callable[[], Analyser]) -> Tools:
    return Tools(FolderSource(folder), house.leases, house.ledger, house.facts, house.writer, analyser, MediaLimits())


def no_analyser() -> Analyser:
    pytest.fail("the final pass needs no network")


def nothing() -> None:
    """A beat that nobody hears."""


def stored(house: House, spans: Sequence[Parts]) -> Lease:
    """The FINISH lease of a job with these facts."""
    house.planned(len(spans), REQUEST)
    for parts in spans:
        lease = house.claim(WorkKind.SPAN)
        for part, samples in enumerate(parts[:-1]):
            house.ledger.commit_part(lease, part, samples, samples[-1].time)
        house.ledger.span_done(lease, len(parts) - 1, parts[-1])
    return house.claim(WorkKind.FINISH)


def outcome(house: House, job_id: str) -> tuple[bytes, list[SampleFaces]]:
    """Everything that a finished job shows, and its facts."""
    page = house.reader.read(ACCOUNT, job_id, 0, 1_000_000)
    return bytes(page.body), list(house.facts.samples(job_id))


def finished(house: House, folder: Path, spans: Sequence[Parts]) -> tuple[bytes, list[SampleFaces]]:
    lease = stored(house, spans)
    finish(tools_of(house, folder, no_analyser), house.leases.job(lease), lease, nothing)
    return outcome(house, lease.job_id)


@pytest.mark.parametrize("seed", range(5))
def test_how_a_video_was_cut_changes_no_byte(house: House, tmp_path: Path, seed: int) -> None:
    whole = finished(house, tmp_path, [[scene()]])
    assert finished(house, tmp_path, cut(scene(), seed)) == whole
    assert {track for sample in whole[1] for track in sample.tracks} == {1, 2}


@pytest.mark.parametrize("done", [0, 1, 17, 39])
def test_an_interrupted_pass_is_repeated_with_the_same_outcome(house: House, tmp_path: Path, done: int) -> None:
    spans = cut(scene(), 1)
    undisturbed = finished(house, tmp_path, spans)
    lease = stored(house, spans)
    job = house.leases.job(lease)
    list(islice(finish_stored(house.facts, job, lease, nothing), done))
    finish(tools_of(house, tmp_path, no_analyser), job, lease, nothing)
    assert outcome(house, lease.job_id) == undisturbed


def test_the_measured_facts_stay(house: House, tmp_path: Path) -> None:
    lease = stored(house, [[scene()]])
    before = list(house.facts.measured(lease.job_id))
    finish(tools_of(house, tmp_path, no_analyser), house.leases.job(lease), lease, nothing)
    assert list(house.facts.measured(lease.job_id)) == before
    after = list(house.facts.chunks(lease.job_id))
    assert _males(before) == {0.75, 0.125, 0.9375}
    assert len(_males(after)) == 2


def test_a_pass_without_its_lease_writes_nothing(house: House) -> None:
    lease = stored(house, [[scene()]])
    job = house.leases.job(lease)
    taken_over = replace(lease, token="somebody else's")
    with pytest.raises(LeaseLost):
        list(finish_stored(house.facts, job, taken_over, nothing))
    assert list(house.facts.chunks(lease.job_id)) == list(house.facts.measured(lease.job_id))


def test_faces_below_the_smallest_size_are_kept_but_not_shown(house: House, tmp_path: Path) -> None:
    """40 px at 1080p (B192) are a 48th of the longer side: of two people one is just below it, one just above."""
    below, above = (Person(k).face(x, size=size) for k, x, size in ((1, 0.2, 0.0205), (2, 0.7, 0.0212)))
    lease = stored(house, [[[sampled(0.0, below, above)]]])
    tools = replace(tools_of(house, tmp_path, no_analyser), min_face_px=40)
    finish(tools, house.leases.job(lease), lease, nothing)
    page, samples = outcome(house, lease.job_id)
    shown = [entry["Face"]["BoundingBox"]["Width"] for entry in json.loads(b"[" + page + b"]")]
    assert shown == pytest.approx([0.0212])
    assert len(samples[0].faces) == 2


def test_a_local_video_ends_as_a_stored_one(house: House, tmp_path: Path) -> None:
    _, facts = finished(house, tmp_path, cut(scene(), 2))
    assert list(finish_local(iter(scene()), FACTS, FaceAttributes.ALL)) == facts


def test_a_spool_gives_back_what_is_stored_as_often_as_asked() -> None:
    """Rounded to float32, in several parts."""
    samples = [sampled(k / 60, Person().face(1 / 3)) for k in range(PART_SAMPLES + 5)]
    with FactSpool() as spool:
        for sample in samples:
            spool.add(sample)
        expected = [unpack(pack([sample]))[0] for sample in samples]
        assert list(spool.samples()) == expected
        assert list(spool.samples()) == expected
    assert expected != samples


def test_the_command_line_and_python_give_the_values_of_a_server(
    house: House, tmp_path: Path, analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rendered clip with one face that is gone for a while: not one digit differs."""
    video = render(tmp_path / "short.mp4", 4)
    tools = tools_of(house, tmp_path, lambda: analyser)
    pin = tools.source.pin(REQUEST.video)
    job_id = house.queue.start(REQUEST, pin, token=None, fingerprint="", max_open=1)
    while (lease := house.leases.claim("w", 30.0)) is not None:
        do(tools, lease, nothing)
    body, facts = outcome(house, job_id)

    # in this order, or the command's module would be imported with the first stand-in and keep it
    monkeypatch.setattr("faceline.cli.analysis.Analyser", lambda _settings: analyser)
    monkeypatch.setattr("faceline.vision.analyse.Analyser", lambda _settings: analyser)
    shown = CliRunner().invoke(commands, ["analyze", "--attributes", "ALL", "--json", "-", str(video)])
    assert shown.exit_code == 0
    faces = json.loads(shown.stdout)["Faces"]
    assert len(faces) == 6
    assert faces == json.loads(b"[" + body + b"]")
    assert list(faceline.analyze(video, tracks=True)) == facts
    assert all(sample.tracks == () for sample in faceline.analyze(video))


def test_the_table_names_the_track_before_the_file(
    tmp_path: Path, analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = render(tmp_path / "short.mp4", 1)
    monkeypatch.setattr("faceline.cli.analysis.Analyser", lambda _settings: analyser)
    shown = CliRunner().invoke(commands, ["analyze", "--csv", "-", str(video)])
    header, *rows = [line.split(",")[-2:] for line in shown.stdout.splitlines()]
    assert header == ["track", "file"]
    assert rows == [["1", "short.mp4"]] * 2
    summary = CliRunner().invoke(commands, ["analyze", str(video)]).stdout
    assert "2 faces in 2 samples, 1 track" in summary


def _males(chunks: Sequence[Chunk]) -> set[float]:
    return {
        face.attributes.male
        for chunk in chunks
        for sample in chunk.samples
        for face in sample.faces
        if face.attributes is not None
    }
