import pytest

from faceline.db.engine import Database
from tests.db.fixtures import (
    clock,
    database,
    database_url,
    kept_clock,
    kept_database,
    kept_url,
    postgres_address,
)
from tests.jobs.material import House

__all__ = ["clock", "database", "database_url", "kept_clock", "kept_database", "kept_url", "postgres_address"]


@pytest.fixture
def house(database: Database) -> House:
    return House(database)
