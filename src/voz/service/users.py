"""Users: who they are, what they may, and whether the one at the door is who they say."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import replace
from typing import Any, Literal

from voz.errors import InputError, NotFound, Refused
from voz.service import passwords
from voz.service.actor import OWNER, ROLES, SYSTEM, Actor, Role, require
from voz.service.lockout import USER_FREE, Attempts, counted, network_of, wait_left
from voz.service.service import utc_now
from voz.store import access
from voz.store.database import Database, Tx
from voz.store.queue import one_at_a_time
from voz.store.rows import AuditRow, SessionRow, UserRow
from voz.store.schema import sessions as session_table

LANGUAGES = ("es", "en", "pt")
_LOGIN = re.compile(r"[^\s\x00-\x1f\x7f/\\<>\"']{1,100}")
IN_TURN = "voz.users"
"""Changes that depend on who else is an admin, or on which logins are taken, wait for each other."""


class LoginRefused(Refused):
    """A login that did not succeed: `wrong` (whatever the cause), or `locked` for `seconds` more."""

    def __init__(self, reason: Literal["wrong", "locked"], seconds: int = 0) -> None:
        told = {
            "wrong": "The user or the password is not right.",
            "locked": f"Too many failed attempts; try again in {seconds} seconds.",
        }
        super().__init__(told[reason], stops=(reason,))
        self.reason, self.seconds = reason, seconds


def folded(login: str) -> str:
    """The login as it is stored: case and ways of composing letters make no difference."""
    clean = login.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", clean).strip().casefold())


def exist(db: Database) -> bool:
    """Whether anybody was ever added: from then on the desk asks who it is."""
    with db.read() as tx:
        return access.first(tx, UserRow) is not None


def actor_of(user: UserRow, scopes: tuple[str, ...] | None = None) -> Actor:
    return Actor(user.id, user.name, _role(user.role), user.teams, user.language, scopes)


def add(
    db: Database, actor: Actor, login: str, name: str = "", role: str = "agent", *, password: str | None = None,
    teams: tuple[str, ...] = (), language: str = "es", now: dt.datetime | None = None,
) -> UserRow:  # fmt: skip
    """A new user. Raises InputError (login taken or unusable, role unknown, weak password) and Refused."""
    require(actor, "admin")
    clean, moment = _checked_login(login), now or utc_now()
    if language not in LANGUAGES:
        raise InputError(f"The language is '{language}'; the desk speaks {', '.join(LANGUAGES)}.")
    user = UserRow(
        id=access.new_id("u", moment), login=clean, name=one_line(name) or clean, role=_role(role), created_at=moment,
        teams=_teams(teams), language=language,
        password_hash=None if password is None else passwords.hashed(password, clean),
    )  # fmt: skip
    with db.write() as tx:
        if not access.add_new(tx, user, "login"):
            raise InputError(f"There is a user {clean} already.")
        noted(tx, moment, actor, "user_added", user.id, after=shown(user))
    return user


def authenticate(
    db: Database, login: str, password: str, *, address: str, attempts: Attempts, now: dt.datetime | None = None
) -> UserRow:
    """The user with this login and password. Raises LoginRefused, which never tells whether there is such a user."""
    moment, name, network = now or utc_now(), folded(login), network_of(address)
    with db.read() as tx:
        user = access.first(tx, UserRow, login=name)
    left = attempts.addresses.wait(network, moment)
    left = left or (wait_left(user.locked_until, moment) if user else attempts.strangers.wait(name, moment))
    if left:
        attempts.addresses.failed(network, moment)
        raise LoginRefused("locked", int(left.total_seconds()) + 1)
    right = passwords.verified(user.password_hash if user and user.active else None, password)
    with db.write() as tx:
        known = access.get(tx, UserRow, user.id, lock=True) if user else None
        let_in = known if right and known and user and _as_verified(known, user, moment) else None
        if let_in is not None:
            _welcome(tx, moment, let_in, password, network)
        else:
            _count_failure(tx, moment, known, network)
    if let_in is None:
        attempts.addresses.failed(network, moment)
        if user is None:
            attempts.strangers.failed(name, moment)
        raise LoginRefused("wrong")
    return let_in


def set_password(
    db: Database, actor: Actor, login: str, password: str, *, current: str | None = None, now: dt.datetime | None = None
) -> UserRow:
    """A new password; every session of the user ends. One's own takes the current one, another's takes an admin.

    Raises Refused, NotFound and InputError.
    """
    moment = now or utc_now()
    with db.read() as tx:
        user = named(tx, login)
    own = actor.id == user.id
    if not own:
        require(actor, "admin")
    if user.issuer is not None:
        raise Refused(f"{user.login} logs in through {user.issuer}: the password is changed there.", stops=("issuer",))
    if own and not passwords.verified(user.password_hash, current or ""):
        raise Refused("The current password is not right.", stops=("wrong",))
    stored = passwords.hashed(password, user.login)
    with db.write() as tx:
        access.change(tx, UserRow, user.id, password_hash=stored, failures=0, locked_until=None)
        ended = end_sessions(tx, user.id, moment)
        noted(tx, moment, actor, "user_password", user.id, after={"sessions_ended": ended})
    return user


def set_role(db: Database, actor: Actor, login: str, role: str, *, now: dt.datetime | None = None) -> UserRow:
    """Another role, at once, also in open sessions. Raises Refused for the last admin."""
    return _change(db, actor, login, "user_role", {"role": _role(role)}, now)


def set_teams(
    db: Database, actor: Actor, login: str, teams: tuple[str, ...], *, now: dt.datetime | None = None
) -> UserRow:
    """The teams that a user belongs to, instead of those of before."""
    return _change(db, actor, login, "user_teams", {"teams": _teams(teams)}, now)


def disable(db: Database, actor: Actor, login: str, *, now: dt.datetime | None = None) -> UserRow:
    """No login, session or API key of the user works any more. Raises Refused for the last admin."""
    return _change(db, actor, login, "user_disabled", {"active": False}, now)


def enable(db: Database, actor: Actor, login: str, *, now: dt.datetime | None = None) -> UserRow:
    """The user may log in again; sessions that ended stay ended."""
    return _change(db, actor, login, "user_enabled", {"active": True, "failures": 0, "locked_until": None}, now)


def unlock(db: Database, actor: Actor, login: str, *, now: dt.datetime | None = None) -> UserRow:
    """Forget the user's failed logins. What a process holds against an address passes by itself in minutes."""
    return _change(db, actor, login, "user_unlocked", {"failures": 0, "locked_until": None}, now)


