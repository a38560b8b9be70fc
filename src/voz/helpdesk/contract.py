"""What every helpdesk's file gives: its webhook verified and parsed, and its side of a delivery.

A helpdesk is a `Destination` (voz.service.service) that also takes messages in. Its webhook's body is data: it is
verified over the raw bytes before anything of it is read, and no address in it is ever opened.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from voz.case import clean_text
from voz.errors import InputError
from voz.helpdesk.reading import html_text
from voz.service.receive import Incoming
from voz.service.service import Destination

REPLAY = dt.timedelta(minutes=5)
"""A signed delivery that is older than this is taken for a replay, where the helpdesk signs a time."""


class Unverified(InputError):
    """The signature is missing or wrong, or the delivery is too old."""


@dataclass(frozen=True)
class Answered:
    """Somebody wrote to the customer in the helpdesk itself."""

    source: str
    thread: str
    external_id: str
    author: str
    text: str
    at: dt.datetime | None = None
    own: bool = False
    """voz's own post, among what a helpdesk lists: nothing new, but what stands before it was answered."""


@dataclass(frozen=True)
class Edited:
    """The customer's message was changed there after it came in, or deleted: then the text is empty."""

    source: str
    external_id: str
    text: str
    at: dt.datetime | None = None
    """When it was edited, where the helpdesk says so: of two edits the older never counts."""


@dataclass(frozen=True)
class Ignored:
    """Nothing that voz has to do with: its own post, a private note, a system entry."""

    reason: str


@dataclass(frozen=True)
class Several:
    """What a delivery tells of one conversation where that is more than one entry; oldest first."""

    entries: tuple[Incoming | Answered, ...]


Parsed = Incoming | Answered | Edited | Ignored | Several


@dataclass(frozen=True)
class Unread:
    """A delivery that only names what happened: the rest has to be read from the helpdesk's API."""

    thread: str
    read: Callable[[], Parsed]
    """Raises CannotTell and InputError where it cannot be read now."""


def whole(told: Parsed | Unread) -> Parsed:
    """What a delivery says, read from the API where it has to be. Raises CannotTell and InputError then."""
    return told.read() if isinstance(told, Unread) else told


def conversation_of(told: Parsed | Unread) -> str | None:
    """The id of the conversation that a delivery is about, where it names one."""
    entry = told.entries[0] if isinstance(told, Several) else told
    return entry.thread if isinstance(entry, Incoming | Answered | Unread) else None


def together(entries: Sequence[Incoming | Answered], nothing: str) -> Parsed:
    """The entries of one delivery, in order, as what it says; `nothing` is why there are none."""
    if all(isinstance(one, Answered) and one.own for one in entries):
        return Ignored("voz's own post" if entries else nothing)
    return entries[0] if len(entries) == 1 else Several(tuple(entries))


class Helpdesk(Destination, Protocol):
    """One may also have `delivery_id(headers, body)`, which is the same when a delivery is sent again,
    `challenge(headers, body)`, what a delivery that asks whether voz is there is to be answered with, and
    `needed_headers`, the names of those that `parse` reads."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        """Raises Unverified. `headers` are found whatever their capitals (starlette's Headers)."""

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed | Unread:
        """What a verified delivery says; asks nobody, for the helpdesk waits for its acknowledgement meanwhile.

        Raises InputError naming the field that is missing or wrong.
        """

    def news(self, case: Any, since: dt.datetime) -> str | None:
        """What happened in the conversation there since then that a reviewer has not seen; None for nothing.

        Asked right before the first post of an approved reply. Raises CannotTell where it cannot be read.
        """


def same(one: str, other: str) -> bool:
    """Compare signatures in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def text_mark(text: str) -> str:
    """How a post is known again by its words, whatever a helpdesk does to its spaces. The text is plain: a `&lt;`
    in it is what the customer reads."""
    letters = "".join(str(clean_text(text)).split())
    return hashlib.sha256(letters.casefold().encode("utf-8", "replace")).hexdigest()[:32]


def html_mark(html: str) -> str:
    """The mark of what a person sees of a piece of HTML, however its markup was changed."""
    return text_mark(html_text(html))
