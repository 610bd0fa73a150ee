"""Fit CONFUSED: `python -m training.confused --data $FACELINE_TEST_DATA`; three minutes the first time.

The product looks at the validation tiles of FER+. `looks.csv` names those that look confused to the annotator, and the
doubtful ones, which are left out; the rest does not. A logistic regression on the logarithms of the seven shares, both
looks weighing the same, is then calibrated on groups left out and brought to `SHARE`. It prints the constants of
`vision/attributes/emotions.py` and writes figures.json beside this file.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.setups import shipped
from faceline.domain.face import EMOTIONS, Emotion
from faceline.vision.attributes.appearance import SEVEN_EMOTIONS
from faceline.vision.attributes.emotions import log_shares
from faceline.vision.geometry import Doubles
from faceline.vision.numerics import sigmoid
from training.heads.figures import auc, best_threshold
from training.heads.logistic import Scaler, fit_binary, platt

LOOKS = Path(__file__).with_name("looks.csv")
SHARE = 0.02
"""Of confused looks among faces in general: one of the 46 judged faces of the random draw that was annotated for
benchmarks/accuracy. FER+ has twice as many, and its own share would take too much from ANGRY."""
L2 = 0.2
FOLDS, SEED = 8, 1


def fitted(features: Doubles, truth: Doubles) -> tuple[Doubles, float]:
    """Weights (F,) and bias of a regression in which both looks weigh the same."""
    weights = np.where(truth > 0, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    scaler = Scaler.fit(features.astype(np.float32))
    theta = fit_binary(scaler.apply(features.astype(np.float32)), truth, weights, L2)
    raw, bias = scaler.unfold(theta[None, :-1], theta[-1:])
    return raw[0], float(bias[0])


def left_out(features: Doubles, truth: Doubles, groups: NDArray[np.str_]) -> Doubles:
    """(N,) scores of faces whose group took no part in the fit."""
    names, place = np.unique(groups, return_inverse=True)
    folds = np.random.default_rng(SEED).integers(0, FOLDS, len(names))[place]
    scores = np.zeros(len(truth))
    for fold in range(FOLDS):
        weights, bias = fitted(features[folds != fold], truth[folds != fold])
        scores[folds == fold] = features[folds == fold] @ weights + bias
    return scores


def material(data: Path) -> tuple[Doubles, Doubles, NDArray[np.str_]]:
    """Shares (N, 7) of found faces that are not doubtful, whether they look confused (N,), and their groups (N,)."""
    with LOOKS.open(encoding="utf-8", newline="") as file:
        looks = {(row["file"], row["row"], row["col"]): row["look"] for row in csv.DictReader(file)}
    order = [EMOTIONS.index(Emotion(name)) for name in SEVEN_EMOTIONS]
    shares, truth, groups = [], [], []
    for seen in Facts(data, shipped()).set("emotions_ferplus", ("val",)):
        look = looks.get((seen.row["file"], seen.row["row"], seen.row["col"]), "no")
        if look != "doubtful" and seen.face and seen.face.attributes:
            seven = np.array(seen.face.attributes.emotions)[order]
            shares.append(seven / seven.sum())
            truth.append(float(look == "yes"))
            groups.append(seen.row["group"])
    return np.array(shares), np.array(truth), np.array(groups)


def main() -> None:
    """Read the arguments, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    shares, truth, groups = material(parser.parse_args().data)
    features = log_shares(shares)
    scores = left_out(features, truth, groups)
    scale, shift = platt(scores, truth)
    weights, bias = fitted(features, truth)
    to_share = np.log(SHARE / (1 - SHARE)) - np.log(truth.mean() / (1 - truth.mean()))
    found = {
        "faces": len(truth),
        "confused": int(truth.sum()),
        "groups of confused faces": len(set(groups[truth > 0])),
        "AUC, groups left out": round(auc(scores, truth), 3),
        "AUC of the margin between the first two": round(auc(-margins(shares), truth), 3),
        "share from which both looks are told best, groups left out": round(
            best_threshold(sigmoid(scale * scores + shift + to_share), truth), 3
        ),
        "weights": {
            name: round(float(scale * weight), 3) for name, weight in zip(SEVEN_EMOTIONS, weights, strict=True)
        },
        "bias": round(float(scale * bias + shift + to_share), 3),
    }
    text = json.dumps(found, indent=1)
    Path(__file__).with_name("figures.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def margins(shares: Doubles) -> Doubles:
    """(N, 7) to the lead (N,) of the first over the second."""
    ranked = np.sort(shares, axis=1)
    return np.asarray(ranked[:, -1] - ranked[:, -2])


if __name__ == "__main__":
    main()
