"""First answers to calls with an idempotency key: a row that is begun before the work, and filled after it.

The row's `begun_at` never changes. While the work is under way its `headers` hold the lease: a process that died in the
middle leaves a row that whoever asks again takes over once the lease has run out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Literal

from voz.service.service import Service
from voz.store import access
from voz.store.rows import AnswerRow

KEPT = dt.timedelta(hours=24)
LEASE = dt.timedelta(seconds=60)
Outcome = Literal["mine", "taken_over", "answered", "other", "in_flight"]
"""mine: the work is to be done; taken_over: to be done, and somebody may have done some of it; answered: the row has
the answer; other: the key belongs to another call; in_flight: somebody is at it."""


def begin(service: Service, key: str, asked: str) -> tuple[Outcome, AnswerRow]:
    """Make the key this call's, or say whose it is."""
    now = service.now()
    row = AnswerRow(key=key, asked=asked, begun_at=now, headers=_lease(now))
    with service.database.write() as tx:
        while not access.add_new(tx, row, "key"):
            found = access.get(tx, AnswerRow, key, lock=True)
            if found is None:
                continue  # somebody gave it up between the two
            if found.begun_at <= now - KEPT:
                access.replace(tx, row)
                return "mine", row
            if found.asked != asked:
                return "other", found
            if found.done_at is not None:
                return "answered", found
            if _lease_of(found) > now:
                return "in_flight", found
            taken = replace(found, headers=row.headers)
            access.change(tx, AnswerRow, key, headers=taken.headers)
            return "taken_over", taken
    return "mine", row


def finish(service: Service, row: AnswerRow, status: int, headers: dict[str, str], body: str) -> None:
    """Keep the answer, unless somebody else has taken the call over meanwhile."""
    with service.database.write() as tx:
        if _still(access.get(tx, AnswerRow, row.key, lock=True), row):
            access.change(
                tx, AnswerRow, row.key, status=status, headers=headers, body=body, done_at=service.now()
            )  # fmt: skip


def give_up(service: Service, row: AnswerRow) -> None:
    """voz failed: the same call may be made again at once."""
    with service.database.write() as tx:
        if _still(access.get(tx, AnswerRow, row.key, lock=True), row):
            access.remove(tx, row)


def _still(found: AnswerRow | None, row: AnswerRow) -> bool:
    return (
        found is not None and found.done_at is None and (found.begun_at, found.headers) == (row.begun_at, row.headers)
    )


def _lease(now: dt.datetime) -> dict[str, Any]:
    return {"lease_until": (now + LEASE).isoformat()}


def _lease_of(row: AnswerRow) -> dt.datetime:
    return dt.datetime.fromisoformat((row.headers or {})["lease_until"])
