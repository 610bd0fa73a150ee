"""`make bench`: every measurement of speed in turn, its JSON in bench-out/, and a short table with the goals."""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OUT = Path("bench-out")


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure of a report and at most what it should be. A figure of several rows is the largest of them."""

    report: str
    figure: str
    unit: str
    at_most: float

    def value(self, document: dict[str, Any]) -> float:
        """The figure in the report's document."""
        rows, _, name = self.figure.rpartition(".")
        found = [row[name] for row in document[rows]] if rows else [document[name]]
        return float(max(found))


REPORTS = ("sampling", "pages", "end_to_end")
GOALS = (
    Goal("sampling", "sampler_over_full_decode", "of the CPU of decoding every frame", 0.75),
    Goal("end_to_end", "default_over_sampler", "of the CPU of the sampler alone, DEFAULT", 1.30),
    Goal("end_to_end", "all_over_sampler", "of the CPU of the sampler alone, ALL", 1.40),
    Goal("end_to_end", "peak_long_over_short", "of the peak memory, 30 minutes over 3 minutes", 1.1),
    Goal("pages", "pages.cpu_ms_median", "ms of CPU for a page of 1,000 faces of a million", 10.0),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=REPORTS, action="append", help="leave the others out; may be repeated")
    wanted = parser.parse_args().only or REPORTS
    OUT.mkdir(exist_ok=True)
    for report in wanted:
        print(f"running benchmarks.{report} ...", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{report}", "--out", str(OUT / f"{report}.json")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for goal in GOALS:
        if goal.report in wanted:
            value = goal.value(json.loads((OUT / f"{goal.report}.json").read_text()))
            verdict = "reached" if value <= goal.at_most else "MISSED"
            print(f"{value:8.3f} {goal.unit} (goal: at most {goal.at_most:g}; {verdict})")
    print(f"reports: {', '.join(str(OUT / f'{report}.json') for report in wanted)}")


if __name__ == "__main__":
    main()
