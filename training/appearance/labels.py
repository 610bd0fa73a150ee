"""The labels of the stored crops, each with the weight it deserves.

Every crop has only some labels; the rest is NaN with weight 0. Hard labels weigh 1; what follows from a rule
(eyes and mouth from the mesh, "no mask" where nobody wears one) weighs less, and never counts in a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from faceline.vision.attributes.appearance import TRAITS
from faceline.vision.attributes.measures import MEASURES, measures
from faceline.vision.geometry import Doubles
from training.appearance.pictures import SETS, rows_of
from training.detector.folds import half_of

TRAIN, VAL, TEST, LEFT_OUT = range(4)
"""Parts, the first three as numbered in faces.npz. What is left out has no part in training, fits or figures."""
EMOTION_COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
"""FER+ names in the order of SEVEN_EMOTIONS."""
EMOTION_NAMES = {"happy": "happiness"}
CELEBA = {
    "male": "Male",
    "smile": "Smiling",
    "eyeglasses": "Eyeglasses",
    "sunglasses": "Sunglasses",
    "beard": "Beard_clean",
    "mustache": "Mustache",
    "mouth_open": "Mouth_Slightly_Open",
}
# fmt: off
CELEBA_COLUMNS = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips", "Big_Nose",
    "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin", "Eyeglasses",
    "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open", "Mustache",
    "Narrow_Eyes", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline", "Rosy_Cheeks",
    "Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat", "Wearing_Lipstick",
    "Wearing_Necklace", "Wearing_Necktie", "Young",
)
# fmt: on
EYES_SHUT, EYES_OPEN = 0.10, 0.20
"""Eye height over width below and above which a rule says shut or open (appearance.md section 3)."""
MOUTH_SHUT, MOUTH_OPEN = 0.012, 0.09
"""Lip gap in eye distances, likewise."""
RULE_WEIGHT = 0.4


@dataclass(frozen=True, slots=True)
class Labels:
    """Of N crops.

    traits       (N, 10) 0, 1 or NaN in the order of TRAITS; softened values where voters disagree
    weights      (N, 10) of the traits
    hard         (N, 10) whether a trait's label is a label of the set and not a rule's
    age          (N,) years or NaN
    emotions     (N, 7) shares of the votes, or NaN
    emotion_weights   (N,)
    celeba       (N, 40) 0, 1 or NaN
    set, split, kind  (N,) as in faces.npz; split is LEFT_OUT for the half of a fold
    """

    traits: Doubles
    weights: Doubles
    hard: np.ndarray
    age: Doubles
    emotions: Doubles
    emotion_weights: Doubles
    celeba: Doubles
    set: np.ndarray
    split: np.ndarray
    kind: np.ndarray
    row: np.ndarray

    def of_set(self, name: str) -> np.ndarray:
        """(N,) whether a crop comes from that set."""
        return np.asarray(self.set == SETS.index(name))


def load_labels(stills: Path, store: Path, fold: int | None = None) -> Labels:
    """Labels of the crops of a store; crops of half `fold` of the face-free pictures are left out of every part."""
    faces = np.load(store / "faces.npz")
    count = len(faces["row"])
    traits = np.full((count, len(TRAITS)), np.nan)
    weights = np.zeros((count, len(TRAITS)))
    age, celeba = np.full(count, np.nan), np.full((count, len(CELEBA_COLUMNS)), np.nan)
    emotions, emotion_weights = np.full((count, 7), np.nan), np.zeros(count)
    for number, name in enumerate(SETS):
        rows = rows_of(stills, name)
        for at in np.flatnonzero(faces["set"] == number):
            row = rows[faces["row"][at]]
            for trait, value, weight in _traits(name, row):
                traits[at, TRAITS.index(trait)] = value
                weights[at, TRAITS.index(trait)] = weight
            if name == "age_utkface":
                age[at] = float(row["age"])
            if name == "attributes_celeba":
                celeba[at] = [float(row[column]) if row[column] else np.nan for column in CELEBA_COLUMNS]
            emotions[at], emotion_weights[at] = _emotions(name, row)
    split = np.where(of_half(rows_of(stills, "noface"), faces, fold), LEFT_OUT, faces["split"])
    hard = (weights >= 1) & ~np.isnan(traits)
    _by_rule(traits, weights, np.load(store / "mesh.npy"), faces["kind"])
    return Labels(
        traits, weights, hard, age, emotions, emotion_weights, celeba,
        faces["set"], split, faces["kind"], faces["row"],
    )  # fmt: skip


def of_half(rows: list[dict[str, str]], faces: Mapping[str, np.ndarray], fold: int | None) -> np.ndarray:
    """(N,) whether a crop shows a picture of half `fold` of `noface` (`rows` is its table); none without a fold.

    Mined negatives, which have no square, come from other collections and from drawings.
    """
    own = (faces["set"] == SETS.index("noface")) & ~np.isnan(faces["square"]).any(axis=1)
    found = np.zeros(len(own), np.bool_)
    if fold is not None:
        found[own] = [half_of(rows[row]["file"]) == fold for row in faces["row"][own]]
    return found


def _traits(name: str, row: dict[str, str]) -> list[tuple[str, float, float]]:
    """Trait, value and weight of what a row says."""
    if name == "noface":
        return [("human", 0.0, 1.0)]
    found = [("human", 1.0, 1.0)]
    if name == "attributes_celeba":
        return found + _celeba(row)
    if name == "age_utkface":
        return [*found, ("male", float(row["gender"] == "Male"), 1.0), ("occluded", 0.0, 0.1)]
    if name == "eyes_closed_cew":
        return [*found, ("eyes_open", 0.0, 1.0), ("occluded", 0.0, 0.1)]
    if name == "emotions_ferplus":
        votes = [float(row[column]) for column in EMOTION_COLUMNS]
        return [*found, ("smile", votes[1] / max(sum(votes), 1.0), 0.4)]
    if name == "emotions_ckplus48":
        return [*found, ("occluded", 0.0, 0.2)]
    return found + _occlusion(name, row)


def _celeba(row: dict[str, str]) -> list[tuple[str, float, float]]:
    found = [(trait, float(row[column]), 1.0) for trait, column in CELEBA.items() if row[column]]
    if row["Sunglasses"]:
        # dark glasses are an occlusion (B219)
        dark = row["Sunglasses"] == "1"
        found.append(("occluded", float(dark), 0.5 if dark else 0.15))
        if not dark and row["Narrow_Eyes"] == "0":
            found.append(("eyes_open", 1.0, 0.5))
    return found


def _occlusion(name: str, row: dict[str, str]) -> list[tuple[str, float, float]]:
    if name == "masks":
        return [("occluded", float(row["mask"] == "1"), 1.0)]
    if name == "scenes" and row["label"] != "mask_worn_incorrectly":
        return [("occluded", float(row["label"] == "with_mask"), 1.0)]
    if name == "landmarks68":
        columns = (("eyes_open", "eyes_open_est"), ("mouth_open", "mouth_open_est"), ("occluded", "face_occluded"))
        return [(trait, float(row[column]), 1.0) for trait, column in columns if row[column]]
    return []


def _emotions(name: str, row: dict[str, str]) -> tuple[Doubles, float]:
    if name == "emotions_ferplus":
        votes = np.array([float(row[column]) for column in EMOTION_COLUMNS])
        total = votes.sum()
        return (votes / total, float(total) / 10) if total >= 3 else (np.full(7, np.nan), 0.0)
    if name in ("emotions_ckplus48", "emotions_muxspace"):
        emotion = EMOTION_NAMES.get(row["emotion"], row["emotion"])
        if emotion in EMOTION_COLUMNS:
            return np.eye(7)[EMOTION_COLUMNS.index(emotion)], 1.0 if name == "emotions_ckplus48" else 0.5
    return np.full(7, np.nan), 0.0


def _by_rule(traits: Doubles, weights: Doubles, meshes: Doubles, kinds: np.ndarray) -> None:
    """Fill eyes and mouth from the mesh where no label stands."""
    values = np.concatenate([measures(part.astype(np.float64)) for part in np.array_split(meshes, 32)])
    eyes, gap = values[:, MEASURES.index("eyes_wider")], values[:, MEASURES.index("lip_gap")]
    for trait, shut, open_ in (
        ("eyes_open", eyes < EYES_SHUT, eyes > EYES_OPEN),
        ("mouth_open", gap < MOUTH_SHUT, gap > MOUTH_OPEN),
    ):
        column = TRAITS.index(trait)
        free = np.isnan(traits[:, column]) & (kinds == 0)
        for mask, value in ((shut, 0.0), (open_, 1.0)):
            traits[free & mask, column] = value
            weights[free & mask, column] = RULE_WEIGHT
