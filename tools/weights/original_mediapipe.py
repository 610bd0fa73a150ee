"""Runs the attention mesh in MediaPipe's own graph, without its cropping: python THIS MODEL PIXELS.npy OUT.npz.

A script of its own, for the pinned mediapipe and its old protobuf. MediaPipe's calculators convert the picture
(192 x 192, to 0..1), run the network with its custom operations, and refine the points.
"""

import importlib
import sys
from pathlib import Path

import numpy as np

SIDE = 192
GRAPH = """
input_stream: "picture"
output_stream: "points"
output_stream: "flag"
node {
  calculator: "ImageToTensorCalculator" input_stream: "IMAGE:picture" output_stream: "TENSORS:input"
  options { [mediapipe.ImageToTensorCalculatorOptions.ext] {
    output_tensor_width: 192 output_tensor_height: 192 output_tensor_float_range { min: 0 max: 1 }
  } }
}
node { calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "OP_RESOLVER:resolver" }
node {
  calculator: "InferenceCalculator" input_stream: "TENSORS:input" output_stream: "TENSORS:tensors"
  input_side_packet: "OP_RESOLVER:resolver"
  options { [mediapipe.InferenceCalculatorOptions.ext] { model_path: "MODEL" delegate { tflite {} } } }
}
node {
  calculator: "SplitTensorVectorCalculator" input_stream: "tensors" output_stream: "mesh" output_stream: "score"
  options { [mediapipe.SplitVectorCalculatorOptions.ext] { ranges { begin: 0 end: 6 } ranges { begin: 6 end: 7 } } }
}
node { calculator: "TensorsToFloatsCalculator" input_stream: "TENSORS:score" output_stream: "FLOATS:flag" }
node {
  calculator: "TensorsToFaceLandmarksWithAttention" input_stream: "TENSORS:mesh" output_stream: "LANDMARKS:points"
}
"""


def main(model: Path, pixels: Path, out: Path) -> None:
    """Run the graph on one picture and write points, in input pixels, and the flag's logit."""
    bindings = importlib.import_module("mediapipe.python._framework_bindings")
    create = importlib.import_module("mediapipe.python.packet_creator")
    get = importlib.import_module("mediapipe.python.packet_getter")
    config = importlib.import_module("mediapipe.framework.calculator_pb2").CalculatorGraphConfig()
    for calculator in ("image_to_tensor", "inference"):  # registers the options that the text names
        importlib.import_module(f"mediapipe.calculators.tensor.{calculator}_calculator_pb2")
    importlib.import_module("mediapipe.calculators.core.split_vector_calculator_pb2")
    importlib.import_module("google.protobuf.text_format").Parse(GRAPH.replace("MODEL", str(model)), config)

    graph = bindings.calculator_graph.CalculatorGraph(graph_config=config)
    points: list[list[float]] = []
    flag: list[float] = []
    graph.observe_output_stream(
        "points", lambda _, packet: points.extend([p.x, p.y, p.z] for p in get.get_proto(packet).landmark)
    )
    graph.observe_output_stream("flag", lambda _, packet: flag.extend(get.get_float_list(packet)))
    graph.start_run()
    picture = create.create_image_frame(
        image_format=bindings.image_frame.ImageFormat.SRGB, data=np.ascontiguousarray(np.load(pixels)[0])
    )
    graph.add_packet_to_input_stream("picture", picture.at(0))
    graph.close_all_packet_sources()
    graph.wait_until_done()
    np.savez(out, points=np.array([points], np.float32) * np.float32(SIDE), flag=np.array([flag], np.float32))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
