"""An ask that the draft leaves without an answer, so that the reviewer sees it."""

from __future__ import annotations

from voz.brand import Brand
from voz.case import Case, Finding
from voz.packaged import packaged

NAME = "unanswered"


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Warn once per ask that the writer could not answer, naming the team that can."""
    if case.draft is None or case.draft.reply is None:
        return ()
    end = len(case.draft.reply)
    found = []
    for item in case.draft.unanswered:
        team = brand.team(item.team)
        texts = packaged("texts/findings")["unanswered"]
        detail = texts["missing"].format(ask=item.ask) + (texts["team"].format(team=team.name) if team else "")
        found.append(Finding(check=NAME, severity="warn", start=end, end=end, detail=detail))
    return tuple(found)
