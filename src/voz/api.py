"""The HTTP API, and the page beside it, over one desk.

With a service, voz.door.guard stands before everything; requests for a host that it does not go by are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from voz import __version__
from voz.api_body import body_json, guarded
from voz.case import Ask, Case, Message
from voz.problems import problem
from voz.shield import Shield
from voz.wire import (
    FieldError,
    case_to_json,
    check_to_json,
    parse_message,
    parse_pair,
    parse_today,
    passage_to_json,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voz.door.oidc import SignOn
    from voz.helpdesk.contract import Helpdesk
    from voz.pipeline import Desk
    from voz.service.service import Service

MAX_QUERY_CHARS = 1_000
THIS_MACHINE = ["127.0.0.1", "localhost", "[::1]"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ALLOWED = {
    "drafts": "POST", "check": "POST", "knowledge": "GET", "messages": "POST", "cases": "GET", "commitments": "GET",
}  # fmt: skip


def create_app(
    desk: Desk,
    *,
    page: bool = True,
    examples: tuple[Message, ...] = (),
    allow_today: bool = False,
    hosts: list[str] | None = None,
    service: Service | None = None,
    sign_on: SignOn | None = None,
    public_url: str | None = None,
    helpdesks: Mapping[str, Helpdesk] | None = None,
) -> FastAPI:
    """The application. `allow_today` lets a message name its day; `hosts` are the names it answers to;
    `examples` are offered on the page; with a `service` there is a desk, and whoever comes in is known.
    """
    # Its own documentation pages load scripts from elsewhere: only the schema is served.
    app = FastAPI(title="voz", version=__version__, docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json")
    if service is not None:
        from voz.door.door import Door
        from voz.door.login import open_door

        voice = desk.brand.voice
        door = Door(
            service.database, sign_on=sign_on, public_url=public_url, company=voice.company,
            language=voice.languages[0], now=service.now,
        )  # fmt: skip
        open_door(app, door)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts or THIS_MACHINE)
    app.add_middleware(Shield)
    app.add_exception_handler(HTTPException, _http_problem)
    if service is not None:
        from voz.api_cases import add_case_routes
        from voz.api_hooks import add_hooks
        from voz.door.answer import answer_routes

        add_case_routes(app, service)
        app.router.routes.extend(answer_routes(service))
        add_hooks(app, service, helpdesks or {})
    _add_routes(app, desk, allow_today)
    if service is not None and page:
        from voz.pages.mounted import mount_desk

        mount_desk(app, service)
    if page:
        from voz.ui import mount_page

        mount_page(app, desk, examples, cases=service is not None)
    return app


def _add_routes(app: FastAPI, desk: Desk, allow_today: bool) -> None:
    from voz.pipeline import examine, prepare

    @app.post("/v1/drafts", response_class=JSONResponse, openapi_extra=_body("message"))
    async def drafts(request: Request) -> Response:
        """Draft a reply to a message."""

        def work(raw: Any) -> dict[str, Any]:
            message, asked = parse_message(raw), parse_today(raw)
            case = prepare(message, desk, today=asked if allow_today else None)
            return _with_note(case_to_json(case), case, asked is not None and not allow_today)

        return await body_json(request, work)

    @app.post("/v1/check", response_class=JSONResponse, openapi_extra=_body("pair"))
    async def check(request: Request) -> Response:
        """Judge a reply that a person or another tool wrote."""

        def work(raw: Any) -> dict[str, Any]:
            message, reply = parse_pair(raw)
            asked = parse_today(raw) or parse_today(raw["message"])
            return check_to_json(examine(message, reply, desk, today=asked if allow_today else None))

        return await body_json(request, work)

    @app.get("/v1/knowledge", response_class=JSONResponse)
    async def knowledge(request: Request) -> Response:
        """Search the knowledge as a draft does: what applies today, and what was found but does not."""
        query = request.query_params.get("q", "")
        return await guarded(lambda: search(desk, query, request.query_params.get("region")))

    @app.get("/healthz", response_class=JSONResponse)
    def healthz() -> dict[str, Any]:
        return health(desk)

    @app.api_route("/v1/{rest:path}", methods=METHODS, include_in_schema=False)
    async def nothing(request: Request, rest: str) -> Response:
        allowed = ALLOWED.get(rest)
        if allowed is None:
            return problem(404, "not-found", f"There is nothing at {request.url.path}.")
        answer = problem(405, "not-allowed", f"{request.url.path} takes {allowed}, not {request.method}.")
        answer.headers["allow"] = allowed
        return answer


def search(desk: Desk, query: str, region: str | None = None) -> dict[str, Any]:
    """The passages for a query, as JSON. Raises FieldError."""
    from voz.retrieve import retrieve

    if not query.strip():
        raise FieldError("q", "is missing or blank")
    if len(query) > MAX_QUERY_CHARS:
        raise FieldError("q", f"has {len(query)} characters; the most is {MAX_QUERY_CHARS}")
    message = parse_message({"text": query, "region": region})
    ask = Ask(text=message.text, start=0, end=len(message.text), query=message.text)
    found = retrieve(message, (ask,), desk.library, today=desk.day(), region=message.region)
    return {
        "q": message.text,
        "passages": [passage_to_json(passage) for passage in found.passages],
        "filtered": [{"passage": passage_to_json(item.passage), "reason": item.reason} for item in found.filtered],
        "weak": all(item.weak for item in found.asks),
    }


def health(desk: Desk) -> dict[str, Any]:
    """What is answering: versions, index and writer."""
    return {
        "status": "ok",
        "version": __version__,
        "company": desk.brand.voice.company,
        "today": desk.day().isoformat(),
        "passages": len(desk.library.passages),
        "index": desk.library.fingerprint,
        "embedder": f"{desk.embedder.name} {desk.embedder.version}",
        "writer": "model" if desk.client else "extractive",
    }


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = {404: "not-found", 405: "not-allowed"}.get(error.status_code, "invalid")
    return problem(error.status_code, name, f"{request.method} {request.url.path}: {error.detail}.")


def _with_note(answer: dict[str, Any], case: Case, ignored: bool) -> dict[str, Any]:
    if ignored:
        day = case.today.isoformat()
        note = f'"today" is only taken in a test setting (VOZ_ALLOW_TODAY=1); this is the draft of {day}.'
        answer["notes"] = [*answer["notes"], note]
    return answer


def _body(kind: str) -> dict[str, Any]:
    message = {
        "type": "object",
        "required": ["text"],
        "properties": {
            "id": {"type": "string"},
            "channel": {"type": "string"},
            "public": {"type": "boolean"},
            "author": {"type": "string"},
            "text": {"type": "string"},
            "language": {"type": "string"},
            "region": {"type": "string"},
            "thread": {"type": "array", "items": {"type": "object"}},
            "received_at": {"type": "string", "format": "date-time"},
        },
    }
    pair = {
        "type": "object",
        "required": ["message", "reply"],
        "properties": {"id": {"type": "string"}, "message": message, "reply": {"type": "string"}},
    }
    schema = message if kind == "message" else pair
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
