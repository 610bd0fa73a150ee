"""False faces on all face-free pictures, 2-fold: each half is judged by networks that never saw it.

What ships was trained on 223 of these pictures. For this both networks are trained twice more, each time without one
half in any use (`training.detector.folds`), and for a shorter time; their recall on the scenes stands beside the false
faces, so that blindness does not pass for care.
"""

import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import onnxruntime

from benchmarks.accuracy.detection import EVERY_SPLIT, HELD_OUT, poisson, scenes_figures
from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.results import Figure, Measured
from benchmarks.accuracy.setups import Setup
from benchmarks.accuracy.whole import Labelled, Whole, analysed, as_labelled
from faceline.domain.job import FaceAttributes
from faceline.vision.analyse import Analyser
from faceline.vision.manifest import Manifest
from training.detector.folds import FOLDS
from training.detector.pictures import load_noface

LENIENT = 1.0
"""Least evidence that is tried beside the product's own, which was chosen with these pictures in view."""
SCENES = "scenes, val and test: "
TRAINING = Path(__file__).parents[2] / "training"
LOGS = ("detector/runs/*.log.jsonl", "appearance/log*.jsonl")
"""Of all runs that lie behind what ships: of the detector, and of the appearance network."""
FALSE = "no face, all, 2-fold: false faces"


def measure(data: Path, shipped: Setup, folders: Sequence[Path], limit: int | None = None) -> Measured:
    """All figures; `folders` hold the weights and manifests of fold 0 and of fold 1.

    Ends the program with one line where a folder's networks are not of its fold.
    """
    folds = [replace(shipped, folder=folder) for folder in folders]
    weights = dict(shipped.weights)
    figures: list[Figure] = []
    for fold, setup in zip(FOLDS, folds, strict=True):
        figures += _steps(f"fold {fold}", trained(setup, fold))
        changed = {file: sha for file, sha in setup.weights.items() if sha != shipped.weights[file]}
        weights |= {f"fold {fold}/{file}": sha for file, sha in changed.items()}
    figures += _steps("shipped, all runs", [sum(map(_last_step, TRAINING.glob(logs))) for logs in LOGS])
    facts = [Facts(data, setup, limit) for setup in folds]
    figures += false_faces(data, [unseen(one, fold) for fold, one in zip(FOLDS, facts, strict=True)])
    lenient = [whole for fold, one in zip(FOLDS, facts, strict=True) for whole in unseen(one, fold, LENIENT)]
    figures.append(_counted(f"{FALSE}, least evidence {LENIENT:g}", lenient))
    for name, one in (("fold 0", facts[0]), ("fold 1", facts[1]), ("shipped", Facts(data, shipped, limit))):
        found = [each for each in scenes_figures(one) if each.name.startswith(SCENES)]
        figures += [msgspec.structs.replace(each, name=f"{each.name}, {name}") for each in found]
    return Measured(weights, shipped.shown_settings, figures)


def trained(setup: Setup, fold: int) -> list[int]:
    """Steps of the detector and of the appearance network of a fold, as their files say."""
    detector = Manifest.load(setup.folder).network("detector").path
    session = onnxruntime.InferenceSession(detector, providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    entry = tomllib.loads((setup.folder / "trained.toml").read_text(encoding="utf-8"))["networks"]["appearance"]
    if about.get("fold", "None") != str(fold) or entry.get("fold") != fold:
        sys.exit(f"accuracy: {setup.folder} does not hold both networks of fold {fold}")
    return [int(about["step"]), int(entry["steps"])]


def _last_step(log: Path) -> int:
    return max(int(json.loads(line)["step"]) for line in log.read_text(encoding="utf-8").splitlines())


def _steps(name: str, steps: Sequence[int]) -> list[Figure]:
    networks = ("detector", "appearance network")
    return [Figure(f"training, {name}: {net}", count, unit="steps") for net, count in zip(networks, steps, strict=True)]


def unseen(facts: Facts, fold: int, evidence: float | None = None) -> list[Whole]:
    """The half that a fold left out by its networks: what is left when the other half is not read.

    evidence   least evidence of a face; None is the product's own
    """
    settings = facts.setup.settings
    if evidence is not None:
        settings = replace(settings, verdict=replace(settings.verdict, evidence=evidence))
    name = f"noface-half-{fold}" + ("" if evidence is None else f"-{evidence:g}")

    def pictures() -> Labelled:
        return as_labelled(load_noface(facts.data, EVERY_SPLIT, 1 - fold))

    return analysed(facts, name, pictures, FaceAttributes.DEFAULT, lambda: Analyser(settings))


def false_faces(data: Path, halves: Sequence[Sequence[Whole]]) -> list[Figure]:
    """Of both halves together, of each, and of the pictures of val and test."""
    wholes = [whole for half in halves for whole in half]
    held = {f"{picture.origin}/{picture.name}" for picture in load_noface(data, HELD_OUT)}
    parts: dict[str, Sequence[Whole]] = {FALSE: wholes}
    parts |= {
        f"no face, half {fold}, by fold {fold}: false faces": half for fold, half in zip(FOLDS, halves, strict=True)
    }
    parts["no face, val and test, 2-fold: false faces"] = [whole for whole in wholes if whole.name in held]
    return [_counted(name, part) for name, part in parts.items()]


def _counted(name: str, wholes: Sequence[Whole]) -> Figure:
    count = sum(len(whole.faces) for whole in wholes)
    return Figure(name, count, *poisson(count), len(wholes), "faces")
