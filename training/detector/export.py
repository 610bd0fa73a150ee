"""Exports a trained network as one ONNX graph from uint8 pixels to maps of cells.

Inputs and outputs of the graph (the narrow interface of the product):

- `pixels` (N, H, W, 3) uint8 RGB, H and W multiples of 32 (pad right and bottom with 0).
- `cells8`, `cells16`, `cells32` (N, H/s, W/s, 16), s being the stride. Of each cell: logit that it sees a face,
  calibrated on the validation split; logit that mouth and nose are covered; logs of half the box's width and height;
  and from the middle of the cell, x and y of the box's middle (WIDER FACE convention), eye left in the picture, eye
  right, nose, mouth left, mouth right. All in input pixels.

Exponentials and sums are left to the reader, who needs them for the few cells with a face.
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
from training.detector.net import BASES, STRIDES, DetectorNet, Head, SeparableBlock
from training.publish import publish

OPSET = 17
INPUT = "pixels"
OUTPUT_NAMES = tuple(f"cells{stride}" for stride in STRIDES)


class Exported(nn.Module):
    """The network with batch norm and normalisation folded."""

    def __init__(self, folded: DetectorNet) -> None:
        super().__init__()
        self.net = folded

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Map (N, H, W, 3) uint8 to the cells of each stride, (N, H/s, W/s, 16)."""
        return tuple(cells.permute(0, 2, 3, 1) for cells in self.net(pixels.permute(0, 3, 1, 2).float()))


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
    free = {INPUT: sizes} | {name: {0: "pictures", 1: f"rows_{name}", 2: f"columns_{name}"} for name in OUTPUT_NAMES}
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
