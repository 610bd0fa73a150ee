"""What the appearance network is asked to say of every crop: labels, blended with what the teachers say.

A teacher's answer replaces a missing label and softens a present one. Teachers are the heads of `training.heads` on all
converted networks together, those networks' own outputs and, where the store holds earlier.npz, an earlier network of
our own: together they are right oftener than either (FER+ val .778 and .777, both .803).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faceline.vision.attributes.appearance import TRAITS
from faceline.vision.attributes.converted import FEATURES
from faceline.vision.attributes.heads import Heads
from faceline.vision.geometry import Doubles
from faceline.vision.manifest import Manifest
from faceline.vision.numerics import sigmoid, softmax
from faceline.vision.settings import WEIGHTS
from training.appearance.labels import TRAIN, Labels
from training.appearance.net import AGES, COMPONENTS
from training.heads.__main__ import AGES as AGE_COLUMNS
from training.heads.__main__ import DESCRIPTOR, EMOTION, EXPRESSION

SOFT = 0.01
"""Labels are .01 and .99."""
TEACHER_WEIGHT = {"smile": 0.3, "eyeglasses": 0.3, "sunglasses": 0.3, "beard": 0.2, "mustache": 0.2, "male": 0.4}
EMOTION_TEACHER, AGE_TEACHER = 0.35, 0.3
BOTH_EMOTIONS = 0.8
"""Weight of both teachers of emotions together beside votes of weight 1."""


@dataclass(frozen=True, slots=True)
class Targets:
    """float32 arrays over N crops; every target has a weight, 0 where nothing is asked.

    traits, trait_weights       (N, 10)
    ages, age, age_weights      (N, 101) distributions, (N,) years, (N,)
    emotions, emotion_weights   (N, 7), (N,)
    celeba                      (N, 40), NaN where unknown
    descriptor                  (N, 128) whitened principal components of faceres's descriptor
    expression, emotion         (N, 7) softmax of the two nets
    agegender                   (N, 2) age / 20, chance of male
    faceres_ages                (N, 2) mean and spread of age by faceres, years
    face                        (N,) 1 for faces: the teachers are asked of faces alone
    """

    traits: np.ndarray
    trait_weights: np.ndarray
    ages: np.ndarray
    age: np.ndarray
    age_weights: np.ndarray
    emotions: np.ndarray
    emotion_weights: np.ndarray
    celeba: np.ndarray
    descriptor: np.ndarray
    expression: np.ndarray
    emotion: np.ndarray
    agegender: np.ndarray
    faceres_ages: np.ndarray
    face: np.ndarray


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier network said (`training.appearance.earlier`); zeros for crops that are no faces.

    traits, emotions   (N, 10) and (N, 7) logits
    age                (N,) years
    """

    traits: Doubles
    emotions: Doubles
    age: Doubles

    @staticmethod
    def load(path: Path) -> "Earlier | None":
        """None where there is no such file."""
        if not path.exists():
            return None
        with np.load(path) as arrays:
            return Earlier(*(np.nan_to_num(arrays[name]) for name in ("traits", "emotions", "age")))


def build(labels: Labels, store: Path) -> Targets:
    """Targets of all crops of a store."""
    features = np.load(store / "features.npy").astype(np.float64)
    heads = Heads.load(Manifest.load(WEIGHTS).array("heads"), FEATURES)
    earlier = Earlier.load(store / "earlier.npz")
    traits, trait_weights = _traits(labels, features, heads, earlier)
    ages, age, age_weights = _ages(labels, features, heads, earlier)
    emotions, emotion_weights = _emotions(labels, features, heads, earlier)
    columns = features[:, AGE_COLUMNS]
    arrays = (
        traits,
        trait_weights,
        ages,
        age,
        age_weights,
        emotions,
        emotion_weights,
        labels.celeba,
        whitened(features[:, DESCRIPTOR], (labels.split == TRAIN) & (labels.kind == 0)),
        softmax(features[:, EXPRESSION]),
        softmax(features[:, EMOTION]),
        np.stack([columns[:, 3] / 20, sigmoid(columns[:, 4])], axis=1),
        columns[:, 1:3],
        labels.kind == 0,
    )
    return Targets(*(np.asarray(array, np.float32) for array in arrays))


def _traits(labels: Labels, features: Doubles, heads: Heads, earlier: Earlier | None) -> tuple[Doubles, Doubles]:
    weights = np.where(np.isnan(labels.traits), 0.0, labels.weights)
    values = np.clip(np.nan_to_num(labels.traits), SOFT, 1 - SOFT)
    said = sigmoid(features @ heads.traits.T + heads.traits_bias)
    if earlier is not None:
        said = (said + sigmoid(earlier.traits)) / 2
    male = TRAITS.index("male")
    said[:, male] = (said[:, male] + sigmoid(features[:, AGE_COLUMNS[4]])) / 2
    for name, weight in TEACHER_WEIGHT.items():
        column = TRAITS.index(name)
        teacher = np.where(labels.kind == 0, weight, 0.0)
        total = weights[:, column] + teacher
        mixed = weights[:, column] * values[:, column] + teacher * said[:, column]
        values[:, column] = np.where(total > 0, mixed / np.maximum(total, 1e-9), 0.5)
        # a labelled crop keeps the weight of its label
        weights[:, column] = np.maximum(weights[:, column], teacher)
    return values, weights


def _ages(labels: Labels, features: Doubles, heads: Heads, earlier: Earlier | None) -> tuple[Doubles, Doubles, Doubles]:
    said = np.clip(features @ heads.age + heads.age_bias, 0, 100)
    if earlier is not None:
        said = (said + earlier.age) / 2
    known = ~np.isnan(labels.age)
    age = np.where(known, np.nan_to_num(labels.age), said)
    spread = np.where(known, 1.2 + 0.045 * age, 3 + 0.08 * age)
    years = np.arange(AGES)
    density = np.exp(-(((years - age[:, None]) / spread[:, None]) ** 2) / 2)
    weights = np.where(labels.kind == 0, np.where(known, 1.0, AGE_TEACHER), 0.0)
    return density / density.sum(axis=1, keepdims=True), age, weights


def _emotions(labels: Labels, features: Doubles, heads: Heads, earlier: Earlier | None) -> tuple[Doubles, Doubles]:
    said = softmax(features @ heads.emotions.T + heads.emotions_bias)
    votes = np.nan_to_num(labels.emotions)
    teacher = np.where(labels.kind == 0, EMOTION_TEACHER, 0.0)
    if earlier is not None:
        said = np.sqrt(said * softmax(earlier.emotions))
        said = said / said.sum(axis=1, keepdims=True)
        teacher = np.where((labels.kind == 0) & (labels.emotion_weights > 0), BOTH_EMOTIONS, teacher)
    total = labels.emotion_weights + teacher
    mixed = (labels.emotion_weights[:, None] * votes + teacher[:, None] * said) / np.maximum(total, 1e-9)[:, None]
    return mixed, np.maximum(labels.emotion_weights, np.minimum(teacher, EMOTION_TEACHER))


def whitened(descriptors: Doubles, basis: np.ndarray) -> Doubles:
    """The first principal components of the descriptors, divided by the square root of their spread."""
    chosen = descriptors[basis]
    mean = chosen.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((chosen - mean).T))
    order = np.argsort(-values)[:COMPONENTS]
    return np.asarray((descriptors - mean) @ vectors[:, order] / values[order] ** 0.25)
