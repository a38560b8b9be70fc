"""How long to wait after failed logins.

A user's failures are kept in the database (`failures`; `locked_until` is the end of the wait, or the moment of the last
failure while nothing is locked yet). Those of client addresses, and of logins that nobody has, are kept in this
process's memory: they are forgotten when it ends, and never fill the database.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

WINDOW = dt.timedelta(minutes=15)
"""Failures further apart than this are not counted together."""
FIRST, LONGEST = dt.timedelta(seconds=30), dt.timedelta(minutes=15)
USER_FREE, ADDRESS_FREE = 5, 25
"""So many failures cost nothing: an address may be that of a whole office."""


def counted(failures: int, until: dt.datetime | None, now: dt.datetime, free: int) -> tuple[int, dt.datetime]:
    """The count and the end of the wait after one more failure; each failure beyond `free` doubles the wait."""
    recent = failures if until is not None and now - until <= WINDOW else 0
    count = recent + 1
    if count < free:
        return count, now
    return count, now + min(FIRST * 2 ** min(count - free, 10), LONGEST)


def wait_left(until: dt.datetime | None, now: dt.datetime) -> dt.timedelta | None:
    """What is left of a wait; None where there is none."""
    return until - now if until is not None and until > now else None


class Tally:
    """Failures by key, in memory; the `most` latest keys are kept."""

    def __init__(self, free: int, most: int = 20_000) -> None:
        self.free, self.most = free, most
        self._found: OrderedDict[str, tuple[int, dt.datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def failed(self, key: str, now: dt.datetime) -> None:
        with self._lock:
            failures, until = self._found.pop(key, (0, None))
            self._found[key] = counted(failures, until, now, self.free)
            while len(self._found) > self.most:
                self._found.popitem(last=False)

    def wait(self, key: str, now: dt.datetime) -> dt.timedelta | None:
        with self._lock:
            found = self._found.get(key)
        return wait_left(found[1], now) if found else None


@dataclass(frozen=True)
class Attempts:
    """What one process remembers of failed logins."""

    addresses: Tally = field(default_factory=lambda: Tally(ADDRESS_FREE))
    strangers: Tally = field(default_factory=lambda: Tally(USER_FREE))


def network_of(address: str) -> str:
    """What one client can change at will is one key: an IPv6 address counts as its /64."""
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
