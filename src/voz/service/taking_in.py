"""What a helpdesk tells: a customer's message, an answer that somebody gave there, an edit."""

from __future__ import annotations

from voz.helpdesk.contract import Answered, Edited, Ignored, Parsed, text_mark
from voz.service import trail
from voz.service.actor import SYSTEM
from voz.service.cases import save, unsettled
from voz.service.deliver import OWN, sent
from voz.service.receive import Incoming, Receipt, receive, subject_of
from voz.service.review import HAND, awaits_a_person
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
        if case is None or _by_voz(tx, service, case, told) or not _said(tx, service, case, told):
            return
        waiting = _not_out(tx, case)
        for delivery in waiting:
            access.change(tx, DeliveryRow, delivery.id, state="failed", error="somebody answered there")
            jobs.cancel(tx, service.now(), case_id=case.id, kind="deliver", ref=delivery.id)
        failure = f"{told.author or '?'}: {subject_of(told.text)}"
        held = {"failed_step": "deliver", "failure": failure} if waiting else {}
        save(tx, service, SYSTEM, case, "answered_there", after={"by": told.author}, **held)


def _not_out(tx: Tx, case: CaseRow) -> list[DeliveryRow]:
    """What voz was about to post; what a person posts by hand waits for a person anyway."""
    if not case.approved_at:
        return []
    found = access.find(tx, DeliveryRow, case_id=case.id, state="waiting", lock=True)
    return [delivery for delivery in found if delivery.destination != HAND]


def _by_voz(tx: Tx, service: Service, case: CaseRow, told: Answered) -> bool:
    """Whether these are the words of a reply of voz's, which somebody sent there from its draft or posted by hand.

    It stays one turn of the conversation, under its id there: the same words once more are another turn.
    """
    if access.first(tx, MessageRow, source=told.source, external_id=told.external_id):
        return True
    mark = text_mark(told.text)
    for delivery in access.find(tx, DeliveryRow, case_id=case.id, order=("created_at", "id")):
        if text_mark(delivery.text) != mark:
            continue
        if delivery.state == "sending":  # its worker will find it there, and say so
            return True
        if awaits_a_person(delivery):  # nobody has to look any more
            case = save(tx, service, SYSTEM, case, "looked", subject=delivery.id, after={"there": True},
                        **unsettled(tx, case.id, but=delivery.id))  # fmt: skip
            case = sent(tx, service, delivery.id, {"id": told.external_id})
        turn = access.first(tx, MessageRow, source=case.source, external_id=OWN + delivery.id)
        if turn is not None:
            theirs = {"external_id": told.external_id, "author": told.author or turn.author, "at": told.at or turn.at}
            access.change(tx, MessageRow, turn.id, **theirs)
            return True
    return False


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
