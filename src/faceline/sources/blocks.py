"""A seekable stream over ranged reads: few requests, little memory, and the next piece on its way."""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END, SEEK_SET

from faceline.domain.faults import JobFailed, JobFault

# Measured on a 73 MB clip: with pieces of 1 MiB an MP4 opens in 1-2 requests, with 256 KiB in 2-3 and nearly four times
# as many afterwards; 4 MiB would fetch 4-8 MB just to open. In a straight run the larger pieces are the cheaper ones.
BLOCK_BYTES = 1 << 20
LARGEST_BYTES = 4 << 20

# Demuxers go back and forth between index, sound and pictures.
CACHED_PIECES = 8

ReadRange = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A piece that is being fetched before it is asked for."""

    start: int
    size: int
    data: Future[bytes]


class BlockStream:
    """A `ByteStream` of `size` bytes read through `read_range(offset, size)`, for one reader at a time.

    A piece begins as one block of 1 MiB; one that follows straight on a piece already read is twice as long as that
    one, up to 4 MiB, and then the piece behind it is fetched ahead by one thread. At most 8 pieces are kept.

    read_range   gives exactly the bytes asked for; it may be called from the thread, but never twice at once with the
                 same bytes. Its faults come out of `read`; a short answer is JobFailed(OBJECT_CHANGED)
    """

    def __init__(self, read_range: ReadRange, size: int) -> None:
        self._read_range = read_range
        self._size = size
        self._place = 0
        self._pieces: OrderedDict[int, bytes] = OrderedDict()
        self._ahead: _Ahead | None = None
        self._fetcher: ThreadPoolExecutor | None = None
        self._closed = False

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes from the current place (all that is left when negative); empty at the end."""
        if self._closed:
            raise ValueError("read from a closed stream")
        left = max(0, self._size - self._place)
        wanted = left if size < 0 else min(size, left)
        parts: list[bytes] = []
        while wanted > 0:
            start, data = self._piece_at(self._place)
            part = data[self._place - start : self._place - start + wanted]
            parts.append(part)
            self._place += len(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        """Move to `offset` from the start, the current place or the end. Raises ValueError before the start."""
        base = {SEEK_SET: 0, SEEK_CUR: self._place, SEEK_END: self._size}.get(whence)
        if base is None or base + offset < 0:
            raise ValueError(f"cannot seek to {offset} from {whence}")
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        """The current place."""
        return self._place

    def close(self) -> None:
        """Drop the pieces and wait for the thread to end; may be called twice."""
        self._closed = True
        self._pieces.clear()
        self._ahead = None
        if self._fetcher is not None:
            self._fetcher.shutdown(wait=True, cancel_futures=True)
            self._fetcher = None

    def _piece_at(self, place: int) -> tuple[int, bytes]:
        for start in reversed(self._pieces):
            data = self._pieces[start]
            if start <= place < start + len(data):
                self._pieces.move_to_end(start)
                return start, data
        return self._fetch_piece(place)

    def _fetch_piece(self, place: int) -> tuple[int, bytes]:
        before = next((start for start, data in self._pieces.items() if start + len(data) == place), None)
        ahead = self._ahead
        if ahead is not None and ahead.start <= place < ahead.start + ahead.size:
            self._ahead = None
            start, data = ahead.start, ahead.data.result()
        else:
            start, size = self._next_size(place, before)
            data = self._fetch(start, size)
        self._pieces[start] = data
        if len(self._pieces) > CACHED_PIECES:
            self._pieces.popitem(last=False)
        if before is not None:
            self._fetch_ahead(start + len(data), len(data))
        return start, data

    def _next_size(self, place: int, before: int | None) -> tuple[int, int]:
        if before is None:
            start = place - place % BLOCK_BYTES
            return start, min(BLOCK_BYTES, self._size - start)
        return place, min(2 * len(self._pieces[before]), LARGEST_BYTES, self._size - place)

    def _fetch_ahead(self, start: int, size_before: int) -> None:
        if start >= self._size or (self._ahead is not None and not self._ahead.data.done()):
            return
        size = min(2 * size_before, LARGEST_BYTES, self._size - start)
        if self._fetcher is None:
            self._fetcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead")
        self._ahead = _Ahead(start, size, self._fetcher.submit(self._fetch, start, size))

    def _fetch(self, start: int, size: int) -> bytes:
        data = self._read_range(start, size)
        if len(data) != size:
            raise JobFailed(JobFault.OBJECT_CHANGED, f"{len(data)} of {size} bytes at {start}")
        return data
