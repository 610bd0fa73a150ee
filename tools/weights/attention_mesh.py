"""The attention mesh: MediaPipe's three custom operations and its refinement, written in ONNX operators.

Sources: MediaPipe 0.10.21, the operations Landmarks2TransformMatrix, TransformTensorBilinear and
TransformLandmarks, and the landmarks refinement of modules/face_landmark, all Apache-2.0. Angles never appear:
the line between two points, divided by its length, holds the cosine and the sine. The three regions (lips, left
eye with iris, right eye with iris) go through every step together, as one axis of 3.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tools.weights.graph import Feature, Graph
from tools.weights.stored import rescaled
from tools.weights.tflite import TfliteConverter, TfliteModel, TfliteOperator, read_model

SIDE: Final = 192
"""Input pixels along a side; points come out in the same pixels."""
PATCH: Final = 16
"""Cells along a side of a region's patch."""
LOCAL_SIDE: Final = 64
"""A region's own points are in these units: four to a cell of its patch."""
VERTICES: Final = 468
IRIS_POINTS: Final = 5
CONTOUR: Final = 16
"""The first points of an eye's list are its contour; their mean depth is the depth of the iris."""
REGION_OUTPUTS: Final = (
    ("output_lips",),
    ("output_left_eye", "output_left_iris"),
    ("output_right_eye", "output_right_iris"),
)


@dataclass(frozen=True, slots=True)
class Region:
    """What the file says about one region: which vertices it refines, and the two that give its direction."""

    vertices: tuple[int, ...]
    start: int
    end: int
    scale: float


@dataclass(frozen=True, slots=True)
class Frames:
    """Where the regions lie, as values of the graph: centre and size (N, 3, 1, 2) in input pixels, and the
    matrix (N, 3, 2, 2) that turns a row vector from a region's frame into the picture's."""

    centre: str
    size: str
    turn: str


def regions(model: TfliteModel) -> list[Region]:
    """Read the regions from the options of the matrix operations, in the file's order."""
    found = []
    for op in model.operators:
        if op.kind == "Landmarks2TransformMatrix":
            options = op.options
            assert options["scale_x"] == options["scale_y"]
            assert options["output_width"] == options["output_height"] == PATCH
            assert options["target_rotation_radians"] == 0
            start, end = options["left_rotation_idx"], options["right_rotation_idx"]
            found.append(Region(tuple(options["subset_idxs"]), start, end, options["scale_x"]))
    return found


def filled(indices: list[int], length: int) -> list[int]:
    """Repeat the last index until the list has the given length."""
    return indices + [indices[-1]] * (length - len(indices))


