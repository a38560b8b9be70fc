"""People whom an OpenID provider vouches for, as users."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from voz.errors import InputError, Refused
from voz.service.actor import SYSTEM, Role
from voz.service.lockout import network_of
from voz.service.service import utc_now
from voz.service.users import IN_TURN, LANGUAGES, actor_of, folded, last_admin, noted, one_line, shown
from voz.store import access
from voz.store.database import Database, Tx
from voz.store.queue import one_at_a_time
from voz.store.rows import UserRow


@dataclass(frozen=True)
class Identity:
    """Who an OpenID provider says that somebody is. Only issuer and subject tell people apart."""

    issuer: str
    subject: str
    login: str
    name: str
    language: str = "es"


def of_identity(
    db: Database, who: Identity, role: Role, *, address: str = "", now: dt.datetime | None = None
) -> UserRow:
    """The user of an OpenID identity, created at the first login, with the role that the provider's groups give.

    Matched by issuer and subject alone. The last admin stays admin. Raises Refused if the user was disabled.
    """
    moment = now or utc_now()
    with db.write() as tx:
        one_at_a_time(tx, IN_TURN)
        user = access.first(tx, UserRow, issuer=who.issuer, subject=who.subject)
        if user is None:
            user = UserRow(
                id=access.new_id("u", moment), login=_free_login(tx, who), name=one_line(who.name or who.subject),
                role=role, created_at=moment, issuer=who.issuer, subject=who.subject,
                language=who.language if who.language in LANGUAGES else "es",
            )  # fmt: skip
            access.add(tx, user)
            noted(tx, moment, SYSTEM, "user_added", user.id, after=shown(user))
        elif user.active and user.role != role and not last_admin(tx, user):
            access.change(tx, UserRow, user.id, role=role)
            noted(tx, moment, SYSTEM, "user_role", user.id, before=user.role, after=role)
            user = replace(user, role=role)
        if user.active:
            noted(
                tx, moment, actor_of(user), "login", user.id, after={"by": who.issuer, "address": network_of(address)}
            )
    if not user.active:
        raise Refused(f"{user.login} was disabled.", stops=("disabled",), could=("admin",))
    return user


def _free_login(tx: Tx, who: Identity) -> str:
    wanted = re.sub(r"[\s\x00-\x1f\x7f/\\<>\"']+", ".", folded(who.login or who.subject))[:90].strip(".") or "user"
    for number in range(1, 10_000):
        login = wanted if number == 1 else f"{wanted}-{number}"
        if access.first(tx, UserRow, login=login) is None:
            return login
    raise InputError(f"Too many users are called {wanted}.")
