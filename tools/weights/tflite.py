"""Reads TensorFlow Lite files into an ONNX graph, up to MediaPipe's own operations."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.weights.graph import Feature, Graph, Window
from tools.weights.stored import Array

TENSOR_TYPES = {0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 9: np.int8}
SAME_PADDING = 0
NO_ACTIVATION = 0
RELU_ACTIVATION = 1


@dataclass(frozen=True, slots=True)
class TfliteOperator:
    """One operator: its kind (a built-in's name in capitals, or the name of a custom one), the tensors it
    reads and writes, and its options, still as the schema's table or as decoded flexbuffer."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any


@dataclass(frozen=True, slots=True)
class TfliteModel:
    """A parsed file: operators in order, and constant tensors with DEQUANTIZE already applied."""

    operators: tuple[TfliteOperator, ...]
    constants: Mapping[int, Array]
    shapes: Mapping[int, tuple[int, ...]]
    inputs: tuple[int, ...]
    outputs: Mapping[str, int]


def _kind(model: Any, schema: Any, operator: Any) -> str:
    code = model.OperatorCodes(operator.OpcodeIndex())
    if code.CustomCode():
        return str(code.CustomCode().decode())
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    names: dict[str, int] = vars(schema.BuiltinOperator)
    return next(name for name, value in names.items() if value == number)


def _options(schema: Any, operator: Any, kind: str) -> Any:
    if operator.CustomOptionsLength():
        flexbuffers = importlib.import_module("flatbuffers.flexbuffers")
        return flexbuffers.Loads(operator.CustomOptionsAsNumpy().tobytes())
    tables = {"CONV_2D": "Conv2DOptions", "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions"}
    tables |= {"MAX_POOL_2D": "Pool2DOptions", "ADD": "AddOptions"}
    if kind not in tables:
        return None
    table = getattr(schema, tables[kind])()
    union = operator.BuiltinOptions()
    table.Init(union.Bytes, union.Pos)
    return table


def read_model(path: Path) -> TfliteModel:
    """Read the first subgraph of a .tflite file."""
    schema = importlib.import_module("tflite")
    model = schema.Model.GetRootAs(path.read_bytes(), 0)
    graph = model.Subgraphs(0)
    constants: dict[int, Array] = {}
    shapes: dict[int, tuple[int, ...]] = {}
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        shapes[index] = tuple(int(n) for n in tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
        buffer = model.Buffers(tensor.Buffer())
        if buffer.DataLength():
            data = buffer.DataAsNumpy().tobytes()
            constants[index] = np.frombuffer(data, TENSOR_TYPES[tensor.Type()]).reshape(shapes[index])
    operators = []
    for index in range(graph.OperatorsLength()):
        raw = graph.Operators(index)
        kind = _kind(model, schema, raw)
        inputs = tuple(int(i) for i in raw.InputsAsNumpy())
        outputs = tuple(int(i) for i in raw.OutputsAsNumpy())
        if kind == "DEQUANTIZE":
            constants[outputs[0]] = constants[inputs[0]].astype(np.float32)
        else:
            operators.append(TfliteOperator(kind, inputs, outputs, _options(schema, raw, kind)))
    names = {graph.Tensors(int(i)).Name().decode(): int(i) for i in graph.OutputsAsNumpy()}
    return TfliteModel(tuple(operators), constants, shapes, tuple(int(i) for i in graph.InputsAsNumpy()), names)


class TfliteConverter:
    """Adds the feature-map operators of a TFLite model to an ONNX graph, on demand.

    `feature(tensor)` converts whatever that tensor needs, so a caller can put values of its own in `features`
    (the input planes, the result of an operation that only the caller knows) and ask for what follows.
    """

    def __init__(self, model: TfliteModel, graph: Graph, first_weight: Callable[[Array], Array]) -> None:
        self._model = model
        self._graph = graph
        self._first_weight = first_weight
        self._producers = {output: op for op in model.operators for output in op.outputs}
        self._handlers: dict[str, Callable[[TfliteOperator], Feature]] = {
            "CONV_2D": self._conv,
            "DEPTHWISE_CONV_2D": self._depthwise,
            "ADD": self._add,
            "PRELU": self._prelu,
            "MAX_POOL_2D": self._max_pool,
            "PAD": self._pad,
        }
        self.features: dict[int, Feature] = {}

    def feature(self, tensor: int) -> Feature:
        """Give the feature map of a tensor, adding what leads to it in the file's order."""
        if tensor not in self.features:
            needed = self._needed(tensor)
            for op in self._model.operators:
                if op.outputs[0] in needed:
                    self.features[op.outputs[0]] = self._handlers[op.kind](op)
        return self.features[tensor]

    def _needed(self, tensor: int) -> set[int]:
        needed: set[int] = set()
        waiting = [tensor]
        while waiting:
            current = waiting.pop()
            if current in self.features or current in self._model.constants or current in needed:
                continue
            needed.add(current)
            waiting.extend(self._producers[current].inputs)
        return needed

    def _activated(self, y: Feature, options: Any) -> Feature:
        activation = options.FusedActivationFunction()
        assert activation in (NO_ACTIVATION, RELU_ACTIVATION), activation
        return self._graph.relu(y) if activation == RELU_ACTIVATION else y

    @staticmethod
    def _window(kernel: int, options: Any) -> Window:
        assert options.StrideH() == options.StrideW()
        return Window(kernel, options.StrideH(), same=options.Padding() == SAME_PADDING)

    def _conv(self, op: TfliteOperator) -> Feature:
        weight = self._model.constants[op.inputs[1]].transpose(0, 3, 1, 2)
        if op.inputs[0] in self._model.inputs:
            weight = self._first_weight(weight)
        return self._layer(op, weight, depthwise=False)

    def _depthwise(self, op: TfliteOperator) -> Feature:
        weight = self._model.constants[op.inputs[1]].transpose(3, 0, 1, 2)
        return self._layer(op, weight, depthwise=True)

    def _layer(self, op: TfliteOperator, weight: Array, *, depthwise: bool) -> Feature:
        window = self._window(weight.shape[2], op.options)
        bias = self._model.constants[op.inputs[2]]
        y = self._graph.conv(self.features[op.inputs[0]], weight, bias, window, depthwise=depthwise)
        return self._activated(y, op.options)

    def _add(self, op: TfliteOperator) -> Feature:
        a, b = (self.features[i] for i in op.inputs)
        return self._activated(self._graph.add(a, b), op.options)

    def _prelu(self, op: TfliteOperator) -> Feature:
        return self._graph.prelu(self.features[op.inputs[0]], self._model.constants[op.inputs[1]])

    def _max_pool(self, op: TfliteOperator) -> Feature:
        assert op.options.FilterHeight() == op.options.FilterWidth()
        window = self._window(op.options.FilterWidth(), op.options)
        return self._graph.max_pool(self.features[op.inputs[0]], window)

    def _pad(self, op: TfliteOperator) -> Feature:
        x = self.features[op.inputs[0]]
        table = self._model.constants[op.inputs[1]]
        assert np.count_nonzero(table) == 1, "only channels are padded, and only at the end"
        return self._graph.pad_channels(x, x.channels + int(table[3, 1]))