class RefinementWriter:
    """Writes what MediaPipe does around the convolutions of the attention mesh."""

    def __init__(self, graph: Graph, found: list[Region]) -> None:
        self._graph = graph
        self._regions = found
        self._width = max(len(region.vertices) for region in found)
        assert len({region.scale for region in found}) == 1
        self._scale = found[0].scale

    def frames(self, xy: str) -> Frames:
        """Lay a turned box around each region's vertices; `xy` is (N, 468, 2) in input pixels."""
        g = self._graph
        start = g.op("Gather", [xy, g.integers(*(r.start for r in self._regions))], axis=1)
        end = g.op("Gather", [xy, g.integers(*(r.end for r in self._regions))], axis=1)
        line = g.op("Sub", [end, start])
        length = g.op("Max", [g.op("ReduceL2", [line], axes=[2], keepdims=1), g.floats(1e-6)])
        direction = g.op("Div", [line, length])
        spread = g.constant(np.array([[1, 0, 0, 1], [0, 1, -1, 0]], np.float32))
        turn = g.op("MatMul", [direction, spread])
        turn = g.op("Reshape", [turn, g.integers(0, 0, 2, 2)])
        turn_back = g.op("Transpose", [turn], perm=[0, 1, 3, 2])

        vertices = [i for r in self._regions for i in filled(list(r.vertices), self._width)]
        points = g.op("Gather", [xy, g.integers(*vertices)], axis=1)
        points = g.op("Reshape", [points, g.integers(0, len(self._regions), self._width, 2)])
        points = g.op("MatMul", [points, turn_back])
        low = g.op("ReduceMin", [points], axes=[2], keepdims=1)
        high = g.op("ReduceMax", [points], axes=[2], keepdims=1)
        middle = g.op("Mul", [g.op("Add", [low, high]), g.floats(0.5)])
        return Frames(g.op("MatMul", [middle, turn]), g.op("Sub", [high, low]), turn)

    def patches(self, maps: Feature, frames: Frames) -> list[Feature]:
        """Sample a patch of 16 x 16 cells for each region from the feature map."""
        g = self._graph
        steps = (np.arange(PATCH) + 0.5) / PATCH - 0.5
        cells = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(1, 1, -1, 2) * (self._scale * 2 / SIDE)
        offsets = g.op("Mul", [g.constant(cells.astype(np.float32)), frames.size])
        offsets = g.op("MatMul", [offsets, frames.turn])
        centre = g.op("Sub", [g.op("Mul", [frames.centre, g.floats(2 / SIDE)]), g.floats(1.0)])
        places = g.op("Add", [offsets, centre])
        count = len(self._regions)
        places = g.op("Reshape", [places, g.integers(-1, count * PATCH, PATCH, 2)])
        sampled = g.op("GridSample", [maps.name, places], mode="bilinear", padding_mode="zeros", align_corners=0)
        names = g.split(sampled, [PATCH] * count, axis=2)
        return [Feature(name, maps.channels, PATCH, PATCH) for name in names]

    def place(self, local: str, frames: Frames) -> str:
        """Carry the regions' own points (N, 3, width, 2), in 0..64, into input pixels."""
        g = self._graph
        points = g.op("Sub", [local, g.floats(LOCAL_SIDE / 2)])
        points = g.op("Mul", [points, g.op("Mul", [frames.size, g.floats(self._scale / LOCAL_SIDE)])])
        return g.op("Add", [g.op("MatMul", [points, frames.turn]), frames.centre])

    def local_points(self, heads: list[list[Feature]]) -> str:
        """Join the heads (N, 2 * points, 1, 1) of all regions into (N, 3, width, 2)."""
        g = self._graph
        order, count = [], 0
        for region_heads in heads:
            points = sum(head.channels for head in region_heads) // 2
            order += filled(list(range(count, count + points)), self._width)
            count += points
        joined = g.op("Concat", [head.name for region_heads in heads for head in region_heads], axis=1)
        joined = g.op("Reshape", [joined, g.integers(0, count, 2)])
        joined = g.op("Gather", [joined, g.integers(*order)], axis=1)
        return g.op("Reshape", [joined, g.integers(0, len(heads), self._width, 2)])

    def points(self, xy: str, z: str, refined: str) -> str:
        """Give all points (N, 478, 3): refined x and y where there are any, the mesh's own depth, and for the
        irises the mean depth of the eye's contour."""
        g = self._graph
        source = list(range(VERTICES))
        for k, region in enumerate(self._regions):
            for position, vertex in enumerate(region.vertices):
                source[vertex] = VERTICES + k * self._width + position
        eyes = list(enumerate(self._regions))[1:]
        for k, region in eyes:
            first = VERTICES + k * self._width + len(region.vertices)
            source += range(first, first + IRIS_POINTS)
        refined = g.op("Reshape", [refined, g.integers(0, -1, 2)])
        xy = g.op("Gather", [g.op("Concat", [xy, refined], axis=1), g.integers(*source)], axis=1)
        contours = [vertex for _, region in eyes for vertex in region.vertices[:CONTOUR]]
        depth = g.op("Gather", [z, g.integers(*contours)], axis=1)
        depth = g.op("Reshape", [depth, g.integers(0, len(eyes), CONTOUR)])
        depth = g.op("ReduceMean", [depth], axes=[2], keepdims=1)
        depth = g.op("Gather", [depth, g.integers(*np.repeat(range(len(eyes)), IRIS_POINTS).tolist())], axis=1)
        return g.op("Concat", [xy, g.op("Concat", [z, depth], axis=1)], axis=2)


def head_tensor(model: TfliteModel, output: str) -> int:
    """Give the tensor of the last convolution that an output comes from."""
    producers = {op.outputs[0]: op for op in model.operators}
    tensor = model.outputs[output]
    while producers[tensor].kind != "CONV_2D":
        tensor = producers[tensor].inputs[0]
    return tensor


def operators(model: TfliteModel, kind: str) -> list[TfliteOperator]:
    return [op for op in model.operators if op.kind == kind]


def attention_mesh(path: Path) -> Graph:
    """The attention mesh of MediaPipe with its refinement: 478 points in input pixels and the face flag."""
    model = read_model(path)
    graph = Graph("amesh")
    net = TfliteConverter(model, graph, lambda weight: rescaled(weight, 1 / 255))
    net.features[model.inputs[0]] = graph.planes(graph.pixels(SIDE, SIDE), None, SIDE, SIDE)
    writer = RefinementWriter(graph, regions(model))

    mesh = net.feature(head_tensor(model, "output_mesh_identity"))
    mesh_points = graph.op("Reshape", [mesh.name, graph.integers(0, VERTICES, 3)])
    xy, z = graph.split(mesh_points, [2, 1], axis=2)
    frames = writer.frames(xy)
    samplers = operators(model, "TransformTensorBilinear")
    patches = writer.patches(net.feature(samplers[0].inputs[0]), frames)
    for sampler, patch in zip(samplers, patches, strict=True):
        net.features[sampler.outputs[0]] = graph.blocked(patch)
    heads = [[net.feature(head_tensor(model, name)) for name in names] for names in REGION_OUTPUTS]
    refined = writer.place(writer.local_points(heads), frames)

    graph.output("points", writer.points(xy, z, refined), ["N", VERTICES + 2 * IRIS_POINTS, 3])
    flag = net.feature(model.outputs["conv_faceflag"])
    graph.output("flag", graph.op("Reshape", [flag.name, graph.integers(0, 1)]), ["N", 1])
    return graph
