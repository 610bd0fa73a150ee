"""Which crops make a batch."""

import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from training.appearance.labels import TRAIN, Labels

SHARES = {
    "attributes_celeba": 0.28,
    "emotions_ferplus": 0.22,
    "age_utkface": 0.185,
    "noface": 0.12,
    "eyes_closed_cew": 0.05,
    "scenes": 0.045,
    "emotions_muxspace": 0.035,
    "masks": 0.03,
    "emotions_ckplus48": 0.02,
    "landmarks68": 0.015,
}
"""Of a batch (appearance.md section 4, a little more for age and children)."""
RARE = {"sunglasses": 4.0, "eyeglasses": 1.5, "mustache": 3.0, "beard": 1.0}
"""How much oftener crops with the trait are drawn within CelebA, added to 1."""


def chances(labels: Labels) -> np.ndarray:
    """(N,) probability of each crop to be drawn; 0 outside the training part."""
    weight = np.where(labels.split == TRAIN, 1.0, 0.0)
    for name, extra in RARE.items():
        weight[labels.of_set("attributes_celeba") & (labels.traits[:, TRAITS.index(name)] == 1)] += extra
    weight[(labels.age < 16) & (labels.split == TRAIN)] *= 1.8
    top = np.nan_to_num(labels.emotions, nan=-1.0).argmax(axis=1)
    for name, factor in (("DISGUSTED", 4.0), ("FEAR", 2.0)):
        weight[labels.of_set("emotions_ferplus") & (top == SEVEN_EMOTIONS.index(name))] *= factor
    weight[labels.kind == 1] *= 4.0
    found = np.zeros(len(weight))
    for name, share in SHARES.items():
        part = np.where(labels.of_set(name) & (labels.split == TRAIN), weight, 0.0)
        found += share * part / part.sum()
    return np.asarray(found / found.sum())
