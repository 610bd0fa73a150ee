"""Every labelled picture is analysed once for a set-up; all tasks read the same facts.

They are kept in the temporary folder until weights, settings or code of vision change.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from benchmarks.accuracy.sets import Seen, Shown, shown
from benchmarks.accuracy.setups import Setup
from faceline.domain.job import FaceAttributes
from faceline.domain.verdicts import THRESHOLDS, stated

T = TypeVar("T")


@dataclass(frozen=True)
class Facts:
    """Facts of one set-up over the test material.

    data    FACELINE_TEST_DATA
    limit   pictures of a set that are used at most, for a quick try; None is all
    """

    data: Path
    setup: Setup
    limit: int | None = None

    @property
    def stills(self) -> Path:
        """The labelled pictures."""
        return self.data / "stills"

    @property
    def folder(self) -> Path:
        """Where facts are kept; another one for other weights, settings or code."""
        return Path(tempfile.gettempdir(), "faceline-accuracy", self.setup.key)

    def set(self, name: str, splits: tuple[str, ...] = ("test",)) -> list[Seen]:
        """The pictures with one labelled face of a set."""
        return self.seen(f"{name}-{'-'.join(splits)}", lambda: shown(self.stills, name, splits))

    def seen(
        self, name: str, pictures: Callable[[], Iterable[Shown]], wanted: FaceAttributes = FaceAttributes.ALL
    ) -> list[Seen]:
        """Labelled pictures by a name of their own, analysed with all attributes."""
        return self.kept(name, list[Seen], lambda: [self._look(each, wanted) for each in self.limited(pictures())])

    def kept(self, name: str, kind: type[T], make: Callable[[], T]) -> T:
        """What `make` gives, made once."""
        part = "" if self.limit is None else f"-{self.limit}"
        path = self.folder / f"{name}{part}.msgpack"
        if path.exists():
            return msgspec.msgpack.decode(path.read_bytes(), type=kind)
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.msgpack.encode(made))
        return made

    def _look(self, each: Shown, wanted: FaceAttributes) -> Seen:
        (faces,) = self.setup.analyser.analyse([np.ascontiguousarray(each.pixels)], wanted)
        height, width = each.pixels.shape[:2]
        return Seen(each.row, width, height, each.place, faces)

    def limited(self, items: Iterable[T]) -> Iterator[T]:
        """The first `limit` of them."""
        for number, item in enumerate(items):
            if self.limit is not None and number >= self.limit:
                return
            yield item


ORDER = 1e-6
"""Keeps the order of probabilities that are stated as one half; far below what a confidence shows."""


def values(seen: Sequence[Seen], name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(N,) an attribute of the labelled faces; NaN where the face was not found.

    A trait's probability is given as it is stated: above 0.5 where the value is yes, and as far from it as the
    confidence says.
    """
    faces = [each.face for each in seen]
    found = [getattr(face.attributes, name) if face and face.attributes else np.nan for face in faces]
    return np.array([as_stated(name, value) if name in THRESHOLDS else value for value in found], np.float64)


def as_stated(trait: str, probability: float) -> float:
    """See `values`. Grows with the probability; NaN stays NaN."""
    return stated(trait, probability) + ORDER * (probability - THRESHOLDS[trait])
