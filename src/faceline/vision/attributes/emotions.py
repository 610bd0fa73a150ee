"""The service's eight emotions out of the seven that pictures are labelled with.

No picture set labels CONFUSED. It is stated by a rule: its logit is a weighted sum of the logarithms of the seven
shares. A face looks the more confused, the less happy and surprised it looks, and the more it is calm and something
disagreeable at once. The weights were fitted on a thousand faces that were looked at for that (`training/confused`) and
brought to the small share of such looks among all; so it orders faces, and does not come first. What it takes is taken
from all others in proportion.

Brows, drawn together or raised unevenly, say nothing here: the mesh hardly follows them. Their distance and their
difference in height tell confused looks from others no better than chance (AUC .42 and .44 in FER+).
"""

import numpy as np

from faceline.domain.face import EMOTIONS, Emotion
from faceline.vision.attributes.appearance import SEVEN_EMOTIONS
from faceline.vision.geometry import Doubles
from faceline.vision.numerics import sigmoid

FLOOR = 0.001
"""Added to a share before its logarithm is taken: smaller ones say no more."""
WEIGHTS = (0.218, -0.131, -0.023, 0.066, 0.037, 0.142, 0.056)
"""In the order of `SEVEN_EMOTIONS`."""
BIAS = -2.64


def with_confused(seven: Doubles) -> Doubles:
    """(N, 7) probabilities to (N, 8) probabilities in the order of `EMOTIONS`, rows sum to 1."""
    # elementwise, so that a face's value does not depend on its neighbours
    confused = sigmoid((log_shares(seven) * WEIGHTS).sum(axis=1) + BIAS)
    eight = np.zeros((len(seven), len(EMOTIONS)))
    for column, name in enumerate(SEVEN_EMOTIONS):
        eight[:, EMOTIONS.index(Emotion(name))] = seven[:, column] * (1 - confused)
    eight[:, EMOTIONS.index(Emotion.CONFUSED)] = confused
    return eight


def log_shares(seven: Doubles) -> Doubles:
    """(N, 7) shares to (N, 7) logarithms."""
    return np.asarray(np.log(seven + FLOOR))
