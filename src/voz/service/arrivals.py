"""Deliveries of helpdesks that were taken in already: one that is sent again is answered at once and does nothing.

What is in a delivery is known again by its own ids as well; this spares the reading, and repeated notices of the trail.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from voz.service.service import Service
from voz.store import access
from voz.store.rows import ArrivalRow

KEPT = dt.timedelta(days=7)
"""Longer than any helpdesk goes on sending."""


def key_of(helpdesk: str, delivery_id: str) -> str:
    return hashlib.sha256(f"{helpdesk}\x1f{delivery_id}".encode("utf-8", "replace")).hexdigest()


def known(service: Service, key: str) -> bool:
    with service.database.read() as tx:
        return access.get(tx, ArrivalRow, key) is not None


def keep(service: Service, key: str) -> None:
    """To be said once all of the delivery is stored, so that one that voz failed on may be sent again."""
    with service.database.write() as tx:
        access.add_new(tx, ArrivalRow(key, service.now()), "key")
