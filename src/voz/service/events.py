"""What happens to cases, told to whoever asked for it: written with the thing itself, sent by jobs of their own.

A body holds ids, codes, states and times; never a word that a customer, a colleague or voz wrote.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from voz.service.service import Service
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.rows import CaseRow, CommitmentRow, DraftHead, EndpointRow, EventRow

ACTIONS = {
    "received": "case.received",
    "follow_up": "case.follow_up",
    "edited_there": "case.follow_up",
    "drafted": "case.drafted",
    "consulted": "case.consulted",
    "consultation_answered": "case.consultation_answered",
    "approved": "case.approved",
    "overridden": "case.approved",
    "withdrawn": "case.withdrawn",
    "delivered": "case.delivered",
    "answered_there": "case.answered_elsewhere",
    "closed": "case.closed",
    "reopened": "case.reopened",
    "failed": "case.failed",
    "held_back": "case.failed",
    "uncertain": "case.failed",
    "commitment_kept": "commitment.kept",
}
"""Which entry of the audit trail is told as which event; what is not here is nobody else's business."""
ESCALATED, OVERDUE, TEST = "case.escalated", "commitment.overdue", "endpoint.test"
TYPES = tuple(dict.fromkeys((*ACTIONS.values(), ESCALATED, OVERDUE)))
SUBJECTS = {
    "drafted": "draft", "approved": "decision", "overridden": "decision", "withdrawn": "decision",
    "delivered": "decision", "consulted": "consultation", "consultation_answered": "consultation",
    "commitment_kept": "commitment",
}  # fmt: skip
"""What the subject of an entry is the id of."""
SHOWN = (
    "id", "code", "version", "status", "source", "channel", "public", "kind", "route", "urgency", "risks", "team",
    "language", "claim", "claim_due", "assignee", "opened_at", "received_at", "due_at", "drafted_at", "approved_at",
    "delivered_at", "answered_at", "closed_at", "closed_reason", "failed_step",
)  # fmt: skip
KIND = "event"


def emit(tx: Tx, service: Service, type: str, case: CaseRow | None, body: dict[str, Any]) -> None:
    """Write an event with the transaction of what it tells of, and a job for each endpoint that wants it.

    What nobody has asked to be told of is not kept.
    """
    wanting = [one for one in access.find(tx, EndpointRow, disabled_at=None) if wants(one, type)]
    if not wanting:
        return
    now = service.now()
    event = EventRow(access.new_id("e", now), type, now, case.id if case else None, body)
    access.add(tx, event)
    for endpoint in wanting:
        ref = f"{event.id}:{endpoint.id}"
        jobs.enqueue(tx, KIND, now=now, ref=ref, key=f"{KIND}:{ref}")


def tell(tx: Tx, service: Service, action: str, before: CaseRow, after: CaseRow, subject: str = "") -> None:
    """Emit what an entry of the audit trail is told as, if it is."""
    type = ACTIONS.get(action)
    if type is None:
        return
    more = {SUBJECTS[action]: subject} if subject and action in SUBJECTS else {}
    emit(tx, service, type, after, {"case": shown(after), **more})
    if action == "drafted" and after.route == "escalate" and _newly_escalated(tx, before, subject):
        emit(tx, service, ESCALATED, after, {"case": shown(after), **more})


def overdue(tx: Tx, service: Service, case: CaseRow, promise: CommitmentRow) -> None:
    """Emit that nobody has said that a promise was kept by its day."""
    told = {name: _plain(getattr(promise, name)) for name in ("id", "kind", "due_on", "owner", "created_at")}
    emit(tx, service, OVERDUE, case, {"case": shown(case), "commitment": told})


def wants(endpoint: EndpointRow, type: str) -> bool:
    return not endpoint.events or type in endpoint.events


def shown(case: CaseRow) -> dict[str, Any]:
    """The case as an event shows it."""
    return {name: _plain(getattr(case, name)) for name in SHOWN}


def payload(event: EventRow) -> dict[str, Any]:
    """What is posted: the same bytes at every attempt."""
    return {"type": event.type, "timestamp": event.at.isoformat(), "data": event.body or {}}


def _newly_escalated(tx: Tx, before: CaseRow, draft_id: str) -> bool:
    """Not again when a person has a draft rewritten; again when the customer has written something else."""
    if before.route != "escalate":
        return True
    draft = access.get(tx, DraftHead, draft_id)
    same = access.find(tx, DraftHead, case_id=before.id, message_id=draft.message_id) if draft else []
    return len(same) == 1


def _plain(value: Any) -> Any:
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


assert {field.name for field in dataclasses.fields(CaseRow)} >= set(SHOWN)
