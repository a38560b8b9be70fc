"""A case as a card of the queue: three lines of plain text."""

from __future__ import annotations

import datetime as dt

from voz.pages.visible import visible
from voz.store.rows import CaseRow
from voz.words import Words

SUBJECT = 140


def card(
    case: CaseRow, desk: Words, ui: Words, now: dt.datetime, *, names: dict[str, str], me: str, left: int | None
) -> str:
    """Where it came from and how urgent it is; what it says; who has it. `left`: working days of a claim."""
    who = case.author or case.code
    first = [ui.label("channel", case.channel), who, *_pressing(case, desk, ui, now, left)]
    last = [desk.label("status", case.status)]
    if case.held_by and case.held_until and case.held_until > now:
        last.append(desk("held_mine") if case.held_by == me else desk("held", name=names.get(case.held_by, "?")))
    elif case.assignee:
        last.append(f"→ {names.get(case.assignee, '?')}")
    if case.reach >= 1000:
        last.append(desk("followers", n=_round(case.reach, desk)))
    subject = case.subject if len(case.subject) <= SUBJECT else case.subject[: SUBJECT - 1] + "…"
    return visible("\n".join((" · ".join(first), subject, " · ".join(last))))


def _pressing(case: CaseRow, desk: Words, ui: Words, now: dt.datetime, left: int | None) -> list[str]:
    said = [ui.label("risk", risk).upper() for risk in case.risks]
    if not case.open:
        return said
    if left is not None:
        name = "left.claim" if left > 0 else "left.claim_last" if left == 0 else "left.claim_late"
        said.append(desk(name, n=abs(left)))
    elif case.due_at:
        said.append(time_left(case.due_at - now, desk))
    return said


def time_left(left: dt.timedelta, desk: Words) -> str:
    """«quedan 3 h», «tarde por 2 d»."""
    minutes = abs(int(left.total_seconds() // 60))
    if minutes < 90:
        told = desk("left.minutes", n=minutes)
    elif minutes < 48 * 60:
        told = desk("left.hours", n=round(minutes / 60))
    else:
        told = desk("left.days", n=round(minutes / 1440))
    return desk("left.in" if left.total_seconds() >= 0 else "left.late", left=told)


def _round(number: int, desk: Words) -> str:
    """«2 mil», «1,5 M»: as people of the language write it."""
    if number < 1_000_000:
        return desk("thousands", n=number // 1000)
    return desk("millions", n=f"{number / 1e6:.1f}".replace(".", desk("decimal")))
