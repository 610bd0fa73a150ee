"""Appearance by one network of our own (`training/appearance`), with small linear heads that bring in the mesh."""

import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS, AppearanceBatch
from faceline.vision.attributes.heads import Heads
from faceline.vision.attributes.measures import MEASURES
from faceline.vision.geometry import Doubles, Pixels
from faceline.vision.manifest import Manifest
from faceline.vision.network import Network, Runtime
from faceline.vision.numerics import softmax

SECTIONS = (len(TRAITS), len(SEVEN_EMOTIONS), 2, len(MEASURES))
"""Logits of traits and of emotions, mean and spread of the age in years, measures of the mesh."""
FEATURES = sum(SECTIONS)


class OwnReader:
    """See `AppearanceReader`."""

    crop_margin = 1.15

    def __init__(self, manifest: Manifest, runtime: Runtime) -> None:
        """Load the network and its heads. Raises WeightsBroken."""
        self._network = Network(manifest.network("appearance"), runtime)
        self._heads = Heads.load(manifest.array("appearance_heads"), FEATURES)
        self.crop_side = self._network.entry.input.row_shape[0]

    def human(self, crops: Pixels) -> Doubles:
        """See `AppearanceReader`: the mesh has no say in it."""
        return self._heads.human(own_features(self._network, crops, np.zeros((len(crops), len(MEASURES)))))

    def read(self, crops: Pixels, measures: Doubles) -> AppearanceBatch:
        """See `AppearanceReader`."""
        return self._heads.read(own_features(self._network, crops, measures))


def own_features(network: Network, crops: Pixels, measures: Doubles) -> Doubles:
    """Feature vectors of crops.

    crops      (N, S, S, 3) uint8 RGB at margin 1.15
    measures   (N, 24)
    ->         (N, F)
    """
    traits, ages, emotions = network.run(crops)
    chances = softmax(ages)
    years = np.arange(ages.shape[1])
    mean = (chances * years).sum(axis=1)
    spread = np.sqrt((chances * (years - mean[:, None]) ** 2).sum(axis=1))
    return np.hstack([traits, emotions, mean[:, None], spread[:, None], measures]).astype(np.float64)
