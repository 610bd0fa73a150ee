"""Exports a trained network as one ONNX graph from uint8 pixels to decoded boxes.

Inputs and outputs of the graph (the narrow interface of the product):

- `pixels` (N, H, W, 3) uint8 RGB, H and W multiples of 32 (pad right and bottom with 0).
- `scores` (N, A) probability 0..1 that the cell sees a face, calibrated on the validation split.
- `boxes` (N, A, 4) left, top, right, bottom in input pixels, WIDER FACE convention.
- `points` (N, A, 5, 2) eye left in the picture, eye right, nose, mouth left, mouth right, pixels.
- `covered` (N, A) probability 0..1 that mouth and nose are covered.

A counts all cells of strides 8, 16 and 32, row-major, in that order.
"""

import copy
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.detector.calibrate import Calibration
from training.detector.net import BASES, STRIDES, DetectorNet, Head, SeparableBlock

OPSET = 17
INPUT = "pixels"
OUTPUT_NAMES = ("scores", "boxes", "points", "covered")


class Exported(nn.Module):
    """The network with batch norm and normalisation folded, and the decoding of all cells."""

    def __init__(self, folded: DetectorNet) -> None:
        super().__init__()
        self.net = folded

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Map (N, H, W, 3) uint8 to scores, boxes, points and covered of all cells."""
        maps = self.net(pixels.permute(0, 3, 1, 2).float())
        levels = [_decode(m, s, b) for m, s, b in zip(maps, STRIDES, BASES, strict=True)]
        return tuple(torch.cat(parts, dim=1) for parts in zip(*levels, strict=True))


def _decode(outputs: Tensor, stride: int, base: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Decode one head map (N, 16, h, w)."""
    count, _, high, wide = outputs.shape
    x = (torch.arange(wide, dtype=torch.float32) + 0.5) * stride
    y = (torch.arange(high, dtype=torch.float32) + 0.5) * stride
    grid = torch.stack([x[None, :].expand(high, wide), y[:, None].expand(high, wide)], dim=-1)
    centres = grid.reshape(1, -1, 2)
    cells = outputs.permute(0, 2, 3, 1).reshape(count, -1, 16)
    middle = centres + cells[..., 1:3] * float(stride)
    half = cells[..., 3:5].exp() * (base / 2)
    points = (cells[..., 5:15] * base + centres.repeat(1, 1, 5)).reshape(count, -1, 5, 2)
    boxes = torch.cat([middle - half, middle + half], dim=-1)
    return cells[..., 0].sigmoid(), boxes, points, cells[..., 15].sigmoid()


def fold(net: DetectorNet, calibration: Calibration) -> DetectorNet:
    """Fold batch norm, pixel scaling, border and calibration."""
    folded = copy.deepcopy(net).eval().cpu().requires_grad_(False)
    for module in folded.modules():
        if isinstance(module, SeparableBlock):
            module.depthwise = _fused(module.depthwise, module.depthwise_norm)
            module.pointwise = _fused(module.pointwise, module.pointwise_norm)
            module.depthwise_norm = module.pointwise_norm = nn.Identity()
    stem = _fused(folded.stem, folded.stem_norm)
    # x / 127.5 - 1 with a border of -1 is the raw pixel with a border of 0
    assert stem.bias is not None
    stem.bias.data -= stem.weight.data.sum(dim=(1, 2, 3))
    stem.weight.data /= 127.5
    stem.padding = (1, 1)
    folded.stem, folded.stem_norm, folded.border = stem, nn.Identity(), nn.Identity()
    for head, (slope, offset, size) in zip(folded.heads, calibration, strict=True):
        assert isinstance(head, Head)
        assert head.linear.bias is not None
        weight, bias = head.linear.weight.data, head.linear.bias.data
        # outputs 3 and 4 are the logs of width and height, so their mean is the log of the size
        weight[0] = weight[0] * slope + weight[3:5].mean(0) * size
        bias[0] = bias[0] * slope + offset + bias[3:5].mean() * size
    return folded


def _fused(convolution: nn.Conv2d, norm: nn.Module) -> nn.Conv2d:
    assert isinstance(norm, nn.BatchNorm2d)
    return fuse_conv_bn_eval(convolution, norm)


def export(net: DetectorNet, path: Path, calibration: Calibration, about: dict[str, str]) -> None:
    """Write the ONNX file with `about` as its metadata."""
    wrapped = Exported(fold(net, calibration)).eval()
    sizes = {0: "pictures", 1: "height", 2: "width"}
    free = {INPUT: sizes} | {name: {0: "pictures", 1: "cells"} for name in OUTPUT_NAMES}
    with warnings.catch_warnings():
        # the tracing exporter is deprecated, but writes this graph with free sizes and needs no further package
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            wrapped,
            (torch.zeros(1, 320, 416, 3, dtype=torch.uint8),),
            str(path),
            input_names=[INPUT],
            output_names=list(OUTPUT_NAMES),
            dynamic_axes=free,
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(path)
    onnx.helper.set_model_props(model, about)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def load_average(checkpoint: Path) -> tuple[DetectorNet, int]:
    """Return the running average of a checkpoint and its step."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net = DetectorNet()
    net.load_state_dict(state["average"])
    return net.eval(), int(state["step"])
