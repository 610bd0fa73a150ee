"""The two passes over a video's samples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from faceline.domain.video import SampleFaces
from faceline.tracks.linker import Linker
from faceline.tracks.settled import LONGEST_READING_S, Readings, Settled


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Pixels of the upright pictures."""

    width: int
    height: int


Book = dict[int, Settled]
"""What tracks add up to, by their numbers. A track without an entry keeps its measured values."""


def trace(samples: Iterable[SampleFaces], frame: FrameSize) -> Book:
    """Pass 1: settle every track of at least two faces. Where faces have no attributes there is nothing to settle.

    Memory: about 3 kB for each track that is alive, 250 bytes for each that has ended with two faces or more. A crowd
    of 20 faces, each 3 s in view, makes 144,000 tracks in 6 hours: 36 MB.

    samples   of the whole video, in order of time; none is kept
    """
    linker = Linker(frame.width, frame.height)
    live: dict[int, Readings] = {}
    book: Book = {}
    for sample, seconds in _with_length(samples):
        linked = linker.link(sample)
        for track in linked.ended:
            _settle(track, live, book)
        time_s = float(sample.time.seconds)
        for track, face in zip(linked.tracks, sample.faces, strict=True):
            if face.attributes is None:
                continue
            if track not in live:
                live[track] = Readings()
            live[track].add(time_s, face, face.attributes, frame.height, seconds)
    for track in tuple(live):
        _settle(track, live, book)
    return book


def _settle(track: int, live: dict[int, Readings], book: Book) -> None:
    readings = live.pop(track, None)
    if readings is not None and readings.count > 1:
        book[track] = readings.settle()


def _with_length(samples: Iterable[SampleFaces]) -> Iterator[tuple[SampleFaces, float]]:
    """Each sample with the seconds it stands for: those since the one before; for the first, those to the next."""
    rest = iter(samples)
    first = next(rest, None)
    if first is None:
        return
    second = next(rest, None)
    if second is None:
        yield first, LONGEST_READING_S
        return
    passed = float(second.time.seconds - first.time.seconds)
    yield first, passed
    yield second, passed
    before = second.time.seconds
    for sample in rest:
        yield sample, float(sample.time.seconds - before)
        before = sample.time.seconds


class FinalPass:
    """Pass 2: the samples with the numbers of their tracks and the settled values."""

    def __init__(self, book: Book, frame: FrameSize) -> None:
        """`book` is what `trace` made of the same samples; it is used up."""
        self._book = book
        self._linker = Linker(frame.width, frame.height)

    def finished(self, sample: SampleFaces) -> SampleFaces:
        """The next sample as it is to be shown; samples come in order of time."""
        linked = self._linker.link(sample)
        for track in linked.ended:
            self._book.pop(track, None)
        time_s = float(sample.time.seconds)
        faces = tuple(
            self._book[track].put_into(face, time_s) if track in self._book else face
            for track, face in zip(linked.tracks, sample.faces, strict=True)
        )
        return SampleFaces(sample.time, faces, linked.tracks)
