"""Figures counted by the database itself, on SQLite and on PostgreSQL alike, so that many cases stay quick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, String, and_, case, cast, func, select, true
from sqlalchemy.dialects.postgresql import JSONB

from voz.store.database import Tx
from voz.store.schema import cases, commitments, decisions, drafts

Step = Literal["day", "week"]
PLAIN = ("kind", "channel", "language")


@dataclass(frozen=True)
class Span:
    """Cases of this time, put together by the days or weeks of a time zone."""

    start: dt.datetime
    end: dt.datetime
    """The moment before which it lies."""
    zone: str = "UTC"
    step: Step = "day"


def first_opened(tx: Tx) -> dt.datetime | None:
    return tx.execute(select(func.min(cases.c.opened_at))).scalar()


def volume(tx: Tx, span: Span) -> list[tuple[str, str | None, str | None, str | None, int]]:
    """(start of day or week, kind, channel, language, cases), in one pass over the cases."""
    start = _bucket(tx, cases.c.opened_at, span)
    columns = [cases.c[name] for name in PLAIN]
    statement = select(start, *columns, func.count()).where(*_within(cases.c.opened_at, span)).group_by(start, *columns)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in tx.execute(statement)]


def topics(tx: Tx, span: Span) -> list[tuple[str, str, int]]:
    """(start of day or week, topic, cases); a case counts once for each of its topics."""
    start = _bucket(tx, cases.c.opened_at, span)
    each = _items_of(tx, cases.c.topics, plain=True)
    topic = each.c.value
    statement = select(start, topic, func.count()).select_from(cases.join(each, true()))
    statement = statement.where(*_within(cases.c.opened_at, span)).group_by(start, topic)
    return [(row[0], row[1], row[2]) for row in tx.execute(statement)]


def topic_counts(tx: Tx, start: dt.datetime, end: dt.datetime) -> dict[str, int]:
    each = _items_of(tx, cases.c.topics, plain=True)
    statement = select(each.c.value, func.count()).select_from(cases.join(each, true()))
    found = tx.execute(statement.where(*_within(cases.c.opened_at, Span(start, end))).group_by(each.c.value))
    return {row[0]: row[1] for row in found}


def waits(
    tx: Tx, span: Span, until: Literal["drafted_at", "answered_at"], shares: Sequence[float], *, by_step: bool
) -> list[tuple[str | None, int, tuple[float, ...]]]:
    """(start or None for the whole, cases, seconds at each share by nearest rank) from the opening to `until`."""
    reached = cases.c[until]
    seconds = _seconds(tx, cases.c.opened_at, reached)
    start = _bucket(tx, cases.c.opened_at, span) if by_step else cast(None, String)
    where = and_(*_within(cases.c.opened_at, span), reached.is_not(None))
    measured = select(start.label("start"), seconds.label("seconds")).where(where).subquery()
    parts = [measured.c.start] if by_step else []
    place = func.row_number().over(partition_by=parts or None, order_by=measured.c.seconds)
    total = func.count().over(partition_by=parts or None)
    ranked = select(measured, place.label("place"), total.label("total")).subquery()
    # nearest rank: the place that holds at least this share, counted from 1
    at = [func.min(case((ranked.c.place >= share * ranked.c.total, ranked.c.seconds))) for share in shares]
    grouped = select(ranked.c.start, func.max(ranked.c.total), *at).group_by(ranked.c.start)
    return [(row[0], row[1], tuple(float(value) for value in row[2:])) for row in tx.execute(grouped)]


def approvals(tx: Tx, span: Span, *, by_step: bool) -> list[tuple[str | None, int, int, float, int]]:
    """(start or None, approvals that stand, unchanged ones, mean share of words changed, overrides)."""
    start = _bucket(tx, decisions.c.at, span) if by_step else cast(None, String)
    where = and_(*_within(decisions.c.at, span), decisions.c.withdrawn_at.is_(None))
    kept = func.sum(case((decisions.c.unchanged, 1), else_=0))
    overrides = func.sum(case((decisions.c.override != "", 1), else_=0))
    statement = select(start, func.count(), kept, func.avg(decisions.c.distance), overrides).where(where)
    rows = tx.execute(statement.group_by(start) if by_step else statement)
    return [(row[0], row[1], int(row[2]), float(row[3]), int(row[4])) for row in rows if row[1]]


def gaps_by_team(tx: Tx, span: Span) -> list[tuple[str | None, int, int]]:
    """(team, asks, cases): what the latest drafts of the span's cases had to leave unanswered."""
    each = _items_of(tx, drafts.c.unanswered)
    team = _field(tx, each, "team")
    statement = select(team, func.count(), func.count(cases.c.id.distinct())).select_from(_latest(each))
    rows = tx.execute(statement.where(*_within(cases.c.opened_at, span)).group_by(team))
    return [(row[0], row[1], row[2]) for row in rows]


