"""The appearance network: the trunk of faceres, fine-tuned at about 96 px, below linear heads."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper, reference
from torch import nn
from torch.nn import functional

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from training.appearance.labels import CELEBA_COLUMNS

AGES = 101
DESCRIPTOR = 1024
COMPONENTS = 128
MEAN = (123.68, 116.779, 103.939)
"""Of red, green and blue: what faceres was trained with."""
FROZEN = 3
"""First convolutions that keep their weights: saves a quarter of a step and loses nothing."""
HEADS = {"traits": len(TRAITS), "ages": AGES, "emotions": len(SEVEN_EMOTIONS)}
"""What the product uses."""
TEACHER_HEADS = {
    "celeba": len(CELEBA_COLUMNS),
    "descriptor": COMPONENTS,
    "expression": 7,
    "emotion": 7,
    "agegender": 2,
    "faceres_ages": 100,
}
"""What only the training uses."""


class Layer(nn.Module):
    """A convolution with TensorFlow's padding, then ReLU6."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray, stride: int, groups: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))
        self.bias = nn.Parameter(torch.tensor(bias))
        self.stride, self.groups = stride, groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel = self.weight.shape[2]
        if self.stride == 2 and kernel == 3:
            x, padding = functional.pad(x, (0, 1, 0, 1)), 0
        else:
            padding = kernel // 2
        return functional.relu6(functional.conv2d(x, self.weight, self.bias, self.stride, padding, 1, self.groups))


class AppearanceNet(nn.Module):
    """RGB 0..255 (N, 3, S, S), S a multiple of 32 or nearly so, to a dictionary of head outputs (N, ...)."""

    def __init__(self, layers: list[Layer]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1))
        self.layers = nn.Sequential(*layers)
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(DESCRIPTOR, size) for name, size in (HEADS | TEACHER_HEADS).items()}
        )
        for layer in layers[:FROZEN]:
            layer.requires_grad_(requires_grad=False)

    def embed(self, pixels: torch.Tensor) -> torch.Tensor:
        """(N, 1024)."""
        x = self.layers(pixels - self.mean)
        return x.mean(dim=(2, 3))

    def forward(self, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        embedding = self.dropout(self.embed(pixels))
        return {name: head(embedding) for name, head in self.heads.items()}


class Shipped(nn.Module):
    """The part that the product runs: uint8 (N, S, S, 3) to logits of traits, ages and emotions."""

    def __init__(self, net: AppearanceNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        embedding = self.net.embed(pixels.permute(0, 3, 1, 2).float())
        traits, ages, emotions = (self.net.heads[name](embedding) for name in HEADS)
        return traits, ages, emotions


def trunk_of(path: Path) -> list[Layer]:
    """The convolutions of the converted faceres network, in order."""
    model = onnx.load(str(path))
    made = {node.output[0]: node for node in model.graph.node}
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}

    def value(name: str) -> np.ndarray:
        if name in stored:
            return stored[name]
        node = made[name]
        graph = helper.make_graph([node], "one", [], [helper.make_empty_tensor_value_info(node.output[0])])
        inputs = [value(each) for each in node.input]
        graph.initializer.extend(
            numpy_helper.from_array(array, each) for array, each in zip(inputs, node.input, strict=True)
        )
        one = helper.make_model(graph, opset_imports=model.opset_import)
        return np.asarray(reference.ReferenceEvaluator(one).run(None, {})[0])

    layers = []
    for node in model.graph.node:
        if node.op_type == "Conv":
            facts = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
            weight, bias = (value(name).astype(np.float32) for name in node.input[1:3])
            layers.append(Layer(weight, bias, facts["strides"][0], facts["group"]))
    return layers
