"""Add mined negatives to a store: `python -m training.appearance.extend --store DIR --negatives DIR --out DIR`.

The new store has the old one's crops first, then the negatives as crops of `noface` of kind 1, without features: no
teacher is asked about them.
"""

import argparse
from pathlib import Path

import numpy as np

from training.appearance.pictures import SETS


def main() -> None:
    """Read the arguments and write the extended store."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("store", "negatives", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    crops = np.load(arguments.negatives / "crops.npy")
    count = len(crops)
    for name in ("crops", "mesh", "features"):
        old = np.load(arguments.store / f"{name}.npy", mmap_mode="r")
        new = crops if name == "crops" else np.zeros((count, *old.shape[1:]), old.dtype)
        np.save(arguments.out / f"{name}.npy", np.concatenate([old, new]))
    added = {
        "set": np.full(count, SETS.index("noface")),
        "row": np.zeros(count, np.int64),
        "split": np.load(arguments.negatives / "split.npy"),
        "kind": np.ones(count, np.int64),
        "picture": np.arange(count),
        "flag": np.ones(count),
        "square": np.full((count, 4), np.nan),
    }
    with np.load(arguments.store / "faces.npz") as old_faces:
        np.savez(
            arguments.out / "faces.npz",
            **{name: np.concatenate([old_faces[name], rows]) for name, rows in added.items()},
        )


if __name__ == "__main__":
    main()
