"""What a broken or hostile file ends as, in a process of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from faceline.domain.faults import JobFailed
from faceline.domain.job import FaceAttributes
from faceline.domain.video import SERVICE_SAMPLE_RATE
from faceline.engine.local import analyse_video, plan_file
from faceline.media.container import silence_codecs
from faceline.vision.analyse import Analyser

TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class BadResult:
    """`outcome` is the fault's name, or how many faces were found; `line` is what a person reads."""

    file: str
    outcome: str
    line: str
    peak_mib: int


def run_bad(path: Path) -> BadResult:
    """Analyse one file. A crash or a time-out is an outcome too: it names itself."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.noted.bad", str(path)],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return BadResult(path.name, "TIMEOUT", "", 0)
    if done.returncode != 0:
        return BadResult(path.name, f"EXIT {done.returncode}", done.stderr.decode()[-200:], 0)
    return msgspec.json.decode(done.stdout, type=BadResult)


def _analyse(path: Path) -> BadResult:
    """The work of the process: open, plan and analyse the file as a video, as a slot would."""
    silence_codecs()
    try:
        found = analyse_video(path, plan_file(path), Analyser(), FaceAttributes.DEFAULT, SERVICE_SAMPLE_RATE)
        outcome, line = f"{sum(len(sample.faces) for sample in found)} faces", ""
    except JobFailed as failure:
        outcome, line = failure.fault.name, failure.fault.value.cause
    status = Path("/proc/self/status").read_text()
    return BadResult(path.name, outcome, line, int(status.partition("VmHWM:")[2].split()[0]) // 1024)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_analyse(Path(sys.argv[1]))))
