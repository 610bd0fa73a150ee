"""The detector network: anchor-free, three strides, plain ReLU and channels in multiples of 16.

The shape follows what onnxruntime runs fastest on one core: one dense 6x6 convolution of stride 4
as the stem, depthwise-separable blocks after it, no squeeze-excite, no PReLU, no Swish. Sums come
before the ReLU: so the runtime folds them into the convolution, which saves a tenth of the time.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
"""Input pixels per cell of the three heads, in output order."""

BASES = (16.0, 48.0, 128.0)
"""Pixels that width, height and points of a cell are measured in (2, 3, 4 strides)."""

OUTPUTS = 16
"""Per cell: score logit; dx, dy in strides; log w, log h in bases; 5 points in bases; covered logit."""

_BORDER = -1.0
"""Black: what lies outside the picture, so that the normalisation can be folded into the stem."""


class SeparableBlock(nn.Module):
    """Depthwise convolution, then pointwise, each with batch norm and ReLU.

    Before the last ReLU the input is added where it fits, or what the caller hands over.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, kernel, stride, kernel // 2, groups=inputs, bias=False)
        self.depthwise_norm: nn.Module = nn.BatchNorm2d(inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.pointwise_norm: nn.Module = nn.BatchNorm2d(outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor, added: Tensor | None = None) -> Tensor:
        y = functional.relu(self.depthwise_norm(self.depthwise(x)), inplace=True)
        y = self.pointwise_norm(self.pointwise(y))
        if self.residual:
            y = y + x
        if added is not None:
            y = y + added
        return functional.relu(y, inplace=True)


class Head(nn.Module):
    """Depthwise 3x3, pointwise 64, then a linear 1x1 to the outputs of a cell."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = SeparableBlock(channels, channels)
        self.block.residual = False
        self.linear = nn.Conv2d(channels, OUTPUTS, 1)
        nn.init.normal_(self.linear.weight, std=0.01)
        bias = torch.zeros(OUTPUTS)
        bias[0] = -4.0  # faces are rare: start near "none"
        self.linear.bias = nn.Parameter(bias)

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.linear(self.block(x))
        return outputs


class DetectorNet(nn.Module):
    """Maps (N, 3, H, W) RGB in -1..1, H and W multiples of 32, to three maps of 16 outputs a cell."""

    def __init__(self) -> None:
        super().__init__()
        self.border: nn.Module = nn.ConstantPad2d(1, _BORDER)
        self.stem = nn.Conv2d(3, 32, 6, 4, 0, bias=False)
        self.stem_norm: nn.Module = nn.BatchNorm2d(32)
        self.s8 = _stage(32, 64, blocks=3, kernels=(5, 3))
        self.s16 = _stage(64, 96, blocks=4, kernels=(3, 5))
        self.s32 = _stage(96, 96, blocks=4, kernels=(5, 5))
        self.neck32 = SeparableBlock(96, 64)
        self.neck16 = SeparableBlock(96, 64)
        self.neck8 = SeparableBlock(64, 64)
        self.neck8.residual = False
        self.heads = nn.ModuleList(Head(64) for _ in STRIDES)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return maps of (N, 16, H/8, W/8), (N, 16, H/16, W/16), (N, 16, H/32, W/32)."""
        stem = functional.relu(self.stem_norm(self.stem(self.border(x))), inplace=True)
        s8 = self.s8(stem)
        s16 = self.s16(s8)
        n32 = self.neck32(self.s32(s16))
        n16 = self.neck16(s16, functional.interpolate(n32, scale_factor=2.0))
        n8 = self.neck8(s8, functional.interpolate(n16, scale_factor=2.0))
        return [head(n) for head, n in zip(self.heads, (n8, n16, n32), strict=True)]


def _stage(inputs: int, outputs: int, blocks: int, kernels: tuple[int, int]) -> nn.Sequential:
    """A block of stride 2, then `blocks` of stride 1; their depthwise kernels."""
    down = SeparableBlock(inputs, outputs, 2, kernels[0])
    return nn.Sequential(down, *(SeparableBlock(outputs, outputs, 1, kernels[1]) for _ in range(blocks)))


def flatten(maps: list[Tensor]) -> Tensor:
    """Join head maps to (N, A, 16), cells row-major, strides 8, 16, 32 in that order."""
    return torch.cat([m.permute(0, 2, 3, 1).flatten(1, 2) for m in maps], dim=1)


def adopt(net: DetectorNet, state: dict[str, Tensor]) -> None:
    """Start from the weights of an earlier shape of this network, in place.

    Smaller depthwise kernels go into the middle of larger ones, and blocks that are new start as the
    identity, so that the network begins near the function of the earlier one.
    """
    ours = net.state_dict()
    for name, tensor in ours.items():
        known = state.get(name)
        if known is None or known.shape[:2] != tensor.shape[:2]:
            continue
        if known.shape == tensor.shape:
            tensor.copy_(known)
        else:
            edge = (tensor.shape[-1] - known.shape[-1]) // 2
            tensor.copy_(functional.pad(known, (edge, edge, edge, edge)))
    for name, module in net.named_modules():
        if isinstance(module, SeparableBlock) and module.residual and f"{name}.pointwise.weight" not in state:
            nn.init.zeros_(module.get_parameter("pointwise_norm.weight"))
