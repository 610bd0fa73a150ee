"""Fit the heads on the converted networks: `python -m training.heads --data FOLDER --store FOLDER`.

Needs a store with crops (`training.appearance.store`) and features (`training.appearance.teachers`). Crops that were
degraded to small faces take part in training, choice and report. Writes weights/heads.npz, its entry in trained.toml,
and figures.json beside this file.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from faceline.vision.attributes.appearance import TRAITS
from faceline.vision.attributes.converted import FEATURES, SECTIONS
from faceline.vision.settings import WEIGHTS
from training.appearance.labels import load_labels
from training.heads.fit import Choices, Head, Rows, fit_age, fit_age_error, fit_emotions, fit_trait
from training.heads.report import age_figures, emotions_figures, trait_figures
from training.publish import publish

EDGES = np.cumsum((0, *SECTIONS))
DESCRIPTOR, MEASURES, EXPRESSION, EMOTION, AGES = (np.arange(a, b) for a, b in pairwise(EDGES))
NETS = np.concatenate([MEASURES, EXPRESSION, EMOTION])
EVERYTHING = np.arange(FEATURES)
CHOICES: Choices = {
    "": (DESCRIPTOR, EVERYTHING),
    # human runs alone in DEFAULT, so it must do with the descriptor; closed eyes come from a set of their own, whose
    # look a richer head would learn instead
    "human": (DESCRIPTOR,),
    "eyes_open": (MEASURES,),
    "occluded": (DESCRIPTOR, np.concatenate([DESCRIPTOR, MEASURES])),
    "mouth_open": (MEASURES, NETS, EVERYTHING),
    "smile": (NETS, EVERYTHING),
}
AGEGENDER_SHARE = 0.5
"""Share of agegender in the age: fixed, as that network was trained on the pictures that would have to decide it."""
SETS = "CelebA, UTKFace, FER+, CK+, muxspace, CEW, masks, scenes, landmarks68, ImageNet: research only"


def load_rows(store: Path) -> Rows:
    """Native and degraded features of a store."""
    native = np.load(store / "features.npy")
    small = np.load(store / "degraded.npz")
    crop = np.concatenate([np.arange(len(native)), small["index"]])
    degraded = np.arange(len(crop)) >= len(native)
    return Rows(np.concatenate([native, small["features"]]), crop, degraded)


def with_agegender(age: Head) -> Head:
    """The age blended with agegender's."""
    weights = (1 - AGEGENDER_SHARE) * age.weights
    weights[0, AGES[3]] += AGEGENDER_SHARE
    return Head(weights, (1 - AGEGENDER_SHARE) * age.bias, age.columns, age.l2)


def write(
    path: Path, traits: list[Head], emotions: Head, age: Head, age_error: Head, thresholds: np.ndarray | None = None
) -> None:
    """Write the heads as `faceline.vision.attributes.heads` reads them; `thresholds` are kept beside them."""
    more = {} if thresholds is None else {"thresholds": thresholds}
    np.savez(
        path,
        allow_pickle=False,
        traits=np.concatenate([head.weights for head in traits]).astype(np.float32),
        traits_bias=np.concatenate([head.bias for head in traits]),
        emotions=emotions.weights.astype(np.float32),
        emotions_bias=emotions.bias,
        age=age.weights[0].astype(np.float32),
        age_bias=age.bias[0],
        age_error=age_error.weights[0].astype(np.float32),
        age_error_bias=age_error.bias[0],
        **more,
    )


def main() -> None:
    """Read the arguments, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    parser.add_argument("--store", type=Path, required=True)
    arguments = parser.parse_args()
    labels, rows = load_labels(arguments.data / "stills", arguments.store), load_rows(arguments.store)
    figures: dict[str, Any] = {"traits": {}}
    traits = []
    for name in TRAITS:
        traits.append(fit_trait(name, rows, labels, CHOICES))
        figures["traits"][name] = trait_figures(name, traits[-1], rows, labels)
    emotions = fit_emotions(rows, labels, (NETS, EVERYTHING))
    figures["emotions"] = emotions_figures(emotions, rows, labels)
    clean = fit_age(rows, labels, np.concatenate([DESCRIPTOR, MEASURES, AGES[:3]]))
    mixed = with_agegender(clean)
    figures["age"] = {
        "clean": age_figures(clean.logits(rows.features)[:, 0], rows, labels),
        "with_agegender_contaminated": age_figures(mixed.logits(rows.features)[:, 0], rows, labels),
    }
    write(WEIGHTS / "heads.npz", traits, emotions, mixed, fit_age_error(rows, labels, clean, AGES[1:4]))
    publish(
        WEIGHTS,
        "arrays",
        "heads",
        "heads.npz",
        {
            "profile": "research",
            "licence": "Apache-2.0",
            "training_data": SETS,
            "recipe": "python -m training.heads",
            "meaning": "linear heads on outputs of faceres, expression, emotion, agegender and on measures of the mesh",
        },
    )
    (Path(__file__).parent / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
