"""Text whose direction marks and invisible characters cannot change how the rest of the page reads."""

from __future__ import annotations

_TRICKS = frozenset("\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")


def visible(text: str) -> str:
    """The text with each such mark told by a sign of its own."""
    return "".join("\ufffd" if char in _TRICKS else char for char in text)
