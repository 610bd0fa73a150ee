"""CONFUSED's constants are those that its recipe gave."""

import csv
import json

import numpy as np
import pytest

from benchmarks.accuracy.annotated import NOTABLE
from faceline.vision.attributes.appearance import SEVEN_EMOTIONS
from faceline.vision.attributes.emotions import BIAS, WEIGHTS
from training.confused.__main__ import LOOKS, fitted, left_out, margins


def test_the_product_has_the_constants_of_the_fit() -> None:
    found = json.loads(LOOKS.with_name("figures.json").read_text(encoding="utf-8"))
    assert dict(zip(SEVEN_EMOTIONS, WEIGHTS, strict=True)) == found["weights"]
    assert found["bias"] == BIAS
    assert found["share from which both looks are told best, groups left out"] == NOTABLE


def test_each_tile_was_looked_at_once() -> None:
    with LOOKS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["look"] for row in rows} == {"yes", "doubtful"}
    assert len({(row["file"], int(row["row"]), int(row["col"])) for row in rows}) == len(rows)


def test_a_fit_finds_what_tells_the_looks_apart_and_leaves_groups_out() -> None:
    random = np.random.default_rng(4)
    features = random.normal(size=(400, 3))
    truth = (features[:, 1] + random.normal(size=400) > 1).astype(float)
    weights, _ = fitted(features, truth)
    assert weights[1] > 5 * max(abs(weights[0]), abs(weights[2]))
    alone = left_out(features, truth, np.array([str(k) for k in range(400)]))
    assert np.corrcoef(alone, features[:, 1])[0, 1] > 0.95


def test_the_margin_is_the_lead_of_the_first() -> None:
    assert margins(np.array([[0.2, 0.7, 0.1]])) == pytest.approx([0.5])
