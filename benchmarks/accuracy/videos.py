"""Clips: exactly one face where people saw one, no face where there is none, steady values, and blinks.

At 2 samples a second for what lasts; at every frame in the clips without faces and around the noted blinks.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.setups import Setup
from benchmarks.accuracy.statistics import rounded, share
from benchmarks.clip_facts import ClipFacts
from benchmarks.noted.notes import Note, read_notes
from benchmarks.steadiness import BLINK_SLACK_S, TRAITS, Count, in_single
from benchmarks.steadiness import measure as measure_steadiness
from faceline.domain.job import FaceAttributes
from faceline.domain.verdicts import THRESHOLDS
from faceline.domain.video import EVERY_FRAME, SERVICE_SAMPLE_RATE, SampleFaces
from faceline.engine.local import LOCAL_LIMITS, open_file, plan_file
from faceline.media.samples import samples
from faceline.vision.analyse import Analyser


@dataclass(frozen=True)
class SetupClips(ClipFacts):
    """Facts of clips as one set-up sees them."""

    setup: Setup
    kept: Path

    @cached_property
    def _analyser(self) -> Analyser:
        return self.setup.analyser

    @cached_property
    def _folder(self) -> Path:
        folder = self.kept / f"clips-{self.rate.per_second or 'all'}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True, slots=True)
class Blink:
    """A noted blink, seconds, with what the first face's eyes were in the frames around it."""

    file: str
    begin_s: float
    end_s: float
    eyes_open: list[float]


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Everything about the clips."""
    videos = facts.data / "videos"
    notes = list(facts.limited(read_notes(videos)))
    clips = SetupClips(videos, SERVICE_SAMPLE_RATE, facts.setup, facts.folder)
    figures = _one_face(clips, notes)
    empty = [note for note in notes if note.no_face]
    counts = facts.kept("empty-clips", list[tuple[int, int]], lambda: [_count(facts, note) for note in empty])
    frames, faces = (sum(pair[k] for pair in counts) for k in (0, 1))
    figures.append(Figure("clips without a face, every frame: false faces", faces, of=frames, unit="faces"))
    if facts.setup.tells_appearance:
        figures += [*_blinks_seen(facts), *_steadiness(clips, notes)]
    return figures, []


def _blinks_seen(facts: Facts) -> list[Figure]:
    blinks = facts.kept("blinks", list[Blink], lambda: list(_blinks(facts)))
    seen = np.array([any(value <= THRESHOLDS["eyes_open"] for value in blink.eyes_open) for blink in blinks])
    return [share("blinks at every frame: seen", seen)]


def _one_face(clips: SetupClips, notes: Sequence[Note]) -> list[Figure]:
    right, clusters, false, of, none, many = [], [], 0, 0, 0, 0
    for number, note in enumerate(notes):
        found = clips.of(note.file)[1]
        single = in_single(note, found)
        right += [len(sample.faces) == 1 for sample in single]
        clusters += [number] * len(single)
        none += sum(not sample.faces for sample in single)
        many += sum(len(sample.faces) > 1 for sample in single)
        if note.no_face:
            of += len(found)
            false += sum(len(sample.faces) for sample in found)
    return [
        share("clips, 2 a second: exactly one face where one was noted", np.array(right), clusters=np.array(clusters)),
        Figure("clips, 2 a second: none where one was noted", none, of=len(right), unit="samples"),
        Figure("clips, 2 a second: more than one where one was noted", many, of=len(right), unit="samples"),
        Figure("clips without a face, 2 a second: false faces", false, of=of, unit="faces"),
    ]


def _frames(
    facts: Facts, file: str, wanted: FaceAttributes, windows: Sequence[tuple[float, float]]
) -> list[SampleFaces]:
    """The faces of every frame inside some windows of seconds."""
    path = facts.data / "videos" / file
    plan = plan_file(path)
    found = []
    for span in plan.spans:
        stream = open_file(path)
        for sample in samples(stream, plan, span, EVERY_FRAME, LOCAL_LIMITS):
            if any(begin <= float(sample.time.seconds) <= end for begin, end in windows):
                (faces,) = facts.setup.analyser.analyse([sample.pixels], wanted)
                found.append(SampleFaces(sample.time, faces))
        stream.close()
    return found


def _count(facts: Facts, note: Note) -> tuple[int, int]:
    """Frames and faces of a clip."""
    found = _frames(facts, note.file, FaceAttributes.DEFAULT, [(0.0, 1e9)])
    return len(found), sum(len(sample.faces) for sample in found)


def _blinks(facts: Facts) -> Iterator[Blink]:
    with (facts.data / "videos" / "notes.csv").open(encoding="utf-8", newline="") as file:
        noted = [(row["file"], row["blinks_at"]) for row in csv.DictReader(file) if row["blinks_at"].strip()]
    for name, texts in facts.limited(noted):
        times = [[float(number) for number in re.findall(r"[\d.]+", text)] for text in texts.split(";")]
        windows = [(each[0] - BLINK_SLACK_S, each[-1] + BLINK_SLACK_S) for each in times]
        found = _frames(facts, name, FaceAttributes.ALL, windows)
        for begin, end in windows:
            inside = [sample for sample in found if begin <= float(sample.time.seconds) <= end]
            first = [sample.faces[0].attributes for sample in inside if sample.faces]
            yield Blink(name, begin, end, [rounded(seen.eyes_open) for seen in first if seen])


def _steadiness(clips: SetupClips, notes: Sequence[Note]) -> list[Figure]:
    rate = measure_steadiness(clips, notes)
    figures = []
    for part, counts in (("each sample by itself", rate.before), ("after the final pass", rate.after)):
        noted = [counts[trait] for trait in TRAITS]
        figures.append(
            Figure(
                f"steadiness, {part}: flips of noted values",
                sum(c.flips_noted for c in noted),
                of=_of(noted),
                unit="flips",
            )
        )
        for trait, count in zip(TRAITS, noted, strict=True):
            figures.append(
                Figure(f"steadiness, {part}: flips of {trait}", count.flips_noted, of=count.noted, unit="flips")
            )
            right = count.right / max(1, count.noted)
            figures.append(Figure(f"steadiness, {part}: {trait} as noted", rounded(right), of=count.noted))
    return figures


def _of(counts: Sequence[Count]) -> int:
    return sum(count.noted for count in counts)
