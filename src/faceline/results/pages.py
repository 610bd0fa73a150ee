"""Pages of a finished job, in time that does not grow with the job.

The final pass writes each face once as the JSON text of one element of Faces and gathers some hundreds of them into a
row of the page table: fragments joined by commas, compressed, with the place where each begins. A page copies whole
rows and cuts the first and the last, without parsing. The rows are a cache: the facts are the truth, and
`PageWriter.rebuild` makes the rows anew from them. What a fragment says is not known here.

A position counts the elements of a job's Faces: 0, 1, 2, ...
"""

import contextlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import zstandard
from sqlalchemy import Connection, delete, func, insert, select

from faceline.db.engine import Database
from faceline.db.fence import hold
from faceline.db.statements import AnyRow
from faceline.db.tables import jobs, page
from faceline.domain.faults import Refused, RequestFault
from faceline.domain.job import JobState, Lease

FRAGMENTS_PER_ROW = 250
"""Measured with benchmarks.pages on rows of 250, 500 and 1,000: the size on disk is the same, but larger rows cost up
to three times as much to read, because more is unpacked at the ends and in larger pieces of memory.
"""

_LEVEL = 1
_CLEAR_ROWS = 16


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    body   JSON text of the elements, joined by commas, without the list's brackets; empty for no elements
    n      number of elements
    next   position of the first element after the page; None at the end
    """

    body: bytes
    n: int
    next: int | None


class PageReader:
    """Reads pages of finished jobs; a job that has not succeeded shows nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, account: str, job_id: str, position: int, n: int) -> Page:
        """At most `n` elements from `position` on; exactly that many while there are as many (B131).

        Raises Refused(JOB_UNKNOWN) unless the job is the account's, has succeeded and still has its rows.
        """
        with self._database.read() as connection:
            total = _visible_faces(connection, account, job_id)
            end = min(position + n, total)
            if position >= end:
                return Page(b"", 0, None)
            rows = _rows_of(connection, job_id, position, end)
        if not rows or rows[0].first > position or rows[-1].first + rows[-1].n < end:
            raise Refused(RequestFault.JOB_UNKNOWN, job_id)  # only retention removes rows, from the front
        body = b",".join(_cut(row, position - row.first, end - row.first) for row in rows)
        return Page(body, end - position, end if end < total else None)


class PageSheet:
    """What `PageWriter.writing` gives: takes fragments of any number in order and writes whole rows of them."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease
        self._waiting: list[bytes] = []
        self._seq = 0
        self._first = 0

    def add(self, fragments: Iterable[bytes]) -> None:
        """Append elements. Raises LeaseLost when a row is full and the lease is not the caller's any more."""
        self._waiting += fragments
        while len(self._waiting) >= FRAGMENTS_PER_ROW:
            row, self._waiting = self._waiting[:FRAGMENTS_PER_ROW], self._waiting[FRAGMENTS_PER_ROW:]
            self._write(row)

    def flush(self) -> None:
        """Write what waits for its row to be full. Raises LeaseLost."""
        if self._waiting:
            self._write(self._waiting)
            self._waiting = []

    def _write(self, fragments: Sequence[bytes]) -> None:
        values = _row(self._seq, self._first, fragments)
        with self._database.write() as connection:
            held = hold(connection, self._lease)
            connection.execute(insert(page).values(job_id=held.job.id, account=held.job.account, **values))
        self._seq += 1
        self._first += len(fragments)


class PageWriter:
    """Writes the page table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextlib.contextmanager
    def writing(self, lease: Lease) -> Iterator[PageSheet]:
        """Write a job's pages from the first to the last under its FINISH lease, one row in one transaction.

        Rows of an earlier attempt are removed first, so that the outcome is that of one undisturbed pass.
        Raises LeaseLost.
        """
        while self._clear_some(lease):
            pass
        sheet = PageSheet(self._database, lease)
        yield sheet
        sheet.flush()

    def rebuild(self, job_id: str, fragments: Iterable[bytes]) -> None:
        """Make the rows of a finished job anew, after the form of a fragment was corrected; readers see old or new.

        It is one transaction, so on SQLite nothing else is written meanwhile.
        fragments   of all elements, in the order of the facts
        Raises      Refused(JOB_UNKNOWN) unless the job has succeeded; ValueError when the number of elements differs.
        """
        with self._database.write() as connection:
            job = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).one_or_none()
            if job is None or job.state != JobState.SUCCEEDED:
                raise Refused(RequestFault.JOB_UNKNOWN, job_id)
            connection.execute(delete(page).where(page.c.job_id == job_id))
            done = 0
            for seq, row in enumerate(_batched(fragments)):
                connection.execute(insert(page).values(job_id=job_id, account=job.account, **_row(seq, done, row)))
                done += len(row)
            if done != job.faces:
                raise ValueError(f"{done} fragments were given for {job.faces} elements")

    def _clear_some(self, lease: Lease) -> bool:
        with self._database.write() as connection:
            hold(connection, lease)
            some = select(page.c.seq).where(page.c.job_id == lease.job_id).limit(_CLEAR_ROWS)
            gone = connection.execute(delete(page).where(page.c.job_id == lease.job_id, page.c.seq.in_(some)))
        return gone.rowcount > 0


def _row(seq: int, first: int, fragments: Sequence[bytes]) -> dict[str, int | bytes]:
    """Columns of one row. `offsets` holds where each fragment begins and, last, where one more would."""
    starts = list(accumulate((len(fragment) + 1 for fragment in fragments), initial=0))
    return {
        "seq": seq,
        "first": first,
        "n": len(fragments),
        "offsets": struct.pack(f"<{len(starts)}I", *starts),
        "body": zstandard.ZstdCompressor(level=_LEVEL).compress(b",".join(fragments)),
    }


def _cut(row: AnyRow, start: int, stop: int) -> bytes | memoryview:
    """Elements start..stop of a row; bounds outside the row mean its own."""
    text = zstandard.ZstdDecompressor().decompress(row.body)
    if start <= 0 and stop >= row.n:
        return text
    (begin,) = struct.unpack_from("<I", row.offsets, 4 * max(start, 0))
    (end,) = struct.unpack_from("<I", row.offsets, 4 * min(stop, row.n))
    return memoryview(text)[begin : end - 1]


def _rows_of(connection: Connection, job_id: str, position: int, end: int) -> Sequence[AnyRow]:
    """The rows that hold the elements position..end: a seek in the index, never a count of rows before."""
    holds_position = (
        select(func.max(page.c.first)).where(page.c.job_id == job_id, page.c.first <= position).scalar_subquery()
    )
    return connection.execute(
        select(page.c.first, page.c.n, page.c.offsets, page.c.body)
        .where(page.c.job_id == job_id, page.c.first >= holds_position, page.c.first < end)
        .order_by(page.c.first)
    ).all()


def _visible_faces(connection: Connection, account: str, job_id: str) -> int:
    faces: int | None = connection.execute(
        select(jobs.c.faces).where(
            jobs.c.id == job_id, jobs.c.account == account, jobs.c.state == JobState.SUCCEEDED.value
        )
    ).scalar_one_or_none()
    if faces is None:
        raise Refused(RequestFault.JOB_UNKNOWN, job_id)
    return faces


def _batched(fragments: Iterable[bytes]) -> Iterator[list[bytes]]:
    row: list[bytes] = []
    for fragment in fragments:
        row.append(fragment)
        if len(row) == FRAGMENTS_PER_ROW:
            yield row
            row = []
    if row:
        yield row
