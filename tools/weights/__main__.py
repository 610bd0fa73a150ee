"""Rebuilds the product's networks from pinned packages and compares them with the originals.

    python -m tools.weights fetch CACHE      download the packages, check them, unpack what is read
    python -m tools.weights convert CACHE    write the .onnx files, the canonical face and the manifest
    python -m tools.weights check CACHE      run the original runtimes beside ONNX Runtime

It needs onnx, numpy, tflite and flatbuffers, and `check` the original runtimes (see tools/weights/README.md).
"""

import argparse
from pathlib import Path

import numpy as np

from tools.weights.canonical import CANONICAL_FACE, read_vertices
from tools.weights.catalogue import NETWORKS
from tools.weights.manifest import write_manifest
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


def main() -> None:
    """Run one subcommand."""
    parser = argparse.ArgumentParser(prog="python -m tools.weights")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("fetch", "convert", "check"):
        command = commands.add_parser(name)
        command.add_argument("cache", type=Path, help="folder for the packages, outside the repository")
        command.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the converted files")
    options = parser.parse_args()
    if options.command == "fetch":
        fetch(options.cache)
    elif options.command == "convert":
        convert(options.cache, options.out)


if __name__ == "__main__":
    main()
