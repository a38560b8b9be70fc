"""What a helpdesk tells: a customer's message, an answer that somebody gave there, an edit."""

from __future__ import annotations

from voz.helpdesk.contract import Answered, Edited, Ignored, Parsed, Several, text_mark
from voz.service import early
from voz.service.actor import SYSTEM
from voz.service.cases import save, unsettled
from voz.service.deliver import OWN, sent
from voz.service.editing import edited
from voz.service.receive import Incoming, Receipt, receive, subject_of
from voz.service.review import HAND, awaits_a_person
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
        if _by_voz(tx, service, case, told) or not _said(tx, service, case, told):
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
