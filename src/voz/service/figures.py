"""The figures of the desk over time, ready to be plotted or written as CSV; counted by the database itself."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from voz.service.period import BEGINNING, DAY, Period
from voz.store import figures as count
from voz.store.database import Database, Tx
from voz.store.figures import Span, Step
from voz.store.queue import counts as queue_counts
from voz.store.reporting import hold_still

By = Literal["all", "kind", "channel", "language", "topic"]
Wait = Literal["first_draft", "first_answer"]
WAITS: tuple[tuple[Wait, Literal["drafted_at", "answered_at"]], ...] = (
    ("first_draft", "drafted_at"),
    ("first_answer", "answered_at"),
)
MEDIAN, NINETIETH = 0.5, 0.9
RECENT, BEFORE = 7, 28
"""Days that a topic is looked at, and the days before them that it is held against."""
SHOWN_GAPS = 50


@dataclass(frozen=True, slots=True)
class Volume:
    """Cases that were opened on a day, or in the week of a Monday."""

    start: dt.date
    by: By
    value: str
    """The kind, channel …; empty where it is not known yet, and for `all`."""
    cases: int


@dataclass(frozen=True, slots=True)
class Times:
    """How long cases opened then waited, of those that waited no longer."""

    what: Wait
    start: dt.date | None
    """None: the whole period."""
    cases: int
    median: dt.timedelta
    p90: dt.timedelta


@dataclass(frozen=True, slots=True)
class Approvals:
    """What people did with the drafts that they approved then; approvals taken back do not count."""

    start: dt.date | None
    """None: the whole period."""
    approved: int
    unchanged: int
    distance: float
    """Mean share of the draft's words that were changed, 0 to 1."""
    overrides: int

    @property
    def share_unchanged(self) -> float:
        return self.unchanged / self.approved


@dataclass(frozen=True, slots=True)
class Gap:
    """What the knowledge lacks: asks that the latest drafts had to leave unanswered."""

    by: Literal["team", "topic"]
    value: str
    """Id of the team, or the topic of the case; empty: no team was named."""
    asks: int
    cases: int


@dataclass(frozen=True, slots=True)
class MissingAnswer:
    code: str
    opened_at: dt.datetime
    ask: str
    """In the customer's words: personal data, shown as text and to people who may see cases."""
    team: str | None


@dataclass(frozen=True, slots=True)
class Rising:
    """A topic that comes up more often than it did, beyond what chance would explain."""

    topic: str
    recent: int
    """Cases of the last 7 days."""
    before: int
    expected: float
    """Cases that 7 days had before."""
    chance: float
    """How likely so many are if nothing has changed."""


@dataclass(frozen=True)
class Figures:
    first: dt.date
    last: dt.date
    step: Step
    zone: str
    received: int
    volume: tuple[Volume, ...]
    """By start, then by what, then the value; days without cases are left out."""
    times: tuple[Times, ...]
    approvals: tuple[Approvals, ...]
    gaps: tuple[Gap, ...]
    """The most asked at the head."""
    missing: tuple[MissingAnswer, ...]
    """The newest, at most SHOWN_GAPS."""
    rising: tuple[Rising, ...]
    """Whatever the period: as of now."""
    overdue_commitments: int
    """As of now."""
    waiting: dict[str, int]
    """Open cases by status, and `overdue`, as of now."""


def figures(database: Database, period: Period, now: dt.datetime, step: Step = "day") -> Figures:
    """The figures of a period; an open beginning starts with the first case."""
    with database.read() as tx:
        hold_still(tx)
        begin = count.first_opened(tx)
        start = max(period.start(), begin or now) if period.first is None else period.start()
        span = Span(start, max(period.end(now), start), period.zone, step)
        volume = _volume(tx, span)
        return Figures(
            first=period.first or period.day_of(start),
            last=min(period.last or period.day_of(now), period.day_of(now)),
            step=step,
            zone=period.zone,
            received=sum(one.cases for one in volume if one.by == "all"),
            volume=volume,
            times=_times(tx, span),
            approvals=_approvals(tx, span),
            gaps=_gaps(tx, span),
            missing=tuple(MissingAnswer(*row) for row in count.latest_gaps(tx, span, SHOWN_GAPS)),
            rising=rising(tx, period, now, begin or BEGINNING),
            overdue_commitments=count.overdue_commitments(tx, period.day_of(now)),
            waiting=queue_counts(tx, now),
        )


def _volume(tx: Tx, span: Span) -> tuple[Volume, ...]:
    found: Counter[tuple[str, By, str]] = Counter()
    for start, kind, channel, language, number in count.volume(tx, span):
        by: tuple[tuple[By, str | None], ...] = (("all", ""), ("kind", kind), ("channel", channel),
                                                 ("language", language))  # fmt: skip
        for what, value in by:
            found[start, what, value or ""] += number
    for start, topic, number in count.topics(tx, span):
        found[start, "topic", topic] += number
    return tuple(Volume(dt.date.fromisoformat(start), by, value, n) for (start, by, value), n in sorted(found.items()))


