"""Detection: synthetic 1080p frames, mask scenes, the detector alone, and pictures without any face."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from benchmarks.accuracy.alone import Alone, alone
from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.statistics import Measure, bootstrap, rounded, share, wilson
from benchmarks.accuracy.whole import Labelled, Whole, analysed, as_labelled
from faceline.domain.job import FaceAttributes
from faceline.vision.analyse import Analyser
from training.detector.augment import Photometry
from training.detector.pictures import load_noface, load_scenes
from training.detector.scoring import Scored, found_count, threshold_at
from training.detector.synth import HEIGHTS, frames

Numbers = NDArray[np.intp]

HELD_OUT = ("val", "test")
EVERY_SPLIT = ("train", "val", "test")
FRAMES = 100
"""With two faces of each height: 200 a height."""
SEED = 8
SYNTHETIC_MATCH, MATCH, STRICT_MATCH = 0.35, 0.4, 0.5
"""Least overlap with a labelled box: on synthetic frames, on real pictures, and for AP50."""
SMALL, SCENE_HEIGHT = 16, 24
BANDS = ((16, 24), (24, 48), (48, 10_000))


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """All figures of detection."""
    figures, curves = _synthetic(facts)
    figures += [*scenes_figures(facts), _coloured(facts)]
    for name in ("scenes", "wider"):
        figures += _alone(name, alone(facts, name))
    return figures + _noface(facts), curves


def synthetic(facts: Facts) -> dict[str, list[Whole]]:
    """The synthetic frames at the default and at the best setting."""

    def labelled() -> Labelled:
        made = frames(facts.data, ("test",), HELD_OUT, FRAMES, SEED)
        return ((str(number), frame.pixels, frame.faces) for number, frame in enumerate(made))

    default = FaceAttributes.DEFAULT
    return {
        "default": analysed(facts, "synthetic-default", labelled, default),
        "best": analysed(facts, "synthetic-best", labelled, default, lambda: Analyser(facts.setup.best_settings)),
    }


def _synthetic(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    figures, curves = [], []
    for setting, wholes in synthetic(facts).items():
        scored = [whole.scored(SYNTHETIC_MATCH) for whole in wholes]
        rows = [_found(f"synthetic, {setting} setting: recall at {h} px", scored, h - 0.5, h + 0.5) for h in HEIGHTS]
        false = np.array([len(each.false) for each in scored], np.float64)
        low, high = bootstrap(lambda column: float(column.mean()), [false])
        name = f"synthetic, {setting} setting: faces a frame that are no pasted one"
        figures += [*rows, Figure(name, rounded(false.mean()), rounded(low), rounded(high), len(false), "faces")]
        curves.append(
            Curve(
                f"synthetic, {setting} setting",
                [float(h) for h in HEIGHTS],
                [row.value for row in rows],
                [row.low or 0.0 for row in rows],
                [row.high or 0.0 for row in rows],
                [row.of for row in rows],
            )
        )
    return figures, curves


def _found(name: str, scored: Sequence[Scored], low: float, high: float, covered: bool | None = None) -> Figure:
    """Share of the labelled faces of some heights that were found; pictures are resampled as wholes."""
    right, clusters = [], []
    for number, each in enumerate(scored):
        chosen = (each.heights >= low) & (each.heights < high)
        if covered is not None:
            chosen &= each.covered == float(covered)
        right.append(each.right[chosen] >= 0)
        clusters.append(np.full(int(chosen.sum()), number))
    return share(name, np.concatenate(right), clusters=np.concatenate(clusters))


def scenes(facts: Facts) -> list[Whole]:
    """The mask scenes of val and test; Helen pictures show one large face and are left out."""

    def labelled() -> Labelled:
        return as_labelled(p for p in load_scenes(facts.data, HELD_OUT) if p.origin != "scenes_helen")

    return analysed(facts, "scenes", labelled, FaceAttributes.ALL)


def scenes_test(facts: Facts) -> list[Whole]:
    """Those of test alone."""
    names = {picture.name for picture in load_scenes(facts.data, ("test",))}
    return [whole for whole in scenes(facts) if whole.name.split("/")[1] in names]


def scenes_figures(facts: Facts) -> list[Figure]:
    """Recall and precision on the scenes, of test and of val and test."""
    figures = []
    for part, wholes in (("test", scenes_test(facts)), ("val and test", scenes(facts))):
        scored = [whole.scored(MATCH) for whole in wholes]
        for name, covered in (("bare", False), ("masked", True)):
            figures.append(
                _found(f"scenes, {part}: recall from {SCENE_HEIGHT} px, {name}", scored, SCENE_HEIGHT, 1e9, covered)
            )
        found, false = sum(int((s.right >= 0).sum()) for s in scored), sum(len(s.false) for s in scored)
        low, high = (rounded(bound) for bound in wilson(found, max(1, found + false)))
        figures.append(
            Figure(f"scenes, {part}: precision", rounded(found / max(1, found + false)), low, high, found + false)
        )
    return figures


def _coloured(facts: Facts) -> Figure:
    """The same scenes, each in the light of a lamp of some colour, as on a stage."""
    lamps = Photometry(np.random.default_rng(SEED))

    def labelled() -> Labelled:
        for picture in load_scenes(facts.data, HELD_OUT):
            if picture.origin != "scenes_helen":
                yield f"{picture.origin}/{picture.name}", lamps.in_coloured_light(picture.pixels), picture.faces

    wholes = analysed(facts, "scenes-coloured", labelled, FaceAttributes.DEFAULT)
    name = f"scenes in coloured light, val and test: recall from {SCENE_HEIGHT} px"
    return _found(name, [whole.scored(MATCH) for whole in wholes], SCENE_HEIGHT, 1e9)


def _alone(name: str, found: Alone) -> list[Figure]:
    numbers = np.arange(len(found.lenient))

    def at_one_false(chosen: Numbers, low: float = SMALL, high: float = 1e9) -> float:
        scored = [found.lenient[k] for k in chosen]
        hits, total = found_count(scored, threshold_at(scored, 1.0), low, high)
        return hits / total if total else float("nan")

    def ap(chosen: Numbers) -> float:
        return average_precision([found.strict[k] for k in chosen])

    figures = [
        _pictures(f"{name}, detector alone: recall from {SMALL} px at one false box a picture", at_one_false, numbers),
        _pictures(f"{name}, detector alone: AP50 from {SMALL} px", ap, numbers),
    ]
    for low, high in BANDS:
        label = f"{low} to {high} px" if high < 1000 else f"{low} px and more"
        figures.append(
            _pictures(
                f"{name}, detector alone: recall at one false box a picture, {label}",
                lambda chosen, low=low, high=high: at_one_false(chosen, low, high),
                numbers,
            )
        )
    return figures


def _pictures(name: str, measure_of: Measure, numbers: Numbers) -> Figure:
    low, high = bootstrap(measure_of, [numbers])
    return Figure(name, rounded(measure_of(numbers)), rounded(low), rounded(high), len(numbers))


def average_precision(scored: Sequence[Scored]) -> float:
    """Area under precision over recall, precision made falling, all points; labels below 16 px are ignored ones."""
    right = np.concatenate([each.right for each in scored])
    scores = np.concatenate([right[right >= 0], *(each.false for each in scored)])
    hits = np.arange(len(scores)) < (right >= 0).sum()
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(hits[order])
    precision = found / np.arange(1, len(order) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(np.concatenate([[0], found])) / max(1, len(right))
    return float((falling * steps).sum())


def noface(facts: Facts) -> list[Whole]:
    """Pictures without any face: all splits."""
    return analysed(facts, "noface", lambda: as_labelled(load_noface(facts.data, EVERY_SPLIT)), FaceAttributes.DEFAULT)


def _noface(facts: Facts) -> list[Figure]:
    wholes = noface(facts)
    held = {f"{p.origin}/{p.name}" for p in load_noface(facts.data, HELD_OUT)}
    out = [len(whole.faces) for whole in wholes if whole.name in held]
    return [
        Figure("no face, val and test: false faces", sum(out), *poisson(sum(out)), len(out), "faces"),
        Figure(
            "no face, all: false faces",
            sum(len(whole.faces) for whole in wholes),
            of=len(wholes),
            unit="faces",
            tainted="223 of these pictures were in the training of the networks",
        ),
    ]


def poisson(count: int) -> tuple[float, float]:
    """95 % interval of a count."""
    low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    return rounded(low), rounded(float(chi2.ppf(0.975, 2 * count + 2)) / 2)
