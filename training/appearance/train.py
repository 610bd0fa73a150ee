"""Train the appearance network: `python -m training.appearance.train --data FOLDER --store FOLDER --out FOLDER`.

Runs for a number of minutes (`--minutes`) with a cosine over that time, on CPU or CUDA; a run that was stopped goes on
from its checkpoint. Writes log.jsonl (one line per 50 steps, one per evaluation) and last.pt.
"""

import argparse
import json
import time
from dataclasses import dataclass, fields
from math import cos, pi
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn import functional

from faceline.vision.attributes.appearance import TRAITS
from faceline.vision.settings import WEIGHTS
from training.appearance.augment import HAIR, HIDDEN_ABOVE, HIDDEN_BELOW, Hidden, draw, plain
from training.appearance.labels import VAL, Labels, load_labels
from training.appearance.net import AppearanceNet, trunk_of
from training.appearance.plans import PLANS, Plan
from training.appearance.sampling import chances
from training.appearance.targets import Targets, build
from training.detector.folds import FOLDS
from training.heads.figures import auc

SIZES = (80, 96, 112)
BATCH = 48
TRUNK_RATE, HEAD_RATE, DECAY = 3.5e-4, 2e-3, 0.02
WARM_UP, CLIP, AVERAGE = 0.04, 5.0, 0.998
EVALUATIONS = 12
MIX = 0.4
"""Of the beta distribution that the shares of blended crops are drawn from."""
WEIGHTS_OF = ("trait_weights", "age_weights", "emotion_weights", "face")
SUNGLASSES, GLASSES, OCCLUDED = (TRAITS.index(name) for name in ("sunglasses", "eyeglasses", "occluded"))
Batch = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Crops:
    """The store's arrays, on disk."""

    pixels: np.ndarray
    mesh: np.ndarray


def make_batch(
    crops: Crops, targets: Targets, sets: np.ndarray, chance: np.ndarray, plan: Plan, random: np.random.Generator
) -> tuple[Batch, Batch]:
    """Pictures and targets of one step: pixels as (B, 3, S, S) float, and one tensor per field of Targets."""
    size = int(random.choice(SIZES, p=plan.sizes))
    index = random.choice(len(chance), BATCH, p=chance)
    others = random.choice(len(chance), BATCH, p=chance)
    drawn = [
        draw(
            crops.pixels[at], crops.mesh[at].astype(np.float64), crops.pixels[other], size, random, targets.face[at] > 0
        )
        for at, other in zip(index, others, strict=True)
    ]
    asked = {field.name: np.array(getattr(targets, field.name)[index]) for field in fields(Targets)}
    for row, one in enumerate(drawn):
        _hide(asked, row, one.hidden)
    pixels = np.stack([one.pixels for one in drawn]).astype(np.float32)
    _mix(pixels, asked, sets[index], plan.mixed, random)
    wanted = {name: torch.from_numpy(array) for name, array in asked.items()}
    return {"pixels": torch.from_numpy(pixels).permute(0, 3, 1, 2)}, wanted


def _mix(
    pixels: np.ndarray, asked: dict[str, np.ndarray], sets: np.ndarray, share: float, random: np.random.Generator
) -> None:
    """Blend some crops with another one of their set, and all that is asked of them; what is unknown of one is not
    asked."""
    before, wanted = pixels.copy(), {name: array.copy() for name, array in asked.items()}
    for row in np.flatnonzero(random.random(BATCH) < share):
        mate = random.choice(np.flatnonzero(sets == sets[row]))
        part = random.beta(MIX, MIX)
        part = max(part, 1 - part)
        pixels[row] = part * before[row] + (1 - part) * before[mate]
        for name, array in asked.items():
            one, two = wanted[name][row], wanted[name][mate]
            array[row] = np.minimum(one, two) if name in WEIGHTS_OF else part * one + (1 - part) * two


def _hide(asked: dict[str, np.ndarray], row: int, drawn: Hidden) -> None:
    """Change the labels of a face that something was drawn over."""
    traits, weights = asked["traits"], asked["trait_weights"]
    if drawn.occluded:
        traits[row, OCCLUDED], weights[row, OCCLUDED] = 0.99, 0.8
        asked["face"][row] = 0
    elif drawn.occluded is None and traits[row, OCCLUDED] < 0.5:
        weights[row, OCCLUDED] = 0
    if drawn.above:
        weights[row, list(HIDDEN_ABOVE)] = 0
    if drawn.hair:
        weights[row, list(HAIR)] = 0
    if drawn.below:
        weights[row, list(HIDDEN_BELOW)] = 0
        asked["emotion_weights"][row] = 0
        asked["celeba"][row] = np.nan
    if drawn.glasses:
        traits[row, SUNGLASSES], weights[row, SUNGLASSES] = 0.99, 0.5
        traits[row, GLASSES], weights[row, GLASSES] = 0.99, 0.3
        asked["emotion_weights"][row] *= 0.3