def gaps_by_topic(tx: Tx, span: Span) -> list[tuple[str, int, int]]:
    """(topic of the case, unanswered asks, cases)."""
    each = _items_of(tx, cases.c.topics, plain=True)
    topic, asks = each.c.value, _length(tx, drafts.c.unanswered)
    statement = select(topic, func.sum(asks), func.count()).select_from(_latest(each))
    rows = tx.execute(statement.where(*_within(cases.c.opened_at, span), asks > 0).group_by(topic))
    return [(row[0], int(row[1]), row[2]) for row in rows]


def latest_gaps(tx: Tx, span: Span, limit: int) -> list[tuple[str, dt.datetime, str, str | None]]:
    """(tracking code, opened, what was asked, team), the newest cases first; erased ones are not shown."""
    each = _items_of(tx, drafts.c.unanswered)
    asked = _field(tx, each, "ask")
    statement = (
        select(cases.c.code, cases.c.opened_at, asked, _field(tx, each, "team"))
        .select_from(_latest(each))
        .where(*_within(cases.c.opened_at, span), cases.c.erased_at.is_(None))
        .order_by(cases.c.opened_at.desc(), cases.c.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2] or "", row[3]) for row in tx.execute(statement)]


def overdue_commitments(tx: Tx, today: dt.date) -> int:
    late = select(func.count()).where(commitments.c.done_at.is_(None), commitments.c.due_on < today)
    return int(tx.execute(late).scalar() or 0)


def _within(column: Any, span: Span) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= span.start, column < span.end


def _latest(each: Any) -> Any:
    """Each case beside its latest draft and every item of a list of either."""
    return cases.join(drafts, drafts.c.id == cases.c.draft_id).join(each, true())


def _postgres(tx: Tx) -> bool:
    return bool(tx.dialect.name == "postgresql")


def _bucket(tx: Tx, column: Any, span: Span) -> Any:
    """The local day, or the Monday of its week, as YYYY-MM-DD."""
    if _postgres(tx):
        local = func.timezone(span.zone, column)
        whole = func.date_trunc("week", local) if span.step == "week" else local
        return func.to_char(whole, "YYYY-MM-DD", type_=String)
    moved = _offset(column, span)
    if span.step == "week":
        return func.date(column, moved, "-6 days", "weekday 1", type_=String)
    return func.date(column, moved, type_=String)


def _offset(column: Any, span: Span) -> Any:
    """SQLite knows no time zones: what to add to a moment in UTC, by the changes of the clocks in the span."""
    changes = offsets(span.start, span.end, span.zone)
    told = [(since, f"{minutes:+d} minutes") for since, minutes in changes]
    if len(told) == 1:
        return told[0][1]
    return case(*((column >= since, said) for since, said in reversed(told[1:])), else_=told[0][1])


def offsets(start: dt.datetime, end: dt.datetime, zone: str) -> list[tuple[dt.datetime, int]]:
    """(from when, minutes ahead of UTC) for each stretch of the span in which the clocks did not change."""
    place = ZoneInfo(zone)

    def ahead(moment: dt.datetime) -> int:
        return int((moment.astimezone(place).utcoffset() or dt.timedelta()).total_seconds() // 60)

    found, at = [(start, ahead(start))], start
    while at < end:
        then = min(at + dt.timedelta(days=7), end)
        if ahead(then) != found[-1][1]:
            low, high = at, then
            while high - low > dt.timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if ahead(middle) == found[-1][1] else (low, middle)
            high = high.replace(microsecond=0)  # clocks change on whole seconds
            found.append((high, ahead(then)))
        at = then
    return found


def _seconds(tx: Tx, since: Any, until: Any) -> Any:
    if _postgres(tx):
        return func.date_part("epoch", until - since)
    return (func.julianday(until) - func.julianday(since)) * 86400.0


def _items_of(tx: Tx, column: Any, *, plain: bool = False) -> Any:
    """Each item of a JSON list, as `value`, to join with its row; `plain` where they are words, not objects."""
    if not _postgres(tx):
        return func.json_each(column).table_valued("value", name="item")
    if plain:
        return func.jsonb_array_elements_text(column).table_valued("value", name="item")
    return func.jsonb_array_elements(column, type_=JSONB).table_valued("value", name="item")


def _field(tx: Tx, items: Any, name: str) -> Any:
    if _postgres(tx):
        return func.jsonb_extract_path_text(items.c.value, name, type_=String)
    return func.json_extract(items.c.value, f"$.{name}", type_=String)


def _length(tx: Tx, column: Any) -> Any:
    return (func.jsonb_array_length if _postgres(tx) else func.json_array_length)(column, type_=Integer)
