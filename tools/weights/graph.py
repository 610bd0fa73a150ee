"""Writes ONNX graphs, one operator at a time.

The converters of this package describe networks in NCHW; this module knows how ONNX spells them, how to keep
the file small without changing a bit of a weight, and which spelling lets ONNX Runtime stay in its blocked
channel layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tools.weights.stored import Array, Quantised, Weight

OPSET: Final = 17
COMPACT_FROM: Final = 256
"""Weights with fewer elements are stored as they are: a Cast node would cost more bytes than it saves."""

Attribute = int | float | str | Sequence[int]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature map (N, channels, height, width) in the graph under construction.

    Height and width are those at the nominal input size; they decide the padding of strided layers.
    """

    name: str
    channels: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Window:
    """Kernel side, stride and padding of a convolution or a pooling layer."""

    kernel: int
    stride: int = 1
    same: bool = True

    def pads(self, height: int, width: int) -> tuple[int, int, int, int]:
        """ONNX pads (top, left, bottom, right) of TensorFlow's SAME rule: the odd pixel goes to the end."""
        begins, ends = zip(*(self._along(n) for n in (height, width)), strict=True)
        return (*begins, *ends)

    def output(self, length: int) -> int:
        begin, end = self._along(length)
        return (length + begin + end - self.kernel) // self.stride + 1

    def _along(self, length: int) -> tuple[int, int]:
        if not self.same:
            return 0, 0
        total = max((-(-length // self.stride) - 1) * self.stride + self.kernel - length, 0)
        return total // 2, total - total // 2


class Graph:
    """An ONNX graph that grows by one call per operator; every call gives back the new value's name.

    ONNX Runtime keeps feature maps in blocks of 16 channels (8 without AVX-512) as long as every operator on
    the way can read them so; whatever cannot costs two copies of the map. Convolutions, sums and ReLUs can,
    pooling can if the channels fill the blocks, and PRelu, Pad and products with a constant cannot. Hence the
    odd spellings below; they were chosen by measurement (tools/weights/README.md).

    Args:
        name: the graph's name in the file.
        block: convolutions of more than `block` channels get zero channels up to a multiple of it.
    """

    def __init__(self, name: str, block: int = 1) -> None:
        self._name = name
        self._block = block
        self._nodes: list[onnx.NodeProto] = []
        self._initialisers: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def _fresh(self, hint: str) -> str:
        self._count += 1
        return f"{hint}_{self._count}"

    def op(self, kind: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """Add an operator with one output."""
        output = self._fresh(kind.lower())
        node = helper.make_node(kind, list(inputs), [output], name=output)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in sorted(attributes.items()))
        self._nodes.append(node)
        return output

    def split(self, value: str, sizes: Sequence[int], axis: int) -> list[str]:
        """Cut a value into parts of the given sizes along an axis."""
        outputs = [self._fresh("split") for _ in sizes]
        inputs = [value, self.integers(*sizes)]
        self._nodes.append(helper.make_node("Split", inputs, outputs, name=outputs[0], axis=axis))
        return outputs

    def constant(self, value: Array) -> str:
        """Add a constant exactly as given."""
        name = self._fresh("const")
        self._initialisers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def floats(self, *values: float) -> str:
        """Add a float32 constant: a scalar for one value, else a vector."""
        return self.constant(np.array(values[0] if len(values) == 1 else values, np.float32))

    def integers(self, *values: int) -> str:
        """Add an int64 vector."""
        return self.constant(np.array(values, np.int64))

    def weight(self, value: Weight) -> str:
        """Add a float32 weight in the smallest form that restores it exactly when the file is loaded."""
        if isinstance(value, Quantised):
            codes = self.op("Cast", [self.constant(value.codes)], to=TensorProto.DOUBLE)
            scaled = self.op("Mul", [codes, self.constant(np.array(value.scale, np.float64))])
            shifted = self.op("Add", [scaled, self.constant(np.array(value.offset, np.float64))])
            return self.op("Cast", [shifted], to=TensorProto.FLOAT)
        full = value.astype(np.float32)
        with np.errstate(over="ignore"):
            half = full.astype(np.float16)
        if full.size >= COMPACT_FROM and np.array_equal(half.astype(np.float32), full):
            return self.op("Cast", [self.constant(half)], to=TensorProto.FLOAT)
        return self.constant(full)

    def pixels(self, height: int | str, width: int | str) -> str:
        """Declare the input `pixels`: uint8 RGB, (N, height, width, 3); a string names a free side."""
        info = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", height, width, 3])
        self._inputs.append(info)
        return "pixels"

    def output(self, name: str, value: str, shape: Sequence[int | str]) -> None:
        """Declare `value` as the float32 output `name`."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def planes(self, pixels: str, mean: Sequence[float] | None, height: int, width: int) -> Feature:
        """Turn uint8 (N, H, W, 3) into float32 (N, 3, H, W), minus a mean per colour if there is one.

        Scales belong in the first convolution's weights: that is exact with any padding, whereas a mean is
        not, because the layer pads with zeros after the subtraction.
        """
        value = self.op("Cast", [pixels], to=TensorProto.FLOAT)
        value = self.op("Transpose", [value], perm=[0, 3, 1, 2])
        if mean is not None:
            shift = np.array(mean, np.float32)
            shift = shift[:1] if len(set(mean)) == 1 else shift.reshape(1, -1, 1, 1)
            value = self.op("Sub", [value, self.constant(shift)])
        return Feature(value, 3, height, width)

    def conv(
        self, x: Feature, weight: Weight, bias: Array | None, window: Window, *, depthwise: bool = False
    ) -> Feature:
        """Add a convolution; `weight` is (out, in, k, k), or (channels, 1, k, k) when depthwise."""
        channels = weight.shape[0]
        inputs = [x.name, self.weight(self._filled(weight, depthwise=depthwise))]
        if bias is not None:
            inputs.append(self.weight(self._filled(bias, depthwise=True)))
        name = self.op(
            "Conv",
            inputs,
            kernel_shape=[window.kernel] * 2,
            strides=[window.stride] * 2,
            pads=window.pads(x.height, x.width),
            group=self._stored(x.channels) if depthwise else 1,
        )
        return Feature(name, channels, window.output(x.height), window.output(x.width))

    def _stored(self, channels: int) -> int:
        """How many channels a map of so many has in the file."""
        return channels if channels <= self._block else -(-channels // self._block) * self._block

    def _filled(self, weight: Weight, *, depthwise: bool) -> Weight:
        """Add the zeros that the stored channels need, behind the outputs and, unless depthwise, the inputs."""
        axes = (0,) if depthwise else (0, 1)
        missing = [self._stored(n) - n if axis in axes else 0 for axis, n in enumerate(weight.shape)]
        if not any(missing):
            return weight
        assert isinstance(weight, np.ndarray), "quantised weights have no code for zero"
        return np.pad(weight, [(0, n) for n in missing])

    def max_pool(self, x: Feature, window: Window) -> Feature:
        name = self.op(
            "MaxPool",
            [x.name],
            kernel_shape=[window.kernel] * 2,
            strides=[window.stride] * 2,
            pads=window.pads(x.height, x.width),
        )
        return Feature(name, x.channels, window.output(x.height), window.output(x.width))

    def add(self, a: Feature, b: Feature) -> Feature:
        return Feature(self.op("Add", [a.name, b.name]), a.channels, a.height, a.width)

    def relu(self, x: Feature) -> Feature:
        return Feature(self.op("Relu", [x.name]), x.channels, x.height, x.width)

    def relu6(self, x: Feature) -> Feature:
        name = self.op("Clip", [x.name, self.floats(0.0), self.floats(6.0)])
        return Feature(name, x.channels, x.height, x.width)

    def prelu(self, x: Feature, slope: Array) -> Feature:
        """Add PRelu with a slope per channel, as x + (1 - slope) * Relu(-x).

        The products with constants are depthwise convolutions of one pixel.
        """
        below = self.relu(self._scaled(x, np.full(x.channels, -1.0)))
        return self.add(self._scaled(below, 1.0 - slope.astype(np.float64).reshape(-1)), x)

    def blocked(self, x: Feature) -> Feature:
        """Leave a feature map as it is, but in blocks, so that the sums behind it stay there too."""
        return self._scaled(x, np.ones(x.channels))

    def _scaled(self, x: Feature, factors: Array) -> Feature:
        weight = factors.astype(np.float32).reshape(-1, 1, 1, 1)
        return self.conv(x, weight, None, Window(1), depthwise=True)

    def pad_channels(self, x: Feature, channels: int) -> Feature:
        """Add zero channels at the end until there are `channels`: a pointwise convolution by the identity."""
        return self.conv(x, np.eye(channels, x.channels, dtype=np.float32)[..., None, None], None, Window(1))

    def pooled(self, x: Feature) -> str:
        """Give the mean over the picture, (N, channels)."""
        return self.op("Flatten", [self.op("GlobalAveragePool", [x.name])], axis=1)

    def dense(self, x: str, weight: Weight, bias: Array) -> str:
        """Multiply (N, in) by `weight` (in, out) and add `bias`."""
        return self.op("Gemm", [x, self.weight(weight), self.weight(bias)])

    def model(self) -> onnx.ModelProto:
        """Give the finished, checked model.

        Raises:
            onnx.checker.ValidationError: the graph is not valid ONNX.
        """
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, initializer=self._initialisers)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="faceline tools.weights")
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        return model

    def write(self, path: Path) -> None:
        """Write the finished model; the same graph always gives the same bytes."""
        path.write_bytes(self.model().SerializeToString(deterministic=True))
