"""What voz itself has to say of a customer's message: that it was cut, that it has no words, that it was deleted."""

from __future__ import annotations

from typing import Literal

from voz.case import MAX_MESSAGE_CHARS
from voz.packaged import packaged
from voz.service.service import Service

Remark = Literal["attachment", "cut", "deleted"]
NO_WORDS = "[…]"
"""Stands in a message without words until it is taken in."""


def remark(service: Service, kind: Remark) -> str:
    """In the company's first language, for a message has none of its own where it has no words."""
    said = packaged("desk/remarks")[kind]
    language = service.desk.brand.voice.languages[0].split("-")[0].lower()
    return str(said.get(language, said["es"]))


def remarked(service: Service, text: str, kind: Literal["attachment", "cut"]) -> str:
    """A message's text with what is to be said of it."""
    said = remark(service, kind)
    return said if text == NO_WORDS else f"{text[: MAX_MESSAGE_CHARS - len(said) - 2]}\n\n{said}"


def words(text: str) -> str:
    """What the customer wrote, without what voz said beside it: that is for people, a draft must not answer it."""
    for said in packaged("desk/remarks").values():
        for note in said.values():
            text = text.replace(note, "")
    return text.strip() or NO_WORDS


def fitted(service: Service, text: str) -> str:
    """A text as a message takes it: one that is too long is cut, and says so."""
    return text if len(text) <= MAX_MESSAGE_CHARS else remarked(service, text, "cut")


def edited(service: Service, before: str, after: str) -> str:
    """A message's text after an edit; one that was deleted keeps what it said, and says that it was deleted."""
    if after.strip():
        return fitted(service, after)
    gone = remark(service, "deleted")
    return before if before.startswith(gone) else fitted(service, f"{gone}\n\n{before}")
