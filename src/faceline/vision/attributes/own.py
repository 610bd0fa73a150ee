"""Appearance by a network of our own (`training/appearance`), with small linear heads that bring in the mesh, and with
agegender as a second opinion on gender alone.

The network looks at the crop, and that is all for DEFAULT. For ALL it looks at the crop's mirror too.
"""

from typing import Protocol

import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS, AppearanceBatch, Glance
from faceline.vision.attributes.heads import Heads
from faceline.vision.attributes.measures import MEASURES
from faceline.vision.crops import resized
from faceline.vision.geometry import Doubles, Floats, Pixels
from faceline.vision.manifest import Manifest
from faceline.vision.network import Network, Runtime
from faceline.vision.numerics import logit, softmax

SECTIONS = (len(TRAITS), len(SEVEN_EMOTIONS), 2, len(MEASURES), 1)
"""Logits of traits and of emotions, mean and spread of the age in years, measures of the mesh, agegender's logit."""
FEATURES = sum(SECTIONS)
HUMAN = TRAITS.index("human")
AGEGENDER_SIDE = 112
AGEGENDER_MARGIN = 1.0
"""agegender wants a tight crop (vision.md section 6)."""


class Looker(Protocol):
    """A network that answers for crops."""

    def run(self, pictures: Pixels) -> tuple[Floats, ...]:
        """(N, S, S, 3) to arrays (N, ...)."""
        ...


class OwnReader:
    """See `AppearanceReader`."""

    crop_margin = 1.15

    def __init__(self, manifest: Manifest, runtime: Runtime) -> None:
        """Load the networks and the heads. Raises WeightsBroken."""
        self._network = Network(manifest.network("appearance"), runtime)
        self._agegender = Network(manifest.network("agegender"), runtime)
        self._heads = Heads.load(manifest.array("appearance_heads"), FEATURES)
        self.crop_side = self._network.entry.input.row_shape[0]

    def glance(self, crops: Pixels) -> Glance:
        """See `AppearanceReader`: neither mirror nor mesh nor agegender has a say in what is human."""
        outputs = self._network.run(crops)
        count = len(crops)
        features = own_features(outputs, np.zeros((count, len(MEASURES))), np.zeros(count))
        return Glance(crops, outputs, self._heads.human(features))

    def read(self, glance: Glance, measures: Doubles) -> AppearanceBatch:
        """See `AppearanceReader`."""
        outputs = with_mirror(self._network, glance.crops, glance.outputs)
        male = agegender_male(self._agegender, glance.crops)
        return self._heads.read(own_features(outputs, measures, male))


def with_mirror(network: Looker, crops: Pixels, first: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """Logits of both looks together: what the network said of (N, S, S, 3) crops, and what it says of their mirrors.

    `HUMAN` stays that of the first look, which decides on it alone.
    """
    mirrored = network.run(np.ascontiguousarray(crops[:, :, ::-1]))
    both = [np.asarray((a + b) / 2, np.float32) for a, b in zip(first, mirrored, strict=True)]
    both[0][:, HUMAN] = first[0][:, HUMAN]
    return tuple(both)


def own_features(outputs: tuple[Floats, ...], measures: Doubles, male: Doubles) -> Doubles:
    """Feature vectors of N crops.

    outputs    of the network: traits (N, 10), ages (N, 101), emotions (N, 7), all logits
    measures   (N, 24)
    male       (N,) logits of agegender
    ->         (N, F)
    """
    traits, ages, emotions = outputs
    mean, spread = expected_years(ages)
    columns = (traits, emotions, mean[:, None], spread[:, None], measures, male[:, None])
    return np.hstack([column.astype(np.float64) for column in columns])


def expected_years(ages: Floats) -> tuple[Doubles, Doubles]:
    """Mean and spread in years, both (N,), of logits of the years (N, 101)."""
    chances = softmax(ages)
    years = np.arange(ages.shape[1])
    mean = (chances * years).sum(axis=1)
    return mean, np.sqrt((chances * (years - mean[:, None]) ** 2).sum(axis=1))


def agegender_male(network: Network, crops: Pixels) -> Doubles:
    """Logits of male by agegender from crops of any size at margin 1.15: (N, S, S, 3) to (N,).

    The own network alone is a point of balanced accuracy behind on adults and three on children.
    """
    side = crops.shape[1]
    border = round(side * (1 - AGEGENDER_MARGIN / OwnReader.crop_margin) / 2)
    inner = crops[:, border : side - border, border : side - border]
    tight = np.zeros((len(crops), AGEGENDER_SIDE, AGEGENDER_SIDE, 3), np.uint8)
    for row, crop in enumerate(inner):
        tight[row] = resized(crop, AGEGENDER_SIDE)
    return logit(network.run(tight)[1][:, 0])
