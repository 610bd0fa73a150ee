"""Emotions against labels. They describe how a face looks, not what a person feels (docs/responsible-use.md)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.statistics import balanced, figure, share
from benchmarks.accuracy.taints import taint
from faceline.domain.face import EMOTIONS, Emotion
from faceline.vision.geometry import Doubles

LABELS = {
    "neutral": Emotion.CALM,
    "happiness": Emotion.HAPPY,
    "happy": Emotion.HAPPY,
    "surprise": Emotion.SURPRISED,
    "sadness": Emotion.SAD,
    "anger": Emotion.ANGRY,
    "disgust": Emotion.DISGUSTED,
    "fear": Emotion.FEAR,
}
"""Contempt has no counterpart in the service, and CONFUSED no labelled pictures."""
SEVEN = tuple(emotion for emotion in EMOTIONS if emotion is not Emotion.CONFUSED)
SETS = {"emotions_ferplus": "FER+", "emotions_ckplus48": "CK+", "emotions_muxspace": "muxspace"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Found faces: probabilities (N, 8), the labelled emotion as a row of EMOTIONS (N,), and how many were missed."""

    chances: Doubles
    truth: NDArray[np.intp]
    missed: int


def labelled(facts: Facts, set_name: str) -> Labelled:
    """The faces of a set whose label is one of the seven."""
    column = "major" if set_name == "emotions_ferplus" else "emotion"
    seen = [each for each in facts.set(set_name) if each.row[column] in LABELS]
    found = [(each, face.attributes) for each in seen if (face := each.face) and face.attributes]
    chances = np.array([attributes.emotions for _, attributes in found]).reshape(-1, len(EMOTIONS))
    truth = np.array([EMOTIONS.index(LABELS[each.row[column]]) for each, _ in found])
    return Labelled(chances, truth, len(seen) - len(found))


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Accuracy of the first of eight, mean and single recalls; CONFUSED is always wrong here."""
    figures: list[Figure] = []
    curves: list[Curve] = []
    for set_name, name in SETS.items():
        cases = labelled(facts, set_name)
        why, first = taint(facts.setup, set_name, "emotions"), cases.chances.argmax(axis=1)
        right = (first == cases.truth).astype(np.float64)
        figures += [
            share(f"{name}: accuracy", right, missed=cases.missed, tainted=why),
            figure(f"{name}: mean recall", balanced, [right, cases.truth], missed=cases.missed, tainted=why),
            share(f"{name}: CONFUSED comes first", first == EMOTIONS.index(Emotion.CONFUSED)),
        ]
        for emotion in SEVEN:
            chosen = cases.truth == EMOTIONS.index(emotion)
            if chosen.any():
                figures.append(share(f"{name}, {emotion}: recall", right[chosen], tainted=why))
                shares = [float((first[chosen] == at).mean()) for at in range(len(EMOTIONS))]
                curves.append(Curve(f"{name}, {emotion}", [float(at) for at in range(len(EMOTIONS))], shares))
    return figures, curves
