"""Sessions: a random token in the browser, its SHA-256 in the database, an end when idle and an end in any case."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from voz.service.actor import Actor
from voz.service.service import utc_now
from voz.service.users import actor_of as user_actor
from voz.service.users import end_sessions, noted
from voz.store import access
from voz.store.database import Database
from voz.store.rows import SessionRow, UserRow

SEEN_EVERY = dt.timedelta(minutes=1)
"""`seen_at` is written no more often: a page asks many times a second."""


@dataclass(frozen=True)
class Lifetime:
    idle: dt.timedelta = dt.timedelta(hours=4)
    whole: dt.timedelta = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Opened:
    """A session just opened: the only moment when its token is known."""

    token: str
    csrf: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class Live:
    """Whose session a token is, and the word that its forms must carry."""

    actor: Actor
    csrf: str


def open(
    db: Database, user_id: str, *, replaces: str | None = None, lifetime: Lifetime | None = None,
    now: dt.datetime | None = None,
) -> Opened:  # fmt: skip
    """A new session for a user who has just shown who they are; the one of the token `replaces` ends."""
    moment = now or utc_now()
    opened = Opened(secrets.token_urlsafe(32), secrets.token_urlsafe(24), moment + (lifetime or Lifetime()).whole)
    with db.write() as tx:
        if replaces:
            access.change(tx, SessionRow, _hash(replaces), expires_at=moment)
        access.add(tx, SessionRow(_hash(opened.token), user_id, opened.csrf, moment, moment, opened.expires_at))
    return opened


def live(db: Database, token: str, *, lifetime: Lifetime | None = None, now: dt.datetime | None = None) -> Live | None:
    """The session of a token, if it has not ended and its user is still active."""
    moment = now or utc_now()
    with db.read() as tx:
        session = access.get(tx, SessionRow, _hash(token))
        user = access.get(tx, UserRow, session.user_id) if session else None
    if session is None or user is None or not user.active:
        return None
    if moment >= session.expires_at or moment - session.seen_at >= (lifetime or Lifetime()).idle:
        return None
    if moment - session.seen_at >= SEEN_EVERY:
        with db.write() as tx:
            access.change(tx, SessionRow, session.token_hash, seen_at=moment)
    return Live(user_actor(user), session.csrf)


def actor_of(
    db: Database, token: str, *, lifetime: Lifetime | None = None, now: dt.datetime | None = None
) -> Actor | None:
    """Whose token it is; None if its session has ended or never was."""
    found = live(db, token, lifetime=lifetime, now=now)
    return found.actor if found else None


def close(db: Database, token: str, *, now: dt.datetime | None = None) -> None:
    """End one session; a token that has none is no error."""
    moment = now or utc_now()
    with db.write() as tx:
        session = access.get(tx, SessionRow, _hash(token), lock=True)
        user = access.get(tx, UserRow, session.user_id) if session else None
        if session is None or user is None or session.expires_at <= moment:
            return
        access.change(tx, SessionRow, session.token_hash, expires_at=moment)
        noted(tx, moment, user_actor(user), "logout", user.id)


def close_all(db: Database, actor: Actor, user_id: str, *, now: dt.datetime | None = None) -> int:
    """End every session of a user, and say how many there were."""
    moment = now or utc_now()
    with db.write() as tx:
        ended = end_sessions(tx, user_id, moment)
        noted(tx, moment, actor, "sessions_ended", user_id, after={"sessions_ended": ended})
    return ended


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
