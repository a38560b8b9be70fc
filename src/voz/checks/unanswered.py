"""An ask that the draft leaves without an answer, so that the reviewer sees it."""

from __future__ import annotations

from voz.brand import Brand
from voz.case import Case, Finding
from voz.findings import found

NAME = "unanswered"


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Warn once per ask that the writer could not answer, naming the team that can."""
    if case.draft is None or case.draft.reply is None:
        return ()
    end = len(case.draft.reply)
    made = []
    for item in case.draft.unanswered:
        team = brand.team(item.team)
        key, known = ("missing_team", {"team": team.name}) if team else ("missing", {})
        made.append(found(NAME, "warn", end, end, f"{NAME}.{key}", ask=item.ask, **known))
    return tuple(made)
