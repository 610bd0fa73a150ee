"""The whole recipe in one command: `python -m training.appearance --data FOLDER --work FOLDER [--minutes 96]`.

Runs in turn store, teachers, heads on the converted networks (they are the teachers), negatives, extend, the four runs
of `training.appearance.plans` with the means between them, export and fuse; a step whose output is there is not
repeated, and a training that was stopped goes on. Needs the product's dependencies and
`torch==2.13.0`, `onnx`. The weights, their entries in trained.toml and both figures.json are written into the tree.

With `--fold K` half K of the face-free pictures is left out, the plan is one short run from the converted trunk without
an earlier network of ours for a teacher, and the tree stays as it is: WORK/foldK/weights becomes a copy of the
product's weights folder with the fold's network.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from faceline.vision.settings import WEIGHTS
from training.detector.folds import FOLDS

Step = tuple[Path, list[str]]
"""A file that shows it is done, and its module with arguments."""


def crops(data: Path, work: Path) -> list[Step]:
    """The crops of all pictures; which of them a network sees is decided when it is trained."""
    store, extended, mined = work / "store", work / "extended", work / "negatives"
    root, held = ["--data", str(data)], ["--store", str(store)]
    extend = ["training.appearance.extend", *held, "--negatives", str(mined), "--out", str(extended)]
    return [
        (store / "faces.npz", ["training.appearance.store", *root, "--out", str(store)]),
        (store / "degraded.npz", ["training.appearance.teachers", *held]),
        (mined / "split.npy", ["training.appearance.negatives", *root, "--out", str(mined)]),
        (extended / "faces.npz", extend),
    ]


def fold_steps(data: Path, work: Path, minutes: float, side: int, seed: int, fold: int) -> list[Step]:
    """One run that never sees half `fold` of the face-free pictures, into a weights folder of its own."""
    run = work / f"fold{fold}"
    left_out = ["--data", str(data), "--store", str(work / "extended"), "--fold", str(fold)]
    settings = ["--plan", "fold", "--minutes", str(minutes), "--seed", str(seed)]
    placed = ["--weights", str(run / "weights")]
    return [
        *crops(data, work),
        (run / "done", ["training.appearance.train", *left_out, "--out", str(run), *settings]),
        (run / "export.done", ["training.appearance.export", "--side", str(side), "--run", str(run), *placed]),
        (run / "fuse.done", ["training.appearance.fuse", *left_out, *placed, "--report", str(run / "figures.json")]),
    ]


def steps(data: Path, work: Path, minutes: float, side: int, seed: int) -> list[Step]:
    """The whole recipe."""
    store, extended = work / "store", work / "extended"
    root, held = ["--data", str(data)], ["--store", str(store)]
    both, all_of_it = [*root, *held], [*root, "--store", str(extended)]
    weights = ["training.appearance.export", "--side", str(side), "--run"]
    fuse = ["training.appearance.fuse", *all_of_it]
    runs = {name: work / name for name in ("first", "last", "second", "mean", "covered", "final")}

    def train(plan: str, name: str, share: float, number: int, stores: list[str], start: str = "") -> list[str]:
        more = ["--start", str(runs[start])] if start else []
        settings = ["--plan", plan, "--minutes", str(share * minutes), "--seed", str(seed + number)]
        return ["training.appearance.train", *stores, "--out", str(runs[name]), *settings, *more]

    def mean(name: str, *of: str) -> list[str]:
        return ["training.appearance.soup", "--runs", *(str(runs[one]) for one in of), "--out", str(runs[name])]

    made = crops(data, work)
    return [
        *made[:2],
        (store / "heads.done", ["training.heads", *both]),
        *made[2:],
        (runs["first"] / "done", train("main", "first", 1, 0, both)),
        (runs["last"] / "done", train("last", "last", 1 / 6, 1, all_of_it, "first")),
        (runs["last"] / "export.done", [*weights, str(runs["last"])]),
        (extended / "earlier.npz", ["training.appearance.earlier", "--store", str(extended)]),
        (runs["second"] / "done", train("second", "second", 0.45, 2, all_of_it, "first")),
        (runs["mean"] / "last.pt", mean("mean", "last", "second")),
        (runs["covered"] / "done", train("covered", "covered", 0.4, 3, all_of_it, "mean")),
        (runs["final"] / "last.pt", mean("final", "covered", "second")),
        (runs["final"] / "export.done", [*weights, str(runs["final"])]),
        (runs["final"] / "fuse.done", fuse),
    ]


def main() -> None:
    """Read the arguments and run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    parser.add_argument("--work", type=Path, required=True, help="folder for crops, checkpoints and logs")
    parser.add_argument("--minutes", type=float, default=96, help="of the main run; the others take as much together")
    parser.add_argument("--fold", type=int, choices=FOLDS, help="half of the face-free pictures to leave out")
    parser.add_argument("--side", type=int, default=112)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    settings = (arguments.data, arguments.work, arguments.minutes, arguments.side, arguments.seed)
    weights = WEIGHTS
    if arguments.fold is None:
        todo = steps(*settings)
    else:
        todo, weights = fold_steps(*settings, arguments.fold), arguments.work / f"fold{arguments.fold}" / "weights"
        if not weights.exists():
            shutil.copytree(WEIGHTS, weights)
    for done, module in todo:
        if not done.exists():
            subprocess.run([sys.executable, "-m", *module], check=True)
            done.touch()
    print(f"weights in {weights}")


if __name__ == "__main__":
    main()
