"""Fit the heads on the converted networks: `python -m training.heads --data FOLDER --store FOLDER`.

Needs a store with crops (`training.appearance.store`) and features (`training.appearance.teachers`). Every head is a
regularised logistic regression on the training part, its columns and strength chosen on the validation part by log
loss, then Platt scaled there; the test part is only reported. Crops that were degraded to small faces take part in all
three. Writes weights/heads.npz, its entry in trained.toml, and figures.json beside this file.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from faceline.vision.attributes.converted import FEATURES, SECTIONS
from faceline.vision.geometry import Doubles, Floats
from faceline.vision.numerics import sigmoid, softmax
from faceline.vision.settings import WEIGHTS
from training.appearance.labels import Labels, load_labels
from training.heads.figures import auc, balanced, best_threshold, ece, interval
from training.heads.logistic import Scaler, fit_binary, fit_classes, fit_ridge, platt, temperature
from training.publish import publish

TRAIN, VAL, TEST = range(3)
EDGES = np.cumsum((0, *SECTIONS))
DESCRIPTOR, MEASURES, EXPRESSION, EMOTION, AGES = (np.arange(a, b) for a, b in pairwise(EDGES))
NETS = np.concatenate([MEASURES, EXPRESSION, EMOTION])
EVERYTHING = np.arange(FEATURES)
CHOICES: dict[str, tuple[np.ndarray, ...]] = {
    # human runs alone in DEFAULT, so it must do with the descriptor; closed eyes come from a set of their own, whose
    # look a richer head would learn instead
    "human": (DESCRIPTOR,),
    "eyes_open": (MEASURES,),
    "occluded": (DESCRIPTOR, np.concatenate([DESCRIPTOR, MEASURES])),
    "mouth_open": (MEASURES, NETS, EVERYTHING),
    "smile": (NETS, EVERYTHING),
}
STRENGTHS = (0.1, 0.03, 0.01, 0.003)
"""L2 penalties on scaled features, per mean loss."""
AGE_STRENGTHS = (3.0, 1.0, 0.3, 0.1)
AGEGENDER_SHARE = 0.5
"""Share of agegender in the age: fixed, as that network was trained on the pictures that would have to decide it."""
AGE_KNOTS = np.array([5.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0])


@dataclass(frozen=True, slots=True)
class Rows:
    """Feature rows with the crop each comes from; degraded ones stand behind the native ones."""

    features: Floats
    crop: np.ndarray
    degraded: np.ndarray


@dataclass(frozen=True, slots=True)
class Head:
    """One fitted output over all F features."""

    weights: Doubles
    bias: float
    columns: int
    l2: float


def load_rows(store: Path) -> Rows:
    """Native and degraded features of a store."""
    native = np.load(store / "features.npy")
    small = np.load(store / "degraded.npz")
    crop = np.concatenate([np.arange(len(native)), small["index"]])
    degraded = np.arange(len(crop)) >= len(native)
    return Rows(np.concatenate([native, small["features"]]), crop, degraded)


def fit_trait(name: str, rows: Rows, labels: Labels) -> Head:
    """Fit, choose and calibrate one trait."""
    column = TRAITS.index(name)
    targets, weights = labels.traits[rows.crop, column], labels.weights[rows.crop, column]
    known = ~np.isnan(targets) & (weights > 0)
    train = known & (labels.split[rows.crop] == TRAIN)
    val = labels.hard[rows.crop, column] & (labels.split[rows.crop] == VAL)
    if name == "eyes_open":
        val = known & (labels.split[rows.crop] == VAL)
    best: tuple[float, Head, Doubles] | None = None
    for columns in CHOICES.get(name, (DESCRIPTOR, EVERYTHING)):
        scaler = Scaler.fit(rows.features[np.ix_(train, columns)])
        inputs, held = (scaler.apply(rows.features[np.ix_(part, columns)]) for part in (train, val))
        theta = None
        for l2 in STRENGTHS:
            theta = fit_binary(inputs, targets[train], weights[train], l2, theta)
            logits = held @ theta[:-1] + theta[-1]
            a, b = platt(logits, targets[val])
            chances = np.clip(sigmoid(a * logits + b), 1e-6, 1 - 1e-6)
            loss = -float(np.mean(targets[val] * np.log(chances) + (1 - targets[val]) * np.log(1 - chances)))
            if best is None or loss < best[0]:
                raw, bias = scaler.unfold(a * theta[None, :-1], np.array([a * theta[-1] + b]))
                full = np.zeros(FEATURES)
                full[columns] = raw[0]
                best = (loss, Head(full, float(bias[0]), len(columns), l2), logits)
    assert best is not None
    return best[1]


def trait_figures(name: str, head: Head, rows: Rows, labels: Labels) -> dict[str, Any]:
    """Figures on the test part, native and degraded crops apart."""
    column = TRAITS.index(name)
    truth = labels.traits[rows.crop, column]
    chances = sigmoid(rows.features @ head.weights + head.bias)
    hard = labels.hard[rows.crop, column]
    if name == "eyes_open":
        hard = hard | (labels.of_set("attributes_celeba")[rows.crop] & (labels.weights[rows.crop, column] == 0.5))
    val = hard & (labels.split[rows.crop] == VAL) & ~rows.degraded
    threshold = best_threshold(chances[val], truth[val])
    figures: dict[str, Any] = {"columns": head.columns, "l2": head.l2, "threshold_by_val": round(threshold, 3)}
    for part, small in (("native", False), ("small", True)):
        test = hard & (labels.split[rows.crop] == TEST) & (rows.degraded == small)
        figures[part] = {
            "positive": int((truth[test] == 1).sum()),
            "negative": int((truth[test] == 0).sum()),
            "auc": round(auc(chances[test], truth[test]), 4),
            "auc_95": interval(auc, chances[test], truth[test]),
            "balanced_at_half": round(balanced(chances[test], truth[test], 0.5), 4),
            "balanced_at_threshold": round(balanced(chances[test], truth[test], threshold), 4),
            "accuracy": round(float(((chances[test] > 0.5) == (truth[test] > 0.5)).mean()), 4),
            "ece": round(ece(chances[test], truth[test]), 4),
        }
    return figures


def fit_emotions(rows: Rows, labels: Labels) -> tuple[Doubles, Doubles, dict[str, Any]]:
    """Weights (7, F), bias (7,) and figures."""
    shares, weights = labels.emotions[rows.crop], labels.emotion_weights[rows.crop]
    parts = [(labels.split[rows.crop] == part) & (weights > 0) for part in (TRAIN, VAL, TEST)]
    train, val, test = parts
    best: tuple[float, Doubles, Doubles, int, float] | None = None
    for columns in (NETS, EVERYTHING):
        scaler = Scaler.fit(rows.features[np.ix_(train, columns)])
        inputs, held = (scaler.apply(rows.features[np.ix_(part, columns)]) for part in (train, val))
        theta = None
        for l2 in STRENGTHS:
            theta = fit_classes(inputs, shares[train], weights[train], l2, theta)
            logits = held @ theta[:, :-1].T + theta[:, -1]
            factor = temperature(logits, shares[val], weights[val])
            loss = -float((weights[val, None] * shares[val] * np.log(softmax(factor * logits) + 1e-12)).sum())
            if best is None or loss < best[0]:
                raw, bias = scaler.unfold(factor * theta[:, :-1], factor * theta[:, -1])
                full = np.zeros((7, FEATURES))
                full[:, columns] = raw
                best = (loss, full, bias, len(columns), l2)
    assert best is not None
    chances = softmax(rows.features @ best[1].T + best[2])
    figures: dict[str, Any] = {"columns": best[3], "l2": best[4]}
    for name in ("emotions_ferplus", "emotions_ckplus48", "emotions_muxspace"):
        for part, small in (("native", False), ("small", True)):
            mask = test & labels.of_set(name)[rows.crop] & (rows.degraded == small)
            figures[f"{name}_{part}"] = emotion_figures(chances[mask], shares[mask])
    return best[1], best[2], figures


def emotion_figures(chances: Doubles, shares: Doubles) -> dict[str, Any]:
    """Accuracy and recall against the majority label."""
    truth, found = shares.argmax(axis=1), chances.argmax(axis=1)
    recalls = {
        name: round(float((found[truth == at] == at).mean()), 3)
        for at, name in enumerate(SEVEN_EMOTIONS)
        if (truth == at).any()
    }
    return {
        "faces": len(truth),
        "accuracy": round(float((truth == found).mean()), 4),
        "mean_recall": round(float(np.mean(list(recalls.values()))), 4),
        "recalls": recalls,
        "ece": round(ece_of_top(chances, truth), 4),
    }


def ece_of_top(chances: Doubles, truth: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of the first emotion's confidence, in bins of equal mass."""
    top, right = chances.max(axis=1), (chances.argmax(axis=1) == truth).astype(float)
    parts = np.array_split(np.argsort(top), min(bins, len(top)))
    return float(sum(len(p) * abs(top[p].mean() - right[p].mean()) for p in parts) / len(top))


