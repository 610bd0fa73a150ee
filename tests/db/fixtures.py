"""Fixtures for every test that needs a database: each body runs on SQLite and on PostgreSQL."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceline.db.clock import SECOND_MS
from faceline.db.engine import Database, open_database
from tests.db import postgres

BACKENDS = ("sqlite", "postgresql")

_numbers = itertools.count()


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now_ms

    def move(self, seconds: float) -> None:
        """Forward, or back for a negative number."""
        self.now_ms += round(seconds * SECOND_MS)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A running server with a database `template_faceline` that is up to date."""
    programs = postgres.programs()
    if programs is None:
        if os.environ.get("FACELINE_REQUIRE_TOOLS"):
            pytest.fail("PostgreSQL is missing, and FACELINE_REQUIRE_TOOLS is set")
        pytest.skip("no PostgreSQL server on this machine")
    with postgres.cluster(programs) as address:
        postgres.execute(address, "CREATE DATABASE template_faceline")
        open_database(f"{address}/template_faceline").close()
        yield address


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without any tables."""
    yield from _fresh(request, tmp_path, "template1")


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database; its schema is brought up to date by whoever opens it."""
    yield from _fresh(request, tmp_path, "template_faceline")


@pytest.fixture
def database(database_url: str, clock: HandClock) -> Iterator[Database]:
    opened = open_database(database_url, clock)
    yield opened
    opened.close()


def _fresh(request: pytest.FixtureRequest, tmp_path: Path, template: str) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'faceline.sqlite3'}"
        return
    address: str = request.getfixturevalue("postgres_address")
    name = f"test_{next(_numbers)}"
    postgres.execute(address, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield f"{address}/{name}"
    postgres.execute(address, f"DROP DATABASE {name} WITH (FORCE)")
