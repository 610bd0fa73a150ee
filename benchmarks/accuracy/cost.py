"""CPU of a face and of detection, one thread, smallest of several interleaved rounds.

Absolute milliseconds depend on the machine and on what else it does; ratios of one run hold.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import cv2
import numpy as np

from benchmarks.accuracy.alone import rows_of
from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.sets import shown
from benchmarks.accuracy.setups import Setup
from faceline.domain.job import FaceAttributes
from faceline.vision.detect import MultiScaleDetector
from faceline.vision.geometry import Pixels
from training.detector.synth import frames

ROUNDS = 9
SIDE, FACES = 4, 16
"""Faces of the sheet: as many as the networks' largest batch."""
TILE = 160


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Detection per 1080p sample against `back` at 1280+320, once, in the same run; everything else per face."""
    (frame,) = frames(facts.data, ("test",), ("val", "test"), 1, 8)
    sheet, settings = _sheet(facts), facts.setup.settings.detector
    yardstick = MultiScaleDetector(
        rows_of(Setup("back", "converted")), replace(settings, long_side=1280, short_pass=320, second_look=None)
    )
    network = rows_of(facts.setup)
    ours, best = MultiScaleDetector(network, settings), MultiScaleDetector(network, facts.setup.best_settings.detector)
    analyser = facts.setup.analyser
    times = fastest(
        {
            "yardstick": lambda: yardstick.detect(frame.pixels),
            "default": lambda: ours.detect(frame.pixels),
            "best": lambda: best.detect(frame.pixels),
            "sheet": lambda: ours.detect(sheet),
            "all": lambda: analyser.analyse([sheet], FaceAttributes.ALL),
            "plain": lambda: analyser.analyse([sheet], FaceAttributes.DEFAULT),
        }
    )
    count = len(analyser.analyse([sheet], FaceAttributes.ALL)[0])
    return [
        Figure("cost: detection per 1080p sample, default setting", times["default"], unit="CPU ms", of=ROUNDS),
        Figure("cost: detection per 1080p sample, best setting", times["best"], unit="CPU ms", of=ROUNDS),
        Figure("cost: detection per 1080p sample, back at 1280+320", times["yardstick"], unit="CPU ms", of=ROUNDS),
        Figure(
            "cost: default over back at 1280+320",
            round(times["default"] / times["yardstick"], 3),
            of=ROUNDS,
            unit="times",
        ),
        Figure("cost: best over default setting", round(times["best"] / times["default"], 2), of=ROUNDS, unit="times"),
        Figure("cost: a face, ALL", round((times["all"] - times["sheet"]) / count, 2), unit="CPU ms", of=count),
        Figure("cost: a face, DEFAULT", round((times["plain"] - times["sheet"]) / count, 2), unit="CPU ms", of=count),
    ], []


def fastest(works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Milliseconds of CPU of each, smallest of the rounds; one round before them warms up."""
    found = {name: float("inf") for name in works}
    for number in range(ROUNDS + 1):
        for name, work in works.items():
            begin = time.process_time()
            work()
            spent = 1000 * (time.process_time() - begin)
            if number:
                found[name] = min(found[name], spent)
    return {name: round(value, 2) for name, value in found.items()}


def _sheet(facts: Facts) -> Pixels:
    """Sixteen test faces side by side."""
    tiles = []
    for each in shown(facts.stills, "attributes_celeba"):
        if each.row["subset"] == "wild":
            tiles.append(np.asarray(cv2.resize(each.pixels, (TILE, TILE)), np.uint8))
        if len(tiles) == FACES:
            break
    return np.ascontiguousarray(np.vstack([np.hstack(tiles[k : k + SIDE]) for k in range(0, FACES, SIDE)]))
