"""Fixtures for every test that needs a database: each body runs on SQLite and on PostgreSQL."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceline.db.clock import SECOND_MS
from faceline.db.engine import Database, open_database
from faceline.db.tables import metadata
from tests.db import postgres

BACKENDS = ("sqlite", "postgresql")

BEGINNING_MS = 1_800_000_000_000

_numbers = itertools.count()


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_ms = BEGINNING_MS

    def __call__(self) -> int:
        return self.now_ms

    def move(self, seconds: float) -> None:
        """Forward, or back for a negative number."""
        self.now_ms += round(seconds * SECOND_MS)


@pytest.fixture(scope="session")
def kept_clock() -> HandClock:
    return HandClock()


@pytest.fixture
def clock(kept_clock: HandClock) -> HandClock:
    """The clock of `database`, set to its beginning."""
    kept_clock.now_ms = BEGINNING_MS
    return kept_clock


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A running server."""
    programs = postgres.programs()
    if programs is None:
        if os.environ.get("FACELINE_REQUIRE_TOOLS"):
            pytest.fail("PostgreSQL is missing, and FACELINE_REQUIRE_TOOLS is set")
        pytest.skip("no PostgreSQL server on this machine")
    with postgres.cluster(programs) as address:
        yield address


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without any tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'faceline.sqlite3'}"
        return
    address: str = request.getfixturevalue("postgres_address")
    name = f"test_{next(_numbers)}"
    postgres.execute(address, f"CREATE DATABASE {name}")
    yield f"{address}/{name}"
    postgres.execute(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session", params=BACKENDS)
def kept_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of an up-to-date database that the tests use one after the other."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('database') / 'faceline.sqlite3'}"
    else:
        address: str = request.getfixturevalue("postgres_address")
        name = f"kept_{next(_numbers)}"
        postgres.execute(address, f"CREATE DATABASE {name}")
        url = f"{address}/{name}"
    open_database(url).close()
    return url


@pytest.fixture
def database_url(kept_url: str) -> str:
    """Address of the database that `database` empties and opens, for those who open it a second time."""
    return kept_url


@pytest.fixture(scope="session")
def kept_database(kept_url: str, kept_clock: HandClock) -> Iterator[Database]:
    """Kept open, so that statements are compiled once."""
    opened = open_database(kept_url, kept_clock)
    yield opened
    opened.close()


@pytest.fixture
def database(kept_database: Database, clock: HandClock) -> Database:
    """A database without any rows, on the test's clock."""
    assert kept_database.now() == clock()
    with kept_database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return kept_database
