"""Rows of cases put straight into a database, as the service would leave them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from voz.service.receive import author_key
from voz.service.status import stamped
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.rows import (
    AuditRow,
    CaseRow,
    CommitmentRow,
    DecisionRow,
    DeliveryRow,
    DraftRow,
    MessageRow,
    UserRow,
)

UTC = dt.UTC
T0 = dt.datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""A Monday, eleven o'clock in Madrid."""
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ANA = "u-ana"


def add_user(tx: Tx, user_id: str = ANA, name: str = "Ana Agente", login: str = "ana", role: str = "agent") -> None:
    access.add(tx, UserRow(user_id, login, name, role, T0))


def new_case(
    tx: Tx, number: int, at: dt.datetime = T0, *, author: str = "Carla Quesada", text: str = "¿Dónde está mi pedido?",
    work: bool = True, **more: Any,
) -> CaseRow:  # fmt: skip
    """A case with its message, its entry in the trail and the work that drafts it."""
    key = f"c{number:06d}"
    row = CaseRow(
        id=key, code=f"{number:04d}-TEST", source="desk", channel="email", public=False, author=author,
        author_key=author_key(author), subject=text[:60], opened_at=at, received_at=at, priority_at=at,
    )  # fmt: skip
    row = stamped(row, **more)
    access.add(tx, row)
    said = MessageRow(f"m-{key}", key, "desk", f"x-{key}", True, author, text, at, at, f"hash-{key}")
    access.add(tx, said)
    access.add(tx, AuditRow(0, at, "voz", "received", key, 1, "", None, {"source": "desk"}))
    if work:
        jobs.enqueue(tx, "draft", now=at, case_id=key, ref=said.id, key=f"draft:{said.id}")
    return row


def change(tx: Tx, row: CaseRow, **values: Any) -> CaseRow:
    """The case with changes, its status derived anew."""
    from dataclasses import fields

    changed = stamped(row, **values)
    access.change(tx, CaseRow, row.id, **{f.name: getattr(changed, f.name) for f in fields(changed) if f.name != "id"})
    return changed


def drafted(tx: Tx, row: CaseRow, after: dt.timedelta = HOUR, **more: Any) -> CaseRow:
    """The case with its first draft, waiting for a person."""
    at = row.opened_at + after
    draft = DraftRow(f"d-{row.id}", row.id, 1, f"m-{row.id}", "extractive", "Hola: está en camino.", 0, at, **more)
    access.add(tx, draft)
    jobs_done(tx, row, at)
    return change(tx, row, draft_id=draft.id, drafted_at=at)


def jobs_done(tx: Tx, row: CaseRow, at: dt.datetime) -> None:
    from voz.store.rows import JobRow

    for job in access.find(tx, JobRow, case_id=row.id, done_at=None):
        access.change(tx, JobRow, job.id, done_at=at, key=None)


def answered(
    tx: Tx, row: CaseRow, after: dt.timedelta = 2 * HOUR, *, by: str = ANA, unchanged: bool = True,
    distance: float = 0.0, override: str = "", text: str = "Hola: está en camino.",
) -> CaseRow:  # fmt: skip
    """The case drafted, approved by somebody, and its reply gone out."""
    row = row if row.draft_id else drafted(tx, row, min(HOUR, after))
    at = row.opened_at + after
    key = f"a-{row.id}"
    access.add(
        tx, DecisionRow(key, row.id, row.draft_id, by, "agent", text, at, unchanged=unchanged, distance=distance,
                        override=override)
    )  # fmt: skip
    access.add(
        tx, DeliveryRow(f"s-{row.id}", row.id, key, "reply", "hand", "hand", text, at, state="sent", sent_at=at,
                        receipt={"by": by})
    )  # fmt: skip
    return change(tx, row, decision_id=key, approved_at=at, delivered_at=at, answered_at=row.answered_at or at,
                  claim_answered_at=at)  # fmt: skip


def closed(
    tx: Tx, row: CaseRow, reason: str | None = "spam", by: str | None = ANA, after: dt.timedelta = HOUR
) -> CaseRow:
    jobs_done(tx, row, row.opened_at + after)
    return change(tx, row, closed_at=row.opened_at + after, closed_by=by, closed_reason=reason, closed_note="")


def promise(tx: Tx, number: int, row: CaseRow, due_on: dt.date | None, **more: Any) -> None:
    given: dict[str, Any] = {"text": "Te llamamos el viernes.", "kind": "callback", "created_at": T0, **more}
    access.add(
        tx, CommitmentRow(id=f"k{number:04d}", case_id=row.id, decision_id=f"a-{row.id}", due_on=due_on, **given)
    )
