"""Checking what a webhook is signed with: over its raw bytes, in constant time, and not for ever.

The reasons name the header that is missing or wrong; none says what it should have been.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping

from voz.errors import InputError
from voz.helpdesk.contract import REPLAY, Unverified, same
from voz.helpdesk.reading import Field


def header(headers: Mapping[str, str], name: str) -> str:
    """A header that has to be there, whatever the capitals of its name."""
    found = headers.get(name) or headers.get(name.lower())
    if not found or not found.strip():
        raise Unverified(f"the header {name} is missing")
    return found.strip()


def digest(secret: str, data: bytes, algorithm: str) -> bytes:
    return hmac.new(secret.encode("utf-8", "replace"), data, getattr(hashlib, algorithm)).digest()


def base64_digest(secret: str, data: bytes, algorithm: str) -> str:
    return base64.b64encode(digest(secret, data, algorithm)).decode("ascii")


def signed(headers: Mapping[str, str], name: str, expected: str) -> None:
    """Raises Unverified where the header is not what was expected."""
    if not same(header(headers, name), expected):
        raise Unverified(f"the header {name} is wrong")


def recent(headers: Mapping[str, str], name: str, now: dt.datetime) -> str:
    """A signed time as it was written, seconds since 1970 or ISO 8601. Raises Unverified where it is far from now."""
    written = header(headers, name)
    try:
        at = Field(int(written) if written.isascii() and written.isdigit() else written, name).moment()
    except (InputError, ValueError) as error:
        raise Unverified(f"the header {name} is not a time") from error
    if abs(now - at) > REPLAY:
        raise Unverified(f"the header {name} is more than {REPLAY.seconds // 60} minutes away from now")
    return written
