"""The stream over ranged reads gives the object's bytes for any way of reading, in few requests, and leaves nothing."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.domain.faults import JobFailed, JobFault
from faceline.sources import blocks
from faceline.sources.blocks import BlockStream

OBJECT = bytes(range(256)) * 5000


class Store:
    """An object that counts its requests."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.requests: list[tuple[int, int]] = []

    def read(self, offset: int, size: int) -> bytes:
        self.requests.append((offset, size))
        return self.data[offset : offset + size]


@given(st.lists(st.tuples(st.integers(0, len(OBJECT) + 10), st.integers(-1, 200_000)), max_size=30))
def test_any_reading_gives_the_bytes_of_the_object(reads: list[tuple[int, int]]) -> None:
    store = Store(OBJECT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 4096)
        stream = BlockStream(store.read, len(OBJECT))
        for place, size in reads:
            stream.seek(place)
            assert stream.read(size) == OBJECT[place : None if size < 0 else place + size]
        stream.close()


def test_a_straight_run_takes_large_requests_and_every_byte_once() -> None:
    store = Store(bytes(24 * blocks.BLOCK))
    stream = BlockStream(store.read, len(store.data))
    while stream.read(32 * 1024):
        pass
    stream.close()
    assert sum(size for _, size in store.requests) == len(store.data)
    assert len(store.requests) <= 10


def test_seeking_is_that_of_files() -> None:
    stream = BlockStream(Store(OBJECT).read, len(OBJECT))
    assert [stream.seek(5), stream.seek(3, 1), stream.seek(-2, 2), stream.seek(-9, 0)] == [5, 8, len(OBJECT) - 2, 0]
    assert stream.seek(len(OBJECT) + 5) == len(OBJECT) + 5
    assert stream.read(1) == b""
    stream.close()


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    stream = BlockStream(Store(bytes(24 * blocks.BLOCK)).read, 24 * blocks.BLOCK)
    stream.read(8 * blocks.BLOCK)
    assert threading.active_count() == before + 1
    stream.close()
    stream.close()
    assert threading.active_count() == before


def test_a_short_answer_is_a_fault_and_not_an_endless_loop() -> None:
    stream = BlockStream(lambda _offset, _size: b"short", 1000)
    with pytest.raises(JobFailed) as failure:
        stream.read(10)
    assert failure.value.fault is JobFault.STORE_UNAVAILABLE


def test_a_failure_while_reading_ahead_comes_to_the_reader() -> None:
    def read(offset: int, size: int) -> bytes:
        if offset >= 5 * blocks.BLOCK:
            raise JobFailed(JobFault.OBJECT_CHANGED)
        return bytes(size)

    stream = BlockStream(read, 30 * blocks.BLOCK)
    with pytest.raises(JobFailed) as failure:
        stream.read()
    stream.close()
    assert failure.value.fault is JobFault.OBJECT_CHANGED