def _times(tx: Tx, span: Span) -> tuple[Times, ...]:
    found = []
    for what, column in WAITS:
        for by_step in (False, True):
            for start, number, (middle, high) in sorted(
                count.waits(tx, span, column, (MEDIAN, NINETIETH), by_step=by_step), key=lambda row: row[0] or ""
            ):
                found.append(Times(what, _day(start), number, _lasting(middle), _lasting(high)))
    return tuple(found)


def _lasting(seconds: float) -> dt.timedelta:
    return dt.timedelta(seconds=round(seconds))


def _approvals(tx: Tx, span: Span) -> tuple[Approvals, ...]:
    rows = [row for by_step in (False, True) for row in count.approvals(tx, span, by_step=by_step)]
    rows.sort(key=lambda row: row[0] or "")
    return tuple(Approvals(_day(start), n, kept, round(far, 4), over) for start, n, kept, far, over in rows)


def _day(start: str | None) -> dt.date | None:
    return dt.date.fromisoformat(start) if start else None


def _gaps(tx: Tx, span: Span) -> tuple[Gap, ...]:
    found = [Gap("team", team or "", asks, cases) for team, asks, cases in count.gaps_by_team(tx, span)]
    found += [Gap("topic", topic, asks, cases) for topic, asks, cases in count.gaps_by_topic(tx, span)]
    return tuple(sorted(found, key=lambda gap: (gap.by, -gap.asks, gap.value)))


LEAST, TIMES_MORE, CHANCE, LEAST_DAYS = 5, 1.5, 0.01, 7


def rising(tx: Tx, period: Period, now: dt.datetime, begin: dt.datetime) -> tuple[Rising, ...]:
    """The topics of the last 7 days that come up more than in the 28 before, the least likely by chance first.

    A company that has used voz for fewer than 7 days before has nothing to compare with: nothing rises.
    """
    since = now - DAY * RECENT
    before = max(since - DAY * BEFORE, begin)
    days = (since - before) / DAY
    if days < LEAST_DAYS:
        return ()
    recent = count.topic_counts(tx, since, now + dt.timedelta(microseconds=1))
    earlier = count.topic_counts(tx, before, since)
    found = [
        one
        for topic, number in recent.items()
        if (one := risen(topic, number, earlier.get(topic, 0), days, looked_at=len(recent)))
    ]
    return tuple(sorted(found, key=lambda one: (one.chance, -one.recent, one.topic)))


def risen(topic: str, recent: int, before: int, days: float, *, looked_at: int = 1) -> Rising | None:
    """Whether `recent` cases in 7 days are more than `before` cases in `days` would explain.

    Were the topic as frequent as before, each of its cases would fall into the recent days with chance 7/(7+days). At
    least 5 cases, half as many again as expected, and less than one chance in a hundred for all topics looked at.
    """
    expected = before * RECENT / days
    if recent < LEAST or recent < TIMES_MORE * expected:
        return None
    chance = at_least(recent, recent + before, RECENT / (RECENT + days))
    return Rising(topic, recent, before, round(expected, 2), chance) if chance * looked_at < CHANCE else None


def at_least(hits: int, tries: int, share: float) -> float:
    """The chance of `hits` or more among `tries`, each with this chance: the tail of the binomial distribution."""
    from math import exp, lgamma, log

    if hits <= 0:
        return 1.0
    whole = lgamma(tries + 1)
    terms = (
        whole - lgamma(k + 1) - lgamma(tries - k + 1) + k * log(share) + (tries - k) * log(1 - share)
        for k in range(hits, tries + 1)
    )
    return min(1.0, sum(exp(term) for term in terms))


Cell = str | int | float
HEADER: tuple[str, ...] = ("figure", "start", "by", "value", "number", "of")


def csv_rows(found: Figures) -> Iterator[tuple[Cell, ...]]:
    """The figures as rows of one table, the header first; `of` says how many cases a number rests on.

    Times are hours. Asks in customers' words are left out.
    """
    yield HEADER
    for one in found.volume:
        yield "cases", one.start.isoformat(), one.by, one.value, one.cases, one.cases
    for wait in found.times:
        start = _start(wait.start)
        for name, lasting in (("median", wait.median), ("p90", wait.p90)):
            yield f"hours_to_{wait.what}", start, "", name, round(lasting.total_seconds() / 3600, 3), wait.cases
    for did in found.approvals:
        start = _start(did.start)
        yield "share_approved_unchanged", start, "", "", round(did.share_unchanged, 4), did.approved
        yield "mean_edit_distance", start, "", "", did.distance, did.approved
        yield "overrides", start, "", "", did.overrides, did.approved
    for gap in found.gaps:
        yield "unanswered_asks", "", gap.by, gap.value, gap.asks, gap.cases
    for topic in found.rising:
        yield "rising_topic", "", "topic", topic.topic, topic.recent, topic.before
    yield "overdue_commitments", "", "", "", found.overdue_commitments, found.overdue_commitments
    for status, number in sorted(found.waiting.items()):
        yield "open_cases", "", "status", status, number, number


def _start(start: dt.date | None) -> str:
    return start.isoformat() if start else ""
