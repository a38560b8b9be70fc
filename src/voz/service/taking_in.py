"""What a helpdesk tells: a customer's message, an answer that somebody gave there, an edit."""

from __future__ import annotations

from voz.helpdesk.contract import Answered, Edited, Ignored, Parsed, Several
from voz.service import early
from voz.service.actor import SYSTEM
from voz.service.cases import save
from voz.service.editing import edited
from voz.service.receive import Incoming, Receipt, receive, subject_of
from voz.service.service import Service
from voz.store import access, jobs, queue
from voz.store.database import Tx
from voz.store.rows import CaseRow, DeliveryRow, MessageRow
from voz.store.schema import messages


def take(service: Service, told: Parsed) -> Receipt | None:
    """Store it; the receipt of a customer's message, None for the rest."""
    if isinstance(told, Incoming):
        return receive(service, told)
    if isinstance(told, Several):
        return _several(service, told)
    if isinstance(told, Answered):
        if not told.own:
            _answered(service, told)
    elif isinstance(told, Edited):
        edited(service, told)
    else:
        assert isinstance(told, Ignored)
    return None


def _several(service: Service, told: Several) -> Receipt | None:
    """Every entry in its turn; the receipt is that of the last message that is new, else of the last one."""
    receipts = [receipt for one in _current(service, told.entries) if (receipt := take(service, one))]
    new = [receipt for receipt in receipts if receipt.new_message]
    return next(reversed(new or receipts), None)


def _current(service: Service, entries: tuple[Incoming | Answered, ...]) -> list[Incoming | Answered]:
    """What is new, without what was answered before the case was opened; without a case, before the last message.

    A helpdesk may list the whole conversation each time: what is over is not drafted again, and what was erased here
    does not come back. The last message stays, though it be known: its receipt names the case.
    """
    source, ids = entries[0].source, [one.external_id for one in entries]
    with service.database.read() as tx:
        case = access.first(tx, CaseRow, source=source, thread=entries[0].thread, order=(access.newest(CaseRow),))
        stored = access.find(tx, MessageRow, messages.c.external_id.in_(ids), source=source)
    said = [one for one in entries if isinstance(one, Incoming)]
    opened = case.opened_at if case else said[-1].message.received_at if said else None
    over = [
        place for place, one in enumerate(entries)
        if isinstance(one, Answered) and one.at is not None and opened is not None and one.at < opened
    ]  # fmt: skip
    known = {row.external_id for row in stored}
    current = entries[over[-1] + 1 :] if over else entries
    return [one for one in current if one.external_id not in known or (said and one is said[-1])]


def _answered(service: Service, told: Answered) -> None:
    """Somebody answered there: it is part of the conversation, and what was approved here waits for a person."""
    with service.database.write() as tx:
        queue.one_at_a_time(tx, f"{told.source}#{told.thread}")
        case = queue.case_of_thread(tx, told.source, told.thread)
        if case is None:
            early.keep_answer(
                tx, service, told.source, told.thread, told.external_id, told.author, told.text, told.at
            )  # fmt: skip
            return
        if not _said(tx, service, case, told):
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
