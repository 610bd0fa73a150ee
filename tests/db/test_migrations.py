"""A migrated database and a fresh one are the same."""

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

import faceline.db
from faceline.db import migrate
from faceline.db.engine import Database, open_database
from faceline.db.tables import SCHEMA, metadata


def _shape(connection: Connection) -> dict[str, object]:
    """Everything the database says about its tables, without names that it made up itself."""
    inspector = inspect(connection)
    shape: dict[str, object] = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        shape[table] = (
            [(c["name"], str(c["type"]), c["nullable"], c.get("default")) for c in inspector.get_columns(table)],
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted((k["constrained_columns"], k["referred_table"]) for k in inspector.get_foreign_keys(table)),
            sorted((str(i["name"]), i["column_names"], i["unique"]) for i in inspector.get_indexes(table)),
            sorted((str(c["name"]), re.sub(r"\s+", " ", c["sqltext"])) for c in inspector.get_check_constraints(table)),
        )
    return shape


def test_migrated_equals_fresh(empty_url: str) -> None:
    fresh = create_engine(empty_url.replace("postgresql:", "postgresql+psycopg:"))
    metadata.create_all(fresh)
    with fresh.connect() as connection:
        expected = _shape(connection)
    metadata.drop_all(fresh)
    fresh.dispose()
    migrated = open_database(empty_url)
    with migrated.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert _shape(connection) == expected
    migrated.close()


def test_the_declared_schema_is_the_newest_migration(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(faceline.db.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA
    with database.read() as connection:
        assert migrate.current(connection) == SCHEMA


def test_opening_again_changes_nothing(database: Database, database_url: str) -> None:
    open_database(database_url).close()
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
