"""One adapter around ONNX Runtime: uint8 pictures in, float32 arrays out, in fixed batch sizes.

Why fixed sizes: with a free batch size every new size costs the runtime new buffers, and memory grows with the
largest crowd (immich issue 9414). Rows of one call do not depend on their neighbours, and on the CPU provider they
do not depend on the batch size either (tests/vision/test_network.py shows it bit by bit for every network shipped),
so that faces may be batched across frames without changing any answer.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime

from faceline.domain.faults import Unusable
from faceline.vision.geometry import Floats, Pixels
from faceline.vision.manifest import NetworkEntry

Shape = tuple[int, int, int]
"""Pictures, height and width in pixels."""
BATCHES = (16, 8, 4, 2, 1)
"""Batch sizes that are ever run."""
SESSIONS = 6 + len(BATCHES)
"""That are kept for a network without a fixed size: two for each of three sizes of video or picture, and those of the
second look at places (second_look.py). Starting one takes 10 ms, half as long as a sample."""
CPU = "CPUExecutionProvider"


class ProviderMissing(Unusable):
    """An execution provider was asked for that this onnxruntime does not have or could not start."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """How networks are run.

    providers   ONNX Runtime execution providers, best first
    threads     intra-op threads per network: 1, as a slot is one core (vision.md section 1: two did not help)
    """

    providers: tuple[str, ...] = (CPU,)
    threads: int = 1


class Network:
    """A loaded network, for one thread."""

    def __init__(self, entry: NetworkEntry, runtime: Runtime) -> None:
        """Load the file after its checksum and check that inputs and outputs are those of the manifest.

        Raises   ProviderMissing, or WeightsBroken if the file is not what the manifest says.
        """
        require_providers(runtime.providers)
        self._runtime = runtime
        self._file = entry.read()
        session = self._start(None)
        started = session.get_providers()
        if started[0] != runtime.providers[0]:
            raise ProviderMissing(f"{runtime.providers[0]} could not be started; onnxruntime offers {started[0]}")
        entry.check_interface(
            {put.name: tuple(put.shape) for put in session.get_inputs()},
            {put.name: tuple(put.shape) for put in session.get_outputs()},
        )
        self.entry = entry
        self._input = entry.input.name
        self._outputs = [output.name for output in entry.outputs]
        self._lengths = session.get_inputs()[0].shape[:3]
        self._fixed = all(isinstance(length, int) for length in self._lengths[1:])
        self._sessions: OrderedDict[Shape | None, onnxruntime.InferenceSession] = OrderedDict({None: session})

    def run(self, pictures: Pixels) -> tuple[Floats, ...]:
        """Run any number of pictures.

        pictures   (N, H, W, 3) uint8 RGB; N may be 0
        ->         one array per output of the manifest, in its order, first axis N
        """
        parts = [self._run_batch(pictures[start:stop]) for start, stop in _cuts(len(pictures))]
        if not parts:
            return tuple(np.zeros((0, *output.row_shape), np.float32) for output in self.entry.outputs)
        if len(parts) == 1:
            return parts[0]
        return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))

    def _run_batch(self, pictures: Pixels) -> tuple[Floats, ...]:
        count, height, width = pictures.shape[:3]
        outputs = self._session((count, height, width)).run(self._outputs, {self._input: pictures})
        return tuple(np.asarray(array, np.float32) for array in outputs)

    def _session(self, shape: Shape) -> onnxruntime.InferenceSession:
        """The session for pictures of this size and number.

        With all lengths fixed the runtime plans its memory and layouts once, and folds more sums into convolutions: the
        detector at 960 x 544 takes 5.5 ms, with a free number 5.7, and a quarter more with free sizes.
        """
        key = None if self._fixed else shape
        if key not in self._sessions:
            self._sessions.pop(None, None)
            self._sessions[key] = self._start(shape)
            if len(self._sessions) > SESSIONS:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(key)
        return self._sessions[key]

    def _start(self, shape: Shape | None) -> onnxruntime.InferenceSession:
        options = _options(self._runtime)
        if shape is not None:
            for name, length in zip(self._lengths, shape, strict=True):
                if isinstance(name, str):
                    options.add_free_dimension_override_by_name(name, length)
        return onnxruntime.InferenceSession(self._file, options, providers=_with_settings(self._runtime.providers))


def _cuts(count: int) -> list[tuple[int, int]]:
    """Start and stop of each call: as many of the largest batch as fit, then the rest in falling sizes."""
    cuts, start = [], 0
    for size in BATCHES:
        while count - start >= size:
            cuts.append((start, start + size))
            start += size
    return cuts


def require_providers(providers: Sequence[str]) -> None:
    """Raises ProviderMissing with one line when one of them is not there."""
    if not providers:
        raise ProviderMissing("no execution provider was named")
    available = onnxruntime.get_available_providers()
    missing = [provider for provider in providers if provider not in available]
    if missing:
        raise ProviderMissing(f"onnxruntime has no {', '.join(missing)}; it has {', '.join(available)}")


def _options(runtime: Runtime) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = runtime.threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # A memory pattern is kept per input shape; the detector sees a new one for every size of video.
    options.enable_mem_pattern = False
    return options


def _with_settings(providers: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Each provider's own settings: GPU memory grows by what was asked for, not to the next power of two."""
    return [(name, {} if name == CPU else {"arena_extend_strategy": "kSameAsRequested"}) for name in providers]
