"""The networks of @vladmandic/human that the product uses: back, faceres, emotion."""

from pathlib import Path
from typing import Final

import numpy as np

from tools.weights.graph import Feature, Graph
from tools.weights.stored import rescaled
from tools.weights.tfjs import TfjsConverter, read_model

BACK_SIDE: Final = 256
BACK_HEADS: Final = {"scores": (1, "conv2d_33", "conv2d_34"), "regressions": (16, "conv2d_35", "conv2d_36")}
"""Per output: values of an anchor, then the layers at strides 16 and 32."""
FACERES_SIDE: Final = 224
FACERES_MEAN: Final = (123.68, 116.779, 103.939)
"""Mean of red, green and blue."""
EMOTION_SIDE: Final = 64
LUMA: Final = (0.2989, 0.5870, 0.1140)
"""Shares of red, green and blue in grey, as the package's src/tfjs/constants.ts has them."""


def cells(graph: Graph, heads: list[Feature], values: int) -> str:
    """Turn head maps (N, anchors * values, H, W) into one (N, A, values): the maps in the given order, cells in
    row-major order, anchors innermost."""
    rows = []
    for head in heads:
        inner = graph.op("Transpose", [head.name], perm=[0, 2, 3, 1])
        rows.append(graph.op("Reshape", [inner, graph.integers(0, -1, values)]))
    return graph.op("Concat", rows, axis=1)


def back(topology: Path) -> Graph:
    """BlazeFace for 256 pixels, freed of its input size.

    Its maps of 24 channels are filled up to 32: blocks of 16 hold 32 anyway, and full ones need no copies.
    """
    graph = Graph("back", block=16)
    planes = graph.planes(graph.pixels("H", "W"), (127.5,) * 3, BACK_SIDE, BACK_SIDE)
    net = TfjsConverter(read_model(topology), graph)
    net.run("input", planes, lambda weight: rescaled(weight, 1 / 127.5))
    for name, (values, *layers) in BACK_HEADS.items():
        heads = [net.features[f"StatefulPartitionedCall/functional_1/{layer}/BiasAdd"] for layer in layers]
        graph.output(name, cells(graph, heads, values), ["N", "A", values])
    return graph


def faceres(topology: Path) -> Graph:
    """MobileNet with a descriptor, gender and age, freed of its input size.

    The file's weights want blue, green, red; turning them round lets the product keep red, green, blue.
    """
    graph = Graph("faceres")
    planes = graph.planes(graph.pixels("H", "W"), FACERES_MEAN, FACERES_SIDE, FACERES_SIDE)
    net = TfjsConverter(read_model(topology), graph)
    net.run("input_1", planes, lambda weight: weight[:, ::-1])
    descriptor = graph.pooled(net.features["conv_pw_13_relu/Relu"])
    feats = graph.dense(descriptor, net.array("feats/kernel"), net.array("feats/bias"))
    feats = graph.op("Relu", [feats])
    gender = graph.dense(feats, net.array("gender_pred/kernel"), net.array("gender_pred/bias"))
    ages = graph.dense(feats, net.array("age_pred/kernel"), net.array("age_pred/bias"))
    graph.output("gender", graph.op("Sigmoid", [gender]), ["N", 1])
    graph.output("descriptor", descriptor, ["N", 1024])
    graph.output("ages", graph.op("Softmax", [ages], axis=1), ["N", 100])
    return graph


def emotion(topology: Path) -> Graph:
    """A small Xception for seven emotions.

    Its first layer pads nothing, so grey conversion, scale and shift all fold into weights and bias.
    """
    graph = Graph("emotion")
    planes = graph.planes(graph.pixels(EMOTION_SIDE, EMOTION_SIDE), None, EMOTION_SIDE, EMOTION_SIDE)
    net = TfjsConverter(read_model(topology), graph)
    luma = np.array(LUMA).reshape(1, 3, 1, 1)
    net.run("input_1", planes, lambda weight: rescaled(weight, luma / 127.5), shift=-1.0)
    logits = graph.pooled(net.features["StatefulPartitionedCall/model_1/conv2d_5/BiasAdd"])
    graph.output("logits", logits, ["N", 7])
    graph.output("probabilities", graph.op("Softmax", [logits], axis=1), ["N", 7])
    return graph
