"""Decides which cells answer for which face, which say "none", and which carry no loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.detector.faces import Faces
from training.detector.net import BASES, STRIDES

_RANGES = ((0.0, 32.0), (22.0, 88.0), (64.0, 1e9))
"""Face size, sqrt(w * h) in pixels, that each stride answers for; the ranges overlap."""

_MARGINS = (0.6, 1.6)
"""A face just outside a range gives cells of that stride no loss instead of the answer "none"."""


@dataclass(frozen=True, slots=True)
class Cells:
    """All A cells of one input size, row-major, strides 8, 16, 32 in that order."""

    centres: Tensor
    """(A, 2) input pixels."""
    strides: Tensor
    """(A,)"""
    bases: Tensor
    """(A,)"""
    lows: Tensor
    """(A,) smallest and largest face size of the cell's stride."""
    highs: Tensor


@dataclass(frozen=True, slots=True)
class Truth:
    """All faces of a batch in one table."""

    batch: Tensor
    """(F,) index of the canvas."""
    boxes: Tensor
    points: Tensor
    covered: Tensor
    ignored: Tensor


@dataclass(frozen=True, slots=True)
class Assignment:
    """P positive cells, and the cells that carry no score loss."""

    batch: Tensor
    """(P,) canvas, cell and face of each positive."""
    cell: Tensor
    face: Tensor
    silent: Tensor
    """(N, A) bool."""


def make_cells(width: int, height: int, device: torch.device) -> Cells:
    """Lay out the cells of an input of the given size."""
    centres, per_cell = [], []
    for stride, base, (low, high) in zip(STRIDES, BASES, _RANGES, strict=True):
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        grid = (torch.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride
        centres.append(grid)
        per_cell.append(torch.tensor([stride, base, low, high]).expand(len(grid), 4))
    joined = torch.cat(per_cell).to(device)
    return Cells(torch.cat(centres).to(device), *joined.unbind(1))


def make_truth(faces: Sequence[Faces], device: torch.device) -> Truth:
    """Stack the faces of a batch."""
    batch = np.concatenate([np.full(len(f), i) for i, f in enumerate(faces)])
    stacked = (
        batch.astype(np.int64),
        np.concatenate([f.boxes for f in faces]),
        np.concatenate([f.points for f in faces]),
        np.concatenate([f.covered for f in faces]),
        np.concatenate([f.ignored for f in faces]),
    )
    return Truth(*(torch.from_numpy(a).to(device) for a in stacked))


@torch.no_grad()
def assign(truth: Truth, cells: Cells, count: int) -> Assignment:
    """Static assignment by size and distance to the centre; the nearest face wins a cell.

    Positive are the cells within max(0.2 size, 0.72 stride) of the centre of a face whose size the
    stride answers for. Which of them should score best is left to the loss (see losses.py).
    """
    boxes = truth.boxes
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-3)
    size = sides.prod(1).sqrt()[:, None]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    distance = torch.cdist(middle, cells.centres)  # (F, A)
    near = distance <= torch.maximum(0.2 * size, 0.72 * cells.strides)
    learn = ~truth.ignored[:, None]
    fits = (size >= cells.lows) & (size < cells.highs)
    almost = (size >= cells.lows * _MARGINS[0]) & (size < cells.highs * _MARGINS[1])
    positive = near & fits & learn

    x, y = cells.centres.unbind(1)
    inside = (x >= boxes[:, :1]) & (x <= boxes[:, 2:3]) & (y >= boxes[:, 1:2]) & (y <= boxes[:, 3:4])
    hush = ((inside | near) & ~learn) | (near & almost & ~fits & learn)
    silent = torch.zeros(count, len(x), dtype=torch.int32, device=boxes.device)
    silent.index_add_(0, truth.batch, hush.int())

    nearest = torch.full((count, len(x)), torch.inf, device=boxes.device)
    own = torch.where(positive, distance, torch.inf)
    spots = truth.batch[:, None].expand_as(own)
    nearest.scatter_reduce_(0, spots, own, "amin")
    face, cell = torch.nonzero(positive & (distance <= nearest[truth.batch]), as_tuple=True)
    batch = truth.batch[face]
    quiet = silent > 0
    quiet[batch, cell] = False
    return Assignment(batch, cell, face, quiet)
