"""Text whose direction marks and invisible characters cannot change how the rest of the page reads."""

from __future__ import annotations

import re

_TRICKS = re.compile(r"[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def visible(text: str) -> str:
    """The text with each such mark told by a sign of its own."""
    return _TRICKS.sub("\ufffd", text)
