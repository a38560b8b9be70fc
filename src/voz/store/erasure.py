"""Taking a person's words out of a case, and out of the file that it stood in.

What is left counts: dates, kinds, channel, status, distances, who of the team did what. Everything that the customer or
somebody about them has written goes, also copies in drafts, in the trail and in work that waits.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, and_, delete, exists, func, or_, select, text, update

from voz.errors import StoreError
from voz.store import access, search
from voz.store.database import BUSY_MS, Database, Tx
from voz.store.rows import AnswerRow, CaseRow, DecisionHead, DecisionRow, DraftHead, DraftRow
from voz.store.schema import (
    answers,
    audit,
    candidates,
    cases,
    commitments,
    consultations,
    decisions,
    deliveries,
    drafts,
    early,
    events,
    inbox,
    jobs,
    messages,
    scratches,
)

log = logging.getLogger(__name__)
ERASED = "erased"
"""The trail's entry of an erasure: it tells of no person, and is never erased itself."""
GONE = "[…]"
"""Stands where it counts that something was written: the reason of an override."""
FINDING = ("check", "severity")
NEED = ("action", "role", "currency", "up_to")
"""What is kept of a finding and of a need: words of voz itself, and figures."""


def in_secret(tx: Tx) -> None:
    """From now on this connection overwrites what it deletes; only SQLite has to be told."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA secure_delete=ON")


def cases_of(tx: Tx, author_key: str, *, lock: bool = False) -> list[CaseRow]:
    """A person's cases that have not been erased."""
    return access.find(tx, CaseRow, cases.c.erased_at.is_(None), author_key=author_key, order=("id",), lock=lock)


def ended_before(tx: Tx, moment: dt.datetime, today: dt.date, limit: int) -> list[CaseRow]:
    """Cases that were answered or closed before then, that are not erased and from which nothing falls due any more."""
    ended = func.coalesce(cases.c.closed_at, cases.c.delivered_at) < moment
    owed = exists().where(
        commitments.c.case_id == cases.c.id, commitments.c.done_at.is_(None), commitments.c.due_on >= today
    )
    where = (~cases.c.open, cases.c.erased_at.is_(None), ended, ~owed)
    return access.find(tx, CaseRow, *where, order=("id",), limit=limit, lock=True)


def writers(tx: Tx) -> list[tuple[str, str]]:
    """(name, case) of everybody who wrote in a case that another person opened."""
    named = (messages.c.incoming, messages.c.author != "", messages.c.author != cases.c.author)
    statement = select(messages.c.author, messages.c.case_id).join(cases, cases.c.id == messages.c.case_id)
    return [(row[0], row[1]) for row in tx.execute(statement.where(*named).distinct())]


def known_authors(tx: Tx, part: str, limit: int) -> list[str]:
    """Names that contain this, for a person who has mistyped one."""
    plain = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = cases.c.author_key.like(f"%{plain}%", escape="\\")
    found = select(cases.c.author).where(like, cases.c.erased_at.is_(None)).distinct().order_by(cases.c.author)
    return [row[0] for row in tx.execute(found.limit(limit))]


def empty(tx: Tx, case: CaseRow, now: dt.datetime, own_ids: Sequence[str]) -> dict[str, int]:
    """Take every text out of a case's rows; how many rows there were of each kind. The case's own row is left.

    own_ids: what the trail may name without naming the case: its candidates and consultations.
    """
    emptied = {
        "messages": _update(tx, messages, case, author="", text="", external_id=None, content=""),
        "drafts": _drafts(tx, case),
        "scratches": len(tx.execute(_of(delete(scratches), scratches, case).returning(scratches.c.part)).all()),
        "decisions": _decisions(tx, case),
        "deliveries": _update(tx, deliveries, case, text="", receipt=None, error=""),
        "consultations": _consultations(tx, case),
        "commitments": _update(tx, commitments, case, text="", basis="", note=""),
        "candidates": _candidates(tx, case),
        "audit": _audit(tx, case, now, own_ids),
    }
    tx.execute(
        _of(update(deliveries), deliveries, case).where(deliveries.c.state == "waiting").values(state="cancelled")
    )
    if case.thread:
        tx.execute(delete(early).where(early.c.source == case.source, early.c.thread == case.thread))
    stopped = {"done_at": func.coalesce(jobs.c.done_at, now), "lease_until": None, "key": None, "error": ""}
    tx.execute(_of(update(jobs), jobs, case).values(**stopped))
    tx.execute(_of(update(jobs), jobs, case).where(jobs.c.kind == "draft").values(ref=""))  # may hold a wish
    return emptied


