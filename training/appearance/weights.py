"""The converted networks as the product loads them."""

from faceline.vision.manifest import Manifest
from faceline.vision.network import Network, Runtime
from faceline.vision.settings import WEIGHTS


def converted(name: str) -> Network:
    """A network of the manifest on one CPU thread."""
    return Network(Manifest.load(WEIGHTS).network(name), Runtime())
