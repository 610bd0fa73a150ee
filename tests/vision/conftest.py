"""What the tests of vision share: one loaded analyser and the photograph with one face."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faceline.vision.analyse import Analyser
from faceline.vision.geometry import Pixels
from faceline.vision.manifest import Manifest
from faceline.vision.settings import WEIGHTS


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return Manifest.load(WEIGHTS)


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    return Analyser()


@pytest.fixture(scope="session")
def portrait(astronaut: Path) -> Pixels:
    """(H, W, 3) RGB: Eileen Collins, smiling, her face at about (224, 110) of 512 x 512."""
    return np.asarray(Image.open(astronaut).convert("RGB"), np.uint8)
