"""A customer's message as a helpdesk gave it, made fit to be taken in: none is refused for its length or its photo."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from voz.case import MAX_MESSAGE_CHARS, Channel, Message
from voz.helpdesk.contract import Ignored
from voz.helpdesk.reading import Field
from voz.service.receive import Incoming
from voz.service.remarks import NO_WORDS


def heard(
    source: str, thread: str, external_id: str, text: str, *, channel: Channel, author: str = "",
    at: dt.datetime | None = None, public: bool | None = None, bare: bool = False,
) -> Incoming | Ignored:  # fmt: skip
    """`bare`: it has an attachment and no words of its own; `text` may be its subject. Without either it is Ignored."""
    text = text.strip()
    if not text and not bare:
        return Ignored("a message without words")
    message = Message(
        id=external_id, channel=channel, public=public, author=author, text=fit(text), received_at=at
    )  # fmt: skip
    return Incoming(message, source, external_id=external_id, thread=thread, remark=remark_on(text, bare))


def fit(text: str) -> str:
    return text[:MAX_MESSAGE_CHARS] or NO_WORDS


def remark_on(text: str, bare: bool) -> Literal["attachment", "cut"] | None:
    """What is to be said of a message whose text was made fit."""
    return "attachment" if bare else "cut" if len(text) > MAX_MESSAGE_CHARS else None


def attached(entry: Field, body: str = "") -> bool:
    """Whether an entry has a file or a picture, whatever it says beside it."""
    embedded = entry.get("_embedded")
    places = (entry, embedded) if embedded is not None and isinstance(embedded.value, dict) else (entry,)
    listed = [place.get("attachments") for place in places]
    return any(one is not None and isinstance(one.value, list) and one.value for one in listed) or (
        "<img" in body.lower()
    )
