"""The claim clock: which terms run for a case, when they end, and how near that is."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from voz.brand import Claims
from voz.case import Frozen
from voz.deadlines.calendar import DAY, WorkCalendar
from voz.deadlines.rules import Applied, ClaimKind, Law, Matter, Rules, applying

State = Literal["off", "running", "warning", "overdue", "paused", "met", "late"]


class Pause(Frozen):
    """A time in which the customer was asked for something without which nobody can answer."""

    since: dt.datetime
    until: dt.datetime | None = Field(default=None, description="when it was complete; None: still waiting")


class Due(Frozen):
    """When one term ends, and where it comes from."""

    law: str
    law_name: str
    source: str
    term: str
    article: str
    says: str
    due: dt.date = Field(description="the last day on which an answer is in time")
    due_at: dt.datetime = Field(description="the instant at which it is too late")
    binding: bool = Field(description="false: in force, but companies still have time to comply")
    paused: bool = Field(default=False, description="waiting for the customer to complete the claim")
    by_the_hour: bool = False


class Clock(Frozen):
    """How a case stands with the law at a moment."""

    state: State = "off"
    received_on: dt.date
    due: dt.date | None = Field(default=None, description="of the term that ends first")
    due_at: dt.datetime | None = None
    terms: tuple[Due, ...] = Field(default=(), description="every term that runs, the one that ends first at the head")
    calendar: WorkCalendar

    @property
    def binding(self) -> bool:
        return bool(self.terms) and self.terms[0].binding

    @property
    def by_the_hour(self) -> bool:
        """Whether the term that ends first is one of hours."""
        return bool(self.terms) and self.terms[0].by_the_hour

    def working_days_left(self, today: dt.date) -> int | None:
        """Working days after today until the due day, which counts: 0 on that day, negative after it. None: off."""
        return None if self.due is None else self.calendar.working_days_between(today, self.due)


def clock(
    received_at: dt.datetime,
    rules: Rules | None,
    calendar: WorkCalendar,
    *,
    now: dt.datetime,
    claims: Claims,
    kind: ClaimKind = "claim",
    matters: tuple[Matter, ...] = (),
    paused: tuple[Pause, ...] = (),
    answered_at: dt.datetime | None = None,
) -> Clock:
    """The clock of a case at `now`; off where no law applies to the company, this kind of message or its day.

    Moments without time zone are local to the calendar. An answer stops the clock: met or late for good.
    """
    received_on = calendar.day_of(received_at)
    found = applying(rules, claims, received_on, kind, matters)
    dues = sorted((_due(received_at, one, calendar, paused) for one in found), key=lambda due: due.due_at)
    if not dues:
        return Clock(received_on=received_on, calendar=calendar)
    first = dues[0]
    return Clock(
        state=_state(first, received_at, calendar, now, answered_at, claims.warn_days),
        received_on=received_on,
        due=first.due,
        due_at=first.due_at,
        terms=tuple(dues),
        calendar=calendar,
    )


def completion_due(asked_at: dt.datetime, law: Law, calendar: WorkCalendar) -> dt.date | None:
    """Until when at least a customer may complete a claim, once asked; None: the law says nothing of it."""
    if law.completion is None:
        return None
    return calendar.plus_working_days(calendar.day_of(asked_at), law.completion.working_days)


def _due(received_at: dt.datetime, applied: Applied, calendar: WorkCalendar, paused: tuple[Pause, ...]) -> Due:
    law, term = applied.law, applied.term
    start = calendar.local(received_at)
    end, waited, waiting = _end(start, applied, calendar), dt.timedelta(), False
    for pause in sorted(paused, key=lambda p: calendar.local(p.since)) if law.completion else ():
        since = calendar.local(pause.since)
        if waiting or since < start or since >= end:
            continue  # asking when the time is up already does not bring it back
        if pause.until is None:
            waiting = True
        elif law.completion and law.completion.restarts:
            start = max(since, calendar.local(pause.until))
            end = _end(start, applied, calendar)
        else:
            waited += max(dt.timedelta(), calendar.local(pause.until) - since)
            end = _end(start, applied, calendar, waited)
    return Due(
        law=law.id,
        law_name=law.name,
        source=law.source,
        term=term.id,
        article=term.article,
        says=term.says,
        due=(end - dt.timedelta(microseconds=1)).date(),
        due_at=end,
        binding=law.binding_on(calendar.day_of(received_at)),
        paused=waiting,
        by_the_hour=term.hours is not None,
    )


def _end(
    start: dt.datetime, applied: Applied, calendar: WorkCalendar, waited: dt.timedelta = dt.timedelta()
) -> dt.datetime:
    """The instant at which the term is over; days are whole and begin on the day after the start."""
    term, day = applied.term, start.date()
    if term.hours is not None:
        instant = start.astimezone(dt.UTC) + dt.timedelta(hours=term.hours) + waited
        return calendar.local(instant)
    last = calendar.plus_working_days(day, term.working_days) if term.working_days else day + DAY * (term.days or 0)
    return calendar.end_of(last + DAY * -(-waited // DAY))


def _state(
    first: Due,
    received_at: dt.datetime,
    calendar: WorkCalendar,
    now: dt.datetime,
    answered_at: dt.datetime | None,
    warn_days: int,
) -> State:
    if answered_at is not None:
        return "met" if calendar.local(answered_at) < first.due_at else "late"
    moment = calendar.local(now)
    if first.paused:
        return "paused"
    if moment >= first.due_at:
        return "overdue"
    if first.by_the_hour:
        half = (first.due_at - calendar.local(received_at)) / 2
        return "warning" if moment >= first.due_at - half else "running"
    left = calendar.working_days_between(moment.date(), first.due)
    return "warning" if left <= warn_days else "running"
