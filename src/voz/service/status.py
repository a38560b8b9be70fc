"""Where a case stands, derived from what it holds; `stamped` is the only thing that writes it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Literal, get_args

from voz.store.rows import CaseRow

Status = Literal[
    "received", "drafting", "in_review", "consulting", "approved", "delivered", "closed", "failed"
]  # fmt: skip
STATUSES: tuple[Status, ...] = get_args(Status)
CloseReason = Literal[
    "spam", "duplicate", "answered_elsewhere", "no_answer_needed", "customer_withdrew", "not_ours", "legal_hold"
]  # fmt: skip
CLOSE_REASONS: tuple[CloseReason, ...] = get_args(CloseReason)
"""Why a case may end without a reply; each needs a person's name."""


REOPENED: dict[str, Any] = {"closed_at": None, "closed_by": None, "closed_reason": None, "closed_note": None}
"""What changes in a closed case that waits for an answer again."""


def closing(at: dt.datetime, by: str, reason: str, note: str = "") -> dict[str, Any]:
    """What changes in a case that ends without a reply."""
    return {
        "closed_at": at, "closed_by": by, "closed_reason": reason, "closed_note": note, "reopened_for": None,
        "held_by": None, "held_until": None, "drafting_since": None,
    }  # fmt: skip


def status_of(case: CaseRow) -> Status:
    if case.closed_at:
        return "closed"
    if case.failed_step:
        return "failed"
    if case.reopened_for:
        return "in_review"
    if case.delivered_at:
        return "delivered"
    if case.approved_at:
        return "approved"
    if case.consulting:
        return "consulting"
    if case.drafting_since:
        return "drafting"
    return "in_review" if case.draft_id else "received"


def stamped(case: CaseRow, **changes: Any) -> CaseRow:
    """The case with changes, its status and its place in the queue derived anew, one version on."""
    changed = replace(case, **changes, version=case.version + 1)
    status = status_of(changed)
    return replace(changed, status=status, open=status not in ("delivered", "closed"), priority_at=priority(changed))


FAR = dt.timedelta(days=30)
RISK_HOURS = {"self_harm": 72, "safety": 48, "minors": 48, "press": 36, "legal": 24, "discrimination": 24}
URGENCY_HOURS = {"critical": 48, "high": 12, "normal": 0, "low": -12}


def priority(case: CaseRow) -> dt.datetime:
    """The moment that orders the queue: the first deadline, brought forward by risk, urgency and reach.

    Ten thousand followers bring a case forward as four hours do, a million as six.
    """
    deadlines = [moment for moment in (case.due_at, _end_of(case.term)) if moment]
    first = min(deadlines) if deadlines else case.received_at + FAR
    hours = max((RISK_HOURS.get(risk, 0) for risk in case.risks), default=0)
    hours += URGENCY_HOURS.get(case.urgency or "normal", 0) + min(len(str(max(case.reach, 0))) - 1, 6)
    later = max(case.snoozed_until - case.received_at, dt.timedelta(0)) if case.snoozed_until else dt.timedelta(0)
    return first - dt.timedelta(hours=hours) + later


def _end_of(day: dt.date | None) -> dt.datetime | None:
    return dt.datetime.combine(day, dt.time(23, 59), dt.UTC) if day else None
