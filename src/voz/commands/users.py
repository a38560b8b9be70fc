"""`voz users`: the commands behind voz.cli_users."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from voz.commands.show import printable

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.store.database import Database
    from voz.store.rows import ApiKeyRow, UserRow


def read_password(login: str, from_stdin: bool) -> str:
    """The new password, asked for twice and not shown, or one line of stdin."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(f"Password for {printable(login)}", hide_input=True, confirmation_prompt=True, err=True))


def add(
    settings: Settings, login: str, name: str, role: str, teams: tuple[str, ...], language: str, password: str | None
) -> None:
    from voz.service import users
    from voz.service.actor import OWNER

    with _database(settings) as db:
        first = not users.exist(db)
        if first and role != "admin":
            print("This is the first user and no admin: add an admin too.", file=sys.stderr)
        user = users.add(db, OWNER, login, name, role, password=password, teams=teams, language=language)
    print(f"{user.login} ({user.role}) was added.")
    if first:
        print("From now on the desk asks everybody to log in.")


def show(settings: Settings, *, keys: bool, as_json: bool) -> None:
    from voz.service import api_keys, users

    with _database(settings) as db:
        found = users.list_users(db)
        held = api_keys.list_keys(db) if keys else []
    if as_json:
        print(json.dumps([_user_json(user, held if keys else None) for user in found], ensure_ascii=False, indent=2))
        return
    if not found:
        print("Nobody yet: the desk answers this machine only, and nobody has to log in. `voz users add` adds one.")
    for user in found:
        print("  ".join(part for part in _told(user) if part))
        for row in held:
            if row.user_id == user.id:
                print(f"    {row.id}  {printable(row.name)}  {', '.join(row.scopes)}  {_standing(row)}")


def disable(settings: Settings, login: str) -> None:
    from voz.service import users

    _tell(settings, users.disable, login, told="is disabled: no login, session or key of theirs works")


def enable(settings: Settings, login: str) -> None:
    from voz.service import users

    _tell(settings, users.enable, login, told="may log in again")


def unlock(settings: Settings, login: str) -> None:
    from voz.service import users

    _tell(settings, users.unlock, login, told="may try again at once")


def set_password(settings: Settings, login: str, password: str) -> None:
    from voz.service import users

    _tell(settings, users.set_password, login, password, told="has a new password; every session of theirs ended")


def set_role(settings: Settings, login: str, role: str) -> None:
    from voz.service import users

    _tell(settings, users.set_role, login, role, told=f"is {role} from now on")


def set_teams(settings: Settings, login: str, teams: tuple[str, ...]) -> None:
    from voz.service import users

    _tell(settings, users.set_teams, login, teams, told=f"belongs to: {', '.join(teams) or 'no team'}")


def make_key(settings: Settings, login: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    from voz.service import api_keys
    from voz.service.actor import OWNER

    with _database(settings) as db:
        key, row = api_keys.create(db, OWNER, login, name, scopes, days=days)
    print(key)
    print(f"Shown this once; keep it safe. {_standing(row)}; `voz users revoke {row.id}` stops it.", file=sys.stderr)


def revoke_key(settings: Settings, key_id: str) -> None:
    from voz.service import api_keys
    from voz.service.actor import OWNER

    with _database(settings) as db:
        row = api_keys.revoke(db, OWNER, key_id)
    print(f"{row.id} ({printable(row.name)}) works no more.")


def _tell(settings: Settings, change: Callable[..., UserRow], login: str, *more: Any, told: str) -> None:
    from voz.service.actor import OWNER

    with _database(settings) as db:
        user = change(db, OWNER, login, *more)
    print(f"{user.login} {told}.")


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    from voz.store.database import open_database, sqlite_url

    db = open_database(settings.database or sqlite_url(settings.home))
    try:
        yield db
    finally:
        db.close()


def _told(user: UserRow) -> list[str]:
    way = user.issuer or ("no password" if user.password_hash is None else "")
    name = printable(user.name) if user.name != user.login else ""
    return [
        user.login, name, user.role, printable(", ".join(user.teams)),
        "" if user.active else "disabled", f"({way})" if way else "",
    ]  # fmt: skip


def _standing(row: ApiKeyRow) -> str:
    if row.revoked_at:
        return f"revoked {row.revoked_at:%Y-%m-%d}"
    used = f", last used {row.used_at:%Y-%m-%d}" if row.used_at else ""
    return f"until {row.expires_at:%Y-%m-%d}{used}" if row.expires_at else f"without end{used}"


def _user_json(user: UserRow, keys: list[ApiKeyRow] | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": user.id, "login": user.login, "name": user.name, "role": user.role, "teams": list(user.teams),
        "language": user.language, "active": user.active, "issuer": user.issuer,
        "has_password": user.password_hash is not None, "created_at": user.created_at.isoformat(),
    }  # fmt: skip
    if keys is not None:
        shown["keys"] = [_key_json(row) for row in keys if row.user_id == user.id]
    return shown


def _key_json(row: ApiKeyRow) -> dict[str, Any]:
    moments = {
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "used_at": row.used_at,
    }
    told = {name: moment.isoformat() if moment else None for name, moment in moments.items()}
    return {"id": row.id, "name": row.name, "scopes": list(row.scopes), **told}
