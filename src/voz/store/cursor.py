"""Where a list goes on: an opaque text, safe in a URL, that only the list that gave it out takes."""

from __future__ import annotations

import base64
import datetime as dt
import json

from voz.case import clean_text
from voz.errors import NotFound


def made(name: str, *places: str) -> str:
    """A cursor of the list of that name."""
    packed = json.dumps([name, *places], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def places(name: str, given: str, count: int) -> tuple[str, ...]:
    """What a cursor of that list holds. Raises NotFound."""
    try:
        packed = base64.b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True)
        found = json.loads(packed)
    except (ValueError, RecursionError):
        raise unknown() from None
    fits = isinstance(found, list) and len(found) == count + 1 and found[0] == name
    if not fits or not all(isinstance(one, str) and one == clean_text(one) for one in found):
        raise unknown()
    return tuple(found[1:])


def moment(written: str) -> dt.datetime:
    """A moment that stands in a cursor. Raises NotFound."""
    try:
        return dt.datetime.fromisoformat(written).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise unknown() from None


def unknown() -> NotFound:
    return NotFound("There is no page after that: take the cursor that this list has given out.")
