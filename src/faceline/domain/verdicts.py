"""Which value is stated of a trait, and how sure an answer is of it (B212): the one rule for every form of an answer.

Probabilities are calibrated: of many faces with 0.3 for a mustache three in ten have one. One half is the wrong place
to divide them where a trait is rare or a mistake of one kind is the commoner: hardly any mustache passes it. So each
trait has a threshold of its own, chosen on validation pictures so that both values are found equally well
(`training.appearance.fuse` chooses them; they lie in the weights as well, and a test holds both together). The stated
value is yes above the threshold. Its confidence is the probability that it is right, and one half where that is less:
the service never states less than 50 %.
"""

from collections.abc import Mapping
from math import nextafter
from types import MappingProxyType

THRESHOLDS: Mapping[str, float] = MappingProxyType(
    {
        "male": 0.607,
        "smile": 0.512,
        "eyeglasses": 0.095,
        "sunglasses": 0.054,
        "beard": 0.175,
        "mustache": 0.163,
        "mouth_open": 0.377,
        "eyes_open": 0.881,
        "occluded": 0.425,
    }
)
"""By the names of the fields of `Attributes`; each above 0 and below 1."""

_BARELY = nextafter(0.5, 1.0)


def stated(trait: str, probability: float) -> float:
    """The probability of yes as it is stated: above one half exactly where the value is yes.

    The larger of it and its complement is the confidence of the value, 0.5..1. Where the probability lies between
    the trait's threshold and one half, the value is stated with one half.

    trait         a name of `THRESHOLDS`; KeyError for any other
    probability   0..1, calibrated
    """
    if probability > THRESHOLDS[trait]:
        return max(probability, _BARELY)
    return min(probability, 0.5)
