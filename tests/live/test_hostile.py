"""Files that are broken, lie about themselves or are no video: each ends in one clear way, with the server alive."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceline.domain.faults import JobFault
from faceline.jobs.queue import JobQueue
from tests.live.serving import Served

pytestmark = [pytest.mark.live, pytest.mark.data, pytest.mark.timeout(300)]

ENDS: dict[str, JobFault | range] = {
    "b02_text": JobFault.NOT_A_VIDEO,
    "b03_audio_only": JobFault.NO_VIDEO_STREAM,
    # says 7.2 s, of which the first four are there: their faces are given
    "b04_truncated60_moov_front": range(7, 10),
    "b05_truncated60_moov_lost": JobFault.NOT_A_VIDEO,
    # random bytes over a tenth of it: the faces before and after are given
    "b06_corrupt_middle": range(10, 16),
    "b07_mdat_all_zero": JobFault.NOT_DECODABLE,
    "b08_m3u8_named": JobFault.NOT_A_VIDEO,
    "b09_ffconcat_named": JobFault.NOT_A_VIDEO,
    "b10_sdp_named": JobFault.NOT_A_VIDEO,
    "b11_m3u8_http_named": JobFault.NOT_A_VIDEO,
    "b12_dash_mpd_named": JobFault.NOT_A_VIDEO,
    "b13_only_ftyp": JobFault.NOT_A_VIDEO,
    # claims of the container that the stream contradicts: the real frames count
    "b14_container_claims_16384": range(14, 16),
    "b15_claims_huge_duration": range(14, 16),
    "b16_random_bytes": JobFault.NOT_A_VIDEO,
    "b17_single_frame": range(1, 2),
    "b18_jpeg_named": JobFault.NOT_A_VIDEO,
    "b19_png_named": JobFault.NOT_A_VIDEO,
    "b20_real_16000x16000_black": JobFault.FRAME_TOO_LARGE,
    "b21_prores": range(3, 5),
    "b22_ffv1": JobFault.CODEC_UNSUPPORTED,
    "b23_zero_frames": JobFault.NO_VIDEO_STREAM,
    "b24_animated_gif_named": JobFault.NOT_A_VIDEO,
    "b25_m3u8_to_sibling_named": JobFault.NOT_A_VIDEO,
    "b26_ffconcat_to_sibling_named": JobFault.NOT_A_VIDEO,
}
"""The fault, or how many faces are found. The empty file, b01, is refused at Start."""


@pytest.fixture(scope="module")
def bad(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of buckets, one of them with every bad file."""
    root = tmp_path_factory.mktemp("hostile")
    shutil.copytree(test_data / "videos" / "bad", root / "bad")
    return root


@pytest.fixture(scope="module")
def served(bad: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("hostile-state") / "data", bad) as running:
        yield running
        running.stop()


def test_every_bad_file_ends_as_it_should_with_the_server_alive(served: Served, bad: Path) -> None:
    """B114. They share one slot, so that one that spoils it is seen by the next."""
    files = sorted(path.name for path in (bad / "bad").iterdir())
    assert {Path(name).stem for name in files} == {*ENDS, "b01_empty"}
    roles = {process.pid: process.role for process in served.processes()}
    empty, *others = files
    assert b'"InvalidS3ObjectException"' in served.post("StartFaceDetection", video(empty)).body
    jobs = {name: served.start(name, bucket="bad") for name in others}
    ends = {Path(name).stem: end_of(served, job_id) for name, job_id in jobs.items()}
    wrong = {stem: end for stem, end in ends.items() if not as_expected(end, ENDS[stem])}
    assert wrong == {}
    assert served.events("child_died") == []
    assert served.events("attempt_failed") != []
    assert roles.items() <= {process.pid: process.role for process in served.processes()}.items()


def video(name: str) -> dict[str, object]:
    return {"Video": {"S3Object": {"Bucket": "bad", "Name": name}}}


def end_of(served: Served, job_id: str) -> JobFault | int:
    """Number of faces, or the fault as the operator sees it; the client gets the service's text for it."""
    answer = json.loads(served.result(job_id))
    if answer["JobStatus"] == "SUCCEEDED":
        return len(answer["Faces"])
    assert answer["StatusMessage"] == "Unsupported codec/format."
    with served.database() as database:
        (job,) = JobQueue(database).find(job_id)
    assert job.fault is not None
    return job.fault


def as_expected(end: JobFault | int, expected: JobFault | range) -> bool:
    return end in expected if isinstance(expected, range) else end is expected