def loss_of(outputs: Batch, asked: Batch, plan: Plan) -> torch.Tensor:
    """The sum of all terms, one number."""
    traits = functional.binary_cross_entropy_with_logits(outputs["traits"], asked["traits"], reduction="none")
    loss = 1.5 * (traits * asked["trait_weights"]).sum() / BATCH
    ages = functional.log_softmax(outputs["ages"], 1)
    years = (ages.exp() * torch.arange(ages.shape[1], device=ages.device)).sum(1)
    loss = loss + 0.4 * plan.ages * _mean(-(asked["ages"] * ages).sum(1), asked["age_weights"])
    loss = loss + 0.06 * plan.ages * _mean(
        functional.smooth_l1_loss(years, asked["age"], beta=3.0, reduction="none"), asked["age_weights"]
    )
    emotions = _mean(_entropy(outputs["emotions"], asked["emotions"]), asked["emotion_weights"])
    loss = loss + 1.2 * plan.emotions * emotions
    known = ~asked["celeba"].isnan()
    celeba = functional.binary_cross_entropy_with_logits(
        outputs["celeba"], asked["celeba"].nan_to_num(), reduction="none"
    )
    loss = loss + 2.0 * (celeba * known).sum() / celeba.shape[1] / BATCH
    return loss + _teachers(outputs, asked)


def _teachers(outputs: Batch, asked: Batch) -> torch.Tensor:
    face = asked["face"]
    descriptor = (outputs["descriptor"] - asked["descriptor"]).square().mean(1)
    age = functional.smooth_l1_loss(outputs["agegender"][:, 0], asked["agegender"][:, 0], reduction="none")
    male = functional.binary_cross_entropy_with_logits(
        outputs["agegender"][:, 1], asked["agegender"][:, 1], reduction="none"
    )
    years = functional.softmax(outputs["faceres_ages"], 1) @ torch.arange(100.0, device=face.device)
    faceres = functional.smooth_l1_loss(years / 20, asked["faceres_ages"][:, 0] / 20, reduction="none")
    terms = (
        0.8 * descriptor
        + 0.5 * age
        + 0.4 * male
        + 0.3 * faceres
        + 0.35 * _entropy(outputs["expression"], asked["expression"])
        + 0.2 * _entropy(outputs["emotion"], asked["emotion"])
    )
    return _mean(terms, face)


def _entropy(logits: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    return -(shares * functional.log_softmax(logits, 1)).sum(1)


def _mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return (values * weights).sum() / BATCH


class Run:
    """The network, its running average, its optimiser, and how far they are."""

    def __init__(self, device: str, out: Path, start: Path | None, plan: Plan, fold: int | None = None) -> None:
        """`start` is the folder of an earlier run whose averaged weights are the beginning.

        Raises ValueError where that run, or the one to go on with, is not of the same fold.
        """
        self.device, self.out, self.plan, self.fold = device, out, plan, fold
        self.net = AppearanceNet(trunk_of(WEIGHTS / "faceres.onnx")).to(device, memory_format=torch.channels_last)
        if start:
            self.net.load_state_dict(self._load(start / "last.pt")["average"])
        self.average = {name: value.clone() for name, value in self.net.state_dict().items()}
        trunk = [weight for weight in self.net.layers.parameters() if weight.requires_grad]
        groups = [
            {"params": trunk, "rate": plan.rate * TRUNK_RATE},
            {"params": list(self.net.heads.parameters()), "rate": plan.rate * HEAD_RATE},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=TRUNK_RATE, weight_decay=DECAY)
        self.steps, self.seconds = 0, 0.0

    def step(self, pictures: Batch, asked: Batch, progress: float) -> float:
        """One step at the given progress, 0..1; the loss."""
        rate = min(1.0, progress / WARM_UP) * (0.01 + 0.99 * (1 + cos(pi * progress)) / 2)
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * rate
        pixels = pictures["pixels"].to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device, torch.bfloat16):
            outputs = self.net(pixels)
        loss = loss_of(
            {name: value.float() for name, value in outputs.items()},
            {name: value.to(self.device) for name, value in asked.items()},
            self.plan,
        )
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), CLIP)
        self.optimiser.step()
        self.steps += 1
        # the average follows quickly at first, or it would still hold the untrained heads
        keep = min(AVERAGE, self.steps / (self.steps + 50))
        with torch.no_grad():
            for name, value in self.net.state_dict().items():
                self.average[name].lerp_(value, 1 - keep)
        return float(loss.detach())

    def averaged(self) -> AppearanceNet:
        """A copy with the averaged weights, for use."""
        net = AppearanceNet(trunk_of(WEIGHTS / "faceres.onnx"))
        net.load_state_dict(self.average)
        return net.to(self.device).eval()

    def save(self) -> None:
        """Write the checkpoint."""
        state = {
            "net": self.net.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            "seconds": self.seconds,
            "fold": self.fold,
        }
        torch.save(state, self.out / "part.pt")
        (self.out / "part.pt").rename(self.out / "last.pt")

    def restore(self) -> None:
        """Go on from the checkpoint, if there is one."""
        if (self.out / "last.pt").exists():
            state = self._load(self.out / "last.pt")
            self.net.load_state_dict(state["net"])
            self.average = state["average"]
            self.optimiser.load_state_dict(state["optimiser"])
            self.steps, self.seconds = state["steps"], state["seconds"]

    def _load(self, path: Path) -> dict[str, Any]:
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        if state.get("fold") != self.fold:
            raise ValueError(f"{path} is of fold {state.get('fold')}, not of fold {self.fold}")
        return state


