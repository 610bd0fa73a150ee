"""Trains, exports and measures faceline's own face detector."""

import argparse
import os
from pathlib import Path

from training.detector.folds import FOLDS


def main() -> None:
    """Parse the command line and run one task."""
    options = _parser().parse_args()
    # each task imports what it needs: measuring needs no training code, and neither needs the other's start-up
    if options.task == "train":
        from training.detector.train import Settings, train

        train(
            Settings(
                options.data, options.out, options.seed, options.hours, options.steps,
                rate=options.rate, start=options.start, fold=options.fold, device=options.device,
            )
        )  # fmt: skip
    elif options.task == "export":
        from training.detector.calibrate import calibrate
        from training.detector.export import enter, export, load_average

        net, step, fold = load_average(options.checkpoint)
        fitted = calibrate(net, options.data, fold)
        export(net, options.out, fitted, {"step": str(step), "fold": str(fold), "calibration": str(fitted)})
        if options.weights:
            enter(options.out, options.weights)
        print(f"{options.out}: step {step}, slope, offset and size slope of the logit by stride {fitted}")
    else:
        from training.detector.evaluate import evaluate, write

        figures = evaluate(options.weights, options.data, options.score, options.frames, options.back)
        write(figures, options.out)
        print(f"figures in {options.out}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.detector", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    data = os.environ.get("FACELINE_TEST_DATA")
    train = tasks.add_parser("train", help="train, or resume the training whose checkpoint lies in --out")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--hours", type=float, default=1.7, help="length of the schedule in hours of wall time")
    train.add_argument("--steps", type=int, default=0, help="length in steps instead: repeatable bit for bit")
    train.add_argument("--rate", type=float, default=2.2e-3, help="highest learning rate")
    train.add_argument("--start", type=Path, help="checkpoint whose weights to start from, where shapes agree")
    train.add_argument("--fold", type=int, choices=FOLDS, help="half of the face-free pictures to leave out")
    train.add_argument("--device", default="cpu", help="cpu or cuda")
    export = tasks.add_parser("export", help="calibrate a checkpoint and write it as ONNX")
    export.add_argument("--checkpoint", type=Path, required=True)
    export.add_argument("--weights", type=Path, help="folder of weights to put it in")
    evaluate = tasks.add_parser("evaluate", help="measure exported weights on the val and test splits")
    evaluate.add_argument("--weights", type=Path, required=True)
    evaluate.add_argument("--score", type=float, default=0.5, help="threshold of the rows that need one, 0..1")
    evaluate.add_argument("--frames", type=int, default=100, help="synthetic frames: two faces of each height in each")
    evaluate.add_argument("--back", action="store_true", help="the weights are the converted BlazeFace back")
    for task in (train, export, evaluate):
        task.add_argument("--data", type=Path, default=data, required=data is None)
        task.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
