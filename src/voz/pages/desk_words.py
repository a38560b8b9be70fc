"""The words of the desk, from `data/desk/page.<language>.yaml`."""

from __future__ import annotations

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

from voz.packaged import packaged
from voz.words import LANGUAGES, Words


@cache
def desk_words(language: str = "es") -> Words:
    name = language if language in LANGUAGES else LANGUAGES[0]
    return Words(name, packaged(f"desk/page.{name}"))


def moment(at: dt.datetime | None, desk: Words, zone: str) -> str:
    """A moment as people of this place and language write it."""
    return at.astimezone(ZoneInfo(zone)).strftime(desk("when")) if at else ""
