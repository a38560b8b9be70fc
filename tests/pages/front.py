"""A whole desk with its pages, served over HTTP, and the life of some cases behind it, all made through the service."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import small_company

from voz.case import Message
from voz.config import Settings
from voz.pipeline import Desk, open_desk
from voz.serve import listen
from voz.service import consult, review, users, work
from voz.service.actor import OWNER, Actor
from voz.service.receive import Incoming, receive
from voz.service.service import Service
from voz.service.view import CaseView, case_view
from voz.store.database import open_database, sqlite_url

HACK = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
BRACES = "{{constructor}} ${document.title='hacked'} `x`"
HOSTILE = f"{HACK} ![x](https://evil.example/y.png) [z](javascript:alert(1)) {BRACES}"
START = dt.datetime(2026, 10, 26, 9, 0, tzinfo=dt.UTC)
TEAMS = """
- id: envios
  name: el equipo de envíos
  knows: [envío, entrega, paquete, pedido, retraso]
- id: taller
  name: el taller
  knows: [avería, reparación, garantía, pieza, taza]
"""
LATE = "Llevo tres semanas esperando el pedido y nadie me dice nada. ¿Dónde está?"
BROKEN = "La taza ha llegado rota. ¿Me la cambiáis?"
COST = "¿Cuánto cuesta el envío a la península?"


@dataclass
class Clock:
    now: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.now

    def later(self, **much: float) -> None:
        self.now += dt.timedelta(**much)


@cache
def company() -> Desk:
    """The small company of the tests, with teams."""
    _folders.append(tempfile.TemporaryDirectory(prefix="voz-pages-"))
    root = Path(_folders[-1].name)
    documents = {**small_company.DOCUMENTS, "brand/teams.yaml": TEAMS}
    knowledge = small_company.write_company(root / "Ultramarinos Faro" / "knowledge", documents)
    settings = Settings(knowledge=knowledge, home=root / "home", today=small_company.TODAY, writer="extractive")
    return replace(open_desk(settings), today=None)  # the day is that of the clock below


_folders: list[tempfile.TemporaryDirectory[str]] = []


@dataclass
class Front:
    service: Service
    clock: Clock
    home: Path

    def drafted(self, text: str, **more: Any) -> CaseView:
        message = Message.model_validate({"text": text, "author": "Marta Ruiz", **more})
        receipt = receive(self.service, Incoming(message, source="desk"))
        work.drain(self.service)
        return case_view(self.service, receipt.case_id)

    def answered(self, text: str, reply: str | None = None, **more: Any) -> CaseView:
        """A case that is drafted, approved some minutes later and posted by hand."""
        view = self.drafted(text, **more)
        self.clock.later(minutes=35)
        said = reply if reply is not None else view.draft.reply if view.draft else None
        review.approve(
            self.service,
            OWNER,
            view.case.id,
            view.case.version,
            said or "Hola.",
            override="Lo sé de la tienda.",
            no_public=True,
        )
        work.drain(self.service)
        view = case_view(self.service, view.case.id)
        waits = next((one for one in view.deliveries if one.state == "waiting"), None)
        if waits is not None:
            review.found(self.service, OWNER, view.case.id, view.case.version, waits.id, True)
        return case_view(self.service, view.case.id)

    def consulted(self, text: str, question: str, answer: str) -> str:
        """A case on which a team was asked and has answered; gives the consultation's id."""
        view = self.drafted(text)
        asked = consult.ask(self.service, OWNER, view.case.id, view.case.version, question, "taller")
        consult.answer_by_link(self.service, asked.token, "Paco, del taller", answer)
        return asked.consultation.id


@dataclass
class Site:
    """A desk and where it is served."""

    front: Front
    address: str


def open_front(home: Path) -> Front:
    clock = Clock()
    service = Service(
        database=open_database(sqlite_url(home)), desk=company(), now=clock, suites=home / "evals",
        knowledge=home / "knowledge",
    )  # fmt: skip
    return Front(service, clock, home)


def busy(front: Front) -> Front:
    """Four weeks of a small company: promises that are late, edits, questions to a team, a case closed."""
    front.answered(LATE, "Hola, Marta: te llamamos mañana por la tarde para decirte dónde está. Un saludo.")
    front.clock.later(days=5)
    front.answered(COST, channel="whatsapp")
    front.answered(BROKEN, "Hola, Marta: te devolvemos el dinero antes del 27 de noviembre. Un saludo.", channel="x")
    front.clock.later(days=9)
    front.consulted("¿Se puede arreglar el asa de una taza?", "¿Arregláis asas de taza?",
                    "Sí, en una semana, y cuesta 6 €.")  # fmt: skip
    front.answered(f"Gracias por todo. {HOSTILE}", f"Gracias a ti. Te llamamos el lunes. {HOSTILE}", channel="facebook")
    front.consulted(f"¿Vendéis asas? {HOSTILE}", f"¿Vendemos asas? {HOSTILE}", f"No, nunca. {HOSTILE}")
    front.consulted("¿Hacéis tazas por encargo?", "¿Se hacen tazas por encargo?", "Sí, desde 20 unidades.")
    front.clock.later(days=7)
    spam = front.drafted("Compre seguidores baratos en nuestra web, oferta solo hoy.")
    review.close(front.service, OWNER, spam.case.id, spam.case.version, "spam")
    front.drafted(f"Otra vez tarde el pedido, y van dos. {HOSTILE}", author=f"Ana {HACK}")
    front.clock.now = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
    front.drafted(COST.replace("península", "Ceuta"))
    return front


def add_user(front: Front, login: str, role: str, teams: tuple[str, ...] = ()) -> Actor:
    user = users.add(front.service.database, OWNER, login, login.title(), role, teams=teams)
    return users.actor_of(user)


@contextmanager
def served(front: Front) -> Iterator[str]:
    """The whole application at an address of this machine."""
    import uvicorn
    from fastapi import FastAPI

    from voz.door.door import Door
    from voz.door.login import open_door
    from voz.pages.mounted import mount_desk
    from voz.shield import Shield

    app = FastAPI()
    open_door(app, Door(front.service.database, now=front.service.now))
    app.add_middleware(Shield)
    app.get("/healthz")(lambda: {"status": "ok"})
    mount_desk(app, front.service, front.home)
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        front.service.database.close()
