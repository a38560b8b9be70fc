"""The words of one page, from `data/desk/<topic>.<language>.yaml`."""

from __future__ import annotations

from functools import cache

from voz.packaged import packaged
from voz.words import LANGUAGES, Words


@cache
def topic_words(topic: str, language: str = "es") -> Words:
    """Spanish where a language has no file."""
    name = language if language in LANGUAGES else LANGUAGES[0]
    return Words(name, packaged(f"desk/{topic}.{name}"))
