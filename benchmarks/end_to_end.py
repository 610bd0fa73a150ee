"""CPU time of analysing a video over that of the exact sampler alone, and memory over length, in one run.

    python -m benchmarks.end_to_end [--rounds 3] [--seconds 60] [--out bench-out/end_to_end.json]

The sampler alone is the least decoding that gives the same samples. All ways run in turn in one process with one
thread, so that their ratios hold on a machine whose speed drifts. Loading the networks is stated apart: a slot does it
once for all its work.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.clips import long_clip, reference_clip
from faceline.domain.job import FaceAttributes
from faceline.domain.video import SERVICE_SAMPLE_RATE, VideoPlan
from faceline.engine.local import LOCAL_LIMITS, analyse_video, open_file, plan_file
from faceline.media.samples import samples
from faceline.vision.analyse import Analyser

SHORT_MINUTES, LONG_MINUTES = 3, 30


class Timing(msgspec.Struct, frozen=True):
    """CPU seconds of one way over the clip: median and smallest of the rounds, and per sample in ms."""

    cpu_s_median: float
    cpu_s_min: float
    ms_per_sample: float


class Report(msgspec.Struct, frozen=True):
    """Ratios are medians of the ratios of each round."""

    clip_s: float
    rounds: int
    samples: int
    faces: int
    load_cpu_s: float
    sampler: Timing
    default: Timing
    all: Timing
    default_over_sampler: float
    all_over_sampler: float
    peak_mib_short: int
    peak_mib_long: int
    peak_long_over_short: float


def _cpu(work: Callable[[], int]) -> tuple[float, int]:
    begin = time.process_time()
    count = work()
    return time.process_time() - begin, count


def _sample(path: Path, plan: VideoPlan) -> int:
    count = 0
    for span in plan.spans:
        stream = open_file(path)
        count += sum(1 for _ in samples(stream, plan, span, SERVICE_SAMPLE_RATE, LOCAL_LIMITS))
        stream.close()
    return count


def _analyse(path: Path, plan: VideoPlan, analyser: Analyser, attributes: FaceAttributes) -> int:
    return sum(len(found.faces) for found in analyse_video(path, plan, analyser, attributes, SERVICE_SAMPLE_RATE))


def _timing(times: list[float], count: int) -> Timing:
    return Timing(round(median(times), 3), round(min(times), 3), round(1000 * min(times) / count, 2))


def _peak_mib(path: Path) -> int:
    """Peak resident memory of a process that analyses one file with all attributes, MiB."""
    command = [sys.executable, "-m", "benchmarks.end_to_end", "--peak-of", str(path)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def _print_peak(path: Path) -> None:
    _analyse(path, plan_file(path), Analyser(), FaceAttributes.ALL)
    # not ru_maxrss, which still holds the peak of the process that this one was started by
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(int(line.split()[1]) // 1024)


def measure(folder: Path, clip: Path, rounds: int, with_memory: bool) -> Report:
    """Run everything on `clip`; the long clips are made in `folder`."""
    plan = plan_file(clip)
    begin = time.process_time()
    analyser = Analyser()
    load = time.process_time() - begin
    faces = _analyse(clip, plan, analyser, FaceAttributes.ALL)
    times: dict[str, list[float]] = {"sampler": [], "default": [], "all": []}
    count = 0
    for _ in range(rounds):
        spent, count = _cpu(lambda: _sample(clip, plan))
        times["sampler"].append(spent)
        for name, wanted in (("default", FaceAttributes.DEFAULT), ("all", FaceAttributes.ALL)):
            spent, _ = _cpu(lambda wanted=wanted: _analyse(clip, plan, analyser, wanted))  # type: ignore[misc]  # bound
            times[name].append(spent)
    peaks = {SHORT_MINUTES: 0, LONG_MINUTES: 0}
    if with_memory:
        for minutes in peaks:
            path = folder / f"{minutes}.mp4"
            long_clip(path, minutes * 60)
            peaks[minutes] = _peak_mib(path)
    return Report(
        clip_s=plan.facts.duration_ms / 1000,
        rounds=rounds,
        samples=count,
        faces=faces,
        load_cpu_s=round(load, 3),
        sampler=_timing(times["sampler"], count),
        default=_timing(times["default"], count),
        all=_timing(times["all"], count),
        default_over_sampler=round(_ratio(times["default"], times["sampler"]), 3),
        all_over_sampler=round(_ratio(times["all"], times["sampler"]), 3),
        peak_mib_short=peaks[SHORT_MINUTES],
        peak_mib_long=peaks[LONG_MINUTES],
        peak_long_over_short=round(peaks[LONG_MINUTES] / max(1, peaks[SHORT_MINUTES]), 3),
    )


def _ratio(ours: list[float], base: list[float]) -> float:
    return median(one / other for one, other in zip(ours, base, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--clip", type=Path, help="measure on this file instead of a rendered one")
    parser.add_argument("--no-memory", action="store_true", help="leave the half-hour clip out")
    parser.add_argument("--out", type=Path, default=Path("bench-out/end_to_end.json"))
    parser.add_argument("--peak-of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak_of:
        _print_peak(options.peak_of)
        return
    with tempfile.TemporaryDirectory() as folder:
        clip = options.clip or Path(folder, "reference.mp4")
        if options.clip is None:
            reference_clip(clip, options.seconds)
        report = measure(Path(folder), clip, options.rounds, not options.no_memory)
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    print(options.out.read_text())


if __name__ == "__main__":
    main()
