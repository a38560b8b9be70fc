"""The tables brought to the state that this version of voz writes; safe when several processes start at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from voz.errors import StoreError
from voz.store.database import Database

HERE = Path(__file__).with_name("migrations")
LOCK = 0x766F7A  # 'voz', for PostgreSQL's advisory lock


def upgrade(database: Database) -> None:
    """Bring the tables up to date. Raises StoreError if the database was written by a newer voz."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        config = configured(connection)
        script = ScriptDirectory.from_config(config)
        at = MigrationContext.configure(connection).get_current_revision()
        if at == script.get_current_head():
            return
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"The database was written by a newer voz (its tables are at {at}): install that version, "
                "or point VOZ_DATABASE at another database."
            ) from error


def configured(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
