"""The HTTP API of the endpoints that are told of events; for admins."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Request, Response
from pydantic import BeforeValidator, Field
from pydantic.json_schema import WithJsonSchema

from voz.api_answers import Given
from voz.api_body import guarded
from voz.api_idempotency import answer_once
from voz.api_models import Taken, taken
from voz.api_schema import told
from voz.case import clean_text
from voz.door.door import actor_of_request
from voz.service import endpoints, event_work
from voz.service.actor import Actor, require
from voz.service.events import TYPES
from voz.store.rows import EndpointRow

if TYPE_CHECKING:
    from voz.service.service import Service

NAMED = (
    r"^https://([A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?\.){1,4}[A-Za-z]{2,12}"
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}))?(/[!\x22$-\[\]-~]{0,1800})?$"
)
Event = Annotated[str, WithJsonSchema({"type": "string", "enum": list(TYPES)})]


class EndpointIn(Taken):
    url: Annotated[
        str,
        BeforeValidator(clean_text),
        Field(min_length=1, description="Where events are posted."),
        WithJsonSchema({"type": "string", "minLength": 1, "pattern": NAMED}),
    ]
    events: list[Event] | None = Field(default=None, description="Types of events that it wants; none: all of them.")


class EndpointOut(Given):
    """An endpoint, without its secrets."""

    id: str
    url: str
    events: list[str]
    secrets: int
    """How many secrets deliveries are signed with: two for a day after a change."""
    created_at: dt.datetime
    created_by: str
    disabled_at: dt.datetime | None
    disabled_for: str


class EndpointSecret(EndpointOut):
    """An endpoint with its newest secret, which is shown this once."""

    secret: str


class EndpointList(Given):
    endpoints: list[EndpointOut]


class EndpointTried(Given):
    """Whether one event was taken."""

    taken: bool
    detail: str


def add_endpoint_routes(app: FastAPI, service: Service) -> None:
    """Register the routes; each acts as the person (or key) that the guard has found out."""
    db, one, tag = service.database, "/v1/endpoints/{endpoint_id}", "endpoints"

    @app.get("/v1/endpoints", **told(EndpointList, tag=tag))
    async def list_endpoints(request: Request) -> Response:
        """The endpoints and what became of them; never their secrets."""

        def work() -> dict[str, Any]:
            require(actor_of_request(request), "admin")
            return {"endpoints": [shown(row) for row in endpoints.found(db)]}

        return await guarded(work)

    @app.post("/v1/endpoints", **told(EndpointSecret, body=EndpointIn, status=201, once=True, tag=tag))
    async def add_endpoint(request: Request) -> Response:
        """Add an endpoint that is told of events from now on; its secret is shown this once."""

        def work(raw: Any, since: dt.datetime | None) -> dict[str, Any]:
            return added(service, raw, actor_of_request(request), since)

        return await answer_once(request, service, work, status=201)

    @app.get(one, **told(EndpointOut, problems=("not-found",), tag=tag))
    async def read_endpoint(request: Request, endpoint_id: str) -> Response:
        """One endpoint, without its secrets."""
        return await guarded(lambda: shown(endpoints.one(db, actor_of_request(request), clean_text(endpoint_id))))

    @app.post(f"{one}/rotate", **told(EndpointSecret, once=True, problems=("not-found", "too-large"), tag=tag))
    async def rotate_endpoint(request: Request, endpoint_id: str) -> Response:
        """A new secret, shown this once; deliveries are signed with the old one too for 24 hours."""

        def work(_: Any, since: dt.datetime | None) -> dict[str, Any]:
            actor, key = actor_of_request(request), clean_text(endpoint_id)
            if since is not None and endpoints.rotated(db, actor, key, since):
                return with_secret(endpoints.one(db, actor, key))
            return with_secret(endpoints.rotate(db, actor, key, now=service.now()))

        return await answer_once(request, service, work, bare=True)

    @app.post(f"{one}/disable", **told(EndpointOut, problems=("not-found",), tag=tag))
    async def disable_endpoint(request: Request, endpoint_id: str) -> Response:
        """Tell it nothing any more, not even what waits."""
        return await guarded(lambda: shown(changed(service, endpoints.disable, request, endpoint_id)))

    @app.post(f"{one}/enable", **told(EndpointOut, problems=("not-found",), tag=tag))
    async def enable_endpoint(request: Request, endpoint_id: str) -> Response:
        """Tell it again of what happens from now on."""
        return await guarded(lambda: shown(changed(service, endpoints.enable, request, endpoint_id)))

    @app.post(f"{one}/test", **told(EndpointTried, problems=("not-found",), tag=tag))
    async def test_endpoint(request: Request, endpoint_id: str) -> Response:
        """Send one `endpoint.test` event now, once, and say whether it was taken."""

        def work() -> dict[str, Any]:
            row = endpoints.one(db, actor_of_request(request), clean_text(endpoint_id))
            outcome = event_work.tried(row, service.now(), private=service.private_webhooks)
            return {"taken": outcome.taken, "detail": outcome.told}

        return await guarded(work)


def added(service: Service, raw: Any, actor: Actor, since: dt.datetime | None = None) -> dict[str, Any]:
    """Add the endpoint of a JSON object; one that a call since then has added already is not added again.

    Raises FieldError, InputError or Refused.
    """
    asked = taken(EndpointIn, raw)
    wanted = tuple(asked.events or ())
    require(actor, "admin")
    for row in endpoints.found(service.database):
        same = (row.url, row.events, row.created_by) == (asked.url.strip(), wanted, actor.id)
        if same and since is not None and row.created_at >= since:
            return with_secret(row)
    row = endpoints.add(
        service.database, actor, asked.url, wanted, now=service.now(), private=service.private_webhooks
    )  # fmt: skip
    return with_secret(row)


def changed(service: Service, change: Any, request: Request, endpoint_id: str) -> EndpointRow:
    row: EndpointRow = change(
        service.database, actor_of_request(request), clean_text(endpoint_id), now=service.now()
    )  # fmt: skip
    return row


def shown(row: EndpointRow) -> dict[str, Any]:
    return {
        "id": row.id, "url": row.url, "events": list(row.events), "secrets": len(row.secrets),
        "created_at": row.created_at.isoformat(), "created_by": row.created_by,
        "disabled_at": row.disabled_at.isoformat() if row.disabled_at else None, "disabled_for": row.disabled_for,
    }  # fmt: skip


def with_secret(row: EndpointRow) -> dict[str, Any]:
    """With the newest secret, for the one answer that may hold it."""
    return {**shown(row), "secret": row.secrets[0]}
