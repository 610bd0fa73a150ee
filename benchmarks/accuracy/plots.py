"""The plots of the page, from curves of the result files."""

from collections.abc import Mapping, Sequence
from math import log2
from pathlib import Path

from benchmarks.accuracy.results import Curve, Figure, Measured, load
from benchmarks.accuracy.svg import COLOURS, GRID, INK, Axis, Plot, picture
from faceline.domain.face import EMOTIONS

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw(folder: Path, default: str, plots: Path) -> None:
    """Write every plot as SVG."""
    plots.mkdir(parents=True, exist_ok=True)
    made = {
        "detection": _detection(load("detection", folder).setups),
        "calibration": _calibration(load("calibration", folder).setups, default),
        "age": _age(load("age", folder).setups, default),
        "emotions": _emotions(load("emotions", folder).setups, default),
        "groups": _groups(load("groups", folder).setups, default),
        "sizes": _sizes(load("groups", folder).setups, default),
    }
    for name, drawn in made.items():
        if drawn:
            (plots / f"{name}.svg").write_text(drawn, encoding="utf-8")


def _curves(measured: Measured | None) -> dict[str, Curve]:
    return {curve.name: curve for curve in measured.curves} if measured else {}


def _detection(setups: Mapping[str, Measured]) -> str:
    """Recall by height of the face. The reader of appearance hardly matters: one line a detector."""
    detectors: dict[str, Measured] = {}
    for name, measured in setups.items():
        detectors.setdefault(name.partition("+")[0], measured)
    plots = []
    for setting in ("default", "best"):
        found = {name: _curves(measured).get(f"synthetic, {setting} setting") for name, measured in detectors.items()}
        heights = next((curve.x for curve in found.values() if curve), [])
        if not heights:
            return ""
        ticks = [log2(height) for height in heights]
        axis = Axis(ticks[0], ticks[-1], ticks, "height of the face in 1080p, pixels", [f"{h:g}" for h in heights])
        plot = Plot(f"Recall, synthetic frames, {setting} setting", axis, Axis(0, 1, SHARES), 400, 280)
        for number, curve in enumerate(curve for curve in found.values() if curve):
            plot.line(ticks, curve.y, COLOURS[number])
            plot.points(ticks, curve.y, COLOURS[number])
            plot.spans(ticks, curve.low, curve.high, COLOURS[number])
        plot.legend([f"detector: {name}" for name in found])
        plots.append(plot)
    return picture(plots, 2)


def _calibration(setups: Mapping[str, Measured], default: str) -> str:
    """One small plot a Confidence: stated against right."""
    plots = []
    for name, curve in _curves(setups.get(default)).items():
        low = 0.5 if min(curve.x) >= 0.5 else 0.0
        ticks = (0.5, 0.75, 1.0) if low else SHARES
        plot = Plot(name, Axis(low, 1, ticks), Axis(low, 1, ticks), 210, 190)
        plot.line([low, 1], [low, 1], GRID)
        plot.line(curve.x, curve.y, COLOURS[0])
        plot.points(curve.x, curve.y, COLOURS[0], 2.4)
        plots.append(plot)
    return picture(plots, 4) if plots else ""


def _age(setups: Mapping[str, Measured], default: str) -> str:
    curve = _curves(setups.get(default)).get("age")
    if curve is None:
        return ""
    ages = (0, 20, 40, 60, 80, 100)
    plot = Plot("Estimated age by labelled age, years", Axis(0, 110, ages, "label"), Axis(0, 100, ages), 420, 340)
    plot.line([0, 100], [0, 100], INK, dashed=True)
    plot.points(curve.x, curve.y, COLOURS[0], 2.2)
    return picture([plot], 1)


def _emotions(setups: Mapping[str, Measured], default: str) -> str:
    """Confusion on FER+: rows are labels, columns answers."""
    rows = [(n.removeprefix("FER+, "), c) for n, c in _curves(setups.get(default)).items() if n.startswith("FER+")]
    if not rows:
        return ""
    names = [emotion.value.lower()[:9] for emotion in EMOTIONS]
    x = Axis(-0.5, 7.5, range(8), "first emotion stated", names)
    y = Axis(-0.5, len(rows) - 0.5, range(len(rows)), "", [name.lower()[:9] for name, _ in reversed(rows)])
    plot = Plot("FER+: share of each label's faces, %", x, y, 560, 330)
    for number, (_, curve) in enumerate(reversed(rows)):
        for answer, share in enumerate(curve.y):
            plot.cell(answer, number, share, f"{100 * share:.0f}")
    return picture([plot], 1)


def _groups(setups: Mapping[str, Measured], default: str) -> str:
    figures = {each.name: each for each in setups[default].figures} if default in setups else {}
    plots = []
    for title, key, axis in (
        ("gender right", "gender right", Axis(0.4, 1, (0.4, 0.6, 0.8, 1.0))),
        ("age, mean absolute error, years", "age, mean absolute error", Axis(0, 15, (0, 5, 10, 15))),
    ):
        for kind in ("race", "age"):
            rows = [f for name, f in figures.items() if name.startswith(f"{kind} ") and name.endswith(f": {key}")]
            if rows:
                plots.append(_dots(f"{title}, by {kind}", kind, rows, axis))
    return picture(plots, 2) if plots else ""


def _dots(title: str, kind: str, rows: Sequence[Figure], axis: Axis) -> Plot:
    names = [each.name.partition(":")[0].removeprefix(f"{kind} ").replace(" and more", "+") for each in rows]
    spots = [float(number) for number in range(len(rows))]
    plot = Plot(title, Axis(-0.5, len(rows) - 0.5, spots, "", names), axis, 430, 230)
    plot.spans(spots, [each.low or 0.0 for each in rows], [each.high or 0.0 for each in rows], COLOURS[0])
    plot.points(spots, [each.value for each in rows], COLOURS[0], 4)
    return plot


def _sizes(setups: Mapping[str, Measured], default: str) -> str:
    figures = {each.name: each for each in setups[default].figures} if default in setups else {}
    found: dict[str, list[tuple[float, float]]] = {}
    for name, each in figures.items():
        if name.startswith("face ") and name.endswith((": found", "balanced accuracy")):
            size, what = name.removeprefix("face ").split(" px: ")
            found.setdefault(what.partition(":")[0], []).append((float(size), each.value))
    plots = []
    for what, points in found.items():
        ordered = sorted(points)
        ticks = [log2(size) for size, _ in ordered]
        x = Axis(ticks[0], ticks[-1], ticks, "", [f"{size:g} px" for size, _ in ordered])
        title = "share found" if what == "found" else f"{what}, balanced accuracy"
        plot = Plot(title, x, Axis(0.5, 1, (0.5, 0.75, 1.0)), 230, 180)
        plot.line(ticks, [value for _, value in ordered], COLOURS[0])
        plot.points(ticks, [value for _, value in ordered], COLOURS[0])
        plots.append(plot)
    return picture(plots, 4) if plots else ""
