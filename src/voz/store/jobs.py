"""Durable work: a row is the job, leased to one worker at a time.

A worker that dies leaves its lease behind; when that has run out another takes the job, with a higher `fence`. Whatever
the first one still tries to write under the old fence is refused (`LostLease`), so that no step is done twice in the
database. What a job does outside of it must be safe to look up before it is repeated (see voz.service.deliver).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update

from voz.errors import VozError
from voz.store import access
from voz.store.database import Tx
from voz.store.rows import JobRow
from voz.store.schema import jobs

APPROVED = "deliver"
RANKS = FIRST, AWAITED, USUAL = 0, 1, 2
"""What a person has approved goes before what a person sits and waits for, and that before what came in by itself.

Else a reply would wait behind the drafts of everything that came in while it was read.
"""


class LostLease(VozError):
    """Somebody else has taken the job over: what was done under the old lease must not be written."""


def enqueue(
    tx: Tx, kind: str, *, now: dt.datetime, run_at: dt.datetime | None = None, case_id: str | None = None,
    ref: str = "", key: str | None = None, awaited: bool = False,
) -> None:  # fmt: skip
    """Add a job; one with the same `key` that is not done yet stays the only one.

    `awaited`: a person sits there and waits for it.
    """
    rank = FIRST if kind == APPROVED else AWAITED if awaited else USUAL
    job = JobRow(0, kind, run_at or now, now, rank, case_id=case_id, ref=ref, key=key)
    if key is None:
        access.add(tx, job)
    else:
        access.add_new(tx, job, "key")


def lease(tx: Tx, owner: str, now: dt.datetime, for_: dt.timedelta, kinds: Sequence[str] = ()) -> JobRow | None:
    """Take the job of the first rank that has been due longest, if there is one that nobody holds."""
    found = tx.execute(_free(now, kinds).with_for_update(skip_locked=True)).scalar()
    if found is None:
        return None
    taken = {"owner": owner, "lease_until": now + for_, "fence": jobs.c.fence + 1, "attempts": jobs.c.attempts + 1}
    tx.execute(update(jobs).where(jobs.c.id == found).values(**taken))
    return access.get(tx, JobRow, found)


def due(tx: Tx, now: dt.datetime, kinds: Sequence[str] = ()) -> bool:
    """Whether there is a job to take; takes none."""
    return tx.execute(_free(now, kinds)).first() is not None


def _free(now: dt.datetime, kinds: Sequence[str]) -> Select[Any]:
    """The id of the job to take: it is due, and nobody holds it.

    The ranks are named, so that each is looked up in the index from its first job on to those that are due.
    """
    free = or_(jobs.c.lease_until.is_(None), jobs.c.lease_until < now)
    found = select(jobs.c.id).where(jobs.c.done_at.is_(None), jobs.c.rank.in_(RANKS), jobs.c.run_at <= now, free)
    found = found.where(jobs.c.kind.in_(kinds)) if kinds else found
    return found.order_by(jobs.c.rank, jobs.c.run_at, jobs.c.id).limit(1)


def renew(tx: Tx, job: JobRow, until: dt.datetime) -> None:
    """Keep a lease for longer. Raises LostLease."""
    _held(tx, job, lease_until=until)


def finish(tx: Tx, job: JobRow, now: dt.datetime) -> None:
    """The job is done, in the transaction that holds what it did. Raises LostLease."""
    _held(tx, job, done_at=now, lease_until=None, key=None, error="")


def retry(tx: Tx, job: JobRow, at: dt.datetime, error: str) -> None:
    """Try again at `at`. Raises LostLease."""
    _held(tx, job, run_at=at, lease_until=None, error=error)


def put_off(tx: Tx, job: JobRow, at: dt.datetime, why: str) -> None:
    """Not before `at`; nothing was tried. Raises LostLease."""
    _held(tx, job, run_at=at, lease_until=None, attempts=job.attempts - 1, error=why)


def give_up(tx: Tx, job: JobRow, now: dt.datetime, error: str) -> None:
    """The job has failed for good: it stays, with its reason. Raises LostLease."""
    _held(tx, job, done_at=now, lease_until=None, key=None, error=error or "gave up")


def _held(tx: Tx, job: JobRow, **values: object) -> None:
    own = and_(jobs.c.id == job.id, jobs.c.fence == job.fence, jobs.c.owner == job.owner, jobs.c.done_at.is_(None))
    if tx.execute(update(jobs).where(own).values(**values).returning(jobs.c.id)).first() is None:
        raise LostLease(f"job {job.id} ({job.kind}) was taken over by another worker")


def cancel(tx: Tx, now: dt.datetime, *, case_id: str, kind: str, ref: str | None = None) -> int:
    """Take back jobs that nobody has started; says how many."""
    mine = [jobs.c.case_id == case_id, jobs.c.kind == kind, jobs.c.done_at.is_(None), jobs.c.lease_until.is_(None)]
    if ref is not None:
        mine.append(jobs.c.ref == ref)
    gone = update(jobs).where(*mine).values(done_at=now, key=None, error="cancelled").returning(jobs.c.id)
    return len(tx.execute(gone).all())


def waiting(tx: Tx) -> dict[str, int]:
    """How many jobs of each kind are not done."""
    statement = select(jobs.c.kind, func.count()).where(jobs.c.done_at.is_(None)).group_by(jobs.c.kind)
    return {row[0]: row[1] for row in tx.execute(statement)}
