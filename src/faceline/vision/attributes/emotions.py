"""The service's eight emotions out of the seven that pictures are labelled with.

No picture set labels CONFUSED. It is stated by a rule, and kept small: a face may look confused where the seven
emotions leave the question open (a small margin between the first and the second) and the brows are drawn together
or stand at different heights. What it takes is taken from all others in proportion.
"""

import numpy as np

from faceline.domain.face import EMOTIONS, Emotion
from faceline.vision.attributes.appearance import SEVEN_EMOTIONS
from faceline.vision.attributes.measures import MEASURES
from faceline.vision.geometry import Doubles

MOST = 0.45
"""Largest share of CONFUSED, 0..1."""
MARGIN = 0.5
"""Lead of the first emotion over the second from which a face is not open to doubt any more, 0..1."""
UNEVEN = (0.035, 0.10)
"""Difference of the brows' heights in eye distances: from here it counts, from here it counts fully."""
DRAWN = (0.215, 0.165)
"""Distance between the brows in eye distances, likewise; it falls."""


def with_confused(seven: Doubles, measures: Doubles) -> Doubles:
    """(N, 7) probabilities and (N, 24) measures to (N, 8) probabilities in the order of `EMOTIONS`, rows sum to 1."""
    ranked = np.sort(seven, axis=1)
    doubt = np.clip(1 - (ranked[:, -1] - ranked[:, -2]) / MARGIN, 0, 1)
    uneven = _ramp(measures[:, MEASURES.index("brow_asymmetry")], *UNEVEN)
    drawn = _ramp(measures[:, MEASURES.index("brow_gap")], *DRAWN)
    confused = MOST * doubt * np.maximum(uneven, drawn)
    eight = np.zeros((len(seven), len(EMOTIONS)))
    for column, name in enumerate(SEVEN_EMOTIONS):
        eight[:, EMOTIONS.index(Emotion(name))] = seven[:, column] * (1 - confused)
    eight[:, EMOTIONS.index(Emotion.CONFUSED)] = confused
    return eight


def _ramp(values: Doubles, start: float, end: float) -> Doubles:
    return np.asarray(np.clip((values - start) / (end - start), 0, 1))
