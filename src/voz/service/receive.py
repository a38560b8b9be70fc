"""Taking a message in: stored before it is acknowledged, once, in the case that it belongs to."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import unicodedata
from dataclasses import dataclass, replace
from typing import Any, Literal

from voz.case import Message
from voz.deadlines.tracking import tracking_code
from voz.service import clock, early, events, remarks, trail
from voz.service.actor import SYSTEM, Actor
from voz.service.asked import newest_asked, thread_of, triaged
from voz.service.cases import call_off, conversation, save, unsettled
from voz.service.service import Service
from voz.service.status import REOPENED, priority
from voz.store import access, jobs, queue
from voz.store.database import Tx
from voz.store.rows import CaseRow, DeliveryRow, MessageRow
from voz.triage import triage

log = logging.getLogger(__name__)
SUBJECT_CHARS = 240


@dataclass(frozen=True)
class Incoming:
    """A message as a door of voz hands it over."""

    message: Message
    source: str
    """The door: `desk`, `api`, `folder`, or the name of a helpdesk."""
    external_id: str | None = None
    """The message's own id there; the same one again is the same message."""
    thread: str | None = None
    """The conversation's id there; a message in a known one joins its case."""
    reach: int = 0
    """How many people its author reaches: followers, or how visible the review is."""
    remark: Literal["attachment", "cut"] | None = None
    """What has to be said beside the text: it has no words but an attachment, or it was longer."""


@dataclass(frozen=True)
class Receipt:
    case_id: str
    code: str
    """The tracking code that the customer can be given."""
    message_id: str
    new_case: bool
    new_message: bool


def receive(service: Service, incoming: Incoming, actor: Actor = SYSTEM) -> Receipt:
    """Store the message and give its case; drafting follows by itself. The same message again changes nothing."""
    now = service.now()
    read = _read(service, incoming)  # before the lock, which others wait for, and before voz's own remark on it
    if incoming.remark:
        incoming = _saying(incoming, remarks.remarked(service, incoming.message.text, incoming.remark))
    content = content_key(incoming)
    with service.database.write() as tx:
        named = content if incoming.external_id is None else f"{incoming.source}/{incoming.external_id}"
        queue.one_at_a_time(tx, named)
        if incoming.thread:
            queue.one_at_a_time(tx, f"{incoming.source}#{incoming.thread}")
        known = _known(tx, incoming, content, now - service.limits.same_within)
        if known is not None:
            case = access.get(tx, CaseRow, known.case_id)
            assert case is not None
            return Receipt(case.id, case.code, known.id, new_case=False, new_message=False)
        joined = queue.case_of_thread(tx, incoming.source, incoming.thread) if incoming.thread else None
        edit = early.edit(tx, incoming.source, incoming.external_id) if incoming.external_id else None
        if edit:
            incoming = _saying(incoming, remarks.edited(service, incoming.message.text, edit.text))
            read = _read(service, _saying(incoming, remarks.words(incoming.message.text)))
        message = incoming.message
        at = _moment(tx, message, joined, now)
        case = joined or _opened(tx, service, incoming, at, actor, read)
        row = MessageRow(
            id=access.new_id("m", now), case_id=case.id, source=incoming.source, external_id=incoming.external_id,
            incoming=True, author=message.author, text=message.text, at=at, stored_at=now, content=content,
            edited_at=edit.at if edit else None,
        )  # fmt: skip
        access.add(tx, row)
        if joined:
            case = _joined(tx, service, joined, row, incoming, actor, read)
        else:
            _earlier_turns(tx, incoming, case, row)
            _early_answers(tx, service, case)
        jobs.enqueue(tx, "draft", now=now, case_id=case.id, ref=row.id, key=f"draft:{row.id}")
        return Receipt(case.id, case.code, row.id, new_case=joined is None, new_message=True)


def _saying(incoming: Incoming, text: str) -> Incoming:
    return replace(incoming, message=incoming.message.model_copy(update={"text": text}))


def content_key(incoming: Incoming) -> str:
    message = incoming.message
    parts = (incoming.source, incoming.thread or "", message.channel, message.author, message.text)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:40]


def author_key(author: str) -> str:
    """How an author is found again, whatever the capitals and the width of the letters."""
    return " ".join(unicodedata.normalize("NFKC", author).casefold().split())


def _known(tx: Tx, incoming: Incoming, content: str, since: dt.datetime) -> MessageRow | None:
    if incoming.external_id is not None:
        return access.first(tx, MessageRow, source=incoming.source, external_id=incoming.external_id)
    return queue.same_content(tx, content, since)


