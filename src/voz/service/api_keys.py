"""API keys: `voz_<id>_<secret>`, shown once, for a program that acts with part of its user's authority."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from typing import Literal, get_args

from voz.errors import InputError, NotFound, Refused
from voz.service.actor import Actor, require
from voz.service.service import utc_now
from voz.service.users import actor_of as user_actor
from voz.service.users import named, noted
from voz.store import access
from voz.store.database import Database
from voz.store.rows import ApiKeyRow, UserRow

Scope = Literal["messages:write", "cases:read", "cases:write", "drafts", "knowledge", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
MOST_DAYS = 730
USED_EVERY = dt.timedelta(minutes=1)
_KEY = re.compile(r"voz_([A-Za-z0-9]{1,64})_([A-Za-z0-9_-]{20,200})")
_NO_KEY = hashlib.sha256(b"no key").hexdigest()


def create(
    db: Database, actor: Actor, login: str, name: str, scopes: tuple[str, ...], *, days: int = 90,
    now: dt.datetime | None = None,
) -> tuple[str, ApiKeyRow]:  # fmt: skip
    """A key of a user, for so many days: the whole key, which nobody can read again, and its row.

    One's own, or an admin's for another. Raises InputError, NotFound and Refused.
    """
    moment, wanted, label = now or utc_now(), _checked(scopes), " ".join(name.split())[:100]
    if not label:
        raise InputError("The key needs a name that says what uses it.")
    if not 1 <= days <= MOST_DAYS:
        raise InputError(f"A key lasts from 1 to {MOST_DAYS} days, not {days}.")
    if actor.scopes is not None:
        raise Refused("A key cannot make keys: log in, or use `voz users key`.", stops=("key",))
    secret = secrets.token_urlsafe(32)
    with db.write() as tx:
        user = named(tx, login)
        if actor.id != user.id:
            require(actor, "admin")
        if not user.active:
            raise Refused(f"{user.login} was disabled: no key is made.", stops=("disabled",))
        if "admin" in wanted:
            require(user_actor(user), "admin")
        row = ApiKeyRow(
            id=access.new_id("k", moment), user_id=user.id, name=label, secret_hash=_hash(secret), scopes=wanted,
            created_at=moment, expires_at=moment + dt.timedelta(days=days),
        )  # fmt: skip
        access.add(tx, row)
        made = {"key": row.id, "name": label, "scopes": list(wanted), "days": days}
        noted(tx, moment, actor, "key_created", user.id, after=made)
    return f"voz_{row.id}_{secret}", row


def actor_of(db: Database, key: str, *, now: dt.datetime | None = None) -> Actor | None:
    """Whose key it is, with the user's role of now and the key's scopes; None if it is none, old or revoked."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    moment = now or utc_now()
    with db.read() as tx:
        row = access.get(tx, ApiKeyRow, match[1])
        user = access.get(tx, UserRow, row.user_id) if row else None
    same = hmac.compare_digest(row.secret_hash if row else _NO_KEY, _hash(match[2]))
    if not same or row is None or user is None or not user.active or row.revoked_at is not None:
        return None
    if row.expires_at is not None and moment >= row.expires_at:
        return None
    if row.used_at is None or moment - row.used_at >= USED_EVERY:
        with db.write() as tx:
            access.change(tx, ApiKeyRow, row.id, used_at=moment)
    return user_actor(user, row.scopes)


def revoke(db: Database, actor: Actor, key_id: str, *, now: dt.datetime | None = None) -> ApiKeyRow:
    """The key stops working at once; `key_id` is what stands before the secret. Raises NotFound, Refused."""
    moment = now or utc_now()
    with db.write() as tx:
        row = access.get(tx, ApiKeyRow, key_id.strip().removeprefix("voz_").split("_", 1)[0], lock=True)
        if row is None:
            raise NotFound("There is no such key; `voz users list --keys` shows them.")
        if actor.id != row.user_id:
            require(actor, "admin")
        if row.revoked_at is None:
            access.change(tx, ApiKeyRow, row.id, revoked_at=moment)
            noted(tx, moment, actor, "key_revoked", row.user_id, after={"key": row.id, "name": row.name})
    return row


def list_keys(db: Database, user_id: str | None = None) -> list[ApiKeyRow]:
    """Keys, the oldest first, also those that work no more."""
    with db.read() as tx:
        found = access.find(tx, ApiKeyRow, order=("id",))
    return [row for row in found if user_id in (None, row.user_id)]


def require_scope(actor: Actor, scope: Scope) -> None:
    """Raises Refused if a key acts that was not made for this; people are bound by their role alone."""
    if actor.scopes is not None and scope not in actor.scopes:
        raise Refused(f"This key may not do that: it takes the scope {scope}.", stops=(f"scope:{scope}",))


def _checked(scopes: tuple[str, ...]) -> tuple[Scope, ...]:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise InputError(f"{', '.join(unknown) or 'No scope'}: a key takes one or more of {', '.join(SCOPES)}.")
    return tuple(scope for scope in SCOPES if scope in scopes)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
