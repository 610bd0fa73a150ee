"""An hour of video: memory stays flat, and no file handle or thread is left."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.clips import long_clip
from faceline import Engine

pytestmark = pytest.mark.timeout(7200)

ALLOWED_GROWTH = 1.1


def peak_mib(path: Path) -> int:
    command = [sys.executable, "-m", "benchmarks.end_to_end", "--peak-of", str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_memory_does_not_grow_with_the_video(tmp_path: Path) -> None:
    peaks = []
    for minutes in (3, 60):
        clip = tmp_path / f"{minutes}.mp4"
        long_clip(clip, 60 * minutes)
        peaks.append(peak_mib(clip))
    assert peaks[1] <= ALLOWED_GROWTH * peaks[0], f"peaks are {peaks} MiB"


def open_things() -> tuple[int, int]:
    """File handles and threads of this process."""
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def test_nothing_is_left_open_after_many_files(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    long_clip(clip, 10)
    engine = Engine()
    list(engine.analyze(clip, attributes="DEFAULT"))
    before = open_things()
    for _ in range(50):
        list(engine.analyze(clip, attributes="DEFAULT"))
    assert open_things() == before
