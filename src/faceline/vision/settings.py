"""What can be set about vision, with the measurement behind every default."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from faceline.vision.network import Runtime

WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """Which faces are looked for.

    long_side      pixels; larger pictures are reduced to it. A second pass runs at `short_pass`
    short_pass     pixels along the longer side of the second pass, where faces that fill the picture are found
    score          0..1; candidates below are dropped. Of 429 samples with one face by notes.csv 412 gave exactly one
                   at 0.7, 403 at 0.6 and 410 at 0.8, and the face-free clips gave none (vision.md section 4, Clips)
    merge_iou      candidates that overlap more are one (weighted mean)
    """

    long_side: int = 960
    short_pass: int = 256
    score: float = 0.7
    merge_iou: float = 0.3


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """Which candidates are kept after the mesh.

    flag         0..1, asked of both passes (vision.md section 4, Clips)
    containment  of two meshes whose bounds overlap by more than this share of the smaller, the larger one stays
    """

    flag: float = 0.5
    containment: float = 0.6


class DetectorChoice(StrEnum):
    """Networks that can look for faces, by their names in the manifest."""

    CONVERTED = "back"
    OWN = "detector"


class AppearanceChoice(StrEnum):
    """What reads the attributes: four converted networks, or one of our own."""

    CONVERTED = "converted"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class VisionSettings:
    """All of vision's settings.

    weights      folder of the weights and their manifests
    human        0..1; meshes whose chance to be a human face is lower are dropped, in DEFAULT and ALL alike
    """

    weights: Path = WEIGHTS
    detector_network: DetectorChoice = DetectorChoice.CONVERTED
    appearance: AppearanceChoice = AppearanceChoice.CONVERTED
    runtime: Runtime = field(default_factory=Runtime)
    human: float = 0.5
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    mesh: MeshSettings = field(default_factory=MeshSettings)
