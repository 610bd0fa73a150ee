"""What a task writes: named figures with their intervals, curves for plots, and the weights that gave them."""

from math import isfinite
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "results"


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measured number.

    low, high   95 % interval; None where there is none (a cost, a count)
    unit        empty for a share, 0..1
    of          faces, pictures or samples that it rests on
    missed      faces that were not found; whether they count as wrong is said by the task
    tainted     why it does not count: which network was trained on the tested pictures
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    of: int = 0
    unit: str = ""
    missed: int = 0
    tainted: str = ""


class Curve(msgspec.Struct, frozen=True, omit_defaults=True):
    """Points of a plot, in order; `of` are the cases behind each."""

    name: str
    x: list[float]
    y: list[float]
    low: list[float] = []
    high: list[float] = []
    of: list[int] = []


class Measured(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one set-up: the SHA-256 of every weight file that took part, and what came out."""

    weights: dict[str, str]
    settings: str
    figures: list[Figure]
    curves: list[Curve] = []


class Result(msgspec.Struct, frozen=True):
    """One task's file: set-ups by name."""

    task: str
    command: str
    setups: dict[str, Measured]


def load(task: str, folder: Path = FOLDER) -> Result:
    """A task's results; empty before its first run."""
    path = folder / f"{task}.json"
    if not path.exists():
        return Result(task, f"python -m benchmarks.accuracy {task}", {})
    return msgspec.json.decode(path.read_bytes(), type=Result)


def store(task: str, setup: str, measured: Measured, folder: Path = FOLDER) -> None:
    """Replace one set-up's part of the task's file and leave the others."""
    found = load(task, folder)
    measured = msgspec.structs.replace(measured, figures=[each for each in measured.figures if isfinite(each.value)])
    setups = dict(sorted((found.setups | {setup: measured}).items()))
    folder.mkdir(parents=True, exist_ok=True)
    document = msgspec.json.encode(Result(task, found.command, setups))
    (folder / f"{task}.json").write_bytes(msgspec.json.format(document, indent=1) + b"\n")
