"""What the training is made of: which collections, in which shares. Train splits only."""

from pathlib import Path

import numpy as np

from training.detector.canvases import Material, make_source
from training.detector.drawn import drawn_pictures
from training.detector.faces import Faces
from training.detector.pictures import Picture, cut_outs, load_crops, load_detection, load_noface, load_scenes, pyramid

_SHARES = {"wider_val": 0.32, "facemask853": 0.13, "celeba_wild": 0.11, "afw": 0.07, "helen": 0.01}
_SCENES_SHARE = 0.11
_DRAWN = 240
_CROPS = ("celeba", "utkface", "landmarks68", "masks")
_CROP_REPEATS = {"utkface": 1, "landmarks68": 4, "masks": 6}
"""CelebA crops are many; the other kinds count several times."""
_CUT_OUT = ("wider_val", "facemask853", "afw")
_LOWEST_CUT_OUT = 20.0


def load_material(root: Path, seed: int, left_out: int | None = None) -> Material:
    """Read and render everything the canvases are made of, `left_out` being a half of the face-free photographs."""
    rng = np.random.default_rng([seed, 1])
    detection = load_detection(root, ("train",))
    sources = [make_source(share, [p for p in detection if p.origin == o]) for o, share in _SHARES.items()]
    scenes = load_scenes(root, ("train",))
    sources.append(make_source(_SCENES_SHARE, scenes))
    photographs = load_noface(root, ("train",), left_out)
    drawn = drawn_pictures(rng, _DRAWN, [p.pixels for p in photographs])
    empty = photographs + [
        Picture(f"drawn_{i:03d}", "drawn", pyramid(pixels), Faces.none()) for i, pixels in enumerate(drawn)
    ]
    crops = load_crops(root, ("train",), _CROPS)
    crops += cut_outs([p for p in detection if p.origin in _CUT_OUT] + scenes, _LOWEST_CUT_OUT, rng)
    repeated = [c for c in crops for _ in range(_CROP_REPEATS.get(c.origin.split("_")[0], 1))]
    return Material(tuple(sources), tuple(repeated), tuple(empty), 0.22, 0.09, 0.05)
