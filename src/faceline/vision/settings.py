"""What can be set about vision, with the measurement behind every default."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from faceline.domain.weights import WeightsProfile
from faceline.vision.network import Runtime

WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class SecondLookSettings:
    """How the detector looks again at each place that it found.

    floor     0..1; what scores less at first sight is dropped at once
    resolved  0..1; so is what scores less than this where a second look shows no more: what was seen at `face` px or
              more, or in the short pass
    sure      0..1; what scores more at first sight needs no second look
    unseen    0..1; least score of the second look, as of one that finds nothing there
    side      pixels along a side of the second look's picture
    face      pixels along the longer side of the face in it
    enlarge   times, most that a frame's pixels are enlarged for it
    """

    floor: float = 0.03
    resolved: float = 0.15
    sure: float = 0.8
    unseen: float = 0.001
    side: int = 96
    face: float = 40.0
    enlarge: float = 1.6


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """Which candidates are looked at.

    long_side      pixels; larger pictures are reduced to it. A second pass runs at `short_pass`
    short_pass     pixels along the longer side of the second pass, where faces that fill the picture are found
    score          0..1; candidates below are dropped, after the second look if there is one. `VerdictSettings`
                   decides which of the others are faces
    merge_iou      candidates that overlap more are one (weighted mean)
    second_look    how each place is looked at again; None for one look only
    smallest       pixels of the frame; a lower box is no candidate. Nothing can be told of such a face, and most are
                   heads far back in a crowd. Without them 33 instead of 27 of 45 faces of 16 px and more are found at
                   one false box in four pictures (WIDER, validation part), and none of them is lost
    """

    long_side: int = 960
    short_pass: int = 256
    score: float = 0.3
    merge_iou: float = 0.3
    second_look: SecondLookSettings | None = field(default_factory=SecondLookSettings)
    smallest: float = 12.0


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """Which candidates the mesh believes.

    flag         0..1, asked of both passes (vision.md section 4, Clips)
    sure         0..1; a candidate of which the detector is surer needs no flag. Given detector and appearance, the flag
                 tells nothing more (its weight in a logistic fit is -0.04), but small doubtful things still fail by it
    same_iou     meshes whose bounds overlap more are one face found twice
    """

    flag: float = 0.02
    sure: float = 0.7
    same_iou: float = 0.5


@dataclass(frozen=True, slots=True)
class VerdictSettings:
    """Which meshes are human faces, in DEFAULT and ALL alike.

    Detector and appearance look at different things, so their logits add up; appearance, which sees what the mesh cut
    out, weighs less. On `noface`, train and val, 3, 2 and 1 things pass at 1.5, 2.0 and 2.5; of the faces from 24 px of
    `detection`, val, 86, 86 and 84 %, of the bare ones of `scenes`, val, 88, 88 and 88 %.

    human            0..1; below it a mesh is no human face, whatever the detector says. The chance to be human is what
                     appearance says, or the mesh's flag where no appearance is read
    evidence         least evidence of a face: its logit. `detector_weight` x logit of the detector's score +
                     `human_weight` x logit of the chance to be human + `offset`
    containment      of two faces whose bounds overlap by more than this share of the smaller, the larger one stays
    """

    human: float = 0.2
    evidence: float = 1.5
    detector_weight: float = 1.0
    human_weight: float = 0.7
    offset: float = 0.0
    containment: float = 0.6


MESH_VERDICT = VerdictSettings(human=0.5, evidence=2.5, detector_weight=2.54, human_weight=0.24, offset=-0.7)
"""For the converted detector and the mesh's flag alone, which do not tell animals and toys from people. The three
weights are a logistic fit on the stills `noface` and `scenes`, train and val, which neither network was trained on
(913 candidates, 677 of them faces); docs/licences.md has the figures at this evidence and at others."""


class DetectorChoice(StrEnum):
    """Networks that can look for faces, by their names in the manifest."""

    CONVERTED = "back"
    OWN = "detector"


class AppearanceChoice(StrEnum):
    """What reads the attributes: four converted networks, one of our own, or nothing."""

    CONVERTED = "converted"
    OWN = "own"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class VisionSettings:
    """All of vision's settings.

    weights      folder of the weights and their manifests
    profile      which of them may be loaded; networks that it does not admit must not be chosen (`settings_under`)
    """

    weights: Path = WEIGHTS
    profile: WeightsProfile = WeightsProfile.RESEARCH
    detector_network: DetectorChoice = DetectorChoice.OWN
    appearance: AppearanceChoice = AppearanceChoice.OWN
    runtime: Runtime = field(default_factory=Runtime)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    mesh: MeshSettings = field(default_factory=MeshSettings)
    verdict: VerdictSettings = field(default_factory=VerdictSettings)


def settings_under(profile: WeightsProfile, runtime: Runtime | None = None) -> VisionSettings:
    """The defaults of a profile: under PERMISSIVE the MediaPipe networks alone, and no attributes but gaze."""
    runtime = runtime or Runtime()
    if profile is WeightsProfile.RESEARCH:
        return VisionSettings(runtime=runtime)
    return VisionSettings(
        profile=profile,
        detector_network=DetectorChoice.CONVERTED,
        appearance=AppearanceChoice.NONE,
        runtime=runtime,
        # from a floor of 0.03 a picture costs three times as much and no face more is found
        detector=DetectorSettings(score=0.5, second_look=SecondLookSettings(floor=0.15, sure=1.0)),
        mesh=MeshSettings(flag=0.5, sure=1.0),
        verdict=MESH_VERDICT,
    )