def forget_answers(tx: Tx, said: Sequence[str]) -> int:
    """Remove the kept answers of the API that hold one of these words or ids, whoever asked; how many."""
    words = [one.casefold() for one in said if one]
    gone = [
        row for row in access.find(tx, AnswerRow, answers.c.done_at.is_not(None), lock=True)
        if any(word in _told(row.body).casefold() for word in words)
    ]  # fmt: skip
    for row in gone:
        access.remove(tx, row)
    return len(gone)


def _told(body: Any) -> str:
    """The answer with its letters as they are read: JSON may have written them as numbers."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except (TypeError, ValueError):
        return str(body)


def _drafts(tx: Tx, case: CaseRow) -> int:
    rows = access.find(tx, DraftHead, case_id=case.id)
    for row in rows:
        asks = tuple({"ask": "", "team": item.get("team")} for item in row.unanswered if isinstance(item, dict))
        reply, public = (None if text is None else "" for text in (row.reply, row.public_reply))
        access.change(
            tx, DraftRow, row.id, reply=reply, public_reply=public, wish="", unanswered=asks, body=None,
            public_body=None,
        )  # fmt: skip
    return len(rows)


def _decisions(tx: Tx, case: CaseRow) -> int:
    rows = access.find(tx, DecisionHead, case_id=case.id)
    for row in rows:
        findings = tuple({**_kept(item, FINDING), "start": 0, "end": 0, "detail": ""} for item in row.findings)
        access.change(
            tx, DecisionRow, row.id, text="", public_text=None if row.public_text is None else "",
            override=GONE if row.override else "", sent={}, findings=findings,
            needs=tuple(_kept(item, NEED) for item in row.needs),
        )  # fmt: skip
    return len(rows)


def _kept(item: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: item[name] for name in names if name in item} if isinstance(item, dict) else {}


def _consultations(tx: Tx, case: CaseRow) -> int:
    answered = and_(consultations.c.case_id == case.id, consultations.c.answer.is_not(None))
    tx.execute(update(consultations).where(answered).values(answer=""))
    pending = and_(consultations.c.case_id == case.id, consultations.c.proposal == "proposed")
    tx.execute(update(consultations).where(pending).values(proposal="none"))
    return _update(tx, consultations, case, ask="", question="", link_hash=None, link_until=None)


def _candidates(tx: Tx, case: CaseRow) -> int:
    waiting = and_(candidates.c.case_id == case.id, candidates.c.state == "waiting")
    tx.execute(update(candidates).where(waiting).values(state="declined"))
    return _update(tx, candidates, case, message={}, drafted="", reply="")


def _audit(tx: Tx, case: CaseRow, now: dt.datetime, own_ids: Sequence[str]) -> int:
    mine = audit.c.case_id == case.id
    named = and_(audit.c.case_id.is_(None), audit.c.subject.in_(list(own_ids)))
    where = and_(or_(mine, named), audit.c.erased_at.is_(None), audit.c.action != ERASED)
    gone = update(audit).where(where).values(before=None, after=None, erased_at=now)
    return len(tx.execute(gone.returning(audit.c.id)).all())


def _update(tx: Tx, table: Table, case: CaseRow, **values: Any) -> int:
    return len(tx.execute(_of(update(table), table, case).values(**values).returning(table.c.id)).all())


def _of(statement: Any, table: Table, case: CaseRow) -> Any:
    return statement.where(table.c.case_id == case.id)


HOLDING = (cases, messages, drafts, scratches, decisions, deliveries, consultations, commitments, candidates, audit,
           events, jobs, answers, early, inbox)  # fmt: skip
PATIENCE, WAIT_MS = 20, 200
"""How often, and how long each time, the end of other processes' reading is waited for."""


def rewrite_file(database: Database) -> bool:
    """Write the database anew, so that nothing erased is left in it; False where another process kept that from
    happening: then old pages stay until it is done again.

    SQLite: free pages and the write-ahead log go. PostgreSQL: the space of erased rows is given back for writing over;
    its own log and every backup are the operator's.
    """
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in HOLDING:
                connection.execute(text(f'VACUUM (ANALYZE) "{table.name}"'))
        return True
    raw = database.engine.raw_connection()
    try:
        search.rebuild(database)
        cursor = raw.cursor()
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("VACUUM")
        cursor.execute(f"PRAGMA busy_timeout={WAIT_MS}")
        for _ in range(PATIENCE):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            told = cursor.fetchone()
            if told is not None and not told[0]:
                return True
            time.sleep(WAIT_MS / 1000)
        return False
    except (sqlite3.Error, StoreError) as error:
        log.warning("the database could not be written anew: %s", error)
        return False
    finally:
        raw.cursor().execute(f"PRAGMA busy_timeout={BUSY_MS}")
        raw.close()
