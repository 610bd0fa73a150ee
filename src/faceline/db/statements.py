"""What every module with SQL shares: the type of a row, and statements that the two databases spell differently."""

from typing import Any

from sqlalchemy import Connection, Insert, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns are known from its statement, not from its type."""


def insert_missing(connection: Connection, table: Table) -> Insert:
    """An INSERT that does nothing when the key is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
