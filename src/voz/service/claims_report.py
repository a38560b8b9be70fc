"""The audit evidence of claims: opened, answered, in how many working days, in which language, and whether in time.

Counted law by law, as `voz.deadlines` reads them. No legal advice.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import get_args

from voz.brand import Brand
from voz.deadlines.calendar import WorkCalendar, calendar_for
from voz.deadlines.claims import ReasonCode
from voz.deadlines.clock import Clock, Due, State
from voz.deadlines.rules import Rules, load_rules
from voz.service.clock import claim_clock
from voz.service.period import Period
from voz.store import reporting
from voz.store.database import Database
from voz.store.rows import CaseRow

CODES: tuple[str, ...] = get_args(ReasonCode)
CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class ClaimTerm:
    """How one claim stands with one law."""

    law: str
    term: str
    article: str
    due: dt.date
    binding: bool
    """False: the law is in force, but companies still have time to comply."""
    state: State


@dataclass(frozen=True, slots=True)
class Claim:
    id: str
    code: str
    opened: dt.date
    channel: str
    language: str | None
    reasons: tuple[str, ...]
    """Why it is a claim: codes, without the customer's words."""
    topics: tuple[str, ...]
    answered: dt.date | None
    closed: dt.date | None
    """When it was closed without a reply."""
    closed_reason: str | None
    open: bool
    working_days: int | None
    """From the day after it came to its first answer; None: not answered."""
    terms: tuple[ClaimTerm, ...]

    @property
    def state(self) -> State:
        """Of the term that ends first; off where no law sets one."""
        return self.terms[0].state if self.terms else "off"


@dataclass(frozen=True)
class LawFigures:
    law: str
    name: str
    source: str
    opened: int
    answered: int
    closed: int
    open: int
    in_time: int
    late: int
    overdue: int
    """Open, and the term is over."""
    not_binding: int
    """Opened while the law was in force and companies still had time to comply."""
    days_mean: float | None
    days_median: float | None
    days_most: int | None

    @property
    def share_in_time(self) -> float | None:
        """Of the claims whose term is decided: answered, or over without an answer; None: there are none yet."""
        decided = self.in_time + self.late + self.overdue
        return self.in_time / decided if decided else None


NO_LAW = ""


@dataclass(frozen=True)
class Claims:
    period: Period
    country: str
    no_legal_advice: str
    """What the file of rules says of itself; empty where there is none for the country."""
    calendar_known: bool
    claims: tuple[Claim, ...]
    laws: tuple[LawFigures, ...]
    """One for each law with a claim; the last, without a name, for claims to which no law gives a term."""
    languages: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    topics: tuple[tuple[str, int], ...]


def claims(database: Database, brand: Brand, period: Period, now: dt.datetime) -> Claims:
    """Every claim that was opened in the period."""
    country = brand.sla.claims.country or brand.voice.country
    rules, calendar = load_rules(country), calendar_for(brand)
    with database.read() as tx:
        found = reporting.opened(tx, period.start(), period.end(now), claims=True)
    told = tuple(_claim(case, brand, calendar, now) for case in found)
    return Claims(
        period=period,
        country=country,
        no_legal_advice=rules.no_legal_advice if rules else "",
        calendar_known=calendar.known,
        claims=told,
        laws=_by_law(told, rules),
        languages=_counted([one.language or ""] for one in told),
        reasons=_counted(one.reasons for one in told),
        topics=_counted(one.topics for one in told),
    )


def _claim(case: CaseRow, brand: Brand, calendar: WorkCalendar, now: dt.datetime) -> Claim:
    opened = calendar.day_of(case.claim_from or case.opened_at)
    answered = calendar.day_of(case.claim_answered_at) if case.claim_answered_at else None
    return Claim(
        id=case.id, code=case.code, opened=opened, channel=case.channel, language=case.language,
        reasons=reason_codes(case.claim_reason), topics=case.topics, answered=answered,
        closed=calendar.day_of(case.closed_at) if case.closed_at else None, closed_reason=case.closed_reason,
        open=case.open, working_days=calendar.working_days_between(opened, answered) if answered else None,
        terms=_terms(case, claim_clock(case, brand, now), calendar, now),
    )  # fmt: skip


def _terms(case: CaseRow, found: Clock, calendar: WorkCalendar, now: dt.datetime) -> tuple[ClaimTerm, ...]:
    return tuple(
        ClaimTerm(due.law, due.term, due.article, due.due, due.binding, _state(case, due, found, calendar, now))
        for due in found.terms
    )


def _state(case: CaseRow, due: Due, found: Clock, calendar: WorkCalendar, now: dt.datetime) -> State:
    if case.claim_answered_at is not None:
        return "met" if calendar.local(case.claim_answered_at) < due.due_at else "late"
    if not case.open:
        return "off"
    if calendar.local(now) >= due.due_at:
        return "overdue"
    return found.state if due == found.terms[0] else "running"


def reason_codes(claim_reason: str) -> tuple[str, ...]:
    """The codes in a stored reason (`fault: …; redress: …`); whatever else it says is the customer's."""
    heads = (part.split(":")[0].strip() for part in claim_reason.split(";"))
    return tuple(dict.fromkeys(head for head in heads if head in CODES or head == CORRECTED))


def _by_law(told: tuple[Claim, ...], rules: Rules | None) -> tuple[LawFigures, ...]:
    found = []
    for law in rules.laws if rules else ():
        own = [(one, term) for one in told for term in one.terms if term.law == law.id]
        if own:
            found.append(_figures(law.id, law.name, law.source, own))
    free: list[tuple[Claim, ClaimTerm | None]] = [(one, None) for one in told if not one.terms]
    return (*found, *([_figures(NO_LAW, "", "", free)] if free else []))


def _figures(law: str, name: str, source: str, own: Sequence[tuple[Claim, ClaimTerm | None]]) -> LawFigures:
    states = Counter(term.state for _, term in own if term)
    days = [one.working_days for one, _ in own if one.working_days is not None]
    return LawFigures(
        law=law, name=name, source=source, opened=len(own), answered=len(days),
        closed=sum(one.answered is None and one.closed is not None for one, _ in own),
        open=sum(one.answered is None and one.open for one, _ in own), in_time=states["met"], late=states["late"],
        overdue=states["overdue"], not_binding=sum(term is not None and not term.binding for _, term in own),
        days_mean=mean(days) if days else None,
        days_median=float(median(days)) if days else None, days_most=max(days, default=None),
    )  # fmt: skip


def _counted(groups: Iterable[Iterable[str]]) -> tuple[tuple[str, int], ...]:
    """How often each word stands, the most frequent first."""
    counts = Counter(word for group in groups for word in group)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
