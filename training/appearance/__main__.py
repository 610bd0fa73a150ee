"""The whole recipe in one command: `python -m training.appearance --data FOLDER --work FOLDER [--minutes 96]`.

Runs in turn store, teachers, heads on the converted networks (they are the teachers), negatives, extend, train, a
last sixth of training with the mined negatives at the shipped size, export and fuse; a step whose output is there is
not repeated, and a training that was stopped goes on. Needs the product's dependencies and
`torch==2.13.0`, `onnx`. The weights, their entries in trained.toml and both figures.json are written into the tree.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from faceline.vision.settings import WEIGHTS


def steps(data: Path, work: Path, minutes: float, side: int, seed: int) -> list[tuple[Path, list[str]]]:
    """For each step a file that shows it is done, and its module with arguments."""
    store, extended, mined = work / "store", work / "extended", work / "negatives"
    first, last = work / "first", work / "last"
    root, held = ["--data", str(data)], ["--store", str(store)]
    both, all_of_it = [*root, *held], [*root, "--store", str(extended)]
    train = ["--minutes", str(minutes), "--seed", str(seed)]
    end = ["--minutes", str(minutes / 6), "--seed", str(seed + 1), "--plan", "last", "--start", str(first)]
    return [
        (store / "faces.npz", ["training.appearance.store", *root, "--out", str(store)]),
        (store / "degraded.npz", ["training.appearance.teachers", *held]),
        (store / "heads.done", ["training.heads", *both]),
        (mined / "split.npy", ["training.appearance.negatives", *root, "--out", str(mined)]),
        (
            extended / "faces.npz",
            ["training.appearance.extend", *held, "--negatives", str(mined), "--out", str(extended)],
        ),
        (first / "done", ["training.appearance.train", *both, "--out", str(first), *train]),
        (last / "done", ["training.appearance.train", *all_of_it, "--out", str(last), *end]),
        (last / "export.done", ["training.appearance.export", "--run", str(last), "--side", str(side)]),
        (last / "fuse.done", ["training.appearance.fuse", *all_of_it]),
    ]


def main() -> None:
    """Read the arguments and run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    parser.add_argument("--work", type=Path, required=True, help="folder for crops, checkpoints and logs")
    parser.add_argument("--minutes", type=float, default=96)
    parser.add_argument("--side", type=int, default=112)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    for done, module in steps(arguments.data, arguments.work, arguments.minutes, arguments.side, arguments.seed):
        if not done.exists():
            subprocess.run([sys.executable, "-m", *module], check=True)
            done.touch()
    print(f"weights in {WEIGHTS}")


if __name__ == "__main__":
    main()
