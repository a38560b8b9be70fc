"""Conversations as lists of threads, the shape that Help Scout has and FreeScout copies.

A thread has an id, a type (customer, message, note, lineitem, chat …), a state (published, draft, hidden, review), a
body in HTML, who created it and when. Neither helpdesk gives a thread a place for a marker: voz's own is known by its
words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from voz.case import Channel
from voz.helpdesk import reading
from voz.helpdesk.contract import Answered, Ignored, Parsed, html_mark, text_mark, together
from voz.helpdesk.heard import attached, heard
from voz.helpdesk.reading import SKEW, Field
from voz.service.receive import Incoming
from voz.store.rows import DeliveryRow

CUSTOMER_EVENTS = frozenset({"convo.created", "convo.customer.reply.created"})
AGENT_EVENT = "convo.agent.reply.created"
EVENTS = CUSTOMER_EVENTS | {AGENT_EVENT}


def told(
    source: str, event: str, conversation: Field, entries: Iterable[Field], channel: Channel, own_user: int | None
) -> Parsed:
    """What an event says, after the conversation's threads. Raises InputError."""
    thread = conversation["id"].id()
    spoken = sorted((one for one in entries if of_customer(one) or of_team(one)), key=_place)
    said: list[Incoming | Answered] = []
    for place, entry in enumerate(spoken):
        if of_team(entry):
            said.append(_answer(source, thread, entry, own_user))
        elif event != AGENT_EVENT:
            begins = place == 0 and (event == "convo.created" or len(spoken) > 1)
            subject = reading.optional_text(conversation.get("subject")) if begins else ""
            message = _message(source, thread, entry, subject, channel)
            said += [message] if isinstance(message, Incoming) else []
    if event == AGENT_EVENT:
        return together(said, "a reply that is not published")
    if not any(isinstance(one, Incoming) for one in said):
        return Ignored("no words of the customer in it")
    return together(said, "")


def _answer(source: str, thread: str, entry: Field, own_user: int | None) -> Answered:
    own = _creator(entry) == str(own_user)
    return Answered(source, thread, entry["id"].id(), author(entry), text(entry), entry["createdAt"].moment(), own)


def _message(source: str, thread: str, entry: Field, subject: str, channel: Channel) -> Incoming | Ignored:
    words = text(entry)
    bare = not words and attached(entry, reading.optional_text(entry.get("body")))
    if words or bare:
        words = reading.with_subject(subject, words)
    return heard(
        source, thread, entry["id"].id(), words, bare=bare, channel=channel, author=author(entry),
        at=entry["createdAt"].moment(),
    )  # fmt: skip


def found(entries: Iterable[Field], delivery: DeliveryRow, mode: str) -> str | None:
    """The id of the thread that says what the delivery says; a draft that a colleague has sent counts as well."""
    mark, kind = text_mark(delivery.text), "note" if mode == "note" else "message"
    for entry in entries:
        state = reading.optional_text(entry.get("state"))
        fits = state == "published" or (mode == "draft" and state == "draft")
        if entry["type"].text() != kind or not fits or entry["createdAt"].moment() < delivery.created_at - SKEW:
            continue
        if html_mark(reading.optional_text(entry.get("body"))) == mark:
            return entry["id"].id()
    return None


def news(entries: Iterable[Field], since: dt.datetime, own_user: int | None) -> str | None:
    """One sentence on the newest message of the customer or reply of the team since then. Raises InputError."""
    entry = newest(entries, lambda one: of_customer(one) or (of_team(one) and _creator(one) != str(own_user)))
    if entry is None or entry["createdAt"].moment() <= since:
        return None
    who = "The customer" if of_customer(entry) else "Somebody of the team"
    return reading.said(who, author(entry), text(entry), entry["createdAt"].moment())


def newest(entries: Iterable[Field], fits: Callable[[Field], bool]) -> Field | None:
    return max((entry for entry in entries if fits(entry)), key=_place, default=None)


def _place(entry: Field) -> tuple[dt.datetime, int]:
    return entry["createdAt"].moment(), _number(entry)


def of_customer(entry: Field) -> bool:
    kind = entry["type"].text()
    spoken = kind == "customer" or (kind in ("chat", "beaconchat") and _made_by(entry) == "customer")
    return spoken and _published(entry)


def of_team(entry: Field) -> bool:
    kind = entry["type"].text()
    spoken = kind == "message" or (kind in ("chat", "beaconchat") and _made_by(entry) == "user")
    return spoken and _published(entry)


def text(entry: Field) -> str:
    body = entry.get("body")
    return reading.html_text(body.text()) if body is not None else ""


def author(entry: Field) -> str:
    person = entry.get("createdBy")
    if person is None:
        return ""
    names = [reading.optional_text(person.get(key)) for key in ("first", "last", "firstName", "lastName")]
    return " ".join(filter(None, names)) or reading.optional_text(person.get("email"))


def _published(entry: Field) -> bool:
    return reading.optional_text(entry.get("state")) == "published"


def _made_by(entry: Field) -> str:
    person = entry.get("createdBy")
    return reading.optional_text(person.get("type")) if person is not None else ""


def _creator(entry: Field) -> str:
    """The number of the user who wrote it; empty where no user did."""
    person = entry.get("createdBy")
    if person is None or _made_by(entry) != "user":
        return ""
    number = person.get("id")
    return number.id() if number is not None else ""


def _number(entry: Field) -> int:
    number = entry["id"].id()
    return int(number) if number.isascii() and number.isdigit() else 0
