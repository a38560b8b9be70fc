"""Everything that voz keeps about one case, as JSON: for the customer who asks for it, and for an audit."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

from voz.deadlines.tracking import canonical_code
from voz.errors import NotFound
from voz.service.actor import OWNER, SYSTEM, Actor
from voz.store import access
from voz.store.database import Database, Tx
from voz.store.rows import (
    AuditRow,
    CandidateRow,
    CaseRow,
    CommitmentRow,
    ConsultationRow,
    DecisionRow,
    DeliveryRow,
    DraftRow,
    EventRow,
    JobRow,
    MessageRow,
    ScratchRow,
    UserRow,
)

FORMAT = "voz-case/1"
PARTS: tuple[tuple[str, type, tuple[str, ...]], ...] = (
    ("messages", MessageRow, ("at", "id")),
    ("drafts", DraftRow, ("number",)),
    ("scratches", ScratchRow, ("user_id", "part")),
    ("decisions", DecisionRow, ("at", "id")),
    ("deliveries", DeliveryRow, ("created_at", "id")),
    ("consultations", ConsultationRow, ("asked_at", "id")),
    ("commitments", CommitmentRow, ("created_at", "id")),
    ("candidates", CandidateRow, ("created_at", "id")),
    ("events", EventRow, ("at", "id")),
    ("jobs", JobRow, ("id",)),
)
SECRET = {"link_hash"}
"""What opens a door is no part of a case."""


def case_named(tx: Tx, named: str) -> CaseRow:
    """The case with this id or tracking code, however the code was typed. Raises NotFound."""
    case = access.get(tx, CaseRow, named.strip())
    for code in (canonical_code(named), named.strip().upper()):
        case = case or (access.first(tx, CaseRow, code=code) if code else None)
    if case is None:
        raise NotFound(f"There is no case {named}.")
    return case


def export(database: Database, actor: Actor, named: str, now: dt.datetime) -> dict[str, Any]:
    """The whole case, with its trail; that somebody took it is in the trail from then on. Raises NotFound."""
    with database.read() as tx:
        case = case_named(tx, named)
        found = whole(tx, case, now)
    with database.write() as tx:
        access.add(tx, AuditRow(0, now, actor.id, "exported", case.id, case.version))
    return found


def whole(tx: Tx, case: CaseRow, now: dt.datetime) -> dict[str, Any]:
    """One case as values of JSON, its keys always in the same order."""
    parts: dict[str, list[Any]] = {
        name: access.find(tx, kind, case_id=case.id, order=order) for name, kind, order in PARTS
    }
    trail = access.find(tx, AuditRow, case_id=case.id, order=("id",))
    for name in ("candidates", "consultations"):  # entries about them name no case
        for row in parts[name]:
            trail += access.find(tx, AuditRow, case_id=None, subject=row.id)
    people = {user.id: user for user in access.find(tx, UserRow)}
    entries = [_entry(entry, people) for entry in sorted(trail, key=lambda entry: entry.id)]
    told: dict[str, Any] = {"format": FORMAT, "exported_at": _plain(now), "case": _row(case)}
    told |= {name: [_row(row) for row in rows] for name, rows in parts.items()}
    told["audit"] = entries
    said = as_json(told)
    told["people"] = {
        user.id: {"login": user.login, "name": user.name, "role": user.role}
        for user in sorted(people.values(), key=lambda user: user.id)
        if json.dumps(user.id) in said
    }
    return told


def _row(row: Any) -> dict[str, Any]:
    named = ((one.name, getattr(row, one.name)) for one in dataclasses.fields(row))
    return {name: _plain(value) for name, value in named if name not in SECRET}


def _entry(entry: AuditRow, people: Mapping[str, UserRow]) -> dict[str, Any]:
    known = {SYSTEM.id: SYSTEM.name, OWNER.id: OWNER.name}
    name = people[entry.who].name if entry.who in people else known.get(entry.who)
    told = _row(entry)
    return {"id": told.pop("id"), "at": told.pop("at"), "who": told.pop("who"), "name": name, **told}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in sorted(value.items())}  # JSONB keeps no order
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


_UNSEEN = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def as_json(told: Mapping[str, Any]) -> str:
    """Readable JSON in which nothing drives a terminal or turns the writing round: such signs are escaped."""
    text = json.dumps(told, ensure_ascii=False, indent=2)
    return _UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)  # they stand only inside of strings
