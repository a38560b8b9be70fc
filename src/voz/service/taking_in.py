"""What a helpdesk tells: a customer's message, an answer that somebody gave there, an edit."""

from __future__ import annotations

from voz.helpdesk.contract import Answered, Edited, Ignored, Parsed
from voz.service import trail
from voz.service.actor import SYSTEM
from voz.service.cases import save
from voz.service.receive import Incoming, Receipt, receive, subject_of
from voz.service.service import Service
from voz.store import access, jobs, queue
from voz.store.database import Tx
from voz.store.rows import CaseRow, DeliveryRow, MessageRow


def take(service: Service, told: Parsed) -> Receipt | None:
    """Store it; the receipt of a customer's message, None for the rest."""
    if isinstance(told, Incoming):
        return receive(service, told)
    if isinstance(told, Answered):
        _answered(service, told)
    elif isinstance(told, Edited):
        _edited(service, told)
    else:
        assert isinstance(told, Ignored)
    return None


def _answered(service: Service, told: Answered) -> None:
    """Somebody answered there: it is part of the conversation, and what was approved here waits for a person."""
    with service.database.write() as tx:
        case = queue.case_of_thread(tx, told.source, told.thread)
        if case is None or not _said(tx, service, case, told):
            return
        waiting = access.find(tx, DeliveryRow, case_id=case.id, state="waiting", lock=True) if case.approved_at else []
        for delivery in waiting:
            access.change(tx, DeliveryRow, delivery.id, state="failed", error="somebody answered there")
            jobs.cancel(tx, service.now(), case_id=case.id, kind="deliver", ref=delivery.id)
        failure = f"{told.author or '?'}: {subject_of(told.text)}"
        held = {"failed_step": "deliver", "failure": failure} if waiting else {}
        save(tx, service, SYSTEM, case, "answered_there", after={"by": told.author}, **held)


def _said(tx: Tx, service: Service, case: CaseRow, told: Answered) -> bool:
    now = service.now()
    row = MessageRow(
        id=access.new_id("m", now), case_id=case.id, source=told.source, external_id=told.external_id, incoming=False,
        author=told.author, text=told.text, at=told.at or now, stored_at=now, content="",
    )  # fmt: skip
    return access.add_new(tx, row, "source", "external_id")


def _edited(service: Service, told: Edited) -> None:
    """The customer changed their message: the case is drafted again from what it says now."""
    with service.database.write() as tx:
        row = access.first(tx, MessageRow, source=told.source, external_id=told.external_id)
        if row is None or row.text == told.text:
            return
        access.change(tx, MessageRow, row.id, text=told.text)
        case = access.get(tx, CaseRow, row.case_id, lock=True)
        assert case is not None
        trail.record(tx, service, SYSTEM, "edited_there", case, subject=row.id, before={"text": row.text},
                     after={"text": told.text})  # fmt: skip
        if case.open and not case.approved_at:
            jobs.enqueue(tx, "draft", now=service.now(), case_id=case.id, ref=row.id)
