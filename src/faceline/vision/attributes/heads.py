"""Linear heads: calibrated answers from one product of a feature vector with a small matrix.

The file (`heads.npz`, written by `python -m training.heads`) holds
  traits     (10, F) weights and traits_bias (10,): logits, standardisation and Platt scaling folded in
  emotions   (7, F) and emotions_bias (7,): logits, temperature folded in
  age        (F,) and age_bias: years
  age_error  (F,) and age_error_bias: the absolute error of the age to expect, years
"""

from dataclasses import dataclass
from io import BytesIO

import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS, AppearanceBatch
from faceline.vision.geometry import Doubles
from faceline.vision.manifest import WeightFile, WeightsBroken
from faceline.vision.numerics import sigmoid, softmax

OLDEST = 100.0
SMALLEST_ERROR = 1.0
"""Years; a linear guess of an error may come out below zero."""


@dataclass(frozen=True, slots=True)
class Heads:
    """See the module; all float64."""

    traits: Doubles
    traits_bias: Doubles
    emotions: Doubles
    emotions_bias: Doubles
    age: Doubles
    age_bias: Doubles
    age_error: Doubles
    age_error_bias: Doubles

    @staticmethod
    def load(file: WeightFile, features: int) -> "Heads":
        """Read the heads for vectors of `features` values. Raises WeightsBroken."""
        with np.load(BytesIO(file.read())) as arrays:
            missing = [name for name in Heads.__dataclass_fields__ if name not in arrays]
            if missing:
                raise WeightsBroken(f"{file.path} lacks {', '.join(missing)}")
            heads = Heads(**{name: arrays[name].astype(np.float64) for name in Heads.__dataclass_fields__})
        expected = ((len(TRAITS), features), (len(SEVEN_EMOTIONS), features), (features,), (features,))
        found = (heads.traits.shape, heads.emotions.shape, heads.age.shape, heads.age_error.shape)
        if found != expected:
            raise WeightsBroken(f"{file.path} has heads of shapes {found}, not {expected}")
        return heads

    def human(self, features: Doubles) -> Doubles:
        """(N, F) to (N,): the first trait alone. Its weights must be zero outside what `features` fills."""
        return sigmoid(_product(features, self.traits[:1]) + self.traits_bias[:1])[:, 0]

    def read(self, features: Doubles) -> AppearanceBatch:
        """(N, F) feature vectors to everything."""
        age = np.clip(_product(features, self.age[None])[:, 0] + self.age_bias, 0.0, OLDEST)
        return AppearanceBatch(
            traits=sigmoid(_product(features, self.traits) + self.traits_bias),
            age_years=age,
            age_error=np.maximum(_product(features, self.age_error[None])[:, 0] + self.age_error_bias, SMALLEST_ERROR),
            emotions=softmax(_product(features, self.emotions) + self.emotions_bias),
        )


def _product(features: Doubles, weights: Doubles) -> Doubles:
    """(N, F) by (H, F) to (N, H), one face at a time: a matrix product would round a row differently with other
    neighbours, and answers must not depend on how faces were grouped."""
    return np.array([weights @ row for row in features]).reshape(len(features), len(weights))
