"""What every helpdesk's file gives: its webhook verified and parsed, and its side of a delivery.

A helpdesk is a `Destination` (voz.service.service) that also takes messages in. Its webhook's body is data: it is
verified over the raw bytes before anything of it is read, and no address in it is ever opened.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
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


@dataclass(frozen=True)
class Edited:
    """The customer's message was changed there after it came in."""

    source: str
    external_id: str
    text: str


@dataclass(frozen=True)
class Ignored:
    """Nothing that voz has to do with: its own post, a private note, a system entry."""

    reason: str


Parsed = Incoming | Answered | Edited | Ignored


class Helpdesk(Destination, Protocol):
    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        """Raises Unverified. `headers` are found whatever their capitals (starlette's Headers)."""

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        """What a verified delivery says. Raises InputError naming the field that is missing or wrong."""

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
