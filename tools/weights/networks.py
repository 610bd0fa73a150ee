"""The networks of the product: what is read, how it is put together, and what comes out."""

from pathlib import Path

import numpy as np

from tools.weights.graph import Array, Feature, Graph
from tools.weights.tfjs import TfjsConverter, read_model, rescale

BACK_HEADS = {"scores": (1, "conv2d_33", "conv2d_34"), "regressions": (16, "conv2d_35", "conv2d_36")}


def cells(graph: Graph, heads: list[Feature], values: int) -> str:
    """Turn head maps (N, anchors * values, H, W) into one (N, A, values): maps in the given order, cells in
    row-major order, anchors innermost."""
    rows = []
    for head in heads:
        inner = graph.op("Transpose", [head.name], perm=[0, 2, 3, 1])
        rows.append(graph.op("Reshape", [inner, graph.integers(0, -1, values)]))
    return graph.op("Concat", rows, axis=1)


def back(topology: Path) -> Graph:
    """BlazeFace for 256 pixels, freed of its input size."""
    graph = Graph("back")
    planes = graph.planes(graph.pixels("H", "W"), (127.5,) * 3, 256, 256)
    net = TfjsConverter(read_model(topology), graph)
    net.run("input", planes, lambda weight: rescale(weight, 1 / 127.5))
    for name, (values, *layers) in BACK_HEADS.items():
        heads = [net.features[f"StatefulPartitionedCall/functional_1/{layer}/BiasAdd"] for layer in layers]
        graph.output(name, cells(graph, heads, values), ["N", "A", values])
    return graph
