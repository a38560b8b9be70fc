"""`voz webhooks`: the commands behind voz.cli_webhooks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from voz.commands.show import printable

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.store.database import Database
    from voz.store.rows import EndpointRow


def add(settings: Settings, url: str, events: tuple[str, ...]) -> None:
    from voz.service import endpoints
    from voz.service.actor import OWNER
    from voz.service.service import utc_now

    with _database(settings) as db:
        row = endpoints.add(db, OWNER, url, events, now=utc_now(), private=settings.allow_private_webhooks)
    print(row.secrets[0])
    print(f"{row.id} is told of {_wanted(row)}. The secret is shown this once; keep it safe.", file=sys.stderr)


def show(settings: Settings, *, as_json: bool) -> None:
    from voz.service import endpoints

    with _database(settings) as db:
        found = endpoints.found(db)
    if as_json:
        print(json.dumps([_json(row) for row in found], ensure_ascii=False, indent=2))
        return
    if not found:
        print("Nobody is told of events yet. `voz webhooks add https://…` adds an endpoint.")
    for row in found:
        stopped = f"  disabled {row.disabled_at:%Y-%m-%d}: {printable(row.disabled_for)}" if row.disabled_at else ""
        print(f"{row.id}  {printable(row.url)}  {_wanted(row)}{stopped}")


def rotate(settings: Settings, endpoint_id: str) -> None:
    row = _changed(settings, "rotate", endpoint_id)
    print(row.secrets[0])
    print(f"{row.id} is signed with it from now on, and with the old one for 24 hours more.", file=sys.stderr)


def disable(settings: Settings, endpoint_id: str) -> None:
    row = _changed(settings, "disable", endpoint_id)
    print(f"{row.id} is told nothing any more.")


def enable(settings: Settings, endpoint_id: str) -> None:
    row = _changed(settings, "enable", endpoint_id)
    print(f"{row.id} is told of {_wanted(row)} again, from now on.")


def try_it(settings: Settings, endpoint_id: str) -> None:
    """Raises typer.Exit with 1 where the event was not taken."""
    from voz.service import endpoints, event_work
    from voz.service.actor import OWNER
    from voz.service.service import utc_now

    with _database(settings) as db:
        row = endpoints.one(db, OWNER, endpoint_id)
    outcome = event_work.tried(row, utc_now(), private=settings.allow_private_webhooks)
    print(printable(f"{row.url} {outcome.told}" if outcome.taken else f"{row.url} did not take it: {outcome.told}"))
    if not outcome.taken:
        raise typer.Exit(1)


def _changed(settings: Settings, what: str, endpoint_id: str) -> EndpointRow:
    from voz.service import endpoints
    from voz.service.actor import OWNER
    from voz.service.service import utc_now

    with _database(settings) as db:
        row: EndpointRow = getattr(endpoints, what)(db, OWNER, endpoint_id, now=utc_now())
    return row


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    from voz.store.database import open_database, sqlite_url

    db = open_database(settings.database or sqlite_url(settings.home))
    try:
        yield db
    finally:
        db.close()


def _wanted(row: EndpointRow) -> str:
    return ", ".join(row.events) or "all events"


def _json(row: EndpointRow) -> dict[str, Any]:
    return {
        "id": row.id, "url": row.url, "events": list(row.events), "created_at": row.created_at.isoformat(),
        "created_by": row.created_by, "disabled_at": row.disabled_at.isoformat() if row.disabled_at else None,
        "disabled_for": row.disabled_for,
    }  # fmt: skip
