"""Whether a Confidence says how often the stated value is right."""

from collections.abc import Iterator

import numpy as np

from benchmarks.accuracy import booleans, emotions, gender, occlusion
from benchmarks.accuracy.detection import MATCH, noface, scenes
from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.statistics import reliability
from benchmarks.accuracy.taints import taint
from benchmarks.accuracy.whole import boxes_of
from faceline.domain.face import EMOTIONS
from faceline.vision.geometry import Doubles
from training.detector.pictures import load_noface
from training.detector.scoring import overlap_table


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """ECE of every Confidence but CONFUSED's and EyeDirection's, which have no labels, and the reliability plots."""
    figures, curves = [], []
    for name, confidence, right, why in _all(facts):
        if len(confidence):
            found, curve = reliability(name, confidence, right, why)
            figures += found
            curves.append(curve)
    return figures, curves


def _all(facts: Facts) -> Iterator[tuple[str, Doubles, Doubles, str]]:
    yield ("Face", *face(facts), "")
    utkface = taint(facts.setup, "age_utkface", "gender")
    for name, cases, why in (
        ("Gender, CelebA", gender.celeba(facts), ""),
        ("Gender, UTKFace 16 and over", gender.utkface(facts, True), utkface),
        ("Gender, UTKFace under 16", gender.utkface(facts, False), utkface),
        *((label, booleans.celeba(facts, key), "") for key, (label, _) in booleans.CELEBA.items()),
        ("EyesOpen", booleans.eyes_open(facts), ""),
        ("FaceOccluded", occlusion.masks(facts), ""),
    ):
        chances, truth = cases.found
        yield (name, np.maximum(chances, 1 - chances), ((chances > 0.5) == (truth > 0.5)).astype(np.float64), why)
    yield from _emotions(facts)


def _emotions(facts: Facts) -> Iterator[tuple[str, Doubles, Doubles, str]]:
    cases, why = emotions.labelled(facts, "emotions_ferplus"), taint(facts.setup, "emotions_ferplus", "emotions")
    for emotion in emotions.SEVEN:
        at = EMOTIONS.index(emotion)
        yield (f"{emotion}, FER+", cases.chances[:, at], (cases.truth == at).astype(np.float64), why)
    first = cases.chances.argmax(axis=1)
    yield ("first emotion, FER+", cases.chances.max(axis=1), (first == cases.truth).astype(np.float64), why)


def face(facts: Facts) -> tuple[Doubles, Doubles]:
    """Confidence of found faces in scenes and face-free pictures of val and test, and whether a face is there."""
    held = {f"{p.origin}/{p.name}" for p in load_noface(facts.data, ("val", "test"))}
    wholes = [*scenes(facts), *(whole for whole in noface(facts) if whole.name in held)]
    confidence: list[float] = []
    right: list[float] = []
    for whole in wholes:
        confidence += [each.score for each in whole.faces]
        table = overlap_table(boxes_of(whole), whole.labels.boxes)
        right += [float(row.size > 0 and row.max() >= MATCH) for row in table]
    return np.array(confidence), np.array(right)
