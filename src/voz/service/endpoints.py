"""The addresses that are told of events: added, listed, given another secret, stopped and started again."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets

from voz.errors import InputError, NotFound, Refused
from voz.service.actor import SYSTEM, Actor, require
from voz.service.events import TYPES
from voz.service.outward import checked
from voz.service.users import noted
from voz.store import access, jobs
from voz.store.database import Database, Tx
from voz.store.rows import AuditRow, EndpointRow, JobRow
from voz.store.schema import audit

OLD_SECRET = dt.timedelta(hours=24)
"""How long deliveries are signed with the secret of before, too."""
FAILING = dt.timedelta(days=5)
MOST = 50
ROTATED = "endpoint_rotated"
RETIRE, GIVE_UP = "endpoint_secret", "endpoint_failing"
"""The kinds of the jobs that wait until an old secret is forgotten, and until a silent endpoint is given up."""


def add(
    db: Database, actor: Actor, url: str, events: tuple[str, ...] = (), *, now: dt.datetime, private: bool = False
) -> EndpointRow:
    """An endpoint with a secret of its own, told of these types of events; none: of all. Raises InputError, Refused."""
    require(actor, "admin")
    unknown = [type for type in events if type not in TYPES]
    if unknown:
        raise InputError(f"There are no events {', '.join(unknown)}; there are {', '.join(TYPES)}.")
    row = EndpointRow(
        id=access.new_id("w", now), url=checked(url.strip(), private=private), secrets=(new_secret(),),
        events=tuple(dict.fromkeys(events)), created_at=now, created_by=actor.id,
    )  # fmt: skip
    with db.write() as tx:
        if len(access.find(tx, EndpointRow, disabled_at=None)) >= MOST:
            raise Refused(f"There are {MOST} endpoints already: disable one first.")
        access.add(tx, row)
        noted(tx, now, actor, "endpoint_added", row.id, after={"url": row.url, "events": list(row.events)})
    return row


def found(db: Database) -> list[EndpointRow]:
    """Every endpoint, the oldest first."""
    with db.read() as tx:
        return access.find(tx, EndpointRow, order=("id",))


def one(db: Database, actor: Actor, endpoint_id: str) -> EndpointRow:
    """Raises NotFound and Refused."""
    require(actor, "admin")
    with db.read() as tx:
        return _named(tx, endpoint_id)


def rotate(db: Database, actor: Actor, endpoint_id: str, *, now: dt.datetime) -> EndpointRow:
    """A new secret; deliveries are signed with the old one too for a day. Raises NotFound, Refused."""
    require(actor, "admin")
    with db.write() as tx:
        row = _named(tx, endpoint_id, lock=True)
        if len(row.secrets) >= 5:
            raise Refused("The secret was changed four times within a day: wait until the old ones are forgotten.")
        jobs.enqueue(tx, RETIRE, now=now, run_at=now + OLD_SECRET, ref=f"{row.id}:{fingerprint(row.secrets[0])}")
        access.change(tx, EndpointRow, row.id, secrets=(new_secret(), *row.secrets))
        noted(tx, now, actor, ROTATED, row.id)
        return _named(tx, row.id)


def rotated(db: Database, actor: Actor, endpoint_id: str, since: dt.datetime) -> bool:
    """Whether this person has given it a new secret since then."""
    with db.read() as tx:
        found = access.find(tx, AuditRow, audit.c.at >= since, action=ROTATED, who=actor.id, subject=endpoint_id)
    return bool(found)


def disable(db: Database, actor: Actor, endpoint_id: str, *, now: dt.datetime, why: str = "by hand") -> EndpointRow:
    """Tell it nothing any more, not even what waits. Raises NotFound, Refused."""
    require(actor, "admin")
    with db.write() as tx:
        row = _named(tx, endpoint_id, lock=True)
        if row.disabled_at is None:
            stop(tx, row, why, now=now, actor=actor)
        return _named(tx, row.id)


def enable(db: Database, actor: Actor, endpoint_id: str, *, now: dt.datetime) -> EndpointRow:
    """Tell it again of what happens from now on. Raises NotFound, Refused."""
    require(actor, "admin")
    with db.write() as tx:
        row = _named(tx, endpoint_id, lock=True)
        if row.disabled_at is not None:
            access.change(tx, EndpointRow, row.id, disabled_at=None, disabled_for="")
            noted(tx, now, actor, "endpoint_enabled", row.id)
        return _named(tx, row.id)


def stop(tx: Tx, row: EndpointRow, why: str, *, now: dt.datetime, actor: Actor = SYSTEM) -> None:
    access.change(tx, EndpointRow, row.id, disabled_at=now, disabled_for=why)
    answered(tx, row, now=now)
    noted(tx, now, actor, "endpoint_disabled", row.id, after={"reason": why})


def silent(tx: Tx, row: EndpointRow, *, now: dt.datetime) -> None:
    """It has not taken a delivery: unless it takes one within five days, it is given up."""
    jobs.enqueue(tx, GIVE_UP, now=now, run_at=now + FAILING, ref=row.id, key=f"{GIVE_UP}:{row.id}")


def answered(tx: Tx, row: EndpointRow, *, now: dt.datetime) -> None:
    """It has taken a delivery, or none will be sent: nothing is counted against it any more."""
    waiting = access.first(tx, JobRow, key=f"{GIVE_UP}:{row.id}")
    if waiting is not None:
        access.change(tx, JobRow, waiting.id, done_at=now, key=None, lease_until=None, error="it answered again")


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def fingerprint(secret: str) -> str:
    """Which secret is meant, without saying it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def _named(tx: Tx, endpoint_id: str, *, lock: bool = False) -> EndpointRow:
    row = access.get(tx, EndpointRow, endpoint_id, lock=lock)
    if row is None:
        raise NotFound(f"There is no endpoint {endpoint_id[:100]}; `voz webhooks list` shows them.")
    return row
