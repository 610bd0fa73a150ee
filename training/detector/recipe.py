"""What the training is made of: which collections, in which shares. Train splits only."""

from pathlib import Path

import numpy as np

from training.detector.canvases import Material, make_source
from training.detector.drawn import drawn_pictures
from training.detector.faces import Faces
from training.detector.pictures import Picture, load_crops, load_detection, load_noface, load_scenes, pyramid

_SHARES = {"wider_val": 0.27, "facemask853": 0.13, "celeba_wild": 0.12, "afw": 0.06, "helen": 0.01}
_SCENES_SHARE = 0.11
_DRAWN = 240
_CROPS = ("celeba", "utkface", "landmarks68", "masks")
_CROP_REPEATS = {"utkface": 2, "landmarks68": 4, "masks": 8}
"""CelebA crops are many; the other kinds count several times."""


def load_material(root: Path, seed: int) -> Material:
    """Read and render everything the canvases are made of."""
    rng = np.random.default_rng([seed, 1])
    detection = load_detection(root, ("train",))
    sources = [make_source(share, [p for p in detection if p.origin == o]) for o, share in _SHARES.items()]
    sources.append(make_source(_SCENES_SHARE, load_scenes(root, ("train",))))
    photographs = load_noface(root, ("train",))
    drawn = drawn_pictures(rng, _DRAWN, [p.pixels for p in photographs])
    empty = photographs + [
        Picture(f"drawn_{i:03d}", "drawn", pyramid(pixels), Faces.none()) for i, pixels in enumerate(drawn)
    ]
    crops = load_crops(root, ("train",), _CROPS)
    repeated = [c for c in crops for _ in range(_CROP_REPEATS.get(c.origin.split("_")[0], 1))]
    return Material(tuple(sources), tuple(repeated), tuple(empty), 0.21, 0.11, 0.06)
