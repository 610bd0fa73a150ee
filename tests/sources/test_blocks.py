"""The block stream against plain bytes, and what it asks of the store."""

import threading
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceline.domain.faults import JobFailed, JobFault
from faceline.sources.blocks import BLOCK_BYTES, CACHED_PIECES, LARGEST_BYTES, BlockStream

MIB = 1 << 20


def _content(size: int) -> bytes:
    """Bytes that tell their own place."""
    return np.arange(size // 4 + 1, dtype=">u4").tobytes()[:size]


class Store:
    """Plays the store: counts what is asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.requests: list[tuple[int, int]] = []
        self.threads: set[str] = set()

    def read_range(self, offset: int, size: int) -> bytes:
        self.requests.append((offset, size))
        self.threads.add(threading.current_thread().name)
        return self.content[offset : offset + size]


@pytest.fixture(scope="module")
def content() -> bytes:
    return _content(30 * MIB + 12345)


def test_reads_like_a_file_whatever_is_asked() -> None:
    content = _content(9 * MIB + 777)
    store = Store(content)
    step = st.one_of(
        st.tuples(st.just("read"), st.integers(-1, 2 * MIB)),
        st.tuples(st.just("seek"), st.integers(0, len(content) + 10)),
        st.tuples(st.just("back"), st.integers(0, 4 * MIB)),
        st.tuples(st.just("end"), st.integers(-MIB, 0)),
    )

    @settings(max_examples=40, deadline=None)
    @given(st.lists(step, max_size=12))
    def same(steps: list[tuple[str, int]]) -> None:
        plain, blocks = BytesIO(content), BlockStream(store.read_range, len(content))
        for kind, number in steps:
            if kind == "read":
                assert blocks.read(number) == plain.read(number)
            elif kind == "seek":
                assert blocks.seek(number) == plain.seek(number)
            elif kind == "back":
                back = -min(number, plain.tell())
                assert blocks.seek(back, 1) == plain.seek(back, 1)
            else:
                assert blocks.seek(number, 2) == plain.seek(number, 2)
            assert blocks.tell() == plain.tell()
        blocks.close()

    same()


def test_a_first_look_costs_one_block(content: bytes) -> None:
    store = Store(content)
    stream = BlockStream(store.read_range, len(content))
    for _ in range(8):
        stream.read(32768)
    stream.close()
    assert store.requests == [(0, BLOCK_BYTES)]


def test_index_at_the_end_costs_two_blocks(content: bytes) -> None:
    store = Store(content)
    stream = BlockStream(store.read_range, len(content))
    stream.read(64)
    stream.seek(-5000, 2)
    stream.read(5000)
    stream.seek(100)
    stream.read(5000)
    stream.close()
    assert store.requests == [(0, MIB), (30 * MIB, 12345)]


def test_a_straight_run_grows_and_is_fetched_once_each(content: bytes) -> None:
    store = Store(content)
    stream = BlockStream(store.read_range, len(content))
    parts = []
    while part := stream.read(32768):
        parts.append(part)
    stream.close()
    assert b"".join(parts) == content
    sizes = [size for _, size in sorted(store.requests)]
    assert sizes[:4] == [MIB, 2 * MIB, LARGEST_BYTES, LARGEST_BYTES]
    assert max(sizes) == LARGEST_BYTES
    assert sum(sizes) == len(content), "every byte is fetched exactly once"
    assert any(name.startswith("read-ahead") for name in store.threads)


def test_two_readers_in_one_file_keep_their_pieces(content: bytes) -> None:
    """Sound and pictures far apart in the file are read in turn: no piece is fetched twice."""
    store = Store(content)
    stream = BlockStream(store.read_range, len(content))
    for round_ in range(64):
        for base in (0, 20 * MIB):
            stream.seek(base + round_ * 32768)
            assert stream.read(32768) == content[base + round_ * 32768 :][:32768]
    stream.close()
    assert len(store.requests) == len(set(store.requests)) <= 6


def test_keeps_a_bounded_number_of_pieces(content: bytes) -> None:
    store = Store(content)
    stream = BlockStream(store.read_range, len(content))
    for block in range(20):
        stream.seek(block * MIB + 7)
        stream.read(1)
        assert len(stream._pieces) <= CACHED_PIECES
    stream.seek(7)
    stream.read(1)
    stream.close()
    assert store.requests.count((0, MIB)) == 2, "the oldest piece had been dropped"


def _leaves_no_thread(use: Callable[[], None]) -> None:
    before = set(threading.enumerate())
    use()
    assert set(threading.enumerate()) <= before


def test_close_ends_the_thread_and_may_come_twice(content: bytes) -> None:
    def use() -> None:
        stream = BlockStream(Store(content).read_range, len(content))
        stream.read(5 * MIB)
        assert stream._fetcher is not None, "the run was long enough to fetch ahead"
        stream.close()
        stream.close()
        with pytest.raises(ValueError, match="closed"):
            stream.read(1)

    _leaves_no_thread(use)


def test_faults_of_the_store_come_out_of_read(content: bytes) -> None:
    def gone_after_a_while(offset: int, size: int) -> bytes:
        if offset >= 3 * MIB:
            raise JobFailed(JobFault.OBJECT_GONE)
        return content[offset : offset + size]

    def use() -> None:
        stream = BlockStream(gone_after_a_while, len(content))
        assert stream.read(3 * MIB) == content[: 3 * MIB], "a piece that fails ahead of time spoils nothing before it"
        with pytest.raises(JobFailed) as raised:
            stream.read(1)
        assert raised.value.fault is JobFault.OBJECT_GONE
        stream.close()

    _leaves_no_thread(use)


def test_a_short_answer_means_a_changed_object(content: bytes) -> None:
    stream = BlockStream(lambda offset, size: content[offset : offset + size - 1], len(content))
    with pytest.raises(JobFailed) as raised:
        stream.read(10)
    assert raised.value.fault is JobFault.OBJECT_CHANGED
    stream.close()


@pytest.mark.parametrize(("offset", "whence"), [(-1, 0), (-1, 1), (-MIB, 2), (0, 7)])
def test_refuses_places_before_the_start(offset: int, whence: int) -> None:
    stream = BlockStream(lambda _offset, size: bytes(size), 100)
    with pytest.raises(ValueError, match="cannot seek"):
        stream.seek(offset, whence)


def test_an_empty_object_asks_for_nothing() -> None:
    store = Store(b"")
    stream = BlockStream(store.read_range, 0)
    assert stream.read() == b""
    assert store.requests == []
