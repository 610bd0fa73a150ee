"""Reads TensorFlow.js graph models (a .json topology and a .bin of weights) into an ONNX graph."""

import base64
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tools.weights.graph import Feature, Graph, Window
from tools.weights.stored import Array, Quantised, Weight, rescaled

STORED_TYPES = {"float16": np.float16, "float32": np.float32, "int32": np.int32, "uint8": np.uint8}


@dataclass(frozen=True, slots=True)
class TfjsNode:
    """One operator of the topology; `inputs` are names of nodes, constants included."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def text(self, attribute: str) -> str:
        """Give a string attribute; the file holds it in base64."""
        return base64.b64decode(self.attributes[attribute]["s"]).decode()

    def window(self, kernel: int) -> Window:
        """Give the window of a layer whose stride is the same on both axes."""
        stride = int(self.attributes["strides"]["list"]["i"][1])
        return Window(kernel, stride, same=self.text("padding") == "SAME")

    def fused(self) -> list[str]:
        """Give the operations fused behind a convolution or a matrix product, in order."""
        names = self.attributes.get("fused_ops", {}).get("list", {}).get("s", [])
        return [base64.b64decode(name).decode() for name in names]


@dataclass(frozen=True, slots=True)
class TfjsModel:
    """A parsed graph model: its operators in file order and its weights by name, in TensorFlow's layout."""

    nodes: tuple[TfjsNode, ...]
    weights: Mapping[str, Weight]


def read_weights(manifest: Path) -> dict[str, Weight]:
    """Read the weights that a `weightsManifest` (or face-api's bare list of groups) describes.

    uint8 weights stay quantised; float16 ones become float32, which is exact.
    """
    document = json.loads(manifest.read_text())
    groups = document if isinstance(document, list) else document["weightsManifest"]
    weights: dict[str, Weight] = {}
    for group in groups:
        data = b"".join((manifest.parent / path).read_bytes() for path in group["paths"])
        offset = 0
        for entry in group["weights"]:
            quantisation = entry.get("quantization", {"dtype": entry["dtype"]})
            stored = np.dtype(STORED_TYPES[quantisation["dtype"]])
            count = math.prod(entry["shape"])
            values = np.frombuffer(data, stored, count, offset).reshape(entry["shape"])
            offset += count * stored.itemsize
            if stored == np.uint8:
                weights[entry["name"]] = Quantised(values, quantisation["scale"], quantisation["min"])
            else:
                weights[entry["name"]] = values.astype(entry["dtype"])
    return weights


def read_model(topology: Path) -> TfjsModel:
    """Read a graph model from its .json file; the .bin lies beside it."""
    nodes = tuple(
        TfjsNode(node["op"], node["name"], tuple(node.get("input", ())), node.get("attr", {}))
        for node in json.loads(topology.read_text())["modelTopology"]["node"]
        if node["op"] not in ("Const", "Placeholder")
    )
    return TfjsModel(nodes, read_weights(topology))


def fold_constants(model: TfjsModel) -> TfjsModel:
    """Fold a constant factor into the convolution before it, a constant summand into its bias, and
    Relu, Minimum, Maximum into one Relu6."""
    weights = dict(model.weights)
    nodes: dict[str, TfjsNode] = {}
    stands_for: dict[str, str] = {}
    for raw in model.nodes:
        node = replace(raw, inputs=tuple(stands_for.get(name, name) for name in raw.inputs))
        if node.kind not in ("Mul", "Add", "Minimum", "Maximum") or node.inputs[1] not in weights:
            nodes[node.name] = node
            continue
        target = nodes[node.inputs[0]]
        stands_for[node.name] = target.name
        if node.kind == "Mul":
            factor = weights[node.inputs[1]]
            assert isinstance(factor, np.ndarray)
            assert target.kind == "DepthwiseConv2dNative"
            weights[target.inputs[1]] = rescaled(weights[target.inputs[1]], factor.reshape(-1, 1))
        elif node.kind == "Add":
            nodes[target.name] = replace(target, inputs=(*target.inputs, node.inputs[1]))
        else:
            nodes[target.name] = replace(target, kind="Relu6")
    return TfjsModel(tuple(nodes.values()), weights)


