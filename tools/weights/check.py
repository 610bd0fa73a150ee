"""Holds the converted networks against the original runtimes, and keeps the originals' numbers for the tests."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.weights.catalogue import NETWORKS, Network
from tools.weights.originals import Originals
from tools.weights.pictures import REFERENCE, Pixels, inputs
from tools.weights.stored import Array


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest absolute difference in one output on one picture, beside what is allowed."""

    network: str
    picture: str
    output: str
    largest_value: float
    difference: float
    tolerance: float

    @property
    def right(self) -> bool:
        return self.difference <= self.tolerance

    def __str__(self) -> str:
        return (
            f"{self.network:11s} {self.picture:6s} {self.output:14s} largest value {self.largest_value:9.4f}  "
            f"difference {self.difference:8.1e}  allowed {self.tolerance:8.1e}  {'ok' if self.right else 'WRONG'}"
        )


def run_converted(path: Path, pixels: Pixels) -> dict[str, Array]:
    """Run a converted network in ONNX Runtime, one thread."""
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"pixels": pixels}), strict=True))


def compare(network: Network, folder: Path, originals: dict[str, dict[str, Array]]) -> Iterator[Difference]:
    """Compare one network's outputs on all its pictures."""
    for picture, pixels in inputs(network.name).items():
        converted = run_converted(folder / f"{network.name}.onnx", pixels)
        for output in network.outputs:
            original = originals[picture][output.name]
            difference = float(np.abs(converted[output.name] - original).max())
            largest = float(np.abs(original).max())
            yield Difference(network.name, picture, output.name, largest, difference, output.tolerance)


def check(folder: Path, originals: Originals, *, write: bool) -> bool:
    """Compare every network with its original and print a line per output; True if all are right.

    With `write`, the originals' numbers become the reference of the tests.
    """
    right = True
    for network in NETWORKS:
        numbers = {picture: originals.run(network, pixels) for picture, pixels in inputs(network.name).items()}
        for difference in compare(network, folder, numbers):
            print(difference)
            right = right and difference.right
        if write:
            named = {f"{picture}.{name}": v for picture, out in numbers.items() for name, v in out.items()}
            np.savez_compressed(REFERENCE / f"{network.name}.npz", allow_pickle=False, **named)
    return right
