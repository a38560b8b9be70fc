"""The inbox over HTTP: what helpdesks delivered and could not be taken in, tried again or dropped."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

from fastapi import FastAPI, Request, Response

from voz.api_answers import Given
from voz.api_body import guarded
from voz.api_cases import row_to_dict
from voz.api_idempotency import answer_once
from voz.api_models import Taken, taken
from voz.api_schema import told
from voz.case import clean_text
from voz.door.door import actor_of_request
from voz.service import inbox

if TYPE_CHECKING:
    from voz.service.service import Service


class InboxIn(Taken):
    """What is to be done with a delivery: `retry` takes all of its helpdesk's, `drop` says that somebody has looked."""

    action: Literal["retry", "drop"]


class InboxEntryOut(Given):
    """A delivery of a helpdesk that is not taken in yet."""

    id: str
    helpdesk: str
    thread: str | None
    """The conversation there."""
    at: dt.datetime
    state: Literal["waiting", "failed"]
    """`waiting` where voz still tries by itself."""
    error: str


class Inbox(Given):
    """What has failed, and what has waited for more than ten minutes; the oldest first."""

    inbox: list[InboxEntryOut]


def add_inbox_routes(app: FastAPI, service: Service) -> None:
    @app.get("/v1/inbox", **told(Inbox, tag="inbox"))
    async def list_inbox() -> Response:
        """What helpdesks delivered and could not be taken in so far, with the reason."""
        return await guarded(lambda: listed(service))

    @app.post("/v1/inbox/{delivery_id}", **told(Inbox, body=InboxIn, once=True, problems=("not-found",), tag="inbox"))
    async def decide_inbox(request: Request, delivery_id: str) -> Response:
        """Try a delivery again now, or drop it; gives what is left."""

        def work(raw: Any, since: dt.datetime | None) -> dict[str, Any]:
            decide = {"retry": inbox.retry, "drop": inbox.drop}[taken(InboxIn, raw).action]
            decide(service, actor_of_request(request), clean_text(delivery_id))
            return listed(service)

        return await answer_once(request, service, work)


def listed(service: Service) -> dict[str, Any]:
    with service.database.read() as tx:
        return {"inbox": [row_to_dict(one) for one in inbox.stuck(tx, service.now())]}
