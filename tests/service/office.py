"""A service over the small company of the tests, on a database of its own; its clock is set by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import small_company

from voz.case import Message
from voz.helpdesk.folder import Folder
from voz.service import work
from voz.service.actor import Actor
from voz.service.receive import Incoming, Receipt, receive
from voz.service.service import CannotTell, Service, Undelivered
from voz.service.view import CaseView, case_view
from voz.store.database import open_database, sqlite_url
from voz.store.rows import CaseRow, DeliveryRow

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
ANA = Actor("u-ana", "Ana", "agent")
LUIS = Actor("u-luis", "Luis", "agent")
EVA = Actor("u-eva", "Eva", "lead")
COMPLAINT = "Llevo tres semanas esperando y la taza ha llegado rota. ¿Me la cambiáis o me devolvéis el dinero?"


@dataclass
class Clock:
    now: dt.datetime = NOW

    def __call__(self) -> dt.datetime:
        return self.now

    def later(self, **much: float) -> None:
        self.now += dt.timedelta(**much)


@dataclass
class Mailbox:
    """A destination in memory that can be told to fail: no helpdesk can be had in a test of the order of steps."""

    name: str = "mailbox"
    mode: str = "reply"
    posts: list[tuple[str, str]] = field(default_factory=list)
    fail: Any = None
    blind: bool = False
    """Its conversations can never be read."""
    down: bool = False
    """They cannot be read now."""
    moved: str | None = None

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        if isinstance(self.fail, Undelivered):
            raise self.fail
        self.posts.append((delivery.id, delivery.text))
        if self.fail is not None:
            raise self.fail
        return {"number": len(self.posts)}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        self._readable()
        places = [n for n, (name, _) in enumerate(self.posts, 1) if name == delivery.id]
        return {"number": places[0]} if places else None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        self._readable()
        return self.moved

    def _readable(self) -> None:
        if self.blind or self.down:
            raise CannotTell("this mailbox cannot be read", blind=self.blind)


@dataclass
class Office:
    service: Service
    clock: Clock
    mailbox: Mailbox

    def receive(self, text: str = COMPLAINT, **more: Any) -> Receipt:
        own = {name: more.pop(name) for name in ("external_id", "thread", "reach", "source") if name in more}
        message = Message.model_validate({"text": text, "author": "Marta Ruiz", **more})
        return receive(self.service, Incoming(message, **{"source": "mailbox", **own}))

    def drafted(self, text: str = COMPLAINT, **more: Any) -> CaseView:
        """A case that has been received and drafted."""
        receipt = self.receive(text, **more)
        work.drain(self.service)
        return self.view(receipt.case_id)

    def view(self, case_id: str, user: str | None = None) -> CaseView:
        return case_view(self.service, case_id, user)

    def drain(self) -> int:
        return work.drain(self.service)


def open_office(home: Path, url: str | None = None) -> Office:
    clock, mailbox = Clock(), Mailbox()
    service = Service(
        database=open_database(url or sqlite_url(home)), desk=small_company.desk(), now=clock,
        destinations={"mailbox": mailbox, "folder": Folder(home / "folder")}, suites=home / "evals",
        knowledge=home / "knowledge",
    )  # fmt: skip
    return Office(service, clock, mailbox)
