"""What the converted networks say of every stored crop: `python -m training.appearance.teachers --store FOLDER`.

Writes features.npy, (N, F) float32, one row per crop, and degraded.npz with `index` (M,) and `features` (M, F): a part
of the crops once more after being reduced to 18-64 px of face height, coded as JPEG and enlarged, as small faces in
video come. The feature vector is the product's own (`faceline.vision.attributes.converted`).
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from faceline.vision.attributes.converted import FACERES_SIDE, ConvertedNetworks, ConvertedReader, converted_features
from faceline.vision.attributes.measures import measures
from faceline.vision.crops import cut, resized
from faceline.vision.geometry import Doubles, Pixels, RotatedSquare
from faceline.vision.manifest import Manifest
from faceline.vision.network import Runtime
from faceline.vision.settings import WEIGHTS
from training.appearance.store import MARGIN, SIDE

FACE_HEIGHT = SIDE / MARGIN
"""Pixels of a face in a stored crop."""
SMALL, LARGE = 18.0, 64.0
CHUNK = 64


def degrade(crop: Pixels, random: np.random.Generator) -> Pixels:
    """The crop as a small face in a compressed video would give it."""
    height = np.exp(random.uniform(np.log(SMALL), np.log(LARGE)))
    side = max(round(SIDE * height / FACE_HEIGHT), 8)
    small = np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    if random.random() < 0.7:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(30, 91))]
        code = cv2.imencode(".jpg", small, quality)[1]
        small = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)


def features_of(networks: ConvertedNetworks, crops: Pixels, meshes: Doubles) -> Doubles:
    """Feature vectors of stored crops."""
    side = ConvertedReader.crop_side
    square = RotatedSquare(SIDE / 2, SIDE / 2, FACE_HEIGHT * ConvertedReader.crop_margin, 0.0)
    inner = np.stack([cut(crop, square, side) for crop in crops])
    small = np.stack([resized(crop, FACERES_SIDE) for crop in inner])
    return converted_features(networks, inner, networks.faceres.run(small), measures(meshes.astype(np.float64)))


def main() -> None:
    """Read the arguments and run the teachers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--share", type=float, default=0.5, help="of the faces that are degraded once more")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    random = np.random.default_rng(arguments.seed)
    crops = np.load(arguments.store / "crops.npy", mmap_mode="r")
    meshes = np.load(arguments.store / "mesh.npy", mmap_mode="r")
    kinds = np.load(arguments.store / "faces.npz")["kind"]
    networks = ConvertedNetworks.load(Manifest.load(WEIGHTS), Runtime())
    chosen = np.flatnonzero((kinds > 0) | (random.random(len(kinds)) < arguments.share))
    for name, index in (("features", np.arange(len(crops))), ("degraded", chosen)):
        rows = []
        for start in range(0, len(index), CHUNK):
            part = index[start : start + CHUNK]
            pixels = crops[part]
            if name == "degraded":
                pixels = np.stack([degrade(crop, random) for crop in pixels])
            rows.append(features_of(networks, pixels, meshes[part]).astype(np.float32))
            if start % 4096 == 0:
                print(json.dumps({"part": name, "done": start, "of": len(index)}), flush=True)
        if name == "features":
            np.save(arguments.store / "features.npy", np.concatenate(rows))
        else:
            np.savez(arguments.store / "degraded.npz", index=index, features=np.concatenate(rows))


if __name__ == "__main__":
    main()
