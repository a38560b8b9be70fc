"""The deadlines of a case: the company's own targets, and the law's terms for claims where they apply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from voz.case import Message, Triage
from voz.deadlines.calendar import calendar_for
from voz.deadlines.claims import ClaimReason, is_claim
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


def deadlines(service: Service, case: CaseRow, message: Message, triage: Triage) -> dict[str, Any]:
    """What the case keeps of them: claim or query, its legal term, the target, and whether a person is wanted."""
    brand = service.desk.brand
    facts = facts_of(message, triage)
    due = first_answer_due(facts, brand.sla, case.received_at, calendar_for(brand))
    found: dict[str, Any] = {"due_at": due.astimezone(dt.UTC) if due else None, "wants_person": wants_person(message)}
    if found["wants_person"] and case.route != "escalate":
        found["route"] = PERSON
    matters: Sequence[Matter] = ()
    if not case.claim_reason.startswith(CORRECTED):
        reading = is_claim(message, triage)
        found |= {"claim": reading.kind == "claim", "claim_reason": "; ".join(map(_told, reading.reasons))}
        matters = reading.matters
    claim = found.get("claim", case.claim)
    found["claim_due"] = claim_clock(service, case, matters).due if claim else None
    return found


def _told(reason: ClaimReason) -> str:
    return f"{reason.code}: {', '.join(reason.words)}" if reason.words else reason.code


def claim_clock(service: Service, case: CaseRow, matters: Sequence[Matter] = ()) -> Clock:
    """How a case stands with the law as a claim; off where no law applies. The first message of the case starts it.

    `matters`: what it is about where the law has terms of its own for that, such as bills.
    """
    brand = service.desk.brand
    return law_clock(
        case.opened_at, rules_for(brand), calendar_for(brand), now=service.now(), claims=brand.sla.claims,
        matters=tuple(matters), answered_at=case.answered_at,
    )  # fmt: skip


def working_days_left(service: Service, case: CaseRow) -> int | None:
    """Working days after today until the last one on which an answer is in time; None where the law sets none."""
    if not case.claim or case.claim_due is None:
        return None
    calendar = calendar_for(service.desk.brand)
    return calendar.working_days_between(calendar.day_of(service.now()), case.claim_due)
