"""One open database: short write transactions, apart from them read-only snapshots, on SQLite and on PostgreSQL.

SQLite runs in WAL mode with `synchronous=FULL` (a committed transaction survives a power cut) and
`auto_vacuum=INCREMENTAL` (deleted rows give their space back), with one writer at a time: `BEGIN IMMEDIATE` waits for
the lock at its start, so that a transaction that has begun never fails for want of it. PostgreSQL runs READ COMMITTED
for writes and REPEATABLE READ, read-only, for reads.
"""

import contextlib
import secrets
import sqlite3
import zlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, insert, make_url, select, text
from sqlalchemy import exc as sql
from sqlalchemy.engine import URL

from faceline.db import migrate, sqlite
from faceline.db.clock import Clock, system_clock
from faceline.db.errors import DatabaseUnavailable, DatabaseUnusable
from faceline.db.tables import secret

_SECRET_BYTES = 32
_AWAY = (sql.OperationalError, sql.InterfaceError, sql.TimeoutError, sqlite3.OperationalError)


class Database:
    """A database that is ready for use; made by `open_database`. May be used by many threads of one process."""

    def __init__(self, writer: Engine, reader: Engine, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    def now(self) -> int:
        """UTC milliseconds of the clock that was passed in."""
        return self._clock()

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction: committed at the end, rolled back by any exception.

        Raises DatabaseUnavailable when the database does not answer or stays locked.
        """
        with _translated(), self._writer.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent, read-only view. Keep it short: on SQLite it holds the log back from being folded in.

        Raises DatabaseUnavailable when the database does not answer.
        """
        with _translated(), self._reader.begin() as connection:
            yield connection

    def lock(self, connection: Connection, name: str) -> None:
        """Let no other transaction that asks for the same name run until this one ends (SQLite: there is only one)."""
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": zlib.crc32(name.encode())})

    def secret(self, name: str) -> bytes:
        """A key of 32 random bytes that all processes on this database share; made on first use."""
        wanted = select(secret.c.body).where(secret.c.name == name)
        with self.read() as connection:
            found = connection.execute(wanted).scalar_one_or_none()
        if found is not None:
            return bytes(found)
        with self.write() as connection:
            self.lock(connection, f"secret {name}")
            found = connection.execute(wanted).scalar_one_or_none()
            if found is None:
                found = secrets.token_bytes(_SECRET_BYTES)
                connection.execute(insert(secret).values(name=name, body=found))
        return bytes(found)

    def give_back_space(self, pages: int = 4096) -> None:
        """Return up to `pages` free pages of an SQLite file to the file system; PostgreSQL does it by itself."""
        if self._writer.dialect.name == "sqlite":
            with _translated():
                sqlite.vacuum(self._writer, pages)

    def close(self) -> None:
        """Close every connection; may be called twice."""
        self._reader.dispose()
        self._writer.dispose()


def open_database(url: str, clock: Clock = system_clock) -> Database:
    """Open the database and bring its schema up to date; several processes may do so at the same moment.

    url      `sqlite:////absolute/path` (the file is made when missing) or `postgresql://user@host/name`
    Raises   DatabaseUnusable with one line for the operator.
    """
    address = _address(url)
    try:
        if address.get_backend_name() == "sqlite":
            return _open_sqlite(address, clock)
        return _open_postgresql(address, clock)
    except _AWAY as error:
        raise DatabaseUnusable(f"{_shown(address)} cannot be opened: {_cause(error)}") from error


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except sql.ArgumentError as error:
        raise DatabaseUnusable("the database address is not of the form sqlite:///PATH or postgresql://...") from error
    if address.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseUnusable(f"{address.get_backend_name()} is not offered; use sqlite:///PATH or postgresql://...")
    if address.get_backend_name() == "sqlite" and address.database in (None, "", ":memory:"):
        raise DatabaseUnusable("sqlite needs a file, for example sqlite:////var/lib/faceline/faceline.sqlite")
    return address


def _open_sqlite(address: URL, clock: Clock) -> Database:
    path = str(address.database)
    sqlite.make(path)
    with contextlib.ExitStack() as undo:
        writer = create_engine(address, pool_size=1, max_overflow=0, pool_timeout=sqlite.BUSY_S)
        undo.callback(writer.dispose)
        reader = create_engine(address, pool_size=8, max_overflow=56)
        sqlite.prepare(writer, reader)
        with writer.begin() as connection:
            migrate.upgrade(connection, path)
        undo.pop_all()
    return Database(writer, reader, clock)


def _open_postgresql(address: URL, clock: Clock) -> Database:
    try:
        writer = create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise DatabaseUnusable("PostgreSQL needs the extra: pip install 'faceline[postgres]'") from error
    with contextlib.ExitStack() as undo:
        undo.callback(writer.dispose)
        with writer.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": zlib.crc32(b"faceline migrations")})
            migrate.upgrade(connection, _shown(address))
        undo.pop_all()
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(writer, reader, clock)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise DatabaseUnavailable(_cause(error)) from error


def _cause(error: Exception) -> str:
    """The driver's own words on one line, without the statement and its values."""
    origin: Any = getattr(error, "orig", None) or error
    return " ".join(str(origin).split())


def _shown(address: URL) -> str:
    return address.render_as_string(hide_password=True)
