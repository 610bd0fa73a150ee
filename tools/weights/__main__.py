"""Rebuilds the product's networks from pinned packages and compares them with the originals.

    python -m tools.weights fetch CACHE      download the packages, check them, unpack what is read
    python -m tools.weights convert CACHE    write the .onnx files, the canonical face and the manifest
    python -m tools.weights check CACHE      run the original runtimes beside ONNX Runtime

It needs onnx, numpy, tflite and flatbuffers, and `check` the original runtimes (see tools/weights/README.md).
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from tools.weights.canonical import CANONICAL_FACE, read_vertices
from tools.weights.catalogue import NETWORKS
from tools.weights.check import check
from tools.weights.manifest import write_manifest
from tools.weights.originals import Originals
from tools.weights.sources import MIND_AR, fetch, home

WEIGHTS = Path(__file__).parents[2] / "src" / "faceline" / "vision" / "weights"


def convert(cache: Path, folder: Path) -> None:
    """Write every converted network, the canonical face and the manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for network in NETWORKS:
        target = folder / f"{network.name}.onnx"
        network.build(home(network.package, cache) / network.files[0]).write(target)
        print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")
    np.save(folder / CANONICAL_FACE, read_vertices(home(MIND_AR, cache) / MIND_AR.files[0].path))
    write_manifest(folder)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.weights", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("fetch", "convert", "check"):
        command = commands.add_parser(name)
        command.add_argument("cache", type=Path, help="folder for the packages, outside the repository")
        if name != "fetch":
            command.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the converted files")
        if name == "check":
            python = Path(sys.executable)
            command.add_argument("--mediapipe-python", type=Path, default=python, help="interpreter with mediapipe")
            command.add_argument("--write", action="store_true", help="keep the originals' numbers for the tests")
    return parser.parse_args()


def main() -> int:
    """Run one subcommand; 1 if a converted network is not its original."""
    options = parse()
    if options.command == "fetch":
        fetch(options.cache)
    elif options.command == "convert":
        convert(options.cache, options.weights)
    else:
        originals = Originals(options.cache, options.mediapipe_python)
        return 0 if check(options.weights, originals, write=options.write) else 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
