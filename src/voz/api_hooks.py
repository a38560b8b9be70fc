"""The doors that helpdesks post to, `/hooks/<name>`: verified over the raw bytes, stored, acknowledged.

Nothing else is done while the helpdesk waits: a job takes in what was stored (voz.service.inbox).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from voz.api_body import Json, TooLarge, body_of
from voz.errors import InputError, VozError
from voz.helpdesk.contract import Helpdesk, Ignored, Unverified, conversation_of
from voz.helpdesk.reading import MAX_BODY
from voz.problems import problem, problem_of
from voz.service import inbox

if TYPE_CHECKING:
    from voz.service.service import Service

log = logging.getLogger(__name__)


def add_hooks(app: FastAPI, service: Service, helpdesks: Mapping[str, Helpdesk]) -> None:
    """One route for each helpdesk that is configured."""

    @app.post("/hooks/{name}", include_in_schema=False)
    async def hook(request: Request, name: str) -> Response:
        helpdesk = helpdesks.get(name)
        if helpdesk is None:
            return problem(404, "not-found", f"No helpdesk called {name} is connected here.")
        try:
            body = await body_of(request, MAX_BODY)
        except TooLarge:
            log.warning("%s: a delivery of more than %d bytes was refused", name, MAX_BODY)
            return problem(413, "too-large", f"The body has more than {MAX_BODY} bytes.")
        return await run_in_threadpool(kept, service, helpdesk, request.headers, body)


def kept(service: Service, helpdesk: Helpdesk, headers: Mapping[str, str], body: bytes) -> Response:
    """Store what was delivered and say so; a delivery that cannot be read is refused and told in the log.

    It is answered with 200: there are helpdesks that take nothing else for an acknowledgement.
    """
    try:
        helpdesk.verify(headers, body, service.now())
        challenge = getattr(helpdesk, "challenge", None)  # Front asks for an answer before it sends anything
        answer: dict[str, Any] | None = challenge(headers, body) if challenge else None
        if answer is not None:
            return Json(answer)
        told = helpdesk.parse(headers, body)
        if isinstance(told, Ignored):
            return Json({"ignored": told.reason})
        new = inbox.keep(service, helpdesk, headers, body, conversation_of(told))
        return Json({"stored": True} if new else {"ignored": "stored already"})
    except Unverified as error:
        return problem(401, "unverified", str(error))
    except InputError as error:
        log.warning("%s: %s", helpdesk.name, error)
        return problem_of(error)
    except VozError as error:
        log.warning("%s: %s", helpdesk.name, error)
        return problem(503, "busy", str(error))
