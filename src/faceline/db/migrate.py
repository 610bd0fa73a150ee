"""Bring a database to the newest schema."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from faceline.db.errors import DatabaseUnusable
from faceline.db.tables import SCHEMA


def upgrade(connection: Connection, shown: str) -> None:
    """Run what is missing, inside the caller's transaction; the caller keeps other processes away.

    Alembic is imported only when there is something to do: it would cost every process 0.1 s at start.
    shown    how to name the database in an error
    Raises   DatabaseUnusable when a newer faceline has made the schema.
    """
    if current(connection) == SCHEMA:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseUnusable(f"{shown} was made by another version of faceline: {error}") from error


def current(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found
