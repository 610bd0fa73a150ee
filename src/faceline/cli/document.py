"""The JSON document of one video, gathered aside until it is whole: a broken video leaves no half document behind."""

import tempfile
from types import TracebackType
from typing import BinaryIO, Self

from faceline.domain.video import VideoFacts
from faceline.wire.answers import video_document_frame

SPOOL_BYTES = 32 * 1024**2
COPY_BYTES = 1024**2


class VideoDocument:
    """Collects the elements of Faces, in memory up to `SPOOL_BYTES` and on disk beyond."""

    def __init__(self, facts: VideoFacts) -> None:
        self._opening, self._closing = video_document_frame(facts)
        self._faces = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115 - closed by __exit__
        self._separator = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._faces.close()

    def add(self, fragment: bytes) -> None:
        """One more element."""
        self._faces.write(self._separator + fragment)
        self._separator = b","

    def copy_to(self, out: BinaryIO) -> None:
        """Write the whole document as one line."""
        out.write(self._opening)
        self._faces.seek(0)
        while block := self._faces.read(COPY_BYTES):
            out.write(block)
        out.write(self._closing + b"\n")
