"""The notes beside the clips as typed values."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Interval:
    """Seconds of the shown timeline; good to `slack_s` (0.1, or 0.3 where the note says about)."""

    begin_s: float
    end_s: float
    slack_s: float

    def holds(self, time_s: float) -> bool:
        """Whether a time lies inside, borders included."""
        return self.begin_s <= time_s <= self.end_s


@dataclass(frozen=True, slots=True)
class Note:
    """One clip. What is None was left blank: nothing is to be held against it."""

    file: str
    seconds: float
    no_face: bool
    single: tuple[Interval, ...]
    gender: str | None
    eyeglasses: bool | None
    sunglasses: bool | None
    beard: bool | None
    mustache: bool | None


@dataclass(frozen=True, slots=True)
class Relation:
    """A variant: its picture at time t is its original's at t - shift."""

    file: str
    original: str
    varies: str
    shift_s: float
    end_s: float | None


def _intervals(text: str) -> tuple[Interval, ...]:
    found = re.finditer(r"(~?)(\d+(?:\.\d+)?)-(~?)(\d+(?:\.\d+)?)", text)
    return tuple(Interval(float(part[2]), float(part[4]), 0.3 if part[1] or part[3] else 0.1) for part in found)


def _flag(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)


def read_notes(videos: Path) -> list[Note]:
    """The rows of notes.csv."""
    with (videos / "notes.csv").open(encoding="utf-8", newline="") as file:
        return [
            Note(
                file=row["file"],
                seconds=float(row["seconds"]),
                no_face=row["no_face"] == "yes",
                single=_intervals(row["single_face_intervals"]),
                gender=row["gender"] or None,
                eyeglasses=_flag(row["eyeglasses"]),
                sunglasses=_flag(row["sunglasses"]),
                beard=_flag(row["beard"]),
                mustache=_flag(row["mustache"]),
            )
            for row in csv.DictReader(file)
        ]


def read_relations(videos: Path) -> list[Relation]:
    """The rows of variants.csv; a variant made of two originals is held against the first as far as it goes."""
    with (videos / "variants.csv").open(encoding="utf-8", newline="") as file:
        return [_relation(row) for row in csv.DictReader(file)]


def _relation(row: dict[str, str]) -> Relation:
    text = row["expected_relation"]
    moved = re.search(r"every picture (\d+) ms (later|earlier)", text)
    shift = int(moved[1]) * (1 if moved[2] == "later" else -1) / 1000 if moved else 0.0
    second = re.search(r"G: (\d+) ms later", text)
    originals = row["original"].split(" + ")
    return Relation(
        file=row["file"],
        original=originals[0],
        varies=row["what_it_varies"],
        shift_s=shift,
        end_s=int(second[1]) / 1000 if second else None,
    )