def evaluate(net: AppearanceNet, crops: Crops, labels: Labels, size: int = 96) -> dict[str, Any]:
    """A few figures on the validation part."""
    index = np.flatnonzero(labels.split == VAL)
    outputs: dict[str, list[np.ndarray]] = {"traits": [], "ages": [], "emotions": []}
    device = next(net.parameters()).device
    with torch.no_grad():
        for part in np.array_split(index, 48):
            pixels = torch.from_numpy(np.stack([plain(crops.pixels[at], size) for at in part])).to(device)
            found = net(pixels.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last))
            for name, values in outputs.items():
                values.append(found[name].cpu().numpy())
    traits, ages, emotions = (np.concatenate(outputs[name]) for name in ("traits", "ages", "emotions"))
    figures: dict[str, Any] = {}
    for column, name in enumerate(TRAITS):
        known = ~np.isnan(labels.traits[index, column]) & (labels.weights[index, column] >= 0.5)
        truth = labels.traits[index, column][known]
        figures[name] = round(auc(traits[known, column], truth), 4)
    chance = np.exp(ages - ages.max(1, keepdims=True))
    years = (chance / chance.sum(1, keepdims=True)) @ np.arange(ages.shape[1])
    known = ~np.isnan(labels.age[index])
    figures["age_mae"] = round(float(np.abs(years[known] - labels.age[index][known]).mean()), 2)
    known = labels.of_set("emotions_ferplus")[index] & (labels.emotion_weights[index] > 0)
    right = emotions[known].argmax(1) == labels.emotions[index][known].argmax(1)
    figures["ferplus"] = round(float(right.mean()), 4)
    return figures


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with stills/")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="folder of an earlier run whose weights are the beginning")
    parser.add_argument("--fold", type=int, choices=FOLDS, help="half of the face-free pictures to leave out")
    parser.add_argument("--plan", choices=PLANS, default="main")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(arguments.seed)
    arguments.out.mkdir(parents=True, exist_ok=True)
    labels = load_labels(arguments.data / "stills", arguments.store, arguments.fold)
    targets = build(labels, arguments.store)
    pixels, mesh = (np.load(arguments.store / name, mmap_mode="r") for name in ("crops.npy", "mesh.npy"))
    run = Run(arguments.device, arguments.out, arguments.start, PLANS[arguments.plan], arguments.fold)
    run.restore()
    train(run, Crops(pixels, mesh), targets, labels, 60 * arguments.minutes, arguments.seed)


def train(run: Run, crops: Crops, targets: Targets, labels: Labels, budget_s: float, seed: int) -> None:
    """Steps until the budget is spent."""
    random = np.random.default_rng((seed, run.steps))
    chance = chances(labels, run.plan.shares)
    before = run.seconds
    began = time.monotonic()
    losses: list[float] = []
    with (run.out / "log.jsonl").open("a") as log:
        while run.seconds < budget_s:
            done = int(EVALUATIONS * run.seconds / budget_s)
            batch = make_batch(crops, targets, labels.set, chance, run.plan, random)
            losses.append(run.step(*batch, run.seconds / budget_s))
            run.seconds = before + time.monotonic() - began
            if run.steps % 50 == 0:
                line = {"step": run.steps, "seconds": round(run.seconds), "loss": round(float(np.mean(losses)), 4)}
                print(json.dumps(line), file=log, flush=True)
                losses.clear()
            if int(EVALUATIONS * run.seconds / budget_s) > done or run.seconds >= budget_s:
                run.save()
                figures = evaluate(run.averaged(), crops, labels, SIZES[int(np.argmax(run.plan.sizes))])
                print(json.dumps({"step": run.steps, "val": figures}), file=log, flush=True)


if __name__ == "__main__":
    main()