def _opened(
    tx: Tx, service: Service, incoming: Incoming, at: dt.datetime, actor: Actor, read: clock.Reading | None
) -> CaseRow:
    message, now = incoming.message, service.now()
    case = CaseRow(
        id=access.new_id("c", now), code=_code(tx), source=incoming.source, thread=incoming.thread,
        channel=message.channel, public=message.is_public, author=message.author, author_key=author_key(message.author),
        region=message.region, subject=subject_of(message.text), reach=max(incoming.reach, 0),
        opened_at=at, received_at=at, priority_at=at, language=message.language,
    )  # fmt: skip
    case = replace(case, **_stands(service, case, message.model_copy(update={"received_at": at}), read))
    case = replace(case, priority_at=priority(case))
    access.add(tx, case)
    trail.record(tx, service, actor, "received", case, after={"source": incoming.source, "channel": message.channel})
    events.tell(tx, service, "received", case, case)
    return case


def _moment(tx: Tx, message: Message, joined: CaseRow | None, now: dt.datetime) -> dt.datetime:
    """When it was written, as far as that can be: a clock there that runs ahead moves no deadline here, and one that
    lags puts nothing before what its author had said already, where nobody would answer it.
    """
    at = message.received_at or now
    at = min(at if at.tzinfo else at.replace(tzinfo=dt.UTC), now)
    said = newest_asked(tx, joined.id) if joined else None
    return max(at, said.at) if said else at


def _read(service: Service, incoming: Incoming) -> clock.Reading | None:
    """What a message says, in view of what was said before; taking it in never fails for that."""
    message = incoming.message
    try:
        if incoming.thread:
            with service.database.read() as tx:
                own = {"source": incoming.source, "thread": incoming.thread}
                case = access.first(tx, CaseRow, order=(access.newest(CaseRow),), **own)
                turns = conversation(tx, case.id) if case else []
            message = message.model_copy(update={"thread": (*message.thread, *thread_of(turns))})
        return clock.reading(message, triage(message, service.desk.brand))
    except Exception:
        log.exception("message %s could not be triaged", message.id)
        return None


def _stands(service: Service, case: CaseRow, message: Message, read: clock.Reading | None) -> dict[str, Any]:
    """The triage and the deadlines, which do not wait for a draft; taking in never fails for them either."""
    try:
        return triaged(service, case, message, read) if read else {}
    except Exception:
        log.exception("case %s has no deadlines yet", case.id)
        return {}


def _code(tx: Tx) -> str:
    while access.first(tx, CaseRow, code=(code := tracking_code())):
        pass
    return code


def subject_of(text: str) -> str:
    """The start of the message on one line, for the queue."""
    line = " ".join(text.split())
    return line if len(line) <= SUBJECT_CHARS else line[: SUBJECT_CHARS - 1] + "…"


def _earlier_turns(tx: Tx, incoming: Incoming, case: CaseRow, row: MessageRow) -> None:
    """What was said before the case came to voz, as the door told it; it stands before the message in time."""
    turns = incoming.message.thread
    for place, turn in enumerate(turns):
        before = row.at - dt.timedelta(seconds=len(turns) - place)
        access.add(
            tx,
            MessageRow(
                id=access.new_id("m", row.stored_at), case_id=case.id, source=incoming.source, external_id=None,
                incoming=not turn.from_company, author=turn.author, text=turn.text, at=before, stored_at=row.stored_at,
                content="",
            ),
        )  # fmt: skip


def _early_answers(tx: Tx, service: Service, case: CaseRow) -> None:
    """What somebody answered there before the customer's message came in: whoever reviews the case has to see it."""
    for told in early.answers(tx, case.source, case.thread) if case.thread else []:
        assert told.at is not None
        row = MessageRow(
            id=access.new_id("m", told.stored_at), case_id=case.id, source=told.source, external_id=told.external_id,
            incoming=False, author=told.author, text=told.text, at=told.at, stored_at=told.stored_at, content="",
        )  # fmt: skip
        if access.add_new(tx, row, "source", "external_id"):
            case = save(tx, service, SYSTEM, case, "answered_there", after={"by": told.author})


def _joined(
    tx: Tx, service: Service, case: CaseRow, row: MessageRow, incoming: Incoming, actor: Actor,
    read: clock.Reading | None,
) -> CaseRow:  # fmt: skip
    """A follow-up: the case is open again, and what was approved but not yet on its way is taken back."""
    waiting = access.find(tx, DeliveryRow, case_id=case.id, state="waiting", lock=True)
    for delivery in waiting:
        call_off(tx, service, delivery, "cancelled", "the customer wrote again")
    at = row.at if not case.open or case.approved_at else case.received_at
    asks = replace(case, received_at=at)
    said = incoming.message.model_copy(update={"channel": case.channel, "public": case.public, "received_at": row.at})
    return save(
        tx, service, actor, case, "follow_up",
        after={"message": row.id, "cancelled": [delivery.id for delivery in waiting]}, received_at=at,
        subject=row.id, reach=max(case.reach, incoming.reach), delivered_at=None,
        approved_at=None, decision_id=None, snoozed_until=None, reopened_for=None, drafting_since=None,
        **REOPENED, **unsettled(tx, case.id), **_stands(service, asks, said, read),
    )  # fmt: skip
