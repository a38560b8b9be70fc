"""The deadlines of a case: the company's own targets, and the law's terms for claims where they apply."""

from __future__ import annotations

import datetime as dt
from typing import Any

from voz.case import Message, Triage
from voz.deadlines.calendar import WorkCalendar, calendar_for
from voz.deadlines.claims import ClaimReason, is_claim
from voz.deadlines.clock import Clock
from voz.deadlines.clock import clock as law_clock
from voz.deadlines.person import wants_person
from voz.deadlines.rules import load_rules
from voz.deadlines.targets import desk_calendar, facts_of, first_answer_due
from voz.service.service import Service
from voz.store.rows import CaseRow

PERSON = "person"
"""The route of a case whose customer asks for a person: no draft answers that by itself."""
CORRECTED = "corrected:"
"""How `claim_reason` begins once a person has said what the case is: voz no longer changes it."""


def deadlines(service: Service, case: CaseRow, message: Message, triage: Triage) -> dict[str, Any]:
    """What the case keeps of them: claim or query, its legal term, the target, and whether a person is wanted."""
    brand = service.desk.brand
    facts = facts_of(message, triage)
    due = first_answer_due(facts, brand.sla, case.received_at, desk_calendar(brand))
    found: dict[str, Any] = {"due_at": due.astimezone(dt.UTC) if due else None, "wants_person": wants_person(message)}
    if found["wants_person"] and case.route != "escalate":
        found["route"] = PERSON
    if not case.claim_reason.startswith(CORRECTED):
        reading = is_claim(message, triage)
        found |= {"claim": reading.kind == "claim", "claim_reason": "; ".join(map(_told, reading.reasons))}
    claim = found.get("claim", case.claim)
    found["claim_due"] = claim_due(service, case) if claim else None
    return found


def _told(reason: ClaimReason) -> str:
    return f"{reason.code}: {', '.join(reason.words)}" if reason.words else reason.code


def claim_clock(service: Service, case: CaseRow) -> Clock:
    """How a case stands with the law now; off where no law applies. The first message of the case starts it."""
    brand = service.desk.brand
    country = brand.sla.claims.country or brand.voice.country
    return law_clock(
        case.opened_at, load_rules(country), _calendar(service), now=service.now(), claims=brand.sla.claims,
        kind="claim" if case.claim else "query", answered_at=case.answered_at,
    )  # fmt: skip


def claim_due(service: Service, case: CaseRow) -> dt.date | None:
    """The last day on which the law takes an answer as being in time; None where no law sets one."""
    brand = service.desk.brand
    country = brand.sla.claims.country or brand.voice.country
    return law_clock(
        case.opened_at, load_rules(country), _calendar(service), now=service.now(), claims=brand.sla.claims
    ).due


def _calendar(service: Service) -> WorkCalendar:
    return calendar_for(service.desk.brand)
