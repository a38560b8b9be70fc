"""Reading what a helpdesk sends: every field by its path, times, and HTML as plain text.

All of it is data of strangers: whatever is missing or of another kind is an InputError that names its path, and nothing
takes longer than the text is long.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from voz.case import clean_text
from voz.errors import InputError
from voz.wire import FieldError, load_json

MAX_BODY = 4_000_000
SKEW = dt.timedelta(minutes=5)
"""How far the clocks of voz and of a helpdesk may be apart."""
_ID = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff]{1,400}")


@dataclass(frozen=True, slots=True)
class Field:
    """A value and where it stands."""

    value: Any
    path: str = ""

    def __getitem__(self, key: str) -> Field:
        found = self.get(key)
        if found is None:
            raise FieldError(self._below(key), "is missing")
        return found

    def get(self, key: str) -> Field | None:
        """None where it is missing or null."""
        if not isinstance(self.value, dict):
            raise FieldError(self.path or "body", "must be an object")
        value = self.value.get(key)
        return None if value is None else Field(value, self._below(key))

    def items(self) -> Iterator[Field]:
        if not isinstance(self.value, list):
            raise FieldError(self.path or "body", "must be a list")
        return (Field(value, f"{self.path}.{place}") for place, value in enumerate(self.value))

    def text(self) -> str:
        """Without NULs, control characters and lone surrogates; it may be blank."""
        if not isinstance(self.value, str):
            raise FieldError(self.path, "must be a text")
        return str(clean_text(self.value))

    def id(self) -> str:
        """An id as text, whether it is written as a number or as a text."""
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
            return str(value)
        if isinstance(value, str) and _ID.fullmatch(value):
            return value
        raise FieldError(self.path, "must be an id: a whole number or a short text without spaces")

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise FieldError(self.path, "must be true or false")
        return self.value

    def moment(self) -> dt.datetime:
        """A time as ISO 8601 or in seconds since 1970; UTC where it names no zone."""
        value = self.value
        try:
            if isinstance(value, str) and len(value) < 60:
                at = dt.datetime.fromisoformat(value.strip())
                return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                return dt.datetime.fromtimestamp(value, dt.UTC)
        except (ValueError, OverflowError, OSError):
            pass
        raise FieldError(self.path, "must be a time: ISO 8601, or seconds since 1970")

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def load(body: bytes) -> Field:
    """The JSON object in a body. Raises InputError."""
    if len(body) > MAX_BODY:
        raise InputError(f"the body has {len(body)} bytes; the most is {MAX_BODY}")
    value = load_json(body)
    if not isinstance(value, dict):
        raise FieldError("body", "must be an object")
    return Field(value)


def optional_text(field: Field | None) -> str:
    return "" if field is None else field.text().strip()


def with_subject(subject: str, text: str) -> str:
    """The first message of a conversation with its subject, which often holds what the text leaves out."""
    subject = " ".join(subject.split())
    return text if not subject or subject.casefold() in text.casefold() else f"{subject}\n\n{text}".strip()


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40})[^<>]*>")
_BLOCKS = frozenset(
    "address article aside blockquote dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav "
    "ol p pre section table tr ul".split()
)
_UNSEEN = frozenset({"head", "script", "style", "template", "title"})
_TYPED = re.compile(r"<[a-zA-Z/!]")


def html_text(html: str) -> str:
    """What a person sees of a piece of HTML: no markup, no scripts, lines where blocks end."""
    if not _TYPED.search(html):
        return _tidied(unescape(html))
    pieces: list[str] = []
    lowered, at, ends = html.lower(), 0, dict[str, bool]()
    while True:
        start = html.find("<", at)
        if start < 0:
            pieces.append(html[at:])
            break
        pieces.append(re.sub(r"\s+", " ", html[at:start]))
        at = _past(html, lowered, start, pieces, ends)
    return _tidied(unescape("".join(pieces)))


def _past(html: str, lowered: str, start: int, pieces: list[str], ends: dict[str, bool]) -> int:
    """Where the text goes on after what stands at a `<`; `ends` remembers what is never closed."""
    if html.startswith("<!--", start):
        return _after("-->", lowered, start, ends)
    if html.startswith(("<!", "<?"), start):
        return _after(">", lowered, start, ends)
    tag = _TAG.match(html, start)
    if tag is None:
        pieces.append("<")
        return start + 1
    name, closing = tag[2].lower(), bool(tag[1])
    if name in _UNSEEN and not closing:
        return _after(f"</{name}>", lowered, tag.end(), ends)
    if name == "br":
        pieces.append("\n")
    elif name in _BLOCKS:
        pieces.append("\n\n" if name in ("p", "h1", "h2", "h3", "h4", "h5", "h6") and closing else "\n")
    elif name in ("td", "th") and closing:
        pieces.append(" ")
    return tag.end()


def _after(end: str, lowered: str, start: int, ends: dict[str, bool]) -> int:
    found = lowered.find(end, start) if ends.get(end, True) else -1
    ends[end] = found >= 0
    return found + len(end) if found >= 0 else min(start + 1, len(lowered))


def _tidied(text: str) -> str:
    lines = [" ".join(line.split()) for line in str(clean_text(text.replace("\r\n", "\n"))).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def said(who: str, author: str, text: str, at: dt.datetime | None) -> str:
    """One sentence for a reviewer on what was said in the helpdesk meanwhile."""
    name = " ".join(author.split())[:80]
    when = f" on {at.astimezone(dt.UTC):%Y-%m-%d at %H:%M} UTC" if at else ""
    words = " ".join(text.split())
    words = words if len(words) <= 160 else words[:159] + "…"
    return f"{who}{f' ({name})' if name else ''} wrote in the helpdesk{when}: “{words}”"
