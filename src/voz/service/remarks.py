"""What voz itself has to say of a customer's message: that it was cut, that it has no words, that it was deleted."""

from __future__ import annotations

from typing import Literal

from voz.case import MAX_MESSAGE_CHARS
from voz.packaged import packaged
from voz.service.service import Service

Remark = Literal["attachment", "cut", "deleted"]


def remark(service: Service, kind: Remark) -> str:
    """In the company's first language, for a message has none of its own where it has no words."""
    words = packaged("desk/remarks")[kind]
    language = service.desk.brand.voice.languages[0].split("-")[0].lower()
    return str(words.get(language, words["es"]))


def fitted(service: Service, text: str) -> str:
    """A text as a message takes it: one that is too long is cut, and says so."""
    if len(text) <= MAX_MESSAGE_CHARS:
        return text
    end = "\n\n" + remark(service, "cut")
    return text[: MAX_MESSAGE_CHARS - len(end)] + end


def edited(service: Service, before: str, after: str) -> str:
    """A message's text after an edit; one that was deleted keeps what it said, and says that it was deleted."""
    if after.strip():
        return fitted(service, after)
    gone = remark(service, "deleted")
    return before if before.startswith(gone) else fitted(service, f"{gone}\n\n{before}")
