"""The API over the office of the service's tests: in this process, and from a real server."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "service"))
from api_client import Served, client_of, staffed
from office import Office, open_office
from postgres import new_database, postgres_url

from voz.api import create_app
from voz.serve import listen
from voz.service import api_keys, users
from voz.service.actor import OWNER
from voz.service.opened import working
from voz.store.database import sqlite_url

__all__ = ["postgres_url"]  # a fixture
_numbers = itertools.count(1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = staffed(open_office(tmp_path))
    yield opened
    opened.service.database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """The office on each of the two databases."""
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
    else:
        url = new_database(request.getfixturevalue("postgres_url"), f"api{next(_numbers)}")
    opened = staffed(open_office(tmp_path, url))
    yield opened
    opened.service.database.close()


@pytest.fixture
def client(office: Office) -> TestClient:
    return client_of(office)


@pytest.fixture
def key_of(office: Office) -> Callable[..., str]:
    """Makes a user, and gives an API key of theirs."""

    def made(login: str, *scopes: str, role: str = "agent") -> str:
        database = office.service.database
        if not any(user.login == login for user in users.list_users(database)):
            users.add(database, OWNER, login, login.capitalize(), role, password="una frase bastante larga")
        return api_keys.create(database, OWNER, login, "test", scopes, now=office.clock.now)[0]

    return made


@pytest.fixture
def served(office: Office) -> Iterator[Served]:
    """A real server, with workers that draft and deliver."""
    listener = listen("127.0.0.1", 0)
    app = create_app(office.service.desk, page=False, service=office.service)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    with working(office.service, threads=1):
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", office)
    server.should_exit = True
    thread.join(10)
