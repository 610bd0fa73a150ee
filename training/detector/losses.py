"""Losses of the detector: presence, box, points, covered."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.detector.assign import Assignment, Cells, Truth

_BOX_WEIGHT = 1.6
_POINT_WEIGHT = 4.0
"""A mean over the points. At 0.8 a point moved the features a tenth as much as a side of the box did, and the points
stayed the mean face, upright whatever the roll."""
_COVERED_WEIGHT = 0.25
_POINT_BETA = 0.05
_POINT_SIZE = 32.0
"""Pixels; points of smaller faces are labelled less exactly, and count in proportion."""
_LOG_LIMIT = 4.0


@dataclass(frozen=True, slots=True)
class Losses:
    """The sum to descend, and its parts as figures for the log."""

    total: Tensor
    score: float
    box: float
    points: float
    covered: float
    iou: float
    """Mean intersection over union of the positive cells with their faces."""


def decode_boxes(raw: Tensor, centres: Tensor, strides: Tensor, bases: Tensor) -> Tensor:
    """Turn (P, 16) raw outputs into (P, 4) left, top, right, bottom in input pixels."""
    middle = centres + raw[:, 1:3] * strides[:, None]
    half = raw[:, 3:5].clamp(-_LOG_LIMIT, _LOG_LIMIT).exp() * bases[:, None] / 2
    return torch.cat([middle - half, middle + half], dim=1)


def overlaps(a: Tensor, b: Tensor) -> Tensor:
    """Return (P,) intersection over union of paired boxes."""
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    return shared / ((a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared + 1e-6)


def measure(raw: Tensor, truth: Truth, cells: Cells, chosen: Assignment) -> Losses:
    """Compute all losses of a batch of raw outputs (N, A, 16).

    The score target of a positive cell is its overlap relative to the best cell of the same face
    (squared): the best cell of every face is asked for 1, whatever the size of the face, so scores
    of small faces are not low merely because their boxes are harder to draw.
    """
    own = raw[chosen.batch, chosen.cell]
    goal = truth.boxes[chosen.face]
    strides, bases = cells.strides[chosen.cell], cells.bases[chosen.cell]
    centres = cells.centres[chosen.cell]
    boxes = decode_boxes(own, centres, strides, bases)
    iou = overlaps(boxes, goal)
    target, weight = _shares(iou.detach(), chosen.face, len(truth.boxes))

    score = _score_loss(raw[..., 0], target, chosen)
    box = ((1 - iou + _shape_penalty(boxes, goal)) * weight).sum() / weight.sum().clamp(min=1)
    points = _point_loss(own, truth.points[chosen.face], goal, centres, bases, weight)
    known = truth.covered[chosen.face]
    labelled = torch.isfinite(known)
    covered = functional.binary_cross_entropy_with_logits(
        own[:, 15][labelled], known[labelled], reduction="sum"
    ) / labelled.sum().clamp(min=1)
    total = score + _BOX_WEIGHT * box + _POINT_WEIGHT * points + _COVERED_WEIGHT * covered
    return Losses(
        total,
        float(score.detach()),
        float(box.detach()),
        float(points.detach()),
        float(covered.detach()),
        float(iou.detach().mean()) if len(iou) else 0.0,
    )


def _shares(iou: Tensor, face: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return score targets and loss weights (P,); faces with many cells do not outweigh small ones."""
    best = torch.zeros(count, device=iou.device).scatter_reduce_(0, face, iou, "amax")
    target = (iou / best[face].clamp(min=1e-4)).square().clamp(max=1.0)
    total = torch.zeros(count, device=iou.device).index_add_(0, face, target)
    return target, target / total[face].clamp(min=1e-4).sqrt()


def _score_loss(logits: Tensor, target: Tensor, chosen: Assignment) -> Tensor:
    """Quality focal loss, beta 2, over all cells that are not silent."""
    wanted = torch.zeros_like(logits)
    wanted[chosen.batch, chosen.cell] = target
    entropy = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    focus = (logits.sigmoid() - wanted).square()
    return (entropy * focus)[~chosen.silent].sum() / target.sum().clamp(min=1)


def _shape_penalty(boxes: Tensor, goal: Tensor) -> Tensor:
    """EIoU: distance of centres, and differences of width and height, over the enclosing box."""
    outer = (torch.maximum(boxes[:, 2:], goal[:, 2:]) - torch.minimum(boxes[:, :2], goal[:, :2])).clamp(min=1e-3)
    shift = (boxes[:, :2] + boxes[:, 2:] - goal[:, :2] - goal[:, 2:]).square().sum(1) / 4
    sides = ((boxes[:, 2:] - boxes[:, :2]) - (goal[:, 2:] - goal[:, :2])).square() / outer.square()
    return shift / outer.square().sum(1) + sides.sum(1)


def _point_loss(own: Tensor, points: Tensor, goal: Tensor, centres: Tensor, bases: Tensor, weight: Tensor) -> Tensor:
    """Smooth L1 of the points over the size of the face; unknown points are left out."""
    size = (goal[:, 2:] - goal[:, :2]).clamp(min=1e-3).prod(1).sqrt()[:, None, None]
    drawn = centres[:, None] + own[:, 5:15].reshape(-1, 5, 2) * bases[:, None, None]
    known = torch.isfinite(points).all(2)
    error = torch.where(known[..., None], (drawn - torch.nan_to_num(points)) / size, 0.0)
    loss = functional.smooth_l1_loss(error, torch.zeros_like(error), beta=_POINT_BETA, reduction="none").sum(2)
    trusted = weight[:, None] * (size[..., 0] / _POINT_SIZE).clamp(0.25, 1.0) * known
    return (loss * trusted).sum() / trusted.sum().clamp(min=1)
