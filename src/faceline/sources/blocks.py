"""A stream over ranged reads: whole blocks, a small cache, and the next block fetched ahead in a straight run."""

import io
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from faceline.domain.faults import JobFailed, JobFault

ReadRange = Callable[[int, int], bytes]
"""Bytes from an offset on, as many as were asked for; raises JobFailed."""

# 1 MiB finds a file's index in one or two requests; 4 MiB costs a store a third of the requests once the reading runs
# straight ahead (infrastructure.md section 3).
BLOCK = 1024**2
RUN_BLOCKS = 4
CACHED_BLOCKS = 8
# Blocks read one after the other before larger requests and reading ahead begin: probing jumps, decoding runs.
STRAIGHT = 3


class BlockStream:
    """A seekable stream of `size` bytes. Not for several threads at once."""

    def __init__(self, read_range: ReadRange, size: int) -> None:
        self._read_range = read_range
        self._size = size
        self._place = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._last = -2
        self._straight = 0
        self._ahead: tuple[int, Future[bytes]] | None = None
        self._pool: ThreadPoolExecutor | None = None

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, fewer only at the end. Raises what `read_range` raises."""
        wanted = self._size - self._place if size < 0 else min(size, self._size - self._place)
        pieces = []
        while wanted > 0:
            number, offset = divmod(self._place, BLOCK)
            piece = self._block(number)[offset : offset + wanted]
            pieces.append(piece)
            self._place += len(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move as `io.IOBase.seek` does; the new place, never before 0."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        """The current place."""
        return self._place

    def close(self) -> None:
        """End the thread that reads ahead and let go of all blocks."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        self._ahead = None
        self._blocks.clear()

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            self._straight = self._straight + 1 if number == self._last + 1 else 0
            self._load(number)
        self._blocks.move_to_end(number)
        self._last = number
        return self._blocks[number]

    def _load(self, number: int) -> None:
        """Bring a block in, together with its neighbours in a straight run; ask for what comes after."""
        if self._ahead is not None and self._ahead[0] == number:
            data = self._ahead[1].result()
            self._ahead = None
        else:
            data = self._fetch(number, RUN_BLOCKS if self._straight >= STRAIGHT else 1)
        for index in range(0, len(data), BLOCK):
            self._blocks[number + index // BLOCK] = data[index : index + BLOCK]
        while len(self._blocks) > CACHED_BLOCKS:
            self._blocks.popitem(last=False)
        following = number + -(-len(data) // BLOCK)
        if self._straight >= STRAIGHT and following * BLOCK < self._size:
            self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
            self._ahead = (following, self._pool.submit(self._fetch, following, RUN_BLOCKS))

    def _fetch(self, number: int, blocks: int) -> bytes:
        start = number * BLOCK
        size = min(blocks * BLOCK, self._size - start)
        data = self._read_range(start, size)
        if len(data) != size:
            raise JobFailed(JobFault.STORE_UNAVAILABLE, f"{len(data)} bytes came at {start} instead of {size}")
        return data
