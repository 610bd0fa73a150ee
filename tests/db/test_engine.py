"""The engine: settings of the databases, transactions, and what is left after a process was killed."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from faceline.db.engine import Database, open_database
from faceline.db.errors import DatabaseUnavailable, DatabaseUnusable
from faceline.db.tables import secret

DIES_IN_A_TRANSACTION = """
import sys, time
from sqlalchemy import insert
from faceline.db.engine import open_database
from faceline.db.tables import secret
database = open_database(sys.argv[1])
with database.write() as connection:
    connection.execute(insert(secret).values(name="half", body=b"done"))
    print("written", flush=True)
    time.sleep(60)
"""

OPENS = "import sys; from faceline.db.engine import open_database; open_database(sys.argv[1]).secret('page token')"


def _python(program: str, url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _names(database: Database) -> Sequence[str]:
    with database.read() as connection:
        return connection.execute(select(secret.c.name)).scalars().all()


def test_a_write_is_whole_or_nothing(database: Database) -> None:
    with contextlib.suppress(ZeroDivisionError), database.write() as connection:
        connection.execute(insert(secret).values(name="half", body=b"done"))
        raise ZeroDivisionError
    assert _names(database) == []
    with database.write() as connection:
        connection.execute(insert(secret).values(name="whole", body=b"done"))
    assert _names(database) == ["whole"]


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises((DatabaseUnavailable, DBAPIError), match=r"read-?only"), database.read() as connection:
        connection.execute(insert(secret).values(name="a", body=b"b"))


def test_a_read_sees_one_moment(database: Database) -> None:
    wanted = select(secret.c.name)
    with database.read() as reading:
        assert reading.execute(wanted).all() == []
        with database.write() as connection:
            connection.execute(insert(secret).values(name="later", body=b"b"))
        assert reading.execute(wanted).all() == []
    assert _names(database) == ["later"]


def test_a_killed_process_leaves_nothing_of_its_transaction_and_no_lock(database: Database, database_url: str) -> None:
    with _python(DIES_IN_A_TRANSACTION, database_url) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "written\n"
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait(30)
    with database.write() as connection:
        connection.execute(insert(secret).values(name="after", body=b"done"))
    assert _names(database) == ["after"]


def test_processes_that_open_a_new_database_at_once_agree(empty_url: str) -> None:
    openers = [_python(OPENS, empty_url) for _ in range(3)]
    failures = [opener.communicate(timeout=60)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0, 0, 0], failures
    database = open_database(empty_url)
    assert _names(database) == ["page token"]
    database.close()


def test_threads_that_open_a_new_database_at_once_agree(empty_url: str) -> None:
    gate = Barrier(8)

    def opened(_: int) -> bytes:
        gate.wait()
        database = open_database(empty_url)
        key = database.secret("page token")
        database.close()
        return key

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(opened, range(8)))) == 1


def test_a_secret_is_one_for_all_threads_and_openings(database: Database, database_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: database.secret("key"), range(16)))
    again = open_database(database_url)
    assert seen == {again.secret("key")}
    assert {len(key) for key in seen} == {32}
    assert again.secret("other") not in seen
    again.close()


def test_close_may_be_called_twice(database: Database) -> None:
    database.close()
    database.close()


def test_sqlite_is_set_up_to_survive_and_to_shrink(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/new/faceline.sqlite3")
    with database.write() as connection:
        kept = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("auto_vacuum", "journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    incremental, full = 2, 2
    assert kept == {
        "auto_vacuum": incremental,
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_sqlite_waits_for_another_writer_at_the_beginning(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/a.sqlite3")
    other = sqlite3.connect(tmp_path / "a.sqlite3", timeout=0, isolation_level=None)
    with database.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()
    database.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not of the form"),
        ("mysql://u@h/d", "mysql is not offered"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("postgresql://u:hidden@127.0.0.1:1/d", r"postgresql://u:\*\*\*@127.0.0.1:1/d cannot be opened"),
    ],
)
def test_an_unusable_address_is_one_clear_line(url: str, said: str) -> None:
    with pytest.raises(DatabaseUnusable, match=said) as refusal:
        open_database(url)
    assert "\n" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(DatabaseUnusable, match="not a database"):
        open_database(f"sqlite:///{tmp_path}/a.sqlite3")


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnusable, match=r"a\.sqlite3 cannot be opened: .*Not a directory|File exists"):
        open_database(f"sqlite:///{tmp_path}/file/a.sqlite3")


def test_a_newer_schema_is_refused(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(DatabaseUnusable, match="another version of faceline"):
        open_database(empty_url)


def test_a_missing_driver_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_driver(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'psycopg'")

    monkeypatch.setattr("faceline.db.engine.create_engine", without_driver)
    with pytest.raises(DatabaseUnusable, match=r"faceline\[postgres\]"):
        open_database("postgresql://u@127.0.0.1/d")


def test_a_file_system_without_a_shared_log_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect

    class NoLog(sqlite3.Connection):
        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            return super().execute(statement.replace("WAL", "DELETE"), *arguments)

    monkeypatch.setattr("faceline.db.sqlite.sqlite3.connect", lambda path, **how: real(path, factory=NoLog, **how))
    with pytest.raises(DatabaseUnusable, match="use a local disk"):
        open_database(f"sqlite:///{tmp_path}/a.sqlite3")