def fit_age(rows: Rows, labels: Labels) -> tuple[Doubles, float, Doubles, dict[str, Any]]:
    """Weights (F,), bias, expected errors at AGE_KNOTS, figures."""
    age = labels.age[rows.crop]
    train, val, test = (~np.isnan(age) & (labels.split[rows.crop] == part) for part in (TRAIN, VAL, TEST))
    columns = np.concatenate([DESCRIPTOR, MEASURES, AGES[:3]])
    scaler = Scaler.fit(rows.features[np.ix_(train, columns)])
    inputs, held = (scaler.apply(rows.features[np.ix_(part, columns)]) for part in (train, val))
    fits = [fit_ridge(inputs, age[train], l2) for l2 in AGE_STRENGTHS]
    errors = [float(np.abs(held @ fit[:-1] + fit[-1] - age[val]).mean()) for fit in fits]
    chosen = int(np.argmin(errors))
    raw, bias = scaler.unfold(fits[chosen][None, :-1], fits[chosen][-1:])
    clean = np.zeros(FEATURES)
    clean[columns] = raw[0]
    mixed = (1 - AGEGENDER_SHARE) * clean
    mixed[AGES[3]] += AGEGENDER_SHARE
    clean_years = np.clip(rows.features @ clean + bias[0], 0, 100)
    mixed_bias = (1 - AGEGENDER_SHARE) * float(bias[0])
    years = np.clip(rows.features @ mixed + mixed_bias, 0, 100)
    figures: dict[str, Any] = {"l2": AGE_STRENGTHS[chosen], "clean": {}, "with_agegender_contaminated": {}}
    for key, estimate in (("clean", clean_years), ("with_agegender_contaminated", years)):
        for part, small in (("native", False), ("small", True)):
            mask = test & (rows.degraded == small)
            figures[key][part] = age_figures(estimate[mask], age[mask])
    return mixed, mixed_bias, _expected_error(clean_years[val], age[val]), figures


