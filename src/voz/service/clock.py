"""The deadlines of a case: the company's own targets, and the law's terms for claims where they apply."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, get_args

from voz.brand import Brand
from voz.case import Message, Triage
from voz.deadlines.calendar import calendar_for
from voz.deadlines.claims import ClaimReading, ClaimReason, is_claim
from voz.deadlines.clock import Clock
from voz.deadlines.clock import clock as law_clock
from voz.deadlines.person import wants_person
from voz.deadlines.rules import Matter, rules_for
from voz.deadlines.targets import facts_of, first_answer_due
from voz.service.service import Service
from voz.store.rows import CaseRow

PERSON = "person"
"""The route of a case whose customer asks for a person: no draft answers that by itself."""
CORRECTED = "corrected:"
"""How `claim_reason` begins once a person has said what the case is: voz no longer changes it."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """All that a message says of how urgent it is: to be made before a lock that others wait for."""

    triage: Triage
    claim: ClaimReading
    wants_person: bool


def reading(message: Message, triage: Triage) -> Reading:
    return Reading(triage, is_claim(message, triage), wants_person(message))


def deadlines(service: Service, case: CaseRow, message: Message, read: Reading) -> dict[str, Any]:
    """What the case keeps of them: claim or query, its legal term, the target, and whether a person is wanted."""
    brand = service.desk.brand
    due = first_answer_due(facts_of(message, read.triage), brand.sla, case.received_at, calendar_for(brand))
    found: dict[str, Any] = {"wants_person": read.wants_person}
    if found["wants_person"] and case.route != "escalate":
        found["route"] = PERSON
    found |= _claim(case, read.claim, message.received_at or case.received_at)
    running = claim_clock(dataclasses.replace(case, **found), brand, service.now())
    if found.get("claim_answered_at", case.claim_answered_at) is None:
        found["claim_due"] = running.due
        if running.by_the_hour and running.due_at:  # a term of hours ends at an instant, as a target does
            due = min(due or running.due_at, running.due_at)
    return {**found, "due_at": due.astimezone(dt.UTC) if due else None}


def _claim(case: CaseRow, reading: ClaimReading, at: dt.datetime) -> dict[str, Any]:
    """Whether the case is a claim, and from when its term runs.

    What nobody has answered yet stays what it is, and its term goes on, whatever the customer adds to it. A claim
    starts the term with its own message; what was answered before does not count for it. One that was answered keeps
    its record until the next.
    """
    claims = reading.kind == "claim"
    told = "; ".join(map(_told, reading.reasons))
    waiting = case.claim_from is not None and case.claim_answered_at is None and case.closed_at is None
    if not waiting:
        if case.claim and not claims:
            return {}
        return {"claim": claims, "claim_reason": told, "claim_from": at, "claim_matters": reading.matters,
                "claim_answered_at": None}  # fmt: skip
    matters = tuple(dict.fromkeys((*case.claim_matters, *reading.matters)))
    if case.claim_reason.startswith(CORRECTED) or (case.claim and not claims):
        return {"claim_matters": matters}
    start = at if claims and not case.claim else case.claim_from
    return {"claim": claims, "claim_reason": told, "claim_from": start, "claim_matters": matters}


def _told(reason: ClaimReason) -> str:
    return f"{reason.code}: {', '.join(reason.words)}" if reason.words else reason.code


def claim_clock(case: CaseRow, brand: Brand, now: dt.datetime) -> Clock:
    """How a case stands with the law, as a claim or as a query; off where no law applies."""
    return law_clock(
        case.claim_from or case.opened_at, rules_for(brand), calendar_for(brand), now=now,
        claims=brand.sla.claims, kind="claim" if case.claim else "query", matters=matters_of(case),
        answered_at=case.claim_answered_at,
    )  # fmt: skip


def matters_of(case: CaseRow) -> tuple[Matter, ...]:
    """What it is about where the law has terms of its own for that, such as bills."""
    return tuple(matter for matter in get_args(Matter) if matter in case.claim_matters)


def legal_end(service: Service, case: CaseRow) -> dt.datetime | None:
    """The instant at which the law's term for what waits is over; None where there is none."""
    return claim_clock(case, service.desk.brand, service.now()).due_at if case.term else None


def working_days_left(service: Service, case: CaseRow) -> int | None:
    """Working days after today until the last one on which a claim is answered in time; None where there is none."""
    if not case.claim or case.term is None:
        return None
    calendar = calendar_for(service.desk.brand)
    return calendar.working_days_between(calendar.day_of(service.now()), case.term)
