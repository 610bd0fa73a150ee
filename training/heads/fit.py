"""Fitting and choosing linear heads, whatever features they stand on.

Every head is a regularised regression on the training part; its columns and strength are chosen on the validation part
by log loss, where it is calibrated as well. The test part is only reported (`report`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from faceline.vision.attributes.appearance import TRAITS
from faceline.vision.geometry import Doubles, Floats
from faceline.vision.numerics import sigmoid, softmax
from training.appearance.labels import TRAIN, VAL, Labels
from training.heads.logistic import Scaler, fit_binary, fit_classes, fit_ridge, platt, temperature

STRENGTHS = (0.1, 0.03, 0.01, 0.003)
"""L2 penalties on scaled features, per mean loss."""
AGE_STRENGTHS = (3.0, 1.0, 0.3, 0.1, 0.01)
Choices = Mapping[str, tuple[np.ndarray, ...]]
"""Column sets to choose from, by trait; under "" those of every other trait."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Feature rows (M, F) with the crop each comes from; degraded ones stand behind the native ones."""

    features: Floats
    crop: np.ndarray
    degraded: np.ndarray

    def part(self, labels: Labels, number: int) -> np.ndarray:
        """(M,) whether a row's crop belongs to a part."""
        return np.asarray(labels.split[self.crop] == number)


@dataclass(frozen=True, slots=True)
class Head:
    """Fitted outputs over all F features: weights (H, F), bias (H,)."""

    weights: Doubles
    bias: Doubles
    columns: int
    l2: float

    def logits(self, features: Floats) -> Doubles:
        """(M, F) to (M, H)."""
        return np.asarray(features @ self.weights.T + self.bias)


def fit_trait(name: str, rows: Rows, labels: Labels, choices: Choices) -> Head:
    """Fit, choose and calibrate (Platt) one trait."""
    column = TRAITS.index(name)
    targets, weights = labels.traits[rows.crop, column], labels.weights[rows.crop, column]
    known = ~np.isnan(targets) & (weights > 0)
    train = known & rows.part(labels, TRAIN)
    val = rows.part(labels, VAL) & (known if name == "eyes_open" else labels.hard[rows.crop, column])
    best: tuple[float, Head] | None = None
    for columns in choices.get(name, choices[""]):
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
                best = (loss, _full(scaler, a * theta[None, :-1], np.array([a * theta[-1] + b]), columns, rows, l2))
    assert best is not None
    return best[1]


def fit_emotions(rows: Rows, labels: Labels, choices: tuple[np.ndarray, ...]) -> Head:
    """Multinomial regression on the votes; chosen by the votes, its temperature by the majority of FER+."""
    shares, weights = labels.emotions[rows.crop], labels.emotion_weights[rows.crop]
    known = weights > 0
    train, val = known & rows.part(labels, TRAIN), known & rows.part(labels, VAL)
    voted = labels.of_set("emotions_ferplus")[rows.crop][val]
    majority = np.eye(7)[shares[val].argmax(axis=1)]
    best: tuple[float, Head] | None = None
    for columns in choices:
        scaler = Scaler.fit(rows.features[np.ix_(train, columns)])
        inputs, held = (scaler.apply(rows.features[np.ix_(part, columns)]) for part in (train, val))
        theta = None
        for l2 in STRENGTHS:
            theta = fit_classes(inputs, shares[train], weights[train], l2, theta)
            logits = held @ theta[:, :-1].T + theta[:, -1]
            loss = -float((weights[val, None] * shares[val] * np.log(softmax(logits) + 1e-12)).sum())
            if best is None or loss < best[0]:
                factor = temperature(logits[voted], majority[voted], np.ones(int(voted.sum())))
                best = (loss, _full(scaler, factor * theta[:, :-1], factor * theta[:, -1], columns, rows, l2))
    assert best is not None
    return best[1]


def fit_age(rows: Rows, labels: Labels, columns: np.ndarray) -> Head:
    """Ridge regression of the age in years."""
    age = labels.age[rows.crop]
    known = ~np.isnan(age)
    train, val = known & rows.part(labels, TRAIN), known & rows.part(labels, VAL)
    scaler = Scaler.fit(rows.features[np.ix_(train, columns)])
    inputs, held = (scaler.apply(rows.features[np.ix_(part, columns)]) for part in (train, val))
    fits = [fit_ridge(inputs, age[train], l2) for l2 in AGE_STRENGTHS]
    errors = [float(np.abs(held @ fit[:-1] + fit[-1] - age[val]).mean()) for fit in fits]
    best = int(np.argmin(errors))
    return _full(scaler, fits[best][None, :-1], fits[best][-1:], columns, rows, AGE_STRENGTHS[best])


def fit_age_error(rows: Rows, labels: Labels, age: Head, columns: np.ndarray) -> Head:
    """Ridge regression of the age's absolute error in years, on the validation part: there it is an honest one."""
    truth = labels.age[rows.crop]
    val = ~np.isnan(truth) & rows.part(labels, VAL)
    error = np.abs(np.clip(age.logits(rows.features[val])[:, 0], 0, 100) - truth[val])
    scaler = Scaler.fit(rows.features[np.ix_(val, columns)])
    fit = fit_ridge(scaler.apply(rows.features[np.ix_(val, columns)]), error, 0.1)
    return _full(scaler, fit[None, :-1], fit[-1:], columns, rows, 0.1)


def _full(scaler: Scaler, weights: Doubles, bias: Doubles, columns: np.ndarray, rows: Rows, l2: float) -> Head:
    """A head on scaled columns as one on all raw features."""
    raw, shifted = scaler.unfold(weights, bias)
    full = np.zeros((len(raw), rows.features.shape[1]))
    full[:, columns] = raw
    return Head(full, shifted, len(columns), l2)
