"""The inbox: what helpdesks deliver is stored before it is acknowledged, and taken in by a job right after.

So a helpdesk whose own API is slow or away, from which a conversation may have to be read, delays no acknowledgement
and loses no message: the job reads again for hours, and then a person sees the delivery, with the reason.

What is in a delivery is kept until it is taken in or dropped; its id a while longer, to know it when it is sent again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from voz.errors import InputError, VozError
from voz.helpdesk.contract import Answered, Helpdesk, Parsed, whole
from voz.service.actor import SYSTEM, Actor, require
from voz.service.receive import Incoming, author_key
from voz.service.refusals import missing, refuse
from voz.service.service import Service
from voz.service.taking_in import take
from voz.service.users import noted
from voz.store import access, jobs, schema
from voz.store.database import Tx
from voz.store.rows import CaseRow, InboxEntry, InboxRow, JobRow
from voz.wire import load_json

KIND = "take"
"""The job that takes a delivery in; its `ref` is the delivery's id."""
KEPT = dt.timedelta(days=7)
"""How long a delivery is known again: longer than any helpdesk goes on sending it."""
LATE = dt.timedelta(minutes=10)
"""What waits for longer is shown to people, although it is still tried."""
BEHIND = dt.timedelta(seconds=1)
_UNTAKEN = schema.inbox.c.state.in_(("waiting", "failed"))
NO_HELPDESK = "There is no helpdesk {!r} any more: put it back into helpdesks.yaml, start voz again and retry."


@dataclasses.dataclass(frozen=True, slots=True)
class Stuck:
    """A delivery that could not be taken in so far."""

    id: str
    helpdesk: str
    thread: str | None
    at: dt.datetime
    state: str
    """`waiting` where it is still tried by itself, `failed` where it is not."""
    error: str


def keep(service: Service, helpdesk: Helpdesk, headers: Mapping[str, str], body: bytes, thread: str | None) -> bool:
    """Store a verified delivery, with the job that takes it in; False where it is there already.

    One that had failed, and that somebody has sent once more from there, is tried again.
    """
    now = service.now()
    named = getattr(helpdesk, "delivery_id", None)
    delivery: str = named(headers, body) if named else ""
    needed: tuple[str, ...] = getattr(helpdesk, "needed_headers", ())
    row = InboxRow(
        id=access.new_id("i", now), helpdesk=helpdesk.name, at=now, thread=thread or None, body=body,
        key=_key(helpdesk.name, delivery) if delivery else None,
        headers={name.lower(): headers[name] for name in needed if name in headers},
    )  # fmt: skip
    with service.database.write() as tx:
        new = access.add_new(tx, row, "key")
        entry = row if new else access.first(tx, InboxEntry, key=row.key)
        if entry is not None and (new or entry.state == "failed"):
            _queue(tx, entry.id, now)
    return new


def run(service: Service, job: JobRow) -> None:
    """Take in the delivery that the job names. Raises CannotTell and VozError where that cannot be done now."""
    row = _begun(service, job)
    if row is None:
        return
    helpdesk = service.destinations.get(row.helpdesk)
    parse = getattr(helpdesk, "parse", None)
    if parse is None:
        raise VozError(NO_HELPDESK.format(row.helpdesk))
    take(service, _dated(whole(parse(row.headers or {}, row.body or b"")), row.at))
    with service.database.write() as tx:
        jobs.finish(tx, job, service.now())
        _emptied(tx, row.id, "taken", service.now())


def given_up(tx: Tx, service: Service, job: JobRow, reason: str) -> None:
    """Its job is over: a person has to look."""
    access.change(tx, InboxEntry, job.ref, state="failed", error=reason)
    noted(tx, service.now(), SYSTEM, "inbox_failed", job.ref)


def stuck(tx: Tx, now: dt.datetime) -> list[Stuck]:
    """What people have to know of, oldest first: what has failed, and what has waited for long."""
    found = access.find(tx, InboxEntry, _UNTAKEN, order=("id",))
    found = [one for one in found if one.state == "failed" or one.at <= now - LATE]
    tried = {job.ref: job.error for job in access.find(tx, JobRow, kind=KIND, done_at=None)} if found else {}
    return [
        Stuck(one.id, one.helpdesk, one.thread, one.at, one.state, one.error or tried.get(one.id, ""))
        for one in found
    ]  # fmt: skip


def retry(service: Service, actor: Actor, id: str) -> None:
    """Try it now, and whatever else of its helpdesk waits: what kept one kept the others. Raises NotFound, Refused."""
    require(actor, "agent")
    with service.database.write() as tx:
        entry = _untaken(tx, id)
        for one in access.find(tx, InboxEntry, _UNTAKEN, helpdesk=entry.helpdesk, order=("id",)):
            _queue(tx, one.id, service.now())
        noted(tx, service.now(), actor, "inbox_retried", entry.id)


