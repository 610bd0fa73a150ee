"""Real clips, their other encodings, and the collection of broken files."""

import csv
import os
from fractions import Fraction
from functools import cache
from io import BytesIO
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from faceline.domain.faults import JobFailed, JobFault
from faceline.domain.video import EVERY_FRAME, SampleRate
from faceline.media import probe as probe_module
from faceline.media.container import MediaLimits
from faceline.media.probe import probe
from faceline.media.samples import Sample, samples
from tests.media.oracle import checksum, full_decode

pytestmark = pytest.mark.data

LIMITS = MediaLimits()
SECONDS = 1.0
RATE = SampleRate(Fraction(5))


def _files(folder: str) -> list[str]:
    """Names for the tests' parameters; none on a machine without the data."""
    root = Path(os.environ.get("FACELINE_TEST_DATA", "")) / "videos" / folder
    return sorted(path.name for path in root.glob("*") if path.suffix not in (".csv", ".md") and path.is_file())


def _parameters(*folders: str) -> list[str]:
    found = [str(Path(folder) / name) for folder in folders for name in _files(folder)]
    return found or ["FACELINE_TEST_DATA is not set"]


def _taken(source: bytes, rate: SampleRate, seconds: float | None = None) -> list[Sample]:
    """Samples of all spans, or those before `seconds`."""
    stream = BytesIO(source)
    plan = probe(stream, LIMITS)
    found = (sample for span in plan.spans for sample in samples(stream, plan, span, rate, LIMITS))
    return list(takewhile(lambda sample: seconds is None or sample.time.seconds < seconds, found))


@pytest.mark.parametrize("name", _parameters("", "variants"))
def test_equals_a_full_decode(name: str, test_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (test_data / "videos" / name).read_bytes()
    # half a second more than is compared, so that what follows the last compared frame is known
    whole = full_decode(source, seconds=SECONDS + 0.5)
    expected = [(pts, picture) for pts, picture in whole.expected(RATE.per_second) if pts * whole.time_base < SECONDS]
    for span_seconds in (20, 0.5):
        monkeypatch.setattr(probe_module, "SPAN_SECONDS", span_seconds)
        taken = _taken(source, RATE, SECONDS)
        assert [(sample.time.pts, checksum(sample.pixels)) for sample in taken] == expected


# ---- the time relations of variants.csv

# milliseconds by which every picture of a variant comes later than in its original; the rest have the same times
LATER_MS = {"v04": 850, "v05": -1000, "v07": -500, "v15": 23, "v25": 67}

COMPARED_SECONDS = 4.0


def _small(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """64 x 64 grey levels without their mean: converters differ by a level or two over the whole picture."""
    grey = np.asarray(Image.fromarray(picture).convert("L").resize((64, 64), Image.Resampling.BOX)).astype(float)
    return np.asarray(grey - grey.mean())


@cache
def _original(path: Path) -> list[tuple[float, NDArray[np.float64]]]:
    """Milliseconds and a small grey picture of every frame."""
    return [
        (float(sample.time.seconds * 1000), _small(sample.pixels))
        for sample in _taken(path.read_bytes(), EVERY_FRAME, COMPARED_SECONDS + 1.1)
    ]


@pytest.mark.parametrize("name", _parameters("variants"))
def test_variants_show_the_original_at_the_stated_times(name: str, test_data: Path) -> None:
    path = test_data / "videos" / name
    with (test_data / "videos" / "variants.csv").open() as table:
        rows = {row["file"]: row for row in csv.DictReader(table)}
    original = _original(test_data / "videos" / rows[name]["original"].split(" ")[0])
    times = np.array([time for time, _ in original])
    pictures = np.stack([picture for _, picture in original])
    errors = []
    for sample in _taken(path.read_bytes(), SampleRate(Fraction(3)), COMPARED_SECONDS):
        due = float(sample.time.seconds * 1000) - LATER_MS.get(path.name[:3], 0)
        place = int(np.abs(times - due).argmin())
        # a container may round times; v35 has another frame rate than its original
        assert abs(times[place] - due) <= (21 if path.name.startswith("v35") else 2)
        neighbours = pictures[[max(place - 1, 0), place, min(place + 1, len(times) - 1)]]
        errors.append(np.abs(neighbours - _small(sample.pixels)).mean(axis=(1, 2)))
    assert len(errors) >= (4 if path.name.startswith("v30") else 6)
    before, here, after = np.mean(errors, axis=0)
    assert here < 2.0
    assert here < min(before, after), "another frame of the original fits better"


# ---- the broken files

ENDS: dict[str, JobFault | int] = {
    "b01": JobFault.NOT_A_VIDEO,
    "b02": JobFault.NOT_A_VIDEO,
    "b03": JobFault.NO_VIDEO_STREAM,
    "b04": 120,
    "b05": JobFault.NOT_A_VIDEO,
    "b06": 180,
    "b07": JobFault.NOT_DECODABLE,
    "b08": JobFault.NOT_A_VIDEO,
    "b09": JobFault.NOT_A_VIDEO,
    "b10": JobFault.NOT_A_VIDEO,
    "b11": JobFault.NOT_A_VIDEO,
    "b12": JobFault.NOT_A_VIDEO,
    "b13": JobFault.NOT_A_VIDEO,
    "b14": 216,
    "b15": 216,
    "b16": JobFault.NOT_A_VIDEO,
    "b17": 1,
    "b18": JobFault.NOT_A_VIDEO,
    "b19": JobFault.NOT_A_VIDEO,
    "b20": JobFault.FRAME_TOO_LARGE,
    "b21": 60,
    "b22": JobFault.CODEC_UNSUPPORTED,
    "b23": JobFault.NO_VIDEO_STREAM,
    "b24": JobFault.NOT_A_VIDEO,
    "b25": JobFault.NOT_A_VIDEO,
    "b26": JobFault.NOT_A_VIDEO,
}


@pytest.mark.parametrize("name", _parameters("bad"))
def test_broken_files_end_as_they_should(name: str, test_data: Path) -> None:
    """The fault, or at least so many of their frames."""
    source = (test_data / "videos" / name).read_bytes()
    end = ENDS[Path(name).name[:3]]
    if isinstance(end, JobFault):
        with pytest.raises(JobFailed) as raised:
            _taken(source, EVERY_FRAME)
        assert raised.value.fault is end
        return
    taken = _taken(source, EVERY_FRAME)
    assert end <= len(taken) <= end + 6
    assert all(max(sample.pixels.shape) <= 480 for sample in taken)
    assert taken[0].time.timestamp_ms == 0


def test_a_claimed_duration_is_not_believed(test_data: Path) -> None:
    source = next((test_data / "videos" / "bad").glob("b15*")).read_bytes()
    assert probe(BytesIO(source), LIMITS).facts.duration_ms == 7200
