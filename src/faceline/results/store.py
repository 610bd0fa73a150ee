"""The facts of a job in order of time, and their replacement by the final pass."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select, tuple_, update

from faceline.db.engine import Database
from faceline.db.fence import hold
from faceline.db.tables import chunk
from faceline.domain.job import Lease
from faceline.domain.video import SampleFaces
from faceline.results.facts import pack, unpack

_BATCH = 8


@dataclass(frozen=True, slots=True, order=True)
class ChunkKey:
    """Where a chunk stands: spans in order of time, parts within the span."""

    span: int
    part: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """One stored part of a span."""

    key: ChunkKey
    samples: tuple[SampleFaces, ...]


class FactStore:
    """Stored facts. Reading is bounded: a few chunks are in memory at a time, and no view of the database is kept open
    while the reader thinks.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def measured(self, job_id: str) -> Iterator[Chunk]:
        """The chunks as they were measured, whatever a final pass made of them: what a final pass begins from."""
        for key, body, _final in self._rows(job_id):
            yield Chunk(key, unpack(body))

    def chunks(self, job_id: str) -> Iterator[Chunk]:
        """The chunks as the final pass left them, or as measured where it has not been."""
        for key, body, final in self._rows(job_id):
            yield Chunk(key, unpack(final or body))

    def samples(self, job_id: str) -> Iterator[SampleFaces]:
        """All samples of `chunks`, one after the other."""
        for part in self.chunks(job_id):
            yield from part.samples

    def replace(self, lease: Lease, chunks: Mapping[ChunkKey, tuple[SampleFaces, ...]]) -> None:
        """Write what the final pass made of some chunks, in one transaction.

        The measured facts stay beside it, so that a pass that was interrupted can be repeated from the beginning with
        the same outcome. Pass a handful of chunks at a time.
        Raises LeaseLost; KeyError for a chunk that does not exist, with nothing written.
        """
        bodies = {key: pack(samples) for key, samples in chunks.items()}
        with self._database.write() as connection:
            hold(connection, lease)
            for key, body in bodies.items():
                changed = connection.execute(
                    update(chunk)
                    .where(chunk.c.job_id == lease.job_id, chunk.c.span == key.span, chunk.c.part == key.part)
                    .values(final=body)
                )
                if changed.rowcount != 1:
                    raise KeyError(key)

    def _rows(self, job_id: str) -> Iterator[tuple[ChunkKey, bytes, bytes | None]]:
        after = ChunkKey(-1, -1)
        while True:
            with self._database.read() as connection:
                found = connection.execute(
                    select(chunk.c.span, chunk.c.part, chunk.c.body, chunk.c.final)
                    .where(chunk.c.job_id == job_id)
                    .where(tuple_(chunk.c.span, chunk.c.part) > (after.span, after.part))
                    .order_by(chunk.c.span, chunk.c.part)
                    .limit(_BATCH)
                ).all()
            for row in found:
                after = ChunkKey(row.span, row.part)
                yield after, row.body, row.final
            if len(found) < _BATCH:
                return
