"""The targets, and how far each set-up is from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.results import Figure, load


@dataclass(frozen=True, slots=True)
class Target:
    """One goal.

    task, figure   where it stands in the results
    start          what was reached before, in words
    goal           at least, or at most where `low` is set
    percent        shown as a percentage
    """

    task: str
    figure: str
    start: str
    goal: float
    low: bool = False
    percent: bool = True

    def met(self, value: float) -> bool:
        """Whether a value reaches it; NaN does not."""
        return value <= self.goal if self.low else value >= self.goal


S, D = "synthetic, default setting: recall at", "detector alone: recall from 16 px at one false box a picture"
TARGETS = (
    Target("detection", f"{S} 40 px", "converted 100", 0.99),
    Target("detection", f"{S} 28 px", "converted 83", 0.95),
    Target("detection", "synthetic, best setting: recall at 20 px", "converted 92", 0.92),
    Target("detection", "scenes, test: recall from 24 px, bare", "91", 0.97),
    Target("detection", "scenes, test: recall from 24 px, masked", "74", 0.92),
    Target("detection", f"scenes, {D}", "converted 70, own after half an hour 79", 0.90),
    Target("detection", f"wider, {D}", "converted 72, own after half an hour 45", 0.80),
    Target("cost", "cost: default over back at 1280+320", "own 0.12 to 0.16", 0.12, low=True, percent=False),
    Target("videos", "clips, 2 a second: exactly one face where one was noted", "96", 0.99),
    Target("videos", "clips without a face, every frame: false faces", "0 of 2 a second", 0, low=True, percent=False),
    Target("detection", "no face, val and test: false faces", "not known apart", 0, low=True, percent=False),
    Target("detection", "no face, all: false faces", "154 without a head, 8 with", 5, low=True, percent=False),
    Target("folds", "no face, all, 2-fold: false faces", "154 without a head, 8 with", 5, low=True, percent=False),
    Target("gender", "Gender, CelebA: balanced accuracy", "99.0", 0.992),
    Target("gender", "Gender, UTKFace 16 and over: balanced accuracy", "94.2", 0.97),
    Target("gender", "Gender, UTKFace under 16: balanced accuracy", "68", 0.85),
    Target("age", "Age: mean absolute error", "6.3", 5.0, low=True, percent=False),
    Target("age", "Age over 60: mean absolute error", "8.1", 6.5, low=True, percent=False),
    Target("age", "AgeRange: holds the true age", "not known", 0.55),
    Target("booleans", "Eyeglasses: balanced accuracy", "97.4", 0.985),
    Target("booleans", "Sunglasses: balanced accuracy", "98.4", 0.99),
    Target("booleans", "Beard: balanced accuracy", "97.5", 0.98),
    Target("booleans", "Mustache: balanced accuracy", "88.7", 0.92),
    Target("booleans", "Smile: balanced accuracy", "92.1", 0.94),
    Target("booleans", "Smile: AUC", "98.0", 0.985),
    Target("booleans", "MouthOpen: balanced accuracy", "92.5", 0.94),
    Target("booleans", "MouthOpen: AUC", "98.1", 0.985),
    Target("booleans", "EyesOpen: balanced accuracy", "AUC 99.3", 0.98),
    Target("videos", "blinks at every frame: seen", "not known", 0.90),
    Target("emotions", "FER+: accuracy", "77", 0.82),
    Target("emotions", "FER+: mean recall", "70", 0.76),
    Target("emotions", "CK+: accuracy", "95", 0.97),
    Target("occlusion", "FaceOccluded, masks and scenes: balanced accuracy", "AUC 99.6", 0.98),
    Target("occlusion", "FaceOccluded, dark sunglasses: balanced accuracy", "not known", 0.97),
    Target("occlusion", "FaceOccluded, drawn things, all: balanced accuracy", "not known", 0.90),
    Target("landmarks", "landmarks, test: NME, points in both sets", "not known", 0.028, low=True),
    Target("landmarks", "mesh, test: NME, points in both sets", "3.0 (eight points, Helen)", 0.028, low=True),
    Target(
        "landmarks",
        "mesh, test: NME, points in both sets, by a correspondence fitted on train",
        "3.0 (eight points, Helen)",
        0.028,
        low=True,
    ),
    Target("recorded", "recorded: IoU of boxes", "88", 0.92),
    Target("recorded", "recorded: landmarks, all types", "4.8", 0.04, low=True),
    Target("recorded", "recorded: Roll, mean difference", "1.8", 3, low=True, percent=False),
    Target("recorded", "recorded: Yaw, mean difference", "3.5", 3, low=True, percent=False),
    Target("recorded", "recorded: Pitch, mean difference", "4.0", 3, low=True, percent=False),
    Target("recorded", "recorded: attributes equal", "85", 0.95),
    Target(
        "videos",
        "steadiness, after the final pass: flips of noted values",
        "not known",
        1,
        low=True,
        percent=False,
    ),
    Target("cost", "cost: a face, ALL", "21", 9, low=True, percent=False),
)
CALIBRATION_GOAL = 0.03
PERFECT = "ECE of a perfect model, 95 %"


def figures_of(folder: Path) -> dict[str, dict[str, Figure]]:
    """Set-up to all figures by name."""
    found: dict[str, dict[str, Figure]] = {}
    for task in [*dict.fromkeys(target.task for target in TARGETS), "calibration", "groups", "pose"]:
        for setup, measured in load(task, folder).setups.items():
            found.setdefault(setup, {}).update({each.name: each for each in measured.figures})
    return found


def calibration(figures: Mapping[str, Figure]) -> list[tuple[str, Figure, float, bool]]:
    """Every Confidence: its name, its error, what a perfect model stays under, and whether the goal is reached."""
    rows = []
    for name, error in figures.items():
        label, _, kind = name.rpartition(": ")
        if kind == "ECE":
            perfect = figures[f"{label}: {PERFECT}"].value
            rows.append((label, error, perfect, error.value <= max(CALIBRATION_GOAL, perfect)))
    return rows


def shown(target: Target, found: Figure | None) -> str:
    """A cell: the value, its interval, and the verdict."""
    if found is None:
        return "not measured"
    factor = 100 if target.percent else 1
    digits = 1 if target.percent else (0 if found.value == int(found.value) and not found.unit else 2)
    text = f"{factor * found.value:.{digits}f}"
    if found.low is not None and found.high is not None:
        text += f" [{factor * found.low:.{digits}f}, {factor * found.high:.{digits}f}]"
    verdict = "reached" if target.met(found.value) else "MISSED"
    return f"{text} {verdict}" + (" (does not count)" if found.tainted else "")


def table(folder: Path) -> str:
    """Every target as a Markdown table, one column per set-up."""
    found = figures_of(folder)
    lines = [
        "| what | start | goal | " + " | ".join(found) + " |",
        "| --- | --- | --- |" + " --- |" * len(found),
    ]
    for target in TARGETS:
        goal = f"{'≤' if target.low else '≥'} {100 * target.goal if target.percent else target.goal:g}"
        name = f"{target.figure}, %" if target.percent else _with_unit(target, found)
        cells = [shown(target, figures.get(target.figure)) for figures in found.values()]
        lines.append(f"| {name} | {target.start} | {goal} | " + " | ".join(cells) + " |")
    cells = []
    for figures in found.values():
        rows = calibration(figures)
        bad = [label for label, _, _, good in rows if not good]
        cells.append(
            f"{len(rows) - len(bad)} of {len(rows)} {'reached' if not bad else 'MISSED'}" if rows else "not measured"
        )
    lines.append("| calibration: Confidences with ECE within 0.03 or chance | | all | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _with_unit(target: Target, found: Mapping[str, Mapping[str, Figure]]) -> str:
    units = {figures[target.figure].unit for figures in found.values() if target.figure in figures} - {""}
    return ", ".join([target.figure, *sorted(units)])
