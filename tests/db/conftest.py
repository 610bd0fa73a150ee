from tests.db.fixtures import (
    clock,
    database,
    database_url,
    empty_url,
    kept_clock,
    kept_database,
    kept_url,
    postgres_address,
)

__all__ = [
    "clock",
    "database",
    "database_url",
    "empty_url",
    "kept_clock",
    "kept_database",
    "kept_url",
    "postgres_address",
]
