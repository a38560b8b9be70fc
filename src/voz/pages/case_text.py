"""A case as the desk tells it: plain pieces of text with a tone, never markup."""

from __future__ import annotations

import datetime as dt

from voz.brand import Brand
from voz.channels import length
from voz.pages.desk_words import moment
from voz.pages.queue_view import time_left
from voz.pages.visible import visible
from voz.service.review import Judged, awaits_a_person
from voz.service.view import CaseView
from voz.store.rows import CommitmentRow, ConsultationRow
from voz.words import Words

Pieces = list[tuple[str, str | None]]
SHOWN_CHARS = 6_000
"""So much of one message is shown at once; a letter of 100,000 characters would freeze the page."""


def conversation(view: CaseView, desk: Words, now: dt.datetime, zone: str) -> Pieces:
    """Who said what and when, oldest first."""
    pieces: Pieces = []
    for message in view.messages:
        who = (message.author or view.case.author or view.case.code) if message.incoming else desk("case.company")
        text = message.text if len(message.text) <= SHOWN_CHARS else message.text[:SHOWN_CHARS] + " […]"
        tone = "source" if message.incoming else "plain"
        pieces += [(f"{visible(who)} · {moment(message.at, desk, zone, now)}", tone), (f"\n{visible(text)}\n\n", None)]
    return pieces


def standing(view: CaseView, desk: Words, now: dt.datetime, zone: str) -> tuple[str, str]:
    """One line on where the case stands and what to do next, and its tone."""
    case = view.case
    lost = next((one for one in view.deliveries if one.state == "uncertain"), None)
    if lost is not None and not case.closed_at:
        return desk("case.uncertain", reason=lost.error), "block"
    if case.failed_step:
        return desk("case.failed", step=case.failed_step, reason=case.failure or ""), "block"
    if case.closed_at:
        who = view.names.get(case.closed_by or "", case.closed_by or "")
        why = desk.label("close_reasons", case.closed_reason or "")
        when = moment(case.closed_at, desk, zone, now)
        return desk("case.closed", name=who, when=when, reason=why, note=case.closed_note or ""), "none"
    if case.reopened_for:
        return desk("case.overdue_promise"), "warn"
    if case.delivered_at:
        return desk("case.answered", when=moment(case.delivered_at, desk, zone, now)), "good"
    if case.approved_at:
        tried = next((one.error for one in view.deliveries if one.state in ("waiting", "sending") and one.error), "")
        if tried:
            return desk("case.trying", reason=tried), "warn"
        by_hand = any(awaits_a_person(one) for one in view.deliveries)
        return desk("case.by_hand" if by_hand else "case.going"), "good"
    if case.drafting_since or not case.draft_id:
        return desk("case.writing"), "warn"
    if case.wants_person:
        return desk("case.person"), "warn"
    if case.snoozed_until and case.snoozed_until > now:
        return desk("case.snoozed", when=moment(case.snoozed_until, desk, zone, now)), "none"
    return desk.label("status", case.status), "none"


def heading(view: CaseView, desk: Words, now: dt.datetime, left: int | None) -> Pieces:
    """Code, deadlines, who holds it."""
    case = view.case
    pieces: Pieces = [(desk("case.code", code=case.code), "plain")]
    if case.open and case.due_at:
        late = case.due_at < now
        pieces.append((time_left(case.due_at - now, desk), "strong" if late else "plain"))
    if case.open and left is not None:
        name = "left.claim" if left > 0 else "left.claim_last" if left == 0 else "left.claim_late"
        pieces.append((desk(name, n=abs(left)), "strong" if left < 0 else "mild" if left <= 3 else "plain"))
    if case.held_by and case.held_until and case.held_until > now:
        pieces.append((desk("held", name=view.names.get(case.held_by, case.held_by)), "mild"))
    return pieces


def verdict(seen: Judged, text: str, desk: Words) -> tuple[str, str]:
    """Whether this person may approve the text as it stands, who could, and how much room is left."""
    used, limit, unit = length(text, seen.case.message.channel)
    room_left = ""
    if limit is not None and unit != "segments" and (limit <= 1_000 or used > 0.7 * limit):
        room_left = desk("case.chars" if used <= limit else "case.chars_over", n=abs(limit - used))
    if not seen.stops:
        return desk("case.ready", left=room_left).strip(), "good"
    told = desk("case.stopped", why=" ".join(seen.stops))
    if seen.could:
        told += " " + desk("case.pass", roles=", ".join(desk.label("roles", role) for role in seen.could))
    return f"{told} {room_left}".strip(), "block"


def consulted(rows: tuple[ConsultationRow, ...], desk: Words, brand: Brand) -> Pieces:
    pieces: Pieces = []
    for row in rows:
        team = brand.team(row.team)
        name = team.name if team else row.team
        pieces.append((desk("case.consult_waiting", team=name, question=row.question) + "\n", "mild"))
        if row.answer:
            said = desk("case.consult_answered", name=row.answered_by or "", team=name, answer=row.answer)
            pieces.append((visible(said) + "\n", "source"))
    return pieces


def promised(rows: tuple[CommitmentRow, ...], desk: Words, today: dt.date) -> Pieces:
    pieces: Pieces = []
    for row in rows:
        due = row.due_on.strftime(desk("day")) if row.due_on else ""
        tone = "plain" if row.done_at else "strong" if row.due_on and row.due_on < today else "mild"
        state = f" · {desk('case.kept')}" if row.done_at else ""
        pieces.append((f"{due} {row.text}{state}".strip() + "\n", tone))
    return pieces


def history(view: CaseView, desk: Words, now: dt.datetime, zone: str) -> str:
    """The trail, newest first, one line an entry."""
    lines = []
    for entry in reversed(view.trail):
        who = view.names.get(entry.who, entry.who)
        after = entry.after if isinstance(entry.after, dict) else {}
        to = f"→ {view.names[after['assignee']]}" if after.get("assignee") in view.names else ""
        more = " ".join(filter(None, (to, after.get("wish") or after.get("reason"))))
        what = desk.label("actions", entry.action)
        lines.append(f"{moment(entry.at, desk, zone, now)} · {who}: {what}" + (f" ({more})" if more else ""))
    return "\n".join(lines)
