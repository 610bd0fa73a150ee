"""Facts set aside in a temporary file: what a local video has where a job has the database."""

import struct
import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from faceline.domain.video import SampleFaces
from faceline.results.facts import pack, unpack

# Samples are stored together up to this many faces or samples; for a span's part it is what a crash may cost.
PART_FACES = 1000
PART_SAMPLES = 240
_SPOOL_BYTES = 32 * 1024**2
_LENGTH = struct.Struct("<Q")


def is_full(waiting: Sequence[SampleFaces]) -> bool:
    """Whether it is time to store what waits."""
    return len(waiting) >= PART_SAMPLES or sum(len(sample.faces) for sample in waiting) >= PART_FACES


class FactSpool:
    """Takes samples in and gives them back as often as needed; in memory as long as they are few."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - closed by __exit__
        self._waiting: list[SampleFaces] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, sample: SampleFaces) -> None:
        """One more sample, after all the others in time. Raises OSError when the disk is full."""
        self._waiting.append(sample)
        if is_full(self._waiting):
            self._flush()

    def samples(self) -> Iterator[SampleFaces]:
        """All samples in order, rounded as stored facts are (`results.facts`). One reader at a time."""
        self._flush()
        self._file.seek(0)
        while length := self._file.read(_LENGTH.size):
            yield from unpack(self._file.read(*_LENGTH.unpack(length)))

    def _flush(self) -> None:
        if self._waiting:
            body = pack(self._waiting)
            self._file.write(_LENGTH.pack(len(body)) + body)
            self._waiting = []
