"""Every network of the product: where it comes from, how it is built, what goes in and what comes out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.weights import faceapi, human
from tools.weights.attention_mesh import attention_mesh
from tools.weights.graph import Graph
from tools.weights.sources import FACE_API, HUMAN, MEDIAPIPE, Package


@dataclass(frozen=True, slots=True)
class Output:
    """An output as the manifest describes it; `tolerance` is the largest absolute difference from the original
    runtime's numbers that still counts as the same network (rounding in another order, not another result)."""

    name: str
    shape: tuple[str | int, ...]
    tolerance: float
    meaning: str


@dataclass(frozen=True, slots=True)
class Network:
    """A converted network.

    Attributes:
        files: the package's files that it is built from; the converter opens the first.
        side: the rule for height and width of the input, in words.
        size: height and width that the product uses.
        profile: `permissive`, or `research` where the training data were published for research only.
    """

    name: str
    build: Callable[[Path], Graph]
    package: Package
    files: tuple[str, ...]
    licence: str
    training_data: str
    profile: str
    shape: tuple[str | int, ...]
    side: str
    size: tuple[int, int]
    normalisation: str
    outputs: tuple[Output, ...]


EMOTIONS: Final = "angry, disgust, fear, happy, sad, surprise, neutral"
EXPRESSIONS: Final = "neutral, happy, sad, angry, fearful, disgusted, surprised"

BACK: Final = Network(
    name="back",
    build=human.back,
    package=HUMAN,
    files=("package/models/blazeface.json", "package/models/blazeface.bin"),
    licence="Apache-2.0 (MediaPipe), shipped again in a package under MIT",
    training_data="pictures of Google, unpublished",
    profile="permissive",
    shape=("N", "H", "W", 3),
    side="any multiples of 32",
    size=(544, 960),
    normalisation="x / 127.5 - 1",
    outputs=(
        Output(
            "scores",
            ("N", "A", 1),
            1e-2,
            "logit per anchor; first 2 anchors per cell of 16 x 16 pixels, then 6 per cell of 32 x 32; cells in "
            "row-major order, anchors innermost; A = H * W / 128 + 6 * H * W / 1024",
        ),
        Output(
            "regressions",
            ("N", "A", 16),
            1e-3,
            "input pixels: box centre x, y from the cell's centre; box width, height; then six points x, y from "
            "the cell's centre: eye left in the picture, eye right in the picture, nose, mouth, ear, ear",
        ),
    ),
)
AMESH: Final = Network(
    name="amesh",
    build=attention_mesh,
    package=MEDIAPIPE,
    files=("mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",),
    licence="Apache-2.0",
    training_data="pictures of Google, unpublished",
    profile="permissive",
    shape=("N", 192, 192, 3),
    side="192 x 192",
    size=(192, 192),
    normalisation="x / 255",
    outputs=(
        Output(
            "points",
            ("N", 478, 3),
            1e-3,
            "x, y in input pixels (refined around lips, eyes and irises) and depth in the same scale, smaller is "
            "nearer; 0-467 the face mesh, 468-472 and 473-477 the irises, centre first",
        ),
        Output("flag", ("N", 1), 1e-3, "logit that the crop holds a face"),
    ),
)
FACERES: Final = Network(
    name="faceres",
    build=human.faceres,
    package=HUMAN,
    files=("package/models/faceres.json", "package/models/faceres.bin"),
    licence="MIT (human); weights from HSE_FaceRec_tf, Apache-2.0",
    training_data="VGGFace2 for the body, the IMDB-WIKI family for age and gender: published for research",
    profile="research",
    shape=("N", "H", "W", 3),
    side="any multiples of 32; trained at 224 x 224",
    size=(160, 160),
    normalisation="x - (123.68, 116.779, 103.939), then blue, green, red",
    outputs=(
        Output("gender", ("N", 1), 1e-5, "probability of male"),
        Output("descriptor", ("N", 1024), 1e-4, "descriptor, not normalised, 0 to 6"),
        Output("ages", ("N", 100), 1e-5, "probability of each year of age from 0 to 99"),
    ),
)
EMOTION: Final = Network(
    name="emotion",
    build=human.emotion,
    package=HUMAN,
    files=("package/models/emotion.json", "package/models/emotion.bin"),
    licence="MIT (human); weights from oarriaga/face_classification, MIT",
    training_data="FER2013: published for research",
    profile="research",
    shape=("N", 64, 64, 3),
    side="64 x 64",
    size=(64, 64),
    normalisation="grey = 0.2989 r + 0.587 g + 0.114 b, not rounded; grey / 127.5 - 1",
    outputs=(
        Output("logits", ("N", 7), 1e-4, EMOTIONS),
        Output("probabilities", ("N", 7), 1e-5, f"softmax of the logits: {EMOTIONS}"),
    ),
)
EXPRESSION: Final = Network(
    name="expression",
    build=faceapi.expression,
    package=FACE_API,
    files=("package/model/face_expression_model-weights_manifest.json", "package/model/face_expression_model.bin"),
    licence="MIT",
    training_data="public data sets and pictures from the web, unnamed by the authors",
    profile="research",
    shape=("N", 112, 112, 3),
    side="112 x 112",
    size=(112, 112),
    normalisation="(x - (122.782, 117.001, 104.298)) / 255",
    outputs=(
        Output("logits", ("N", 7), 1e-4, EXPRESSIONS),
        Output("probabilities", ("N", 7), 1e-5, f"softmax of the logits: {EXPRESSIONS}"),
    ),
)
AGEGENDER: Final = Network(
    name="agegender",
    build=faceapi.agegender,
    package=FACE_API,
    files=("package/model/age_gender_model-weights_manifest.json", "package/model/age_gender_model.bin"),
    licence="MIT",
    training_data="UTK, FGNET, Chalearn, Wiki, IMDB, CACD, MegaAge, MegaAge-Asian: published for research",
    profile="research",
    shape=("N", 112, 112, 3),
    side="112 x 112",
    size=(112, 112),
    normalisation="(x - (122.782, 117.001, 104.298)) / 255",
    outputs=(
        Output("age", ("N", 1), 1e-3, "age in years"),
        Output("gender", ("N", 2), 1e-5, "probabilities of male, female"),
    ),
)

NETWORKS: Final = (BACK, AMESH, FACERES, EMOTION, EXPRESSION, AGEGENDER)
