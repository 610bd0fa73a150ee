"""Which networks are measured."""

import ast
import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import faceline
from faceline.domain.weights import WeightsProfile
from faceline.vision.analyse import Analyser
from faceline.vision.manifest import Manifest
from faceline.vision.settings import (
    WEIGHTS,
    AppearanceChoice,
    DetectorChoice,
    DetectorSettings,
    VerdictSettings,
    VisionSettings,
    settings_under,
)

DETECTORS = {"back": DetectorChoice.CONVERTED, "own": DetectorChoice.OWN}
APPEARANCES = {
    "converted": AppearanceChoice.CONVERTED,
    "own": AppearanceChoice.OWN,
    "none": AppearanceChoice.NONE,
}
"""`back+none` is what runs under the licence profile PERMISSIVE."""
TUNED = {"back": (DetectorSettings(score=0.4), VerdictSettings(human=0.3, evidence=4.5, containment=0.6))}
"""What a detector was tuned with; one without an entry is measured with the product's defaults."""
READERS = {
    AppearanceChoice.CONVERTED: ("faceres", "expression", "emotion", "agegender", "heads"),
    AppearanceChoice.OWN: ("appearance", "agegender", "appearance_heads"),
    AppearanceChoice.NONE: (),
}


@dataclass(frozen=True)
class Setup:
    """A detector and a reader of appearance, from a folder of weights with its manifests."""

    detector: str
    appearance: str
    folder: Path = WEIGHTS

    @property
    def name(self) -> str:
        """As it stands in the result files."""
        return f"{self.detector}+{self.appearance}"

    @property
    def tells_appearance(self) -> bool:
        """Whether there are attributes to measure."""
        return APPEARANCES[self.appearance] is not AppearanceChoice.NONE

    @cached_property
    def settings(self) -> VisionSettings:
        """The product's defaults with these networks."""
        if not self.tells_appearance:
            permissive = settings_under(WeightsProfile.PERMISSIVE)
            return replace(permissive, weights=self.folder, detector_network=DETECTORS[self.detector])
        default = VisionSettings()
        detector, verdict = TUNED.get(self.detector, (default.detector, default.verdict))
        return VisionSettings(
            weights=self.folder,
            detector_network=DETECTORS[self.detector],
            appearance=APPEARANCES[self.appearance],
            detector=detector,
            verdict=verdict,
        )

    @cached_property
    def best_settings(self) -> VisionSettings:
        """The same, set for the smallest faces."""
        return replace(self.settings, detector=replace(self.settings.detector, long_side=1920, short_pass=384))

    @cached_property
    def analyser(self) -> Analyser:
        """Loads the networks once."""
        return Analyser(self.settings)

    @cached_property
    def weights(self) -> dict[str, str]:
        """SHA-256 of every file that takes part, by its name."""
        manifest = Manifest.load(self.settings.weights)
        files = {**manifest.arrays, **manifest.networks}
        names = (
            self.settings.detector_network.value,
            "amesh",
            "canonical_face",
            "service_shape",
            *READERS[self.settings.appearance],
        )
        return {files[name].path.name: files[name].sha256 for name in names}

    @cached_property
    def key(self) -> str:
        """Changes whenever weights, settings or code of vision change; comments and layout of code do not count."""
        settings = replace(self.settings, weights=WEIGHTS)
        digest = hashlib.sha256(repr((sorted(self.weights.items()), settings)).encode())
        for path in sorted((Path(faceline.__file__).parent / "vision").rglob("*.py")):
            if path.name != "settings.py":
                digest.update(ast.dump(ast.parse(path.read_text(encoding="utf-8"))).encode())
        return digest.hexdigest()[:16]

    @property
    def shown_settings(self) -> str:
        """What was set, in words."""
        detector, mesh, verdict = self.settings.detector, self.settings.mesh, self.settings.verdict
        return (
            f"long side {detector.long_side}, second pass {detector.short_pass}, score {detector.score:g}, "
            f"mesh flag {mesh.flag:g}, human {verdict.human:g}, evidence {verdict.evidence:g}"
        )


def shipped() -> Setup:
    """The set-up that faceline uses unless it is told otherwise."""
    default = VisionSettings()
    return Setup(
        next(name for name, choice in DETECTORS.items() if choice is default.detector_network),
        next(name for name, choice in APPEARANCES.items() if choice is default.appearance),
    )
