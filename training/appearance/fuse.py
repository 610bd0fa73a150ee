"""Fit the heads behind the own network: `python -m training.appearance.fuse --data FOLDER --store FOLDER`.

Runs the appearance network as the product does on every stored crop, native and degraded to a small face, and fits
linear heads on its outputs and the measures of the mesh: calibration, and a say for the mesh where the validation part
says it helps. Chooses the thresholds between yes and no, which `faceline.domain.verdicts` repeats. Writes
appearance_heads.npz and its entry into the weights folder, and figures.json beside this file.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from faceline.domain.face import EMOTIONS as ALL_EMOTIONS
from faceline.domain.face import Emotion
from faceline.domain.verdicts import THRESHOLDS
from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from faceline.vision.attributes.emotions import with_confused
from faceline.vision.attributes.measures import measures
from faceline.vision.attributes.own import SECTIONS, agegender_male, own_features, with_mirror
from faceline.vision.manifest import Manifest
from faceline.vision.network import Network, Runtime
from faceline.vision.numerics import sigmoid, softmax
from faceline.vision.settings import WEIGHTS
from training.appearance.augment import plain
from training.appearance.labels import LEFT_OUT, TRAIN, VAL, Labels, load_labels
from training.appearance.teachers import degrade
from training.appearance.thresholds import threshold_of
from training.appearance.weights import converted
from training.detector.folds import FOLDS
from training.heads.__main__ import SETS, write
from training.heads.fit import Choices, Head, Rows, fit_age, fit_age_error, fit_trait
from training.heads.logistic import platt
from training.heads.report import age_figures, countable, emotions_figures, trait_figures
from training.publish import publish

EDGES = np.cumsum((0, *SECTIONS))
LOGITS, EMOTIONS, AGE, MEASURES, AGEGENDER = (np.arange(a, b) for a, b in pairwise(EDGES))
NET = np.concatenate([LOGITS, EMOTIONS, AGE])
EVERYTHING = np.concatenate([NET, MEASURES])
EMOTIONS_OF_EIGHT = [ALL_EMOTIONS.index(Emotion(name)) for name in SEVEN_EMOTIONS]
"""Places of the seven among the service's eight."""
FACTORS = np.exp(np.linspace(np.log(0.3), np.log(3), 91))
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
    eyes = LOGITS[TRAITS.index("eyes_open") :][:1]
    found["eyes_open"] = (eyes, np.concatenate([eyes, MEASURES[:3]]))
    return found


@dataclass(frozen=True, slots=True)
class Looks:
    """Features by the crop alone, which decides what is human, and by the crop and its mirror."""

    first: Rows
    both: Rows


def load_looks(store: Path, split: np.ndarray, network: Network, seed: int, share: float) -> Looks:
    """Features of native crops and of degraded ones: all of val and test, `share` of train; nothing left out."""
    random = np.random.default_rng(seed)
    crops, meshes = (np.load(store / name, mmap_mode="r") for name in ("crops.npy", "mesh.npy"))
    taken = (split != TRAIN) | (random.random(len(split)) < share)
    index = np.flatnonzero(taken & (split != LEFT_OUT))
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
    """The network's own logits at a temperature, by the majorities of all validation faces, native and small, as they
    are stated: after CONFUSED has taken its share. Native FER+ faces alone, an easier lot than those of test, gave
    confidences that were too high (calibration error .049 on test, end to end).

    A regression on them, on all that the network says, or on that and the mesh, fitted on training faces, was right
    less often (FER+ test .745 without, .737 with it).
    """
    val = (labels.emotion_weights[rows.crop] > 0) & rows.part(labels, VAL)
    logits = rows.features[np.ix_(val, EMOTIONS)].astype(np.float64)
    truth = [EMOTIONS_OF_EIGHT[at] for at in labels.emotions[rows.crop[val]].argmax(axis=1)]
    stated = [with_confused(softmax(factor * logits)) for factor in FACTORS]
    losses = [-np.log(chances[np.arange(len(truth)), truth] + 1e-12).mean() for chances in stated]
    weights = np.zeros((len(EMOTIONS), rows.features.shape[1]))
    weights[:, EMOTIONS] = FACTORS[int(np.argmin(losses))] * np.eye(len(EMOTIONS))
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


def gender_head(rows: Rows, labels: Labels) -> Head:
    """The sum of both networks' logits, scaled by CelebA's validation faces.

    Fitted weights believe the own network too much, as it has seen the training faces, and agegender has seen
    UTKFace's. Measures of the mesh would learn the sets: children's gender fell from .80 to .74 with them (test).
    """
    male = TRAITS.index("male")
    columns = [int(LOGITS[male]), int(AGEGENDER[0])]
    val = labels.hard[rows.crop, male] & labels.of_set("attributes_celeba")[rows.crop] & rows.part(labels, VAL)
    a, b = platt(
        rows.features[np.ix_(val, columns)].sum(axis=1).astype(np.float64), labels.traits[rows.crop[val], male]
    )
    weights = np.zeros((1, rows.features.shape[1]))
    weights[0, columns] = a
    return Head(weights, np.array([b]), len(columns), 0.0)


def main() -> None:
    """Read the arguments, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder with the network; the heads go there")
    parser.add_argument("--report", type=Path, default=Path(__file__).parent / "figures.json")
    parser.add_argument("--fold", type=int, choices=FOLDS, help="half of the face-free pictures to leave out")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--share", type=float, default=TRAIN_SHARE)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    labels = load_labels(arguments.data / "stills", arguments.store, arguments.fold)
    network = Network(Manifest.load(arguments.weights).network("appearance"), Runtime())
    looks = load_looks(arguments.store, labels.split, network, arguments.seed, arguments.share)
    arguments.report.write_text(json.dumps(fit(looks, labels, arguments.weights), indent=1) + "\n")


def fit(looks: Looks, labels: Labels, weights: Path) -> dict[str, Any]:
    """Fit all heads and write them; figures of the test part."""
    rows, table = looks.both, choices()
    figures: dict[str, Any] = {"traits": {}}
    heads: dict[str, Head] = {}
    for name in TRAITS:
        seen = looks.first if name == "human" else rows
        heads[name] = gender_head(rows, labels) if name == "male" else fit_trait(name, seen, labels, table)
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
