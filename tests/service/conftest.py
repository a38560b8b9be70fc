"""An office for each test, on SQLite and again on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from office import Office, open_office
from postgres import new_database, postgres_url

from voz.store.database import sqlite_url

__all__ = ["postgres_url"]  # a fixture
_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of this test's own."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    return new_database(request.getfixturevalue("postgres_url"), f"office{next(_numbers)}")


@pytest.fixture
def office(tmp_path: Path, url: str) -> Iterator[Office]:
    opened = open_office(tmp_path, url)
    yield opened
    opened.service.database.close()
