"""Figures of fitted heads on the test part, native crops and crops degraded to small faces apart."""

from typing import Any

import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from faceline.vision.geometry import Doubles
from faceline.vision.numerics import sigmoid, softmax
from training.appearance.labels import TEST, VAL, Labels
from training.heads.figures import auc, balanced, best_threshold, ece, interval
from training.heads.fit import Head, Rows

EMOTION_SETS = ("emotions_ferplus", "emotions_ckplus48", "emotions_muxspace")
PARTS = (("native", False), ("small", True))
BANDS = ((0, 10), (10, 20), (20, 40), (40, 60), (60, 120))


def trait_figures(name: str, head: Head, rows: Rows, labels: Labels) -> dict[str, Any]:
    """AUC, balanced accuracy and calibration of one trait."""
    column = TRAITS.index(name)
    truth = labels.traits[rows.crop, column]
    chances = sigmoid(head.logits(rows.features))[:, 0]
    counted = countable(name, rows, labels)
    val = counted & rows.part(labels, VAL) & ~rows.degraded
    threshold = best_threshold(chances[val], truth[val])
    figures: dict[str, Any] = {"columns": head.columns, "l2": head.l2, "threshold_by_val": round(threshold, 3)}
    for part, small in PARTS:
        test = counted & rows.part(labels, TEST) & (rows.degraded == small)
        figures[part] = binary_figures(chances[test], truth[test], threshold)
        if name == "male":
            figures[part] |= _gender_by_set(chances, truth, test, rows, labels)
    return figures


def countable(name: str, rows: Rows, labels: Labels) -> np.ndarray:
    """(M,) whether a row's label is good enough for a test; open eyes are CelebA's that are not marked narrow."""
    column = TRAITS.index(name)
    counted = labels.hard[rows.crop, column]
    if name == "eyes_open":
        open_eyes = labels.of_set("attributes_celeba") & (labels.weights[:, column] == 0.5)
        counted = counted | open_eyes[rows.crop]
    return np.asarray(counted)


def binary_figures(chances: Doubles, truth: Doubles, threshold: float) -> dict[str, Any]:
    """Of one class against the other."""
    return {
        "positive": int((truth == 1).sum()),
        "negative": int((truth == 0).sum()),
        "auc": round(auc(chances, truth), 4),
        "auc_95": interval(auc, chances, truth),
        "balanced_at_half": round(balanced(chances, truth, 0.5), 4),
        "balanced_at_threshold": round(balanced(chances, truth, threshold), 4),
        "accuracy": round(float(((chances > 0.5) == (truth > 0.5)).mean()), 4),
        "ece": round(ece(chances, truth), 4),
    }


def _gender_by_set(chances: Doubles, truth: Doubles, test: np.ndarray, rows: Rows, labels: Labels) -> dict[str, Any]:
    age, celeba = labels.age[rows.crop], labels.of_set("attributes_celeba")[rows.crop]
    groups = {"celeba": celeba, "utkface_16_and_over": age >= 16, "utkface_under_16": age < 16}
    return {
        name: {
            "faces": int((test & group).sum()),
            "balanced": round(balanced(chances[test & group], truth[test & group], 0.5), 4),
            "auc": round(auc(chances[test & group], truth[test & group]), 4),
        }
        for name, group in groups.items()
    }


def emotions_figures(head: Head, rows: Rows, labels: Labels) -> dict[str, Any]:
    """Accuracy, recalls and calibration per set."""
    chances, shares = softmax(head.logits(rows.features)), labels.emotions[rows.crop]
    test = (labels.emotion_weights[rows.crop] > 0) & rows.part(labels, TEST)
    figures: dict[str, Any] = {"columns": head.columns, "l2": head.l2}
    for name in EMOTION_SETS:
        for part, small in PARTS:
            mask = test & labels.of_set(name)[rows.crop] & (rows.degraded == small)
            figures[f"{name}_{part}"] = _emotion_figures(chances[mask], shares[mask])
    return figures


def _emotion_figures(chances: Doubles, shares: Doubles) -> dict[str, Any]:
    truth, found = shares.argmax(axis=1), chances.argmax(axis=1)
    recalls = {
        name: round(float((found[truth == at] == at).mean()), 3)
        for at, name in enumerate(SEVEN_EMOTIONS)
        if (truth == at).any()
    }
    return {
        "faces": len(truth),
        "accuracy": round(float((truth == found).mean()), 4),
        "accuracy_95": interval(lambda right: float(right.mean()), (truth == found).astype(float)),
        "mean_recall": round(float(np.mean(list(recalls.values()))), 4),
        "recalls": recalls,
        "ece": round(_ece_of_top(chances, truth), 4),
    }


def _ece_of_top(chances: Doubles, truth: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of the first emotion's confidence, in bins of equal mass."""
    top, right = chances.max(axis=1), (chances.argmax(axis=1) == truth).astype(float)
    parts = np.array_split(np.argsort(top), min(bins, len(top)))
    return float(sum(len(part) * abs(top[part].mean() - right[part].mean()) for part in parts) / len(top))


def age_figures(years: Doubles, rows: Rows, labels: Labels) -> dict[str, Any]:
    """Mean absolute errors in years of estimates (M,), all and by band."""
    age = labels.age[rows.crop]
    figures = {}
    for part, small in PARTS:
        test = ~np.isnan(age) & rows.part(labels, TEST) & (rows.degraded == small)
        truth = age[test]
        error = np.abs(np.clip(years[test], 0, 100) - truth)
        bands = {f"{low}-{high}": round(float(error[(truth >= low) & (truth < high)].mean()), 2) for low, high in BANDS}
        within = {f"within_{limit}": round(float((error <= limit).mean()), 3) for limit in (3, 4, 5, 8, 10)}
        figures[part] = {
            "faces": len(truth),
            "mae": round(float(error.mean()), 2),
            "mae_95": interval(lambda row: float(row.mean()), error),
            "bands": bands,
            **within,
        }
    return figures
