"""Reading a case and writing it back, so that nobody's change is lost."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from voz.case import Case
from voz.deadlines.calendar import calendar_for
from voz.errors import Conflict
from voz.service import events, trail
from voz.service.actor import Actor
from voz.service.refusals import missing, refuse
from voz.service.service import Service
from voz.service.status import stamped
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.rows import CaseRow, DeliveryRow, DraftHead, DraftRow, MessageRow, UserRow


def case_of(tx: Tx, case_id: str, *, lock: bool = False) -> CaseRow:
    """Raises NotFound."""
    case = access.get(tx, CaseRow, case_id, lock=lock)
    if case is None:
        raise missing("no_case", id=case_id)
    return case


def for_change(tx: Tx, case_id: str, version: int | None) -> CaseRow:
    """The case, locked, as long as it is still the version that somebody saw.

    Raises Conflict, saying who changed what since then.
    """
    case = case_of(tx, case_id, lock=True)
    if version is not None and case.version != version:
        entries = trail.since(tx, case_id, version)
        names = {row.id: row.name for row in access.find(tx, UserRow)}
        told = tuple(f"{names.get(entry.who, entry.who)}: {entry.action}" for entry in entries)
        raise Conflict(
            f"The case has changed since it was opened (version {version}, now {case.version}): "
            f"{'; '.join(told) or 'see its history'}.",
            told,
        )
    return case


def free_for(tx: Tx, service: Service, actor: Actor, case: CaseRow) -> None:
    """Raises Refused while somebody else holds the case."""
    if case.held_by in (None, actor.id) or not case.held_until or case.held_until <= service.now():
        return
    user = access.get(tx, UserRow, case.held_by)
    until = calendar_for(service.desk.brand).local(case.held_until)
    raise refuse("held", name=user.name if user else case.held_by, until=f"{until:%H:%M}")


def save(
    tx: Tx, service: Service, actor: Actor, case: CaseRow, action: str, *, subject: str = "", before: Any = None,
    after: Any = None, **changes: Any,
) -> CaseRow:  # fmt: skip
    """The case with `changes`, its status derived anew, written with its entry in the audit trail."""
    changed = stamped(case, **changes)
    values = {field.name: getattr(changed, field.name) for field in fields(changed) if field.name != "id"}
    different = {name: value for name, value in values.items() if value != getattr(case, name)}
    access.change(tx, CaseRow, case.id, **different)
    trail.record(tx, service, actor, action, changed, subject=subject, before=before, after=after)
    events.tell(tx, service, action, case, changed, subject)
    return changed


def unsettled(tx: Tx, case_id: str, *, but: str = "") -> dict[str, Any]:
    """How a case has failed that nothing but a person's answer mends: nobody knows whether a reply is out."""
    asked = access.find(tx, DeliveryRow, case_id=case_id, state="uncertain", order=("created_at", "id"))
    first = next((one for one in asked if one.id != but), None)
    return {"failed_step": "deliver" if first else None, "failure": first.error if first else None}


def call_off(tx: Tx, service: Service, delivery: DeliveryRow, state: str, why: str) -> None:
    """Nobody sends it any more: its job is taken back, unless it has begun."""
    access.change(tx, DeliveryRow, delivery.id, state=state, error=why)
    jobs.cancel(tx, service.now(), case_id=delivery.case_id, kind=jobs.APPROVED, ref=delivery.id)


def conversation(tx: Tx, case_id: str) -> list[MessageRow]:
    """Every message of the case, oldest first."""
    return access.find(tx, MessageRow, case_id=case_id, order=("at", "stored_at", "id"))


def latest_draft(tx: Tx, case: CaseRow) -> DraftRow | None:
    return access.get(tx, DraftRow, case.draft_id) if case.draft_id else None


def latest_head(tx: Tx, case: CaseRow) -> DraftHead | None:
    """The latest draft without its evidence."""
    return access.get(tx, DraftHead, case.draft_id) if case.draft_id else None


def stored(case: Case) -> dict[str, Any]:
    """A pipeline case as it is kept; what can be read from the library again is left out."""
    return case.model_dump(mode="json", exclude={"known"})


def restored(body: dict[str, Any]) -> Case:
    return Case.model_validate(body)
