"""Command line: `python -m training.detector train|export|evaluate`."""

import argparse
import os
from pathlib import Path


def main() -> None:
    """Parse the command line and run one task."""
    parser = argparse.ArgumentParser(prog="python -m training.detector", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    data = os.environ.get("FACELINE_TEST_DATA")
    trainer = tasks.add_parser("train", help="train, or resume a training whose checkpoint lies in --out")
    trainer.add_argument("--data", type=Path, default=data, required=data is None)
    trainer.add_argument("--out", type=Path, required=True)
    trainer.add_argument("--seed", type=int, default=1)
    trainer.add_argument("--hours", type=float, default=1.5, help="length of the schedule in hours of wall time")
    trainer.add_argument("--steps", type=int, default=0, help="length in steps instead: repeatable bit for bit")
    trainer.add_argument("--device", default="cpu", help="cpu or cuda")
    options = parser.parse_args()
    if options.task == "train":
        from training.detector.train import Settings, train

        train(Settings(options.data, options.out, options.seed, options.hours, options.steps, device=options.device))


if __name__ == "__main__":
    main()
