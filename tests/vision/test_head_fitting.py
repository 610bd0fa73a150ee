"""The regressions and figures behind the trained heads, on constructed numbers."""

import numpy as np
import pytest

from training.heads.figures import auc, balanced, best_threshold, ece, interval
from training.heads.logistic import Scaler, fit_binary, fit_classes, fit_ridge, platt, temperature

RANDOM = np.random.default_rng(2)
POINTS = RANDOM.normal(3, 2, (4000, 3)).astype(np.float32)


def test_a_logistic_regression_finds_the_chances_that_made_the_labels() -> None:
    scaler = Scaler.fit(POINTS)
    inputs = scaler.apply(POINTS)
    chance = 1 / (1 + np.exp(-(1.5 * inputs[:, 0] - inputs[:, 1] - 1)))
    labels = (RANDOM.random(len(chance)) < chance).astype(float)
    theta = fit_binary(inputs, labels, np.ones(len(labels)), 1e-6)
    assert theta == pytest.approx([1.5, -1, 0, -1], abs=0.2)


def test_rows_without_weight_have_no_say() -> None:
    inputs = Scaler.fit(POINTS).apply(POINTS)
    labels = (inputs[:, 0] > 0).astype(float)
    wrong = np.concatenate([labels, 1 - labels])
    weights = np.concatenate([np.ones(len(labels)), np.zeros(len(labels))])
    theta = fit_binary(np.concatenate([inputs, inputs]), wrong, weights, 1e-3)
    assert theta == pytest.approx(fit_binary(inputs, labels, np.ones(len(labels)), 1e-3), abs=1e-3)


def test_unfolded_weights_give_the_same_logits_on_raw_features() -> None:
    scaler = Scaler.fit(POINTS)
    weights, bias = np.array([[1.0, -2.0, 0.5]]), np.array([0.3])
    raw, shifted = scaler.unfold(weights, bias)
    assert POINTS @ raw.T + shifted == pytest.approx(scaler.apply(POINTS) @ weights.T + bias, abs=1e-4)


def test_a_multinomial_regression_tells_three_classes_apart() -> None:
    inputs = Scaler.fit(POINTS).apply(POINTS)
    truth = inputs.argmax(axis=1)
    theta = fit_classes(inputs, np.eye(3)[truth], np.ones(len(truth)), 1e-4)
    found = (inputs @ theta[:, :-1].T + theta[:, -1]).argmax(axis=1)
    assert (found == truth).mean() > 0.97


def test_a_ridge_regression_finds_a_line() -> None:
    inputs = Scaler.fit(POINTS).apply(POINTS)
    fit = fit_ridge(inputs, 4 * inputs[:, 2].astype(float) + 30, 1e-6)
    assert fit == pytest.approx([0, 0, 4, 30], abs=0.01)


def test_platt_scaling_calms_logits_that_are_too_sure() -> None:
    logits = RANDOM.normal(0, 2, 5000)
    labels = (RANDOM.random(5000) < 1 / (1 + np.exp(-logits))).astype(float)
    scale, shift = platt(4 * logits + 2, labels)
    assert (scale, shift) == pytest.approx((0.25, -0.5), abs=0.06)


def test_the_temperature_undoes_a_known_one() -> None:
    logits = RANDOM.normal(0, 2, (5000, 4))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert temperature(2 * logits, shares, np.ones(5000)) == pytest.approx(0.5, rel=0.03)


def test_auc_counts_pairs_in_the_right_order() -> None:
    assert auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0, 1, 1])) == pytest.approx(0.75)
    assert auc(np.array([0.5, 0.5]), np.array([0.0, 1])) == pytest.approx(0.5)
    assert np.isnan(auc(np.array([0.5, 0.5]), np.array([1.0, 1])))


def test_balanced_accuracy_does_not_care_for_shares() -> None:
    scores, truth = np.array([0.9, 0.2, 0.1, 0.3, 0.6]), np.array([1.0, 0, 0, 0, 0])
    assert balanced(scores, truth, 0.5) == pytest.approx((1 + 3 / 4) / 2)
    assert balanced(scores, truth, best_threshold(scores, truth)) == pytest.approx(1.0)


def test_ece_is_small_for_honest_chances_and_large_for_boasts() -> None:
    chances = RANDOM.random(20_000)
    truth = (RANDOM.random(20_000) < chances).astype(float)
    assert ece(chances, truth) < 0.02
    assert ece(np.where(chances > 0.5, 0.999, 0.001), truth) > 0.2


def test_the_bootstrap_interval_holds_the_mean() -> None:
    low, high = interval(lambda values: float(values.mean()), RANDOM.normal(5, 1, 400))
    assert 4.8 < low < 5 + 0.1
    assert 5 - 0.1 < high < 5.2
    assert high - low == pytest.approx(4 / 20, rel=0.3)
