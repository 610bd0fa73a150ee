"""Analyse every clip and write benchmarks' JSON and docs/clips.md.

FACELINE_TEST_DATA=... python -m benchmarks.noted [--out bench-out/clips.json] [--page docs/clips.md]
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import msgspec

from benchmarks.noted.bad import BadResult, run_bad
from benchmarks.noted.notes import read_notes, read_relations
from benchmarks.noted.originals import ClipResult, run_clip
from benchmarks.noted.page import page
from benchmarks.noted.variants import VariantResult, run_variant
from faceline.vision.analyse import Analyser


class Report(msgspec.Struct, frozen=True):
    """Everything that was measured."""

    clips: list[ClipResult]
    variants: list[VariantResult]
    bad: list[BadResult]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("bench-out/clips.json"))
    parser.add_argument("--page", type=Path, default=Path("docs/clips.md"))
    parser.add_argument("--only", default="", help="clips whose names begin so")
    options = parser.parse_args()
    data = os.environ.get("FACELINE_TEST_DATA")
    if not data:
        sys.exit("clips: FACELINE_TEST_DATA names no folder")
    videos = Path(data, "videos")
    analyser = Analyser()
    clips, variants = [], []
    for note in read_notes(videos):
        if note.file.startswith(options.only):
            clips.append(run_clip(videos, note, analyser))
            print(asdict(clips[-1]), file=sys.stderr)
    for relation in read_relations(videos):
        if relation.file.startswith(options.only):
            variants.append(run_variant(videos, relation, analyser))
            print(asdict(variants[-1]), file=sys.stderr)
    bad = [run_bad(path) for path in sorted((videos / "bad").iterdir()) if path.name.startswith(options.only)]
    report = Report(clips, variants, bad)
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    if not options.only:
        options.page.write_text(page(clips, variants, bad), encoding="utf-8")
    print(json.dumps({"written": str(options.out)}))


if __name__ == "__main__":
    main()
