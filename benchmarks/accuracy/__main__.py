"""How right faceline is: `python -m benchmarks.accuracy TASK|all|page|targets`.

Reads the labelled material under FACELINE_TEST_DATA, writes benchmarks/accuracy/results/TASK.json; `page` draws
docs/accuracy.md and its plots from those files, `targets` prints the table of targets. `folds` needs networks that were
trained for it (`--fold0`, `--fold1`: folders of weights and manifests) and is no part of `all`.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import cv2

from benchmarks.accuracy import (
    against_service,
    age,
    annotated,
    booleans,
    calibration,
    cost,
    detection,
    emotions,
    folds,
    gender,
    groups,
    landmarks,
    occlusion,
    page,
    pose,
    videos,
)
from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import FOLDER, Curve, Figure, Measured, store
from benchmarks.accuracy.setups import APPEARANCES, DETECTORS, Setup, shipped
from benchmarks.accuracy.targets import table
from faceline.vision.settings import WEIGHTS
from training.detector.folds import FOLDS

TASKS: dict[str, Callable[[Facts], tuple[list[Figure], list[Curve]]]] = {
    "detection": detection.measure,
    "landmarks": landmarks.measure,
    "pose": pose.measure,
    "gender": gender.measure,
    "age": age.measure,
    "booleans": booleans.measure,
    "emotions": emotions.measure,
    "annotated": annotated.measure,
    "occlusion": occlusion.measure,
    "calibration": calibration.measure,
    "groups": groups.measure,
    "videos": videos.measure,
    "recorded": against_service.measure,
    "cost": cost.measure,
}

WITHOUT_APPEARANCE = ("detection", "landmarks", "pose", "annotated", "videos", "cost")
"""What can be asked of a set-up that tells no appearance."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=[*TASKS, "all", "folds", "page", "targets"], nargs="+")
    parser.add_argument("--detector", choices=DETECTORS, action="append", help="may be repeated; default: what ships")
    parser.add_argument("--appearance", choices=APPEARANCES, action="append", help="likewise")
    parser.add_argument("--limit", type=int, help="pictures of a set at most: a quick try")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of weights and manifests: a candidate")
    for fold in FOLDS:
        parser.add_argument(f"--fold{fold}", type=Path, help=f"folder of weights trained without half {fold}")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the results")
    options = parser.parse_args()
    tasks = list(TASKS) if "all" in options.task else [name for name in options.task if name in TASKS]
    default = shipped()
    cv2.setNumThreads(1)
    if tasks:
        for names in product(options.detector or [default.detector], options.appearance or [default.appearance]):
            run(Facts(_data(), Setup(*names, options.weights), options.limit), tasks, options.out)
    if "folds" in options.task:
        if not (options.fold0 and options.fold1):
            parser.error("folds needs --fold0 and --fold1")
        measured = folds.measure(_data(), default, (options.fold0, options.fold1), options.limit)
        store("folds", default.name, measured, options.out)
    if "page" in options.task:
        page.write(options.out, default.name)
    if "targets" in options.task or "all" in options.task:
        print(table(options.out))


def _data() -> Path:
    data = os.environ.get("FACELINE_TEST_DATA")
    if not data:
        sys.exit("accuracy: FACELINE_TEST_DATA names no folder")
    return Path(data)


def run(facts: Facts, tasks: list[str], out: Path) -> None:
    """Measure some tasks of one set-up, those that can be asked of it."""
    if not facts.setup.tells_appearance:
        tasks = [task for task in tasks if task in WITHOUT_APPEARANCE]
    for task in tasks:
        begin = time.process_time()
        figures, curves = TASKS[task](facts)
        store(task, facts.setup.name, Measured(facts.setup.weights, facts.setup.shown_settings, figures, curves), out)
        print(f"{facts.setup.name} {task}: {len(figures)} figures, {time.process_time() - begin:.0f} s CPU", flush=True)


if __name__ == "__main__":
    main()
