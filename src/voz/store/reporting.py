"""Questions of the reports: the cases of a time, and those of them that should not be as they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text

from voz.store import access
from voz.store.database import Tx
from voz.store.rows import AuditRow, CaseRow, CommitmentRow
from voz.store.schema import audit, cases, commitments, decisions, deliveries, drafts, jobs, messages


def hold_still(tx: Tx) -> None:
    """Every question of this transaction sees the same state; SQLite does so anyway. Must come first."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def opened(tx: Tx, start: dt.datetime, end: dt.datetime, *, claims: bool = False) -> list[CaseRow]:
    """The cases that were opened in this time, oldest first; of claims, those that were made in it."""
    made = func.coalesce(cases.c.claim_from, cases.c.opened_at)
    where = (cases.c.claim, made >= start, made < end) if claims else _opened(start, end)
    return access.find(tx, CaseRow, *where, order=(cases.c.opened_at, cases.c.id))


def vanished(tx: Tx, start: dt.datetime, end: dt.datetime) -> list[AuditRow]:
    """Entries of the trail that tell of a case received, where there is no such case."""
    there = exists().where(cases.c.id == audit.c.case_id)
    where = (audit.c.at >= start, audit.c.at < end, audit.c.action == "received", ~there)
    return access.find(tx, AuditRow, *where, order=(audit.c.id,))


def written_after(tx: Tx, start: dt.datetime, end: dt.datetime) -> set[str]:
    """Ended cases to which the customer wrote again after the end."""
    ended = func.coalesce(cases.c.closed_at, cases.c.delivered_at)
    later = exists().where(messages.c.case_id == cases.c.id, messages.c.incoming, messages.c.stored_at > ended)
    return _ids(tx, select(cases.c.id).where(*_opened(start, end), ~cases.c.open, later))


def passed_over(tx: Tx, start: dt.datetime, end: dt.datetime) -> set[str]:
    """Cases whose reply was approved on a draft for a message before the last one that the customer had written."""
    read, later = messages.alias("read"), messages.alias("later")
    newer = or_(later.c.at > read.c.at, and_(later.c.at == read.c.at, later.c.stored_at > read.c.stored_at))
    there = later.c.stored_at <= decisions.c.at
    statement = (
        select(cases.c.id)
        .join(decisions, decisions.c.id == cases.c.decision_id)
        .join(drafts, drafts.c.id == decisions.c.draft_id)
        .join(read, read.c.id == drafts.c.message_id)
        .where(*_opened(start, end), exists().where(later.c.case_id == cases.c.id, later.c.incoming, newer, there))
    )
    return _ids(tx, statement)


def silent(tx: Tx, start: dt.datetime, end: dt.datetime) -> set[str]:
    """Cases without any message of a customer."""
    said = exists().where(messages.c.case_id == cases.c.id, messages.c.incoming)
    return _ids(tx, select(cases.c.id).where(*_opened(start, end), ~said))


def unsent(tx: Tx, start: dt.datetime, end: dt.datetime) -> set[str]:
    """Cases that count as answered, although no part of the reply has gone out, or one has not."""
    own = deliveries.c.decision_id == cases.c.decision_id
    gone = exists().where(own, deliveries.c.state == "sent")
    waiting = exists().where(own, deliveries.c.state != "sent")
    return _ids(tx, select(cases.c.id).where(*_opened(start, end), _answered(), or_(~gone, waiting)))


def unapproved(tx: Tx, start: dt.datetime, end: dt.datetime) -> set[str]:
    """Cases that count as answered, although nobody's approval of the reply stands."""
    approved = exists().where(decisions.c.id == cases.c.decision_id, decisions.c.withdrawn_at.is_(None))
    return _ids(tx, select(cases.c.id).where(*_opened(start, end), _answered(), ~approved))


def idle(tx: Tx, start: dt.datetime, end: dt.datetime) -> set[str]:
    """Open cases that wait for voz itself, and for which no work is waiting: they would stay there for ever."""
    drafts = _work("draft")
    undrafted = and_(cases.c.status.in_(("received", "drafting")), cases.c.draft_id.is_(None), ~drafts)
    own = (deliveries.c.decision_id == cases.c.decision_id, deliveries.c.destination != "hand")
    going = exists().where(*own, deliveries.c.state.in_(("waiting", "sending")))
    undelivered = and_(cases.c.status == "approved", going, ~_work("deliver"))
    return _ids(tx, select(cases.c.id).where(*_opened(start, end), cases.c.open, or_(undrafted, undelivered)))


def promised(tx: Tx, start: dt.datetime, end: dt.datetime) -> list[tuple[CommitmentRow, str]]:
    """The commitments of this time with the tracking codes of their cases, those due first at the head."""
    where = (commitments.c.created_at >= start, commitments.c.created_at < end)
    order = (commitments.c.due_on.is_(None), commitments.c.due_on, commitments.c.id)
    found = access.find(tx, CommitmentRow, *where, order=order)
    codes = _codes(tx, sorted({row.case_id for row in found}))
    return [(row, codes[row.case_id]) for row in found]


def _codes(tx: Tx, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for place in range(0, len(ids), 500):
        some = select(cases.c.id, cases.c.code).where(cases.c.id.in_(ids[place : place + 500]))
        found |= {row[0]: row[1] for row in tx.execute(some)}
    return found


def _opened(start: dt.datetime, end: dt.datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return cases.c.opened_at >= start, cases.c.opened_at < end


def _answered() -> ColumnElement[bool]:
    return and_(~cases.c.open, cases.c.closed_at.is_(None))


def _work(kind: str) -> ColumnElement[bool]:
    return exists().where(jobs.c.case_id == cases.c.id, jobs.c.kind == kind, jobs.c.done_at.is_(None))


def _ids(tx: Tx, statement: Select[Any]) -> set[str]:
    return set(tx.execute(statement).scalars())
