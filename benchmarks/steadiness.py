"""How steady the values of one face are in the noted clips, before and after the final pass, as JSON.

FACELINE_TEST_DATA=... python -m benchmarks.steadiness [--every-frame] [--out bench-out/steadiness.json]

A flip is a change of the verdict from one sample to the next, inside the intervals in which people saw exactly one
face and we found one. `flips_noted` counts only cells of the notes that hold a value; a blank cell means that people
could not tell, or that somebody else comes into view (f27 shows eight people in turn).
"""

import argparse
import csv
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from benchmarks.clip_facts import ClipFacts
from benchmarks.noted.boxes import iou
from benchmarks.noted.notes import Note, read_notes
from faceline.domain.face import Attributes, Face
from faceline.domain.job import FaceAttributes
from faceline.domain.verdicts import THRESHOLDS, stated
from faceline.domain.video import EVERY_FRAME, SERVICE_SAMPLE_RATE, SampleFaces, VideoFacts
from faceline.engine.final_pass import finish_local
from faceline.tracks.look import looks_of, size_steps

TRAITS = ("male", "eyeglasses", "sunglasses", "beard", "mustache")
SAME_FACE_IOU = 0.7
BLINK_SLACK_S = 0.3


@dataclass
class Count:
    """Of one trait over clips: samples, flips, and how many of the noted values are right.

    sure   mean Confidence, 0..1, of the noted values
    """

    samples: int = 0
    flips: int = 0
    flips_noted: int = 0
    noted: int = 0
    right: int = 0
    sure: float = 0.0

    def add(self, values: Sequence[float], expected: bool | None) -> None:
        """Take in the values of one clip in order."""
        verdicts = [value > 0.5 for value in values]
        flips = sum(one != other for one, other in pairwise(verdicts))
        self.samples += len(values)
        self.flips += flips
        if expected is not None:
            self.flips_noted += flips
            self.right += sum(verdict == expected for verdict in verdicts)
            sure = self.sure * self.noted + sum(max(value, 1 - value) for value in values)
            self.noted += len(values)
            self.sure = sure / max(self.noted, 1)


@dataclass
class Rate:
    """The clips at one sample rate.

    one, single    samples with exactly one face, of those in which people saw exactly one
    false_faces    in the clips without any face
    """

    clips: int = 0
    one: int = 0
    single: int = 0
    false_faces: int = 0
    tracks: int = 0
    faces: int = 0
    before: dict[str, Count] = field(default_factory=lambda: {name: Count() for name in TRAITS})
    after: dict[str, Count] = field(default_factory=lambda: {name: Count() for name in TRAITS})
    flipping: list[str] = field(default_factory=list)


def expected_of(note: Note, trait: str) -> bool | None:
    """What people noted; None where they left the cell blank."""
    if trait == "male":
        return {"Male": True, "Female": False}.get(note.gender or "")
    value: bool | None = getattr(note, trait)
    return value


def alone(note: Note, samples: Iterable[SampleFaces]) -> Iterator[Attributes]:
    """Attributes of the one face inside the intervals with one face."""
    for sample in in_single(note, samples):
        if len(sample.faces) == 1 and sample.faces[0].attributes is not None:
            yield sample.faces[0].attributes


def in_single(note: Note, samples: Iterable[SampleFaces]) -> list[SampleFaces]:
    return [s for s in samples if any(part.holds(float(s.time.seconds)) for part in note.single)]


def said(seen: Iterable[Attributes], trait: str) -> list[float]:
    """The probabilities of a trait as they are stated."""
    return [stated(trait, getattr(one, trait)) for one in seen]


def measure(clips: ClipFacts, notes: Sequence[Note]) -> Rate:
    """All clips at one rate."""
    rate = Rate()
    for note in notes:
        facts, samples = clips.of(note.file)
        final = list(finish_local(samples, facts, FaceAttributes.ALL))
        single = in_single(note, final)
        rate.clips += 1
        rate.single += len(single)
        rate.one += sum(len(sample.faces) == 1 for sample in single)
        rate.faces += sum(len(sample.faces) for sample in final)
        rate.false_faces += sum(len(sample.faces) for sample in final) if note.no_face else 0
        rate.tracks += max((track for sample in final for track in sample.tracks), default=0)
        for trait in TRAITS:
            for counts, found in ((rate.before, samples), (rate.after, final)):
                counts[trait].add(said(alone(note, found), trait), expected_of(note, trait))
            _name_flips(rate, note, trait, final)
    return rate


def _name_flips(rate: Rate, note: Note, trait: str, final: Sequence[SampleFaces]) -> None:
    one = Count()
    one.add(said(alone(note, final), trait), expected_of(note, trait))
    if one.flips:
        rate.flipping.append(f"{note.file}: {trait} {one.flips}")