class TfjsConverter:
    """Adds the convolutional part of one graph model to an ONNX graph.

    What follows the last feature maps (pooling over the picture, matrix products, reshapes) differs from
    network to network and is written by the caller, from `features`.
    """

    def __init__(self, model: TfjsModel, graph: Graph) -> None:
        self._model = fold_constants(model)
        self._graph = graph
        self._handlers: dict[str, Callable[[TfjsNode], Feature]] = {
            "Conv2D": self._conv,
            "_FusedConv2D": self._conv,
            "DepthwiseConv2dNative": self._depthwise,
            "AddV2": lambda node: graph.add(self.features[node.inputs[0]], self.features[node.inputs[1]]),
            "Relu": lambda node: graph.relu(self.features[node.inputs[0]]),
            "Relu6": lambda node: graph.relu6(self.features[node.inputs[0]]),
            "MaxPool": self._max_pool,
            "Pad": self._pad,
        }
        self._first_weight: Callable[[Array], Array] = lambda weight: weight
        self._source = ""
        self._shift = 0.0
        self.features: dict[str, Feature] = {}

    def run(self, source: str, x: Feature, first_weight: Callable[[Array], Array], *, shift: float = 0.0) -> None:
        """Convert every operator that works on feature maps.

        Args:
            source: the name of the model's own input.
            x: the planes that take its place.
            first_weight: maps the weights (out, in, k, k) of the layer that reads the input to those that
                fit the planes (colour order, scale).
            shift: what is still to be added to the model's input after that; it goes into the first layer's
                bias, which is right only where that layer pads nothing.
        """
        self.features = {source: x}
        self._source = source
        self._first_weight = first_weight
        self._shift = shift
        for node in self._model.nodes:
            if node.kind in self._handlers:
                self.features[node.name] = self._handlers[node.kind](node)

    def array(self, name: str) -> Array:
        """Give a weight that the model does not quantise, in TensorFlow's layout."""
        weight = self._model.weights[name]
        assert isinstance(weight, np.ndarray), name
        return weight

    def _bias(self, node: TfjsNode) -> Array | None:
        return self.array(node.inputs[2]) if len(node.inputs) > 2 else None

    def _conv(self, node: TfjsNode) -> Feature:
        weight = self.array(node.inputs[1]).transpose(3, 2, 0, 1)
        window = node.window(weight.shape[2])
        bias = self._bias(node)
        if node.inputs[0] == self._source:
            if self._shift and bias is not None:
                assert not window.same
                bias = bias + self._shift * weight.sum(axis=(1, 2, 3), dtype=np.float64)
            weight = self._first_weight(weight)
        y = self._graph.conv(self.features[node.inputs[0]], weight, bias, window)
        return self._graph.relu(y) if "Relu" in node.fused() else y

    def _depthwise(self, node: TfjsNode) -> Feature:
        weight = self.array(node.inputs[1]).transpose(2, 3, 0, 1)
        window = node.window(weight.shape[2])
        return self._graph.conv(self.features[node.inputs[0]], weight, self._bias(node), window, depthwise=True)

    def _max_pool(self, node: TfjsNode) -> Feature:
        window = node.window(int(node.attributes["ksize"]["list"]["i"][1]))
        return self._graph.max_pool(self.features[node.inputs[0]], window)

    def _pad(self, node: TfjsNode) -> Feature:
        x = self.features[node.inputs[0]]
        table = self.array(node.inputs[1])
        assert np.count_nonzero(table) == 1, "only channels are padded, and only at the end"
        return self._graph.pad_channels(x, x.channels + int(table[3, 1]))
