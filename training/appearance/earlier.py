"""What the published network says of every face of a store, from the crop and its mirror: a teacher for the next one.

`python -m training.appearance.earlier --store FOLDER` writes earlier.npz beside the crops: traits (N, 10) and emotions
(N, 7) logits, age (N,) years; NaN for crops that are no faces.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from faceline.vision.attributes.own import expected_years
from faceline.vision.geometry import Floats, Pixels
from faceline.vision.network import Network
from training.appearance.augment import plain
from training.appearance.weights import converted

CHUNK = 64


def both_ways(network: Network, pixels: Pixels) -> tuple[Floats, ...]:
    """Outputs of a network, the mean of those of the crops and of their mirrors."""
    mirrored = np.ascontiguousarray(pixels[:, :, ::-1])
    return tuple((a + b) / 2 for a, b in zip(network.run(pixels), network.run(mirrored), strict=True))


def main() -> None:
    """Read the arguments and write the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    crops = np.load(arguments.store / "crops.npy", mmap_mode="r")
    faces = np.flatnonzero(np.load(arguments.store / "faces.npz")["kind"] == 0)
    network = converted("appearance")
    side = network.entry.input.row_shape[0]
    traits, emotions = np.full((len(crops), len(TRAITS)), np.nan), np.full((len(crops), len(SEVEN_EMOTIONS)), np.nan)
    age = np.full(len(crops), np.nan)
    for start in range(0, len(faces), CHUNK):
        part = faces[start : start + CHUNK]
        said = both_ways(network, np.stack([plain(crops[at], side) for at in part]))
        traits[part], age[part], emotions[part] = said[0], expected_years(said[1])[0], said[2]
    np.savez(arguments.store / "earlier.npz", traits=traits, emotions=emotions, age=age)


if __name__ == "__main__":
    main()
