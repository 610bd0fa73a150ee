"""Write the trained network as ONNX: `python -m training.appearance.export --run FOLDER --side 96`.

Takes the averaged weights of last.pt, writes appearance.onnx and its entry in trained.toml. Weights are stored as
float16 and cast on loading (half the file); the difference to torch on noise is printed.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from faceline.vision.attributes.appearance import SEVEN_EMOTIONS, TRAITS
from faceline.vision.settings import WEIGHTS
from training.appearance.net import AGES, HEADS, AppearanceNet, Shipped, trunk_of
from training.publish import publish

OPSET = 17
COMPACT_FROM = 256
SETS = "CelebA, UTKFace, FER+, CK+, muxspace, CEW, masks, scenes, landmarks68, ImageNet; starts from faceres (VGGFace2)"
MEANINGS = {
    "traits": "logits: " + ", ".join(TRAITS),
    "ages": "logits of the years of age 0 to 100",
    "emotions": "logits: " + ", ".join(SEVEN_EMOTIONS),
}
SIZES = {"traits": len(TRAITS), "ages": AGES, "emotions": len(SEVEN_EMOTIONS)}


def compact(path: Path) -> None:
    """Store large weights as float16 with a Cast behind them, in place."""
    model = onnx.load(str(path))
    graph, casts = model.graph, []
    for tensor in list(graph.initializer):
        array = numpy_helper.to_array(tensor)
        if array.dtype == np.float32 and array.size >= COMPACT_FROM:
            graph.initializer.remove(tensor)
            graph.initializer.append(numpy_helper.from_array(array.astype(np.float16), f"{tensor.name}_half"))
            casts.append(helper.make_node("Cast", [f"{tensor.name}_half"], [tensor.name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def fold_pads(path: Path) -> None:
    """Give TensorFlow's padding of the strided layers to their convolutions, in place: torch writes it as operators
    of their own, which cost a tenth of the running time."""
    model = onnx.load(str(path))
    nodes = list(model.graph.node)
    pads = {node.output[0]: node for node in nodes if node.op_type == "Pad"}
    for node in nodes:
        if node.op_type == "Conv" and node.input[0] in pads:
            node.input[0] = pads[node.input[0]].input[0]
            for attribute in node.attribute:
                if attribute.name == "pads":
                    del attribute.ints[:]
                    attribute.ints.extend([0, 0, 1, 1])
    del model.graph.node[:]
    model.graph.node.extend(_used(nodes, {output.name for output in model.graph.output}))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _used(nodes: list[onnx.NodeProto], wanted: set[str]) -> list[onnx.NodeProto]:
    """The nodes that the wanted values need, in order."""
    kept = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]


def export(net: AppearanceNet, side: int, path: Path) -> float:
    """Write the file; the largest difference to torch on noise."""
    shipped = Shipped(net).eval()
    pixels = torch.randint(0, 256, (2, side, side, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    names = list(HEADS)
    axes = {name: {0: "N"} for name in ("pixels", *names)}
    torch.onnx.export(
        shipped,
        (pixels,),
        str(path),
        input_names=["pixels"],
        output_names=names,
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    fold_pads(path)
    compact(path)
    found = onnxruntime.InferenceSession(str(path)).run(names, {"pixels": pixels.numpy()})
    with torch.no_grad():
        expected = shipped(pixels)
    return max(float(np.abs(a - b.numpy()).max()) for a, b in zip(found, expected, strict=True))


def main() -> None:
    """Read the arguments and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder with last.pt")
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder to publish in")
    arguments = parser.parse_args()
    state = torch.load(arguments.run / "last.pt", map_location="cpu", weights_only=True)
    net = AppearanceNet(trunk_of(WEIGHTS / "faceres.onnx"))
    net.load_state_dict(state["average"])
    path = arguments.weights / "appearance.onnx"
    difference = export(net.eval(), arguments.side, path)
    print(json.dumps({"file": str(path.name), "steps": state["steps"], "difference": difference}))
    facts = {
        "profile": "research",
        "licence": "Apache-2.0; warm start from HSE_FaceRec_tf, Apache-2.0",
        "training_data": SETS,
        "recipe": "python -m training.appearance.train, then training.appearance.export and training.appearance.fuse",
        "steps": state["steps"],
        "input_shape": ["N", arguments.side, arguments.side, 3],
        "normalisation": "x - (123.68, 116.779, 103.939)",
        "outputs": [{"name": name, "shape": ["N", SIZES[name]], "meaning": MEANINGS[name]} for name in HEADS],
    }
    if state.get("fold") is not None:
        facts["fold"] = state["fold"]
    publish(arguments.weights, "networks", "appearance", path.name, facts)


if __name__ == "__main__":
    main()
