"""The networks of face-api: the package holds named weights only, so their graphs are written down here.

Source: @vladmandic/face-api 1.7.15, src/faceFeatureExtractor, src/faceExpressionNet, src/xception and
src/ageGenderNet (MIT). Every layer pads by TensorFlow's SAME rule; a separable convolution is a depthwise one,
a pointwise one and a bias.
"""

from pathlib import Path
from typing import Final

import numpy as np

from tools.weights.graph import Feature, Graph, Window
from tools.weights.stored import Array, Weight, rescaled, transposed
from tools.weights.tfjs import read_weights

SIDE: Final = 112
MEAN: Final = (122.782, 117.001, 104.298)
"""Mean of red, green and blue; the difference is divided by 255."""
MAIN_BLOCKS: Final = 2


class FaceApiNet:
    """Adds layers by the names of their weights."""

    def __init__(self, manifest: Path, name: str) -> None:
        self.graph = Graph(name)
        self._weights = read_weights(manifest)

    def weight(self, name: str) -> Weight:
        return self._weights[name]

    def bias(self, layer: str) -> Array:
        bias = self._weights[f"{layer}/bias"]
        assert isinstance(bias, np.ndarray)
        return bias

    def first(self, layer: str) -> Feature:
        """The 3 x 3 convolution on the pixels, stride 2, with a ReLU."""
        planes = self.graph.planes(self.graph.pixels(SIDE, SIDE), MEAN, SIDE, SIDE)
        weight = rescaled(transposed(self.weight(f"{layer}/filters"), (3, 2, 0, 1)), 1 / 255)
        return self.graph.relu(self.graph.conv(planes, weight, self.bias(layer), Window(3, 2)))

    def pointwise(self, x: Feature, layer: str, stride: int) -> Feature:
        weight = transposed(self.weight(f"{layer}/filters"), (3, 2, 0, 1))
        return self.graph.conv(x, weight, self.bias(layer), Window(1, stride))

    def separable(self, x: Feature, layer: str, stride: int = 1) -> Feature:
        depthwise = transposed(self.weight(f"{layer}/depthwise_filter"), (2, 3, 0, 1))
        pointwise = transposed(self.weight(f"{layer}/pointwise_filter"), (3, 2, 0, 1))
        y = self.graph.conv(x, depthwise, None, Window(3, stride), depthwise=True)
        return self.graph.conv(y, pointwise, self.bias(layer), Window(1))

    def dense_block(self, x: Feature, block: str) -> Feature:
        """What follows a block's first layer `x`: three separable layers, each fed with the sum of all before."""
        total = x
        for index in (1, 2, 3):
            y = self.separable(self.graph.relu(total) if index > 1 else x, f"{block}/conv{index}")
            total = self.graph.add(total, y)
        return self.graph.relu(total)

    def main_block(self, x: Feature, block: str) -> Feature:
        y = x
        for index in (0, 1, 2):
            y = self.separable(self.graph.relu(y), f"{block}/separable_conv{index}")
        return self.graph.add(y, x)

    def reduction_block(self, x: Feature, block: str, *, activated: bool) -> Feature:
        """Halve the picture; `activated` says that `x` has been through a ReLU already."""
        y = self.separable(x if activated else self.graph.relu(x), f"{block}/separable_conv0")
        y = self.separable(self.graph.relu(y), f"{block}/separable_conv1")
        y = self.graph.max_pool(y, Window(3, 2))
        return self.graph.add(y, self.pointwise(x, f"{block}/expansion_conv", 2))

    def dense(self, x: str, layer: str) -> str:
        return self.graph.dense(x, self.weight(f"{layer}/weights"), self.bias(layer))


def expression(manifest: Path) -> Graph:
    """Seven expressions, from four dense blocks."""
    net = FaceApiNet(manifest, "expression")
    x = net.dense_block(net.first("dense0/conv0"), "dense0")
    for index in (1, 2, 3):
        x = net.graph.relu(net.separable(x, f"dense{index}/conv0", 2))
        x = net.dense_block(x, f"dense{index}")
    logits = net.dense(net.graph.pooled(x), "fc")
    net.graph.output("logits", logits, ["N", 7])
    net.graph.output("probabilities", net.graph.op("Softmax", [logits], axis=1), ["N", 7])
    return net.graph


def agegender(manifest: Path) -> Graph:
    """Age and gender, from a small Xception."""
    net = FaceApiNet(manifest, "agegender")
    x = net.reduction_block(net.first("entry_flow/conv_in"), "entry_flow/reduction_block_0", activated=True)
    x = net.reduction_block(x, "entry_flow/reduction_block_1", activated=False)
    for index in range(MAIN_BLOCKS):
        x = net.main_block(x, f"middle_flow/main_block_{index}")
    x = net.reduction_block(x, "exit_flow/reduction_block", activated=False)
    x = net.graph.relu(net.separable(x, "exit_flow/separable_conv"))
    pooled = net.graph.pooled(x)
    net.graph.output("age", net.dense(pooled, "fc/age"), ["N", 1])
    gender = net.graph.op("Softmax", [net.dense(pooled, "fc/gender")], axis=1)
    net.graph.output("gender", gender, ["N", 2])
    return net.graph
