"""Runs the packages' own runtimes on raw pixels: TensorFlow.js in Node, MediaPipe in a Python of its own."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from tools.weights.catalogue import BACK, Network
from tools.weights.human import BACK_HEADS
from tools.weights.pictures import Pixels
from tools.weights.sources import MEDIAPIPE, download, home, unpack_all
from tools.weights.stored import Array

HERE = Path(__file__).parent


class Originals:
    """The original runtimes over one cache of packages.

    Args:
        cache: the folder that `fetch` filled.
        mediapipe_python: an interpreter with the pinned mediapipe (it needs an older protobuf than onnx does).
    """

    def __init__(self, cache: Path, mediapipe_python: Path) -> None:
        self._cache = cache
        self._mediapipe_python = mediapipe_python

    def run(self, network: Network, pixels: Pixels) -> dict[str, Array]:
        """Run a network as its authors do; gives the converted network's outputs by name.

        Raises:
            subprocess.CalledProcessError: the runtime failed.
        """
        with tempfile.TemporaryDirectory() as folder:
            if network.package == MEDIAPIPE:
                return self._mediapipe(network, pixels, Path(folder))
            return self._node(network, pixels, Path(folder))

    def _mediapipe(self, network: Network, pixels: Pixels, folder: Path) -> dict[str, Array]:
        given, got = folder / "pixels.npy", folder / "outputs.npz"
        np.save(given, pixels)
        model = home(network.package, self._cache) / network.files[0]
        script = HERE / "original_mediapipe.py"
        subprocess.run([self._mediapipe_python, script, model.resolve(), given, got], check=True, capture_output=True)
        with np.load(got) as outputs:
            return dict(outputs)

    def _node(self, network: Network, pixels: Pixels, folder: Path) -> dict[str, Array]:
        package = home(network.package, self._cache)
        unpack_all(download(network.package, self._cache), package)
        (folder / "pixels").write_bytes(pixels.tobytes())
        job = {
            "package": str((package / "package").resolve()),
            "network": network.name,
            "model": str((package / network.files[0]).resolve()),
            "pixels": str(folder / "pixels"),
            "shape": pixels.shape,
            "out": str(folder / "outputs"),
        }
        (folder / "job").write_text(json.dumps(job))
        subprocess.run(["node", HERE / "originals.mjs", folder / "job"], check=True, capture_output=True)
        written = json.loads((folder / "outputs").read_text())
        outputs = {name: np.array(out["data"], np.float32).reshape(out["shape"]) for name, out in written.items()}
        return joined_anchors(outputs) if network == BACK else shaped(network, outputs)


def joined_anchors(heads: dict[str, Array]) -> dict[str, Array]:
    """Put the detector's head maps (1, H, W, anchors * values) of both strides in a row."""
    return {
        name: np.concatenate([heads[f"{name}_{stride}"].reshape(1, -1, values) for stride in (16, 32)], axis=1)
        for name, (values, *_) in BACK_HEADS.items()
    }


def shaped(network: Network, outputs: dict[str, Array]) -> dict[str, Array]:
    """Give each output the rank that the catalogue states; face-api drops the axis of a single value."""
    return {output.name: outputs[output.name].reshape(1, *output.shape[1:]) for output in network.outputs}
