"""What a helpdesk tells before the message that it belongs to: kept for a while, and given out once that comes in.

Helpdesks promise no order: a colleague's answer may come before the customer's message that opens the case, an edit
before the message that was edited.
"""

from __future__ import annotations

import datetime as dt

from voz.service.service import Service
from voz.store import access
from voz.store.database import Tx
from voz.store.rows import EarlyRow

KEPT = dt.timedelta(days=14)
"""Much longer than any helpdesk goes on sending; what belongs to no case by then never will."""


def keep_answer(
    tx: Tx, service: Service, source: str, thread: str, external_id: str, author: str, text: str, at: dt.datetime | None
) -> None:
    """An answer in a conversation that has no case; it opens none."""
    now = service.now()
    row = EarlyRow(access.new_id("h", now), "answer", source, external_id, thread, author, text, at or now, now)
    access.add_new(tx, row, "kind", "source", "external_id")


def keep_edit(tx: Tx, service: Service, source: str, external_id: str, text: str, at: dt.datetime | None) -> None:
    """The text of a message that has not come in; of several edits the newest is kept."""
    now = service.now()
    row = EarlyRow(access.new_id("h", now), "edit", source, external_id, None, "", text, at, now)
    if access.add_new(tx, row, "kind", "source", "external_id"):
        return
    kept = access.first(tx, EarlyRow, kind="edit", source=source, external_id=external_id)
    if kept is not None and not older(at, kept.at):
        access.change(tx, EarlyRow, kept.id, text=text, at=at or kept.at, stored_at=now)


def answers(tx: Tx, source: str, thread: str) -> list[EarlyRow]:
    """The answers that waited for a case of this conversation, oldest first; they are taken out."""
    return _taken(tx, access.find(tx, EarlyRow, kind="answer", source=source, thread=thread, order=("at", "id")))


def edit(tx: Tx, source: str, external_id: str) -> EarlyRow | None:
    """The edit that waited for this message; it is taken out."""
    found = _taken(tx, access.find(tx, EarlyRow, kind="edit", source=source, external_id=external_id))
    return found[0] if found else None


def older(at: dt.datetime | None, than: dt.datetime | None) -> bool:
    """Whether an edit is known to be older than another; without times the one that comes later counts."""
    return at is not None and than is not None and at < than


def _taken(tx: Tx, rows: list[EarlyRow]) -> list[EarlyRow]:
    for row in rows:
        access.remove(tx, row)
    return rows
