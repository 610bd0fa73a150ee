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
import math
import shutil
import tomllib
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.detector.calibrate import Calibration
from training.detector.net import BASES, STRIDES, DetectorNet, Head, SeparableBlock, flatten
from training.publish import publish

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
        centres = torch.cat([_centres(m, s) for m, s in zip(maps, STRIDES, strict=True)])
        score, covered, sides, places = flatten(maps).split_with_sizes((1, 1, 2, 12), dim=2)
        half = sides.exp()
        middle, points = (places + centres.repeat(1, 6)).split_with_sizes((2, 10), dim=2)
        boxes = torch.cat([middle - half, middle + half], dim=2)
        return (
            score.sigmoid().squeeze(2),
            boxes,
            points.reshape(points.shape[0], -1, 5, 2),
            covered.sigmoid().squeeze(2),
        )


def _centres(outputs: Tensor, stride: int) -> Tensor:
    """Return (h * w, 2) x, y in input pixels of the cells of one head map (N, 16, h, w)."""
    high, wide = outputs.shape[2:]
    x = (torch.arange(wide, dtype=torch.float32) + 0.5) * stride
    y = (torch.arange(high, dtype=torch.float32) + 0.5) * stride
    return torch.stack([x[None, :].expand(high, wide), y[:, None].expand(high, wide)], dim=-1).reshape(-1, 2)


_ORDER = (0, 15, 3, 4, 1, 2, *range(5, 15))
"""Outputs of a head as the exported graph has them: score, covered, size, centre, points."""


def fold(net: DetectorNet, calibration: Calibration) -> DetectorNet:
    """Fold batch norm, pixel scaling, border, calibration and units; the outputs of the heads change their order.

    Centres and points come out in input pixels from the centre of the cell, sizes as the log of half the side.
    """
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
    for head, fitted, stride, base in zip(folded.heads, calibration, STRIDES, BASES, strict=True):
        slope, offset, size = fitted
        assert isinstance(head, Head)
        assert head.linear.bias is not None
        weight, bias = head.linear.weight.data, head.linear.bias.data
        # outputs 3 and 4 are the logs of width and height, so their mean is the log of the size
        weight[0] = weight[0] * slope + weight[3:5].mean(0) * size
        bias[0] = bias[0] * slope + offset + bias[3:5].mean() * size
        bias[3:5] += math.log(base / 2)
        for row, unit in ((slice(1, 3), stride), (slice(5, 15), base)):
            weight[row] *= unit
            bias[row] *= unit
        head.linear.weight.data, head.linear.bias.data = weight[list(_ORDER)], bias[list(_ORDER)]
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


def enter(path: Path, weights: Path) -> None:
    """Put an exported file into a folder of weights in place of the detector there, and into its trained.toml."""
    facts = tomllib.loads((weights / "trained.toml").read_text(encoding="utf-8"))["networks"]["detector"]
    file = facts["file"]
    shutil.copyfile(path, weights / file)
    publish(weights, "networks", "detector", file, {k: v for k, v in facts.items() if k not in {"file", "sha256"}})


def load_average(checkpoint: Path) -> tuple[DetectorNet, int, int | None]:
    """Return the running average of a checkpoint, its step and the half of the face-free pictures it never saw."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net = DetectorNet()
    net.load_state_dict(state["average"])
    return net.eval(), int(state["step"]), state.get("fold")
