"""Small functions that several stages share."""

from typing import Any

import numpy as np
import numpy.typing as npt

from faceline.vision.geometry import Doubles


def sigmoid(logits: npt.NDArray[np.floating[Any]]) -> Doubles:
    """Logistic function in float64, any shape, 0..1; by the tangent, which no size of logits overflows."""
    return np.asarray((1 + np.tanh(logits.astype(np.float64) / 2)) / 2)


def logit(chance: npt.NDArray[np.floating[Any]], edge: float = 1e-4) -> Doubles:
    """Inverse of `sigmoid` in float64, after clipping to edge..1 - edge."""
    clipped = np.clip(chance.astype(np.float64), edge, 1 - edge)
    return np.asarray(np.log(clipped / (1 - clipped)))


def softmax(logits: npt.NDArray[np.floating[Any]]) -> Doubles:
    """Over the last axis, in float64."""
    values = logits.astype(np.float64)
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
