"""What the inner modules ask of the outer ones."""

from typing import Protocol

from faceline.domain.job import ObjectPin, ObjectRef


class ByteStream(Protocol):
    """A seekable stream of bytes without a name: what a demuxer is allowed to read."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes from the current place; empty at the end."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move as `io.IOBase.seek` does; the new place."""
        ...

    def tell(self) -> int:
        """The current place."""
        ...

    def close(self) -> None:
        """Give back what the stream holds; may be called twice."""
        ...


class Source(Protocol):
    """Where the bytes of videos and pictures come from."""

    def pin(self, ref: ObjectRef) -> ObjectPin:
        """Look the object up and fix its present state. Raises Refused(OBJECT_MISSING)."""
        ...

    def open(self, ref: ObjectRef, pin: ObjectPin) -> ByteStream:
        """Open the pinned state. Reads raise JobFailed(OBJECT_GONE, OBJECT_CHANGED or STORE_UNAVAILABLE)."""
        ...

    def fetch(self, ref: ObjectRef, limit: int) -> bytes:
        """The whole object. Raises Refused(OBJECT_MISSING), or Refused(PICTURE_TOO_LARGE) over `limit` bytes."""
        ...
