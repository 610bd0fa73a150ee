"""What only SQLite needs: its settings and its one-time choices."""

import contextlib
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from faceline.db.errors import DatabaseUnusable

BUSY_S = 30
"""Seconds to wait for another writer. Write transactions take milliseconds; this covers a stalled disk."""

_LOG_LIMIT_BYTES = 64 << 20


def make(path: str) -> None:
    """Make the file when it is missing, and fix what cannot be changed later.

    The order matters: once WAL has written a page, auto_vacuum is fixed. Processes that do so at the same moment agree,
    since they all write the same.
    Raises DatabaseUnusable when the file cannot be made or its file system cannot carry a write-ahead log.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnusable(f"{path} cannot be opened: {error}") from error
    if mode != "wal":
        raise DatabaseUnusable(f"{path}: this file system cannot hold a shared SQLite database; use a local disk")


def prepare(writer: Engine, reader: Engine) -> None:
    """Set every connection up and begin every transaction the right way."""
    event.listen(writer, "connect", _set_up)
    event.listen(reader, "connect", _set_up)
    event.listen(reader, "connect", _read_only)
    event.listen(writer, "begin", _begin_immediate)
    event.listen(reader, "begin", _begin)


def vacuum(writer: Engine, pages: int) -> None:
    """Cut up to `pages` free pages off the file, in a transaction of its own.

    `execute` would run one step, which frees one page; a script is run to its end.
    """
    pooled = writer.raw_connection()
    try:
        connection: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment] # typed as Any | None
        connection.executescript(f"PRAGMA incremental_vacuum({int(pages)})")
    finally:
        pooled.close()


def _set_up(raw: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection: sqlite3.Connection = raw  # type: ignore[assignment] # the driver's own type behind SQLAlchemy's protocol
    connection.isolation_level = None  # the driver must not begin transactions by itself
    for pragma in (
        f"busy_timeout={BUSY_S * 1000}",
        "foreign_keys=ON",
        "synchronous=FULL",
        f"journal_size_limit={_LOG_LIMIT_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _read_only(raw: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = raw.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