def drop(service: Service, actor: Actor, id: str) -> None:
    """A person has looked there, and nothing has to be taken in. Raises NotFound and Refused."""
    require(actor, "agent")
    with service.database.write() as tx:
        forget(tx, [_untaken(tx, id)], service.now())
        noted(tx, service.now(), actor, "inbox_dropped", id)


def of_person(tx: Tx, cases: Iterable[CaseRow], key: str | None) -> list[InboxEntry]:
    """What was not taken in yet of these cases' conversations, or names the person of this author's key."""
    own = {(case.source, case.thread) for case in cases if case.thread}
    waiting = access.find(tx, InboxEntry, _UNTAKEN, order=("id",))
    return [one for one in waiting if (one.helpdesk, one.thread) in own or (key and _names(tx, one, key))]


def forget(tx: Tx, entries: Iterable[InboxEntry], now: dt.datetime) -> None:
    """Erase what is in them: it is not taken in any more. Raises Refused where one just is."""
    for entry in entries:
        for job in access.find(tx, JobRow, kind=KIND, ref=entry.id, lock=True):
            if job.done_at is None and job.lease_until is not None and job.lease_until > now:
                raise refuse("being_taken")
            access.change(tx, JobRow, job.id, done_at=job.done_at or now, key=None, error="")
        _emptied(tx, entry.id, "dropped", now)


def _key(helpdesk: str, delivery_id: str) -> str:
    return hashlib.sha256(f"{helpdesk}\x1f{delivery_id}".encode("utf-8", "replace")).hexdigest()


def _job_key(id: str) -> str:
    return f"{KIND}:{id}"


def _queue(tx: Tx, id: str, now: dt.datetime) -> None:
    """It is due now, whether it was still to be tried later or not at all."""
    jobs.enqueue(tx, KIND, now=now, ref=id, key=_job_key(id))
    for job in access.find(tx, JobRow, key=_job_key(id), lease_until=None, lock=True):
        access.change(tx, JobRow, job.id, run_at=now)
    access.change(tx, InboxEntry, id, state="waiting", error="")


def _begun(service: Service, job: JobRow) -> InboxRow | None:
    """The delivery; None, and the job over or put off, where it is not to be taken in now."""
    now = service.now()
    with service.database.write() as tx:
        jobs.renew(tx, job, now + service.limits.lease)
        row = access.get(tx, InboxRow, job.ref)
        if row is None or row.state != "waiting":
            jobs.finish(tx, job, now)
            return None
        first = _before(tx, row)
        if first is not None:
            ahead = access.first(tx, JobRow, key=_job_key(first.id))
            jobs.put_off(tx, job, max(ahead.run_at if ahead else now, now) + BEHIND, "an earlier one comes first")
            return None
        return row


def _before(tx: Tx, row: InboxRow) -> InboxEntry | None:
    """The first that waits of what came before it in its conversation: what is said there is taken in in order."""
    if row.thread is None:
        return None
    same = {"helpdesk": row.helpdesk, "thread": row.thread, "state": "waiting"}
    return access.first(tx, InboxEntry, schema.inbox.c.id < row.id, order=("id",), **same)


def _dated(told: Parsed, at: dt.datetime) -> Parsed:
    """What says no time of its own was written, as far as voz knows, when it was delivered."""
    if isinstance(told, Incoming) and told.message.received_at is None:
        return dataclasses.replace(told, message=told.message.model_copy(update={"received_at": at}))
    if isinstance(told, Answered) and told.at is None:
        return dataclasses.replace(told, at=at)
    return told


def _untaken(tx: Tx, id: str) -> InboxEntry:
    entry = access.get(tx, InboxEntry, id)
    if entry is None:
        raise missing("no_delivery", id=id[:100])
    if entry.state not in ("waiting", "failed"):
        raise refuse("delivery_over")
    return entry


def _emptied(tx: Tx, id: str, state: str, now: dt.datetime) -> None:
    access.change(tx, InboxRow, id, state=state, done_at=now, error="", headers=None, body=None)


def _names(tx: Tx, entry: InboxEntry, key: str) -> bool:
    """Whether a person's whole name, or address, is one of the values in it; a mention in a text is not."""
    row = access.get(tx, InboxRow, entry.id)
    try:
        return row is not None and key in _values(load_json(row.body or b""))
    except InputError:
        return False


def _values(said: Any) -> Iterator[str]:
    """Every text, and every two that follow each other, as a name and a surname do; all as keys of authors."""
    left = [said]
    while left:
        one = left.pop()
        inner = list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
        texts = [text for text in inner if isinstance(text, str)]
        yield from map(author_key, texts)
        yield from (author_key(f"{text} {following}") for text, following in pairwise(texts))
        left += [value for value in inner if isinstance(value, dict | list)]
