"""The words that documents use for audience, validity, place and kind: data, read once."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from voz.packaged import packaged
from voz.text import fold


def phrases(key: str) -> Any:
    """One entry of `data/knowledge.yaml`, as it stands there."""
    return packaged("knowledge")[key]


def places() -> dict[str, dict[str, Any]]:
    """`data/regions.yaml`: region → country, the regions it is part of, and its names."""
    found: dict[str, dict[str, Any]] = packaged("regions")
    return found


@cache
def pattern(key: str) -> re.Pattern[str]:
    """The phrases of an entry as one pattern over folded text, whole words only.

    A space in a phrase matches any run of white space; `*` inside a word any ending.
    """
    entries = phrases(key)
    if isinstance(entries, dict):
        entries = [phrase for group in entries.values() for phrase in group]
    return words_pattern(tuple(entries))


@cache
def words_pattern(entries: tuple[str, ...]) -> re.Pattern[str]:
    parts = []
    for phrase in sorted(set(entries), key=len, reverse=True):
        escaped = re.escape(fold(phrase)).replace(r"\*", r"\w{0,20}").replace(r"\ ", r"\s{1,5}")
        parts.append(escaped)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")
