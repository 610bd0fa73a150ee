"""The training loop: one seed, a schedule over time or steps, checkpoints, a log of JSON lines."""

import copy
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.detector.assign import assign, make_cells, make_truth
from training.detector.canvases import SIDE, CanvasMaker, Material
from training.detector.losses import Losses, measure
from training.detector.mining import mine
from training.detector.net import DetectorNet, adopt, flatten
from training.detector.pictures import Picture, load_detection, load_scenes
from training.detector.predict import as_input, torch_detector
from training.detector.recipe import load_material
from training.detector.scoring import compare, found_count, threshold_at

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides a run. With `steps` it is repeatable bit for bit, with `hours` it fits a clock."""

    data: Path
    out: Path
    seed: int = 1
    hours: float = 1.5
    """Length of the schedule in hours of wall time, used when `steps` is 0."""
    steps: int = 0
    batch: int = 16
    rate: float = 2.2e-3
    decay: float = 0.02
    warmup: int = 150
    averaging: float = 0.999
    mine_every: int = 1500
    log_every: int = 100
    save_every: int = 500
    start: Path | None = None
    """Checkpoint whose running average the weights start from; None = at random."""
    fold: int | None = None
    """Half of the face-free pictures (`folds.py`) that is left out; such a run starts at random."""
    device: str = "cpu"
    half: bool = False
    """Run the network in bfloat16 (worth it on CUDA; on a CPU with AVX-512 it saves a tenth)."""


class Trainer:
    """Holds the network, its running average, the optimiser and the place in the schedule."""

    def __init__(self, settings: Settings, material: Material, checks: dict[str, list[Picture]]) -> None:
        self._settings, self._material, self._checks = settings, material, checks
        torch.manual_seed(settings.seed)
        self._device = torch.device(settings.device)
        net = DetectorNet()
        if settings.start:
            adopt(net, torch.load(settings.start, map_location="cpu", weights_only=True)["average"])
        net = net.to(self._device)
        self._net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in its stubs
        self._average = copy.deepcopy(self._net).eval().requires_grad_(False)
        self._optimiser = torch.optim.AdamW(_groups(self._net, settings.decay), lr=settings.rate)
        self._cells = make_cells(SIDE, SIDE, self._device)
        self._step, self._spent = 0, 0.0
        self._started = time.monotonic()
        self._resume()
        # after a resume the stream of canvases goes on with a seed of its own
        self._rng = np.random.default_rng([settings.seed, 2, self._step])
        self._maker = CanvasMaker(material, self._rng)

    def run(self) -> None:
        """Train until the schedule is spent, then save the last checkpoint."""
        settings = self._settings
        recent: list[Losses] = []
        if self._step:
            self._mine()  # the places found before are not kept in the checkpoint
        while self._progress() < 1.0:
            recent.append(self._descend())
            self._step += 1
            if self._step % settings.log_every == 0:
                self._log(kind="step", **_means(recent))
                recent = []
            if self._step % settings.mine_every == 0:
                self._mine()
                self._check()
            if self._step % settings.save_every == 0:
                self._save()
        self._check()
        self._save()

    def _progress(self) -> float:
        if self._settings.steps:
            return self._step / self._settings.steps
        return self._elapsed() / (self._settings.hours * 3600)

    def _elapsed(self) -> float:
        return self._spent + time.monotonic() - self._started

    def _descend(self) -> Losses:
        """Make one batch and take one step."""
        settings = self._settings
        warm = min(1.0, (self._step + 1) / settings.warmup)
        cosine = 0.5 * (1 + np.cos(np.pi * min(1.0, self._progress())))
        for group in self._optimiser.param_groups:
            group["lr"] = settings.rate * warm * max(0.004, float(cosine))
        canvases = [self._maker.make() for _ in range(settings.batch)]
        truth = make_truth([c.faces for c in canvases], self._device)
        pixels = np.stack([c.pixels for c in canvases])
        with torch.autocast(self._device.type, torch.bfloat16, enabled=settings.half):
            raw = flatten(self._net(as_input(pixels, self._device)))
        raw = raw.float()
        losses = measure(raw, truth, self._cells, assign(truth, self._cells, len(canvases)))
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(losses.total)
        nn.utils.clip_grad_norm_(self._net.parameters(), 5.0)
        self._optimiser.step()
        self._follow()
        return losses

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the running average; early on it forgets faster."""
        keep = min(self._settings.averaging, (1 + self._step) / (10 + self._step))
        ours, theirs = self._average.state_dict(), self._net.state_dict()
        floats: list[Tensor] = [t for t in ours.values() if t.dtype.is_floating_point]
        others: list[Tensor] = [theirs[k] for k, t in ours.items() if t.dtype.is_floating_point]
        torch._foreach_lerp_(floats, others, 1 - keep)

    def _mine(self) -> None:
        detect = torch_detector(self._average, self._device)
        mined = mine(detect, self._material, self._maker.mistakes, self._rng)
        self._maker.mistakes, self._maker.doubts = mined.mistakes, mined.doubts
        self._log(kind="mined", mistakes=len(mined.mistakes), doubts=sum(len(d) for d in mined.doubts.values()))

    def _check(self) -> None:
        """Log the recall of faces of 16 px and more at one false box a picture, validation split."""
        detect = torch_detector(self._average, self._device)
        figures: dict[str, float] = {}
        for name, pictures in self._checks.items():
            scored = [compare(detect(p.pixels, 0.05), p.faces) for p in pictures]
            threshold = threshold_at(scored, 1.0)
            found, total = found_count(scored, threshold, 16)
            figures[f"{name}_recall"] = round(found / max(1, total), 4)
            figures[f"{name}_threshold"] = round(threshold, 3)
        self._log(kind="check", **figures)

    def _log(self, **figures: object) -> None:
        line = {"step": self._step, "seconds": round(self._elapsed(), 1), **figures}
        with (self._settings.out / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _save(self) -> None:
        state = {
            "net": self._net.state_dict(),
            "average": self._average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": self._step,
            "seconds": self._elapsed(),
            "fold": self._settings.fold,
        }
        partial = self._settings.out / f"{CHECKPOINT}.partial"
        torch.save(state, partial)
        partial.replace(self._settings.out / CHECKPOINT)

    def _resume(self) -> None:
        path = self._settings.out / CHECKPOINT
        if not path.exists():
            return
        state = torch.load(path, map_location=self._device, weights_only=True)
        if state.get("fold") != self._settings.fold:
            raise ValueError(f"{path} is of fold {state.get('fold')}, not of fold {self._settings.fold}")
        self._net.load_state_dict(state["net"])
        self._average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._step, self._spent = state["step"], state["seconds"]


def train(settings: Settings) -> None:
    """Run or resume one training; everything it leaves lies in `settings.out`.

    Raises ValueError where a run with a fold would start from weights that may have seen what it leaves out.
    """
    if settings.fold is not None and settings.start:
        raise ValueError("a run with a fold starts at random")
    torch.set_num_threads(1 if settings.device == "cpu" else torch.get_num_threads())
    cv2.setNumThreads(1)
    settings.out.mkdir(parents=True, exist_ok=True)
    described = {
        k: str(v) if isinstance(v, Path) else v for k, v in asdict(settings).items() if k not in {"data", "out"}
    }
    (settings.out / "settings.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    material = load_material(settings.data, settings.seed, settings.fold)
    detection = load_detection(settings.data, ("val",))
    checks = {
        "wider": [p for p in detection if p.origin == "wider_val"],
        "scenes": [p for p in load_scenes(settings.data, ("val",)) if p.origin != "scenes_helen"],
    }
    Trainer(settings, material, checks).run()


def _groups(net: nn.Module, decay: float) -> list[dict[str, object]]:
    """Weight decay for convolutions only."""
    decayed = [p for p in net.parameters() if p.ndim > 1]
    free = [p for p in net.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": decay}, {"params": free, "weight_decay": 0.0}]


def _means(recent: list[Losses]) -> dict[str, float]:
    names = ("score", "box", "points", "covered", "iou")
    return {n: round(float(np.mean([getattr(x, n) for x in recent])), 4) for n in names}