def age_figures(estimate: Doubles, age: Doubles) -> dict[str, Any]:
    """Mean absolute errors in years, all and by band."""
    error = np.abs(estimate - age)
    bands = {
        f"{low}-{high}": round(float(error[(age >= low) & (age < high)].mean()), 2)
        for low, high in ((0, 10), (10, 20), (20, 40), (40, 60), (60, 120))
    }
    within = {f"within_{years}": round(float((error <= years).mean()), 3) for years in (3, 4, 5, 8, 10)}
    return {"faces": len(age), "mae": round(float(error.mean()), 2), "bands": bands, **within}


def _expected_error(estimate: Doubles, age: Doubles) -> Doubles:
    """Mean absolute error of the estimates around each knot, Gaussian weights of 8 years."""
    nearness = np.exp(-(((AGE_KNOTS[:, None] - estimate) / 8) ** 2) / 2)
    return np.asarray((nearness * np.abs(estimate - age)).sum(axis=1) / nearness.sum(axis=1))


def main() -> None:
    """Read the arguments, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    parser.add_argument("--store", type=Path, required=True)
    arguments = parser.parse_args()
    labels, rows = load_labels(arguments.data / "stills", arguments.store), load_rows(arguments.store)
    figures: dict[str, Any] = {"traits": {}}
    heads = []
    for name in TRAITS:
        heads.append(fit_trait(name, rows, labels))
        figures["traits"][name] = trait_figures(name, heads[-1], rows, labels)
        print(json.dumps({name: figures["traits"][name]}), flush=True)
    emotions, emotions_bias, figures["emotions"] = fit_emotions(rows, labels)
    age, age_bias, age_error, figures["age"] = fit_age(rows, labels)
    print(json.dumps({"emotions": figures["emotions"], "age": figures["age"]}), flush=True)
    np.savez(
        WEIGHTS / "heads.npz",
        traits=np.stack([head.weights for head in heads]).astype(np.float32),
        traits_bias=np.array([head.bias for head in heads]),
        emotions=emotions.astype(np.float32),
        emotions_bias=emotions_bias,
        age=age.astype(np.float32),
        age_bias=np.array(age_bias),
        age_knots=AGE_KNOTS,
        age_error=age_error,
    )
    publish(WEIGHTS, "arrays", "heads", "heads.npz", FACTS)
    (Path(__file__).parent / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")


FACTS = {
    "profile": "research",
    "licence": "Apache-2.0",
    "training_data": "CelebA, UTKFace, FER+, CK+, muxspace, CEW, masks, scenes, landmarks68, ImageNet: research only",
    "recipe": "python -m training.heads",
    "meaning": "linear heads on the outputs of faceres, expression, emotion and agegender and on measures of the mesh",
}


if __name__ == "__main__":
    main()
