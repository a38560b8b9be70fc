"""The audit trail: who did what, when, with what stood before and after. Only ever added to."""

from __future__ import annotations

import datetime as dt
from typing import Any

from voz.service.actor import Actor
from voz.service.service import Service
from voz.store import access
from voz.store.database import Tx
from voz.store.rows import AuditRow, CaseRow


def record(
    tx: Tx, service: Service, actor: Actor, action: str, case: CaseRow | None = None, *, subject: str = "",
    before: Any = None, after: Any = None,
) -> None:  # fmt: skip
    """Add an entry, in the transaction of what it tells of."""
    access.add(
        tx,
        AuditRow(
            id=0, at=service.now(), who=actor.id, action=action, case_id=case.id if case else None,
            case_version=case.version if case else None, subject=subject, before=before, after=after,
        ),
    )  # fmt: skip


def since(tx: Tx, case_id: str, version: int) -> list[AuditRow]:
    """What happened to a case after a version of it, oldest first."""
    entries = access.find(tx, AuditRow, case_id=case_id, order=("id",))
    return [entry for entry in entries if (entry.case_version or 0) > version and entry.action != "viewed"]


def latest(tx: Tx, case_id: str, who: str, action: str) -> dt.datetime | None:
    """When this person last did this on the case."""
    entry = access.first(tx, AuditRow, case_id=case_id, who=who, action=action, order=(access.newest(AuditRow),))
    return entry.at if entry else None
