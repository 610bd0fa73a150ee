"""Appearance by one network of our own (`training/appearance`), with small linear heads that bring in the mesh."""

import numpy as np

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS, AppearanceBatch, Glance
from faceline.vision.attributes.heads import Heads
from faceline.vision.attributes.measures import MEASURES
from faceline.vision.geometry import Doubles, Floats, Pixels
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

    def glance(self, crops: Pixels) -> Glance:
        """See `AppearanceReader`: the mesh has no say in what is human."""
        outputs = self._network.run(crops)
        return Glance(crops, outputs, self._heads.human(own_features(outputs, np.zeros((len(crops), len(MEASURES))))))

    def read(self, glance: Glance, measures: Doubles) -> AppearanceBatch:
        """See `AppearanceReader`."""
        return self._heads.read(own_features(glance.outputs, measures))


def own_features(outputs: tuple[Floats, ...], measures: Doubles) -> Doubles:
    """Feature vectors of N crops.

    outputs    of the network: traits (N, 10), ages (N, 101), emotions (N, 7), all logits
    measures   (N, 24)
    ->         (N, F)
    """
    traits, ages, emotions = outputs
    chances = softmax(ages)
    years = np.arange(ages.shape[1])
    mean = (chances * years).sum(axis=1)
    spread = np.sqrt((chances * (years - mean[:, None]) ** 2).sum(axis=1))
    return np.hstack([traits, emotions, mean[:, None], spread[:, None], measures]).astype(np.float64)
