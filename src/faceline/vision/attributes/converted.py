"""Appearance by the converted networks: descriptor, expression, emotion and age nets below our own linear heads."""

from dataclasses import dataclass

import numpy as np

from faceline.vision.attributes.appearance import AppearanceBatch, Glance
from faceline.vision.attributes.heads import Heads
from faceline.vision.attributes.measures import MEASURES
from faceline.vision.crops import resized
from faceline.vision.geometry import Doubles, Floats, Pixels
from faceline.vision.manifest import Manifest
from faceline.vision.network import Network, Runtime
from faceline.vision.numerics import logit

DESCRIPTOR = 1024
SECTIONS = (DESCRIPTOR, len(MEASURES), 7, 7, 5)
"""Descriptor, measures, expression logits, emotion logits, and the five age and gender values of `_age_gender`."""
FEATURES = sum(SECTIONS)
FACERES_SIDE, EXPRESSION_SIDE, EMOTION_SIDE, AGEGENDER_SIDE = 160, 112, 64, 112
"""Pixels; faceres at 160 is as good as at 224 and costs 57 % (vision.md section 0)."""
AGEGENDER_MARGIN = 1.0
"""agegender wants a tight crop: at 1.15 it is 4.5 years too low (vision.md section 6)."""


@dataclass(frozen=True, slots=True)
class ConvertedNetworks:
    """The four networks."""

    faceres: Network
    expression: Network
    emotion: Network
    agegender: Network

    @staticmethod
    def load(manifest: Manifest, runtime: Runtime) -> "ConvertedNetworks":
        """Load them. Raises WeightsBroken."""
        names = ("faceres", "expression", "emotion", "agegender")
        return ConvertedNetworks(*(Network(manifest.network(name), runtime) for name in names))


class ConvertedReader:
    """See `AppearanceReader`."""

    crop_side = 224
    crop_margin = 1.15

    def __init__(self, manifest: Manifest, runtime: Runtime) -> None:
        """Load four networks and the heads. Raises WeightsBroken."""
        self._networks = ConvertedNetworks.load(manifest, runtime)
        self._heads = Heads.load(manifest.array("heads"), FEATURES)

    def glance(self, crops: Pixels) -> Glance:
        """See `AppearanceReader`: faceres's descriptor alone decides."""
        outputs = self._networks.faceres.run(_at(crops, FACERES_SIDE))
        features = np.zeros((len(crops), FEATURES))
        features[:, :DESCRIPTOR] = outputs[1]
        return Glance(crops, outputs, self._heads.human(features))

    def read(self, glance: Glance, measures: Doubles) -> AppearanceBatch:
        """See `AppearanceReader`."""
        return self._heads.read(converted_features(self._networks, glance.crops, glance.outputs, measures))


def converted_features(
    networks: ConvertedNetworks, crops: Pixels, faceres: tuple[Floats, ...], measures: Doubles
) -> Doubles:
    """Feature vectors of crops.

    crops      (N, 224, 224, 3) uint8 RGB at margin 1.15
    faceres    what faceres said of them at its side
    measures   (N, 24)
    ->         (N, F)
    """
    gender, descriptor, ages = faceres
    expressions = networks.expression.run(_at(crops, EXPRESSION_SIDE))[0]
    emotions = networks.emotion.run(_at(crops, EMOTION_SIDE))[0]
    age, sexes = networks.agegender.run(_at(_inner(crops), AGEGENDER_SIDE))
    values = _age_gender(gender, ages, age, sexes)
    return np.hstack([descriptor, measures, expressions, emotions, values]).astype(np.float64)


def _age_gender(gender: Floats, ages: Floats, age: Floats, sexes: Floats) -> Doubles:
    """(N, 5): logit of male, mean and spread of age by faceres; age and logit of male by agegender."""
    years = np.arange(ages.shape[1])
    chances = ages.astype(np.float64)
    mean = (chances * years).sum(axis=1)
    spread = np.sqrt(np.maximum((chances * years**2).sum(axis=1) - mean**2, 0.0))
    males = [logit(gender[:, 0]), logit(sexes[:, 0])]
    return np.stack([males[0], mean, spread, age.astype(np.float64)[:, 0], males[1]], axis=1)


def _inner(crops: Pixels) -> Pixels:
    """The middle of the crops that has agegender's margin."""
    side = crops.shape[1]
    border = round(side * (1 - AGEGENDER_MARGIN / ConvertedReader.crop_margin) / 2)
    return crops[:, border : side - border, border : side - border]


def _at(crops: Pixels, side: int) -> Pixels:
    small = np.zeros((len(crops), side, side, 3), np.uint8)
    for row, crop in enumerate(crops):
        small[row] = resized(crop, side)
    return small
