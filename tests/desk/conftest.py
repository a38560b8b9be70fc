"""The desk as it is served: real service, real workers, real logins, in a real browser."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import small_company
import uvicorn
from reviewing import PASSWORD, log_in

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "service"))
from office import Mailbox

from voz.api import create_app
from voz.brand import Team
from voz.case import Message
from voz.serve import listen
from voz.service import users
from voz.service.actor import OWNER
from voz.service.opened import working
from voz.service.receive import Incoming, Receipt, receive
from voz.service.service import Service
from voz.store.database import open_database, sqlite_url

MESSAGE = "Llevo tres semanas esperando y la taza ha llegado rota. ¿Me la cambiáis o me devolvéis el dinero?"


class Server:
    """uvicorn in a thread, on a port that stays the same."""

    def __init__(self, service: Service, port: int = 0, public_url: str | None = None) -> None:
        self.service, self.listener = service, listen("127.0.0.1", port)
        self.port: int = self.listener.getsockname()[1]
        app = create_app(service.desk, service=service, public_url=public_url)
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.05)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.listener.close()


@dataclass
class Desk:
    """A running desk with Ana (agent), Luis (agent) and Eva (lead)."""

    address: str
    service: Service
    mailbox: Mailbox
    server: Server

    def receive(self, text: str = MESSAGE, author: str = "Marta Ruiz", **more: Any) -> Receipt:
        own = {name: more.pop(name) for name in ("external_id", "thread", "reach", "source") if name in more}
        message = Message.model_validate({"text": text, "author": author, **more})
        return receive(self.service, Incoming(message, **{"source": "mailbox", **own}))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = open_database(sqlite_url(tmp_path))
    mailbox = Mailbox()
    plain = small_company.desk()
    staffed = replace(plain, brand=plain.brand.model_copy(update={"teams": (Team(id="taller", name="el taller"),)}))
    service = Service(database, staffed, destinations={"mailbox": mailbox}, knowledge=tmp_path / "kb")
    for login, role in (("ana", "agent"), ("luis", "agent"), ("eva", "lead")):
        users.add(database, OWNER, login, login.capitalize(), role, password=PASSWORD)
    server = Server(service)
    with working(service, threads=1):
        running = Desk(f"http://127.0.0.1:{server.port}", service, mailbox, server)
        yield running
    running.server.stop()
    database.close()


@pytest.fixture
def enter(browser: Any, desk: Desk) -> Iterator[Callable[..., Any]]:
    """A page of the desk, logged in as somebody, in a browser profile of their own."""
    contexts = []

    def open_as(login: str, path: str = "/desk/", width: int = 1280, height: int = 900, **more: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="es-ES", **more)
        contexts.append(context)
        page = context.new_page()
        log_in(page, desk, login, path)
        return page

    yield open_as
    for context in contexts:
        context.close()
