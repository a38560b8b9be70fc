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


def moment(at: dt.datetime | None, desk: Words, zone: str, now: dt.datetime) -> str:
    """A moment as people of this place and language write it; with its year, where that is not this one."""
    if at is None:
        return ""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    return local.strftime(desk("when" if local.year == today.year else "when_year"))
