"""Opening the database, and the two kinds of transaction: `read` and `write`.

SQLite runs in WAL with every commit on the disk (synchronous FULL), and a writing transaction takes its lock at once
(BEGIN IMMEDIATE), so that what it has read stays true until it commits. On PostgreSQL a writing transaction locks the
rows that it reads to change them (`rows.get(..., lock=True)`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree

from voz.errors import StoreError

Tx = Connection
"""An open transaction. Only voz.store does anything with it but pass it on."""
BUSY_MS = 15_000


@dataclass(frozen=True)
class Database:
    engine: Engine
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """Threads of one process take turns here: SQLite lets the waiting ones poll, and the unlucky starve."""

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that only reads, and sees one state of the data."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with _told(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that commits at the end, or changes nothing at all."""
        turn = self._turn if self.is_sqlite else nullcontext()
        options = {"voz_writes": True}
        with turn, _told(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OperationalError, NoneFree) as error:
        cause = error.orig if isinstance(error, OperationalError) and error.orig else error
        reason = str(cause).strip().splitlines()[0]
        raise StoreError(
            f"The database did not take it: {reason}. Nothing was changed; try again, and see `voz doctor` if it stays."
        ) from error


def open_database(url: str, *, migrate: bool = True) -> Database:
    """The database at a SQLAlchemy URL (`sqlite:////path/cases.db`, `postgresql://user@host/name`), with its tables.

    Raises StoreError, in one sentence, if it cannot be opened or was made by a newer voz.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"VOZ_DATABASE is not a database address ({error}): write sqlite:////path/to/file "
                         "or postgresql://user:password@host/name.") from error  # fmt: skip
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    elif parsed.get_backend_name() != "sqlite":
        named = parsed.get_backend_name()
        raise StoreError(f"VOZ_DATABASE names {named}; voz keeps its cases in sqlite or postgresql.")
    database = Database(_engine(parsed))
    try:
        if migrate:
            from voz.store.migrate import upgrade

            upgrade(database)
        else:
            with database.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as error:
        database.close()
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        reason = str(cause).strip().splitlines()[0]
        shown = parsed.render_as_string(hide_password=True)
        raise StoreError(f"The database {shown} cannot be opened: {reason}.") from error
    return database


def sqlite_url(home: Path) -> str:
    """Where one company's cases are kept unless VOZ_DATABASE says otherwise."""
    home.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{(home / 'cases.db').expanduser().resolve()}"


def _engine(url: Any) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000}, pool_size=10, max_overflow=20)

    @event.listens_for(engine, "connect")
    def set_up(raw: Any, record: Any) -> None:
        raw.isolation_level = None  # sqlite3 must not open transactions of its own: `begin` below does
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
            _patiently(raw, f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("voz_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _patiently(raw: Any, statement: str) -> None:
    """Two processes that open a new file at once: the change to WAL does not wait as other statements do."""
    import sqlite3

    for left in range(50, -1, -1):
        try:
            raw.execute(statement)
            return
        except sqlite3.OperationalError:
            if not left:
                raise
            time.sleep(0.1)
