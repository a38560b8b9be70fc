"""Questions about many cases at once: the queue, threads, the same message again."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text

from voz.store import access, cursor
from voz.store.database import Tx
from voz.store.rows import CaseRow, MessageRow
from voz.store.schema import cases, commitments, messages
from voz.store.search import matching

ENDED = ("delivered", "closed")
"""The statuses of cases that are not open."""
CURSOR = "cases"


def one_at_a_time(tx: Tx, name: str) -> None:
    """Only one transaction goes on with this name at a time. On SQLite a writing one is alone anyway."""
    if tx.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8], "big", signed=True)
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def same_content(tx: Tx, content: str, since: dt.datetime) -> MessageRow | None:
    """A message with the same content that was stored since then."""
    return access.first(tx, MessageRow, messages.c.stored_at >= since, content=content, order=(messages.c.id,))


def case_of_thread(tx: Tx, source: str, thread: str) -> CaseRow | None:
    """The latest case of a conversation, locked; erased ones no longer count."""
    where = access.chosen(CaseRow, cases.c.source == source, cases.c.thread == thread, cases.c.erased_at.is_(None))
    return access.one(tx, CaseRow, where.order_by(cases.c.id.desc()).limit(1).with_for_update())


@dataclass(frozen=True)
class Filter:
    """What of the queue is shown; empty fields leave everything in."""

    open: bool | None = True
    statuses: tuple[str, ...] = ()
    assignee: str | None = None
    teams: tuple[str, ...] = ()
    channel: str | None = None
    risk: str | None = None
    language: str | None = None
    overdue: bool = False
    claims: bool = False
    person: bool = False
    snoozed: bool = False
    search: str = ""


@dataclass(frozen=True)
class Page:
    cases: tuple[CaseRow, ...]
    after: str | None
    """Give this back for the next page; None at the end."""


def page(tx: Tx, wanted: Filter, now: dt.datetime, *, limit: int = 50, after: str | None = None) -> Page:
    """A page of the queue, most pressing first; where ended cases may be among them, the latest first.

    Raises NotFound for a cursor that this queue has not given out.
    """
    statement = access.chosen(CaseRow, *_where(tx, wanted, now))
    place, key = cases.c.priority_at, cases.c.id
    forward = _ended(wanted) is False
    if after:
        written, last = cursor.places(CURSOR, after, 2)
        at = cursor.moment(written)
        if forward:
            statement = statement.where(place >= at, or_(place > at, key > last))
        else:
            statement = statement.where(place <= at, or_(place < at, key < last))
    order = (place, key) if forward else (place.desc(), key.desc())
    found = access.many(tx, CaseRow, statement.order_by(*order).limit(limit + 1))
    more = len(found) > limit
    shown = tuple(found[:limit])
    return Page(shown, cursor.made(CURSOR, shown[-1].priority_at.isoformat(), shown[-1].id) if more else None)


def counts(tx: Tx, now: dt.datetime) -> dict[str, int]:
    """How many open cases stand where, and how many are late."""
    by_status = select(cases.c.status, func.count()).where(cases.c.open).group_by(cases.c.status)
    found = {row[0]: int(row[1]) for row in tx.execute(by_status)}
    late = select(func.count()).where(cases.c.open, _late(now))
    found["overdue"] = int(tx.execute(late).scalar() or 0)
    return found


def _ended(wanted: Filter) -> bool | None:
    """Whether only ended cases, or only open ones, can be what is wanted; None: both."""
    if wanted.open is not None:
        return not wanted.open
    kinds = {status in ENDED for status in wanted.statuses}
    return kinds.pop() if len(kinds) == 1 else False if wanted.snoozed else None


def _where(tx: Tx, wanted: Filter, now: dt.datetime) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    ended = _ended(wanted)
    if wanted.open is not None:
        where.append(cases.c.open if wanted.open else ~cases.c.open)
    if wanted.statuses:
        where.append(cases.c.status.in_(wanted.statuses))
        if wanted.open is None and ended is not None:
            where.append(~cases.c.open if ended else cases.c.open)  # says the same, and lets the index be used
    for column, value in (("assignee", wanted.assignee), ("channel", wanted.channel), ("language", wanted.language)):
        if value:
            where.append(cases.c[column] == value)
    if wanted.teams:
        where.append(cases.c.team.in_(wanted.teams))
    if wanted.risk:
        where.append(_holds(cases.c.risks, wanted.risk))
    if wanted.overdue:
        where.append(_late(now))
    if wanted.claims:
        where.append(cases.c.claim)
    if wanted.person:
        where.append(cases.c.wants_person)
    if wanted.snoozed:
        where.append(cases.c.snoozed_until > now)
    if wanted.open and not (wanted.snoozed or wanted.search or wanted.overdue or wanted.claims):
        where.append(or_(cases.c.snoozed_until.is_(None), cases.c.snoozed_until <= now))
    if wanted.search.strip():
        where.append(cases.c.id.in_(matching(tx, wanted.search)))
    return where


def _late(now: dt.datetime) -> ColumnElement[bool]:
    """Past the company's target, the law's term, or the day of a promise; setting a case aside takes it off no list."""
    today = now.date()
    promised = select(commitments.c.case_id).where(commitments.c.done_at.is_(None), commitments.c.due_on < today)
    legal = and_(cases.c.claim_due < today, cases.c.claim_answered_at.is_(None))
    return or_(cases.c.due_at < now, legal, cases.c.id.in_(promised))


def _holds(column: Any, value: str) -> ColumnElement[bool]:
    """A JSON list of plain words holds this one, on either database."""
    from sqlalchemy import Text, cast

    return cast(column, Text).like(f'%"{value}"%')
