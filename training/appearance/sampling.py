"""Which crops make a batch."""

from collections.abc import Mapping

import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from training.appearance.labels import TRAIN, Labels

RARE = {"sunglasses": 4.0, "eyeglasses": 1.5, "mustache": 3.0, "beard": 1.0}
"""How much oftener crops with the trait are drawn within CelebA, added to 1."""


def chances(labels: Labels, shares: Mapping[str, float]) -> np.ndarray:
    """(N,) probability of each crop to be drawn; 0 outside the training part. `shares` of the sets in a batch."""
    weight = np.where(labels.split == TRAIN, 1.0, 0.0)
    for name, extra in RARE.items():
        weight[labels.of_set("attributes_celeba") & (labels.traits[:, TRAITS.index(name)] == 1)] += extra
    weight[(labels.age < 16) & (labels.split == TRAIN)] *= 1.8
    weight[(labels.age > 60) & (labels.split == TRAIN)] *= 1.4
    top = np.nan_to_num(labels.emotions, nan=-1.0).argmax(axis=1)
    for name, factor in (("DISGUSTED", 4.0), ("FEAR", 3.0)):
        weight[labels.of_set("emotions_ferplus") & (top == SEVEN_EMOTIONS.index(name))] *= factor
    weight[labels.kind == 1] *= 4.0
    found = np.zeros(len(weight))
    for name, share in shares.items():
        part = np.where(labels.of_set(name) & (labels.split == TRAIN), weight, 0.0)
        found += share * part / part.sum()
    return np.asarray(found / found.sum())