def list_users(db: Database) -> list[UserRow]:
    """Every user by login; in place of the password's hash stands '' where there is one."""
    with db.read() as tx:
        found = access.find(tx, UserRow, order=("login",))
    return [replace(user, password_hash=None if user.password_hash is None else "") for user in found]


def named(tx: Tx, login: str, *, lock: bool = False) -> UserRow:
    """The user with this login. Raises NotFound."""
    found = access.find(tx, UserRow, login=folded(login), limit=1, lock=lock)
    if not found:
        raise NotFound(f"There is no user {login!r}; `voz users list` shows them.")
    return found[0]


def noted(
    tx: Tx, now: dt.datetime, actor: Actor, action: str, user_id: str, *, before: Any = None, after: Any = None
) -> None:
    """An entry of the audit trail about a user; never with a password, a token or a hash in it."""
    access.add(tx, AuditRow(0, now, actor.id, action, subject=user_id, before=before, after=after))


def end_sessions(tx: Tx, user_id: str, now: dt.datetime) -> int:
    """End every session of a user, and say how many there were."""
    live = access.find(tx, SessionRow, session_table.c.expires_at > now, user_id=user_id)
    for session in live:
        access.change(tx, SessionRow, session.token_hash, expires_at=now)
    return len(live)


def _change(
    db: Database, actor: Actor, login: str, action: str, values: dict[str, Any], now: dt.datetime | None
) -> UserRow:
    require(actor, "admin")
    moment = now or utc_now()
    with db.write() as tx:
        one_at_a_time(tx, IN_TURN)
        user = named(tx, login, lock=True)
        changed = replace(user, **values)
        loses_admin = (changed.role, changed.active) != ("admin", True)
        if loses_admin and last_admin(tx, user):
            raise Refused(f"{user.login} is the last admin: make somebody else admin first.", stops=("last_admin",))
        access.change(tx, UserRow, user.id, **values)
        if not changed.active:
            end_sessions(tx, user.id, moment)
        told = [name for name in values if name in ("role", "teams", "active")]
        before, after = ({name: _plain(getattr(row, name)) for name in told} for row in (user, changed))
        noted(tx, moment, actor, action, user.id, before=before or None, after=after or None)
    return changed


def last_admin(tx: Tx, user: UserRow) -> bool:
    """Whether nobody else is an active admin; to be asked in turn (IN_TURN)."""
    if user.role != "admin" or not user.active:
        return False
    return all(other.id == user.id for other in access.find(tx, UserRow, role="admin", active=True))


def _as_verified(known: UserRow, user: UserRow, now: dt.datetime) -> bool:
    """Whether what was verified still holds: guesses made at the same time may have locked the user meanwhile."""
    return known.active and known.password_hash == user.password_hash and not wait_left(known.locked_until, now)


def _welcome(tx: Tx, now: dt.datetime, user: UserRow, password: str, network: str) -> None:
    stored = user.password_hash or ""
    renewed = {"password_hash": passwords.renewed(password)} if passwords.outdated(stored) else {}
    access.change(tx, UserRow, user.id, failures=0, locked_until=None, **renewed)
    noted(tx, now, actor_of(user), "login", user.id, after={"by": "password", "address": network})


def _count_failure(tx: Tx, now: dt.datetime, user: UserRow | None, network: str) -> None:
    """One entry for anybody, so that it takes as long; what was typed may be a password and is not kept."""
    after: dict[str, Any] = {"address": network}
    if user is not None:
        failures, until = counted(user.failures, user.locked_until, now, USER_FREE)
        access.change(tx, UserRow, user.id, failures=failures, locked_until=until)
        after |= {"failures": failures, "locked_seconds": int((until - now).total_seconds())}
    noted(tx, now, SYSTEM, "login_refused", user.id if user else "", after=after)


def _checked_login(login: str) -> str:
    clean = folded(login)
    if not _LOGIN.fullmatch(clean) or clean in (OWNER.id, SYSTEM.id):
        raise InputError(f"{login!r} cannot be a login: up to 100 characters, no spaces, quotes or slashes.")
    return clean


def _role(role: str) -> Role:
    for known in ROLES:
        if role == known:
            return known
    raise InputError(f"There is no role '{role}': {', '.join(ROLES)}.")


def _teams(teams: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(team for team in map(one_line, teams) if team))


def one_line(text: str) -> str:
    """A name as it can be shown anywhere: printable, on one line, not endless."""
    printable = "".join(c if c.isprintable() else " " for c in text.encode("utf-8", "replace").decode())
    return " ".join(printable.split())[:200]


def shown(user: UserRow) -> dict[str, Any]:
    """What the audit trail keeps of a user who was added."""
    return {"login": user.login, "name": user.name, "role": user.role, "teams": list(user.teams), "issuer": user.issuer}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
