"""CPU time of taking the samples over that of decoding every frame of the same clip, in one run.

    python -m benchmarks.sampling [--rounds 5] [--seconds 60] [--clip PATH] [--out bench-out/sampling.json]

Full decoding is FFmpeg alone, one thread, no picture converted. The sampler opens, plans, decodes what it needs, and
makes RGB of every sample. Both run in turn in one process, so that their ratio holds on a machine whose speed drifts.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import av
import msgspec

from benchmarks.clips import reference_clip
from faceline.domain.video import SERVICE_SAMPLE_RATE
from faceline.media.container import MediaLimits, silence_codecs
from faceline.media.probe import probe
from faceline.media.samples import samples

LIMITS = MediaLimits()


class Report(msgspec.Struct, frozen=True):
    """CPU times are the smallest of the rounds, the ratio is the median of the ratios of each round."""

    clip_s: float
    clip_mbit_per_s: float
    rounds: int
    frames: int
    samples: int
    full_decode_cpu_s: float
    full_decode_ms_per_frame: float
    sampler_cpu_s: float
    sampler_ms_per_sample: float
    plan_ms: float
    sampler_over_full_decode: float


def _cpu(work: Callable[[Path], int], path: Path) -> tuple[float, int]:
    begin = time.process_time()
    count = work(path)
    return time.process_time() - begin, count


def full_decode(path: Path) -> int:
    """Decode every frame and look at none; how many there were."""
    with av.open(str(path), "r") as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"
        stream.codec_context.thread_count = 1
        return sum(1 for _ in container.decode(stream))


def sample(path: Path) -> int:
    """Plan the file and take every sample; how many there were."""
    with path.open("rb") as stream:
        plan = probe(stream, LIMITS)
        return sum(1 for span in plan.spans for _ in samples(stream, plan, span, SERVICE_SAMPLE_RATE, LIMITS))


def plan(path: Path) -> int:
    """Plan the file; how many spans it has."""
    with path.open("rb") as stream:
        return len(probe(stream, LIMITS).spans)


def measure(path: Path, rounds: int) -> Report:
    """Run both ways in turn over the clip at `path`."""
    with path.open("rb") as stream:
        facts = probe(stream, LIMITS).facts
    full: list[float] = []
    ours: list[float] = []
    frames = taken = 0
    for _ in range(rounds):
        spent, frames = _cpu(full_decode, path)
        full.append(spent)
        spent, taken = _cpu(sample, path)
        ours.append(spent)
    return Report(
        clip_s=facts.duration_ms / 1000,
        clip_mbit_per_s=round(path.stat().st_size * 8 / 1000 / facts.duration_ms, 2),
        rounds=rounds,
        frames=frames,
        samples=taken,
        full_decode_cpu_s=round(min(full), 3),
        full_decode_ms_per_frame=round(1000 * min(full) / frames, 2),
        sampler_cpu_s=round(min(ours), 3),
        sampler_ms_per_sample=round(1000 * min(ours) / taken, 2),
        plan_ms=round(1000 * min(_cpu(plan, path)[0] for _ in range(rounds)), 1),
        sampler_over_full_decode=round(median(one / other for one, other in zip(ours, full, strict=True)), 3),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--clip", type=Path, help="measure on this file instead of a rendered one")
    parser.add_argument("--out", type=Path, default=Path("bench-out/sampling.json"))
    options = parser.parse_args()
    silence_codecs()
    with tempfile.TemporaryDirectory() as folder:
        clip = options.clip or Path(folder) / "reference.mp4"
        if options.clip is None:
            reference_clip(clip, options.seconds)
        report = msgspec.json.format(msgspec.json.encode(measure(clip, options.rounds)), indent=1)
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_bytes(report + b"\n")
    print(report.decode())


if __name__ == "__main__":
    main()
