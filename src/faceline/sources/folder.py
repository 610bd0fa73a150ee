"""A bucket that is a folder: paths below it are keys."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from faceline.domain.faults import JobFailed, JobFault, Refused, RequestFault
from faceline.domain.job import ObjectPin, ObjectRef
from faceline.domain.ports import ByteStream


class FolderSource:
    """Objects of one folder. Nothing outside is ever opened: no `..`, no absolute path, no link that leads out."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def pin(self, ref: ObjectRef) -> ObjectPin:
        """Size and modification time stand for the state. Raises Refused(OBJECT_MISSING), also for any Version."""
        with self._open_file(ref) as file:
            return _pin_of(os.fstat(file.fileno()))

    def open(self, ref: ObjectRef, pin: ObjectPin) -> ByteStream:
        """Open the pinned state. Raises JobFailed(OBJECT_GONE or OBJECT_CHANGED)."""
        try:
            file = self._open_file(ref)
        except Refused as error:
            raise JobFailed(JobFault.OBJECT_GONE, error.detail) from error
        return _PinnedFile(file, pin)

    def fetch(self, ref: ObjectRef, limit: int) -> bytes:
        """The whole object. Raises Refused(OBJECT_MISSING or PICTURE_TOO_LARGE)."""
        with self._open_file(ref) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise Refused(RequestFault.PICTURE_TOO_LARGE)
        return data

    def _open_file(self, ref: ObjectRef) -> BinaryIO:
        """Open the regular file that `ref` names, or raise Refused(OBJECT_MISSING)."""
        parts = ref.key.split("/")
        if ref.version is not None or "\0" in ref.key or any(part in {"", ".", ".."} for part in parts):
            raise Refused(RequestFault.OBJECT_MISSING, "not a key of a folder")
        try:
            path = self._root.joinpath(*parts).resolve(strict=True)
            if not path.is_relative_to(self._root):
                raise Refused(RequestFault.OBJECT_MISSING, "the key leads out of the bucket's folder")
            # NONBLOCK: a named pipe must not hold the server up. NOFOLLOW: the path was resolved a moment ago.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise Refused(RequestFault.OBJECT_MISSING, "no such file") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Refused(RequestFault.OBJECT_MISSING, "not a regular file")
        return os.fdopen(descriptor, "rb")


class _PinnedFile:
    """A file that refuses to be read once it is not the pinned one any more."""

    def __init__(self, file: BinaryIO, pin: ObjectPin) -> None:
        self._file = file
        self._pin = pin
        self._check()

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._check()
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()

    def _check(self) -> None:
        if _pin_of(os.fstat(self._file.fileno())) != self._pin:
            self._file.close()
            raise JobFailed(JobFault.OBJECT_CHANGED)


def _pin_of(status: os.stat_result) -> ObjectPin:
    return ObjectPin(f"{status.st_size}-{status.st_mtime_ns}", status.st_size)
