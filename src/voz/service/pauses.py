"""How long to wait before something is tried again."""

from __future__ import annotations

import datetime as dt
import random
from email.utils import parsedate_to_datetime

NONE = dt.timedelta(0)
_LONGEST = dt.timedelta(days=1000)


def growing(attempts: int, first: dt.timedelta, most: dt.timedelta) -> dt.timedelta:
    """Twice as long after each attempt, up to `most`, and a little more or less each time."""
    usual: dt.timedelta = min(first * 2 ** min(attempts - 1, 30), most)
    return usual * random.uniform(0.8, 1.2)


def asked(retry_after: str, now: dt.datetime) -> dt.timedelta:
    """What a Retry-After asks for: seconds, or a date of HTTP; nothing where it is neither."""
    value = retry_after.strip()
    if value.isascii() and value.isdigit():
        return min(dt.timedelta(seconds=int(value)), _LONGEST) if len(value) < 10 else _LONGEST
    try:
        return max(parsedate_to_datetime(value) - now, NONE)
    except (ValueError, TypeError, OverflowError):
        return NONE
