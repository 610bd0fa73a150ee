"""What a broken or hostile file ends as, in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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
    script = (
        "import resource, sys; from faceline.cli import main\n"
        "sys.argv = ['faceline', 'analyze', '--attributes', 'DEFAULT', '--json', '-', sys.argv[1]]\n"
        "try: main()\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return BadResult(path.name, "TIMEOUT", "", 0)
    *lines, peak = done.stderr.decode().strip().splitlines()
    if done.returncode not in {0, 1} or not done.stdout:
        return BadResult(path.name, f"EXIT {done.returncode}", " ".join(lines)[-200:], 0)
    answer = json.loads(done.stdout)
    outcome = (
        answer["Error"]["Code"] if "Error" in answer else f"{len(answer.get('Faces', answer.get('FaceDetails')))} faces"
    )
    line = lines[-1].partition(f"{path}: ")[2] if lines else ""
    return BadResult(path.name, outcome, line, int(peak))
