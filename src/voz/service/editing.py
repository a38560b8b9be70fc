"""A customer's message that was changed or deleted in the helpdesk after it came in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from voz.helpdesk.contract import Edited
from voz.service import early, remarks, trail
from voz.service.actor import SYSTEM
from voz.service.cases import call_off, save, unsettled
from voz.service.receive import subject_of
from voz.service.service import Service
from voz.store import access, jobs, queue
from voz.store.database import Tx
from voz.store.rows import CaseRow, DeliveryRow, MessageRow

REF = "edited"
"""Of the job that drafts anew: it has to be done whichever message was edited."""
REASON = "the customer changed their message"


def edited(service: Service, told: Edited) -> None:
    """The case is drafted again from what it says now; what was approved for the old words is not sent."""
    with service.database.write() as tx:
        queue.one_at_a_time(tx, f"{told.source}/{told.external_id}")
        row = access.first(tx, MessageRow, source=told.source, external_id=told.external_id)
        if row is None:
            early.keep_edit(tx, service, told.source, told.external_id, told.text, told.at)
            return
        if early.older(told.at, row.edited_at):
            return
        case = access.get(tx, CaseRow, row.case_id, lock=True)  # the case before its messages, as everywhere
        row = access.get(tx, MessageRow, row.id)
        assert case is not None
        assert row is not None
        text = remarks.edited(service, row.text, told.text)
        access.change(tx, MessageRow, row.id, text=text, edited_at=told.at or row.edited_at)
        if text != row.text:
            _told(tx, service, case, row, text)


def _told(tx: Tx, service: Service, case: CaseRow, row: MessageRow, text: str) -> None:
    before, after = {"text": row.text}, {"text": text}
    if not case.open:
        trail.record(tx, service, SYSTEM, "edited_there", case, subject=row.id, before=before, after=after)
        return
    changes = _taken_back(tx, service, case) if case.approved_at else {}
    if case.subject == subject_of(row.text):
        case = replace(case, subject=subject_of(text))
        access.change(tx, CaseRow, case.id, subject=case.subject)
    case = save(tx, service, SYSTEM, case, "edited_there", subject=row.id, before=before, after=after, **changes)
    if not case.approved_at:
        for waiting in (REF, row.id):  # one draft, of what it says now, is for all of them
            jobs.cancel(tx, service.now(), case_id=case.id, kind="draft", ref=waiting)
        jobs.enqueue(tx, "draft", now=service.now(), case_id=case.id, ref=REF)


def _taken_back(tx: Tx, service: Service, case: CaseRow) -> dict[str, Any]:
    """What was approved and has not begun to go out is cancelled, as when the customer writes again.

    Where a part of it is out, or may be, the rest waits for a person instead.
    """
    own = access.find(tx, DeliveryRow, case_id=case.id, decision_id=case.decision_id, lock=True)
    out = any(delivery.state in ("sent", "uncertain") for delivery in own)
    held = [delivery for delivery in own if delivery.state == "waiting" or (delivery.state == "failed" and not out)]
    for delivery in held:
        call_off(tx, service, delivery, "failed" if out else "cancelled", REASON)
    if out:
        return {"failed_step": "deliver", "failure": REASON} if held else {}
    return {"approved_at": None, "decision_id": None, "reopened_for": None, **unsettled(tx, case.id)}