def likeness(clips: ClipFacts, notes: Sequence[Note]) -> dict[str, dict[str, float]]:
    """What `tracks.look` rests on: how much one face differs from itself a sample later, and from other people."""
    same, shown = [], []
    for note in notes:
        facts, samples = clips.of(note.file)
        faces = [sample.faces[0] for sample in in_single(note, samples) if len(sample.faces) == 1]
        if note.gender is None or len(faces) < 2:
            continue  # several people in turn, or nothing to compare
        same += [_difference(one, other, facts) for one, other in pairwise(faces)]
        shown += [(face, facts) for face in faces[:: max(1, len(faces) // 3)][:3]]
    others = [_difference(a, b, facts) for (a, facts), (b, other) in combinations(shown, 2) if facts is not other]
    names = ("size", "brightness", "shape")
    return {
        name: {
            "same_99_percent": round(float(np.percentile([row[k] for row in same], 99)), 3),
            "others_median": round(float(np.median([row[k] for row in others])), 3),
        }
        for k, name in enumerate(names)
    }


def _difference(one: Face, other: Face, facts: VideoFacts) -> tuple[float, float, float]:
    first, second = (looks_of([face], facts.width, facts.height) for face in (one, other))
    agreement = min(float(np.abs(first.shapes @ second.shapes.conj().T)[0, 0]), 1.0)
    return (
        abs(float(size_steps(first.sizes, second)[0, 0])),
        abs(float(first.brightness[0] - second.brightness[0])),
        (1 - agreement**2) ** 0.5,
    )


def agreement(coarse: ClipFacts, fine: ClipFacts, notes: Sequence[Note]) -> dict[str, int]:
    """Links at the coarse rate against those at every frame, where motion between samples is small."""
    counts = {"agreed": 0, "joined_two": 0, "cut_in_two": 0}
    for note in notes:
        true: dict[Fraction, list[tuple[Face, int]]] = {}
        facts, samples = fine.of(note.file)
        for sample in finish_local(samples, facts, FaceAttributes.ALL):
            true[sample.time.seconds] = list(zip(sample.faces, sample.tracks, strict=True))
        of_track: dict[int, int] = {}
        of_true: dict[int, tuple[int, int]] = {}
        for place, sample in enumerate(finish_local(coarse.of(note.file)[1], facts, FaceAttributes.ALL)):
            for face, track in zip(sample.faces, sample.tracks, strict=True):
                who = _same(face, true.get(sample.time.seconds, ()))
                if who is None:
                    continue
                if track in of_track:
                    counts["agreed" if of_track[track] == who else "joined_two"] += 1
                elif of_true.get(who, (0, -2))[1] == place - 1:
                    counts["cut_in_two"] += 1
                of_track[track], of_true[who] = who, (track, place)
    return counts


def _same(face: Face, others: Iterable[tuple[Face, int]]) -> int | None:
    best = max(((iou(face.box, other.box), track) for other, track in others), default=(0.0, 0))
    return best[1] if best[0] >= SAME_FACE_IOU else None


def blinks(clips: ClipFacts) -> dict[str, int]:
    """Noted blinks at which some frame shows closed eyes."""
    counts = {"noted": 0, "seen": 0}
    with (clips.videos / "notes.csv").open(encoding="utf-8", newline="") as file:
        noted = [(row["file"], row["blinks_at"]) for row in csv.DictReader(file) if row["blinks_at"].strip()]
    for name, texts in noted:
        closed = [
            float(sample.time.seconds)
            for sample in clips.of(name)[1]
            for face in sample.faces[:1]
            if face.attributes is not None and face.attributes.eyes_open <= THRESHOLDS["eyes_open"]
        ]
        for text in texts.split(";"):
            times = [float(number) for number in re.findall(r"[\d.]+", text)]
            begin, end = times[0] - BLINK_SLACK_S, times[-1] + BLINK_SLACK_S
            counts["noted"] += 1
            counts["seen"] += any(begin <= time_s <= end for time_s in closed)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every-frame", action="store_true", help="analyse every frame too (ten minutes of CPU)")
    parser.add_argument("--out", type=Path, default=Path("bench-out/steadiness.json"))
    options = parser.parse_args()
    data = os.environ.get("FACELINE_TEST_DATA")
    if not data:
        sys.exit("steadiness: FACELINE_TEST_DATA names no folder")
    videos = Path(data, "videos")
    notes = read_notes(videos)
    coarse = ClipFacts(videos, SERVICE_SAMPLE_RATE)
    report: dict[str, object] = {
        "two_a_second": asdict(measure(coarse, notes)),
        "likeness_half_a_second_apart": likeness(coarse, notes),
    }
    if options.every_frame:
        fine = ClipFacts(videos, EVERY_FRAME)
        report["every_frame"] = asdict(measure(fine, notes))
        report["links_against_every_frame"] = agreement(coarse, fine, notes)
        report["blinks_at_every_frame"] = blinks(fine)
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
