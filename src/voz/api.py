"""The HTTP API, and the page beside it, over one desk.

With a service, voz.door.guard stands before everything; requests for a host that it does not go by are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from voz import __version__
from voz.api_drafts import add_draft_routes, search
from voz.api_health import add_health_routes, health
from voz.api_limits import Buckets, RateLimit
from voz.api_request import RequestId
from voz.api_schema import document
from voz.case import Message
from voz.problems import problem, problem_of
from voz.shield import Shield
from voz.wire import FieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voz.api_openai import Proxy
    from voz.door.oidc import SignOn
    from voz.helpdesk.contract import Helpdesk
    from voz.pipeline import Desk
    from voz.service.service import Service

__all__ = ["create_app", "health", "search"]
THIS_MACHINE = ["127.0.0.1", "localhost", "[::1]"]


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
    rate_per_minute: int = 0,
    openai_proxy: Proxy | None = None,
    workers: Callable[[], str] | None = None,
) -> FastAPI:
    """The application. `allow_today` lets a message name its day; `hosts` are the names it answers to;
    `examples` are offered on the page; with a `service` there is a desk, and whoever comes in is known.
    `rate_per_minute`: how many calls one key or user may make; 0: any number. `workers`: how those are that draft
    beside it, `ok` or what is wrong.
    """
    # Its own documentation pages load scripts from elsewhere: only the schema is served.
    app = FastAPI(title="voz", version=__version__, docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json")
    if rate_per_minute:
        app.add_middleware(RateLimit, buckets=Buckets(rate_per_minute))
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
    app.add_middleware(RequestId)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _wrong_query)
    app.add_exception_handler(Exception, _fault)
    if service is not None:
        from voz.api_cases import add_case_routes
        from voz.api_desk import add_desk_routes
        from voz.api_endpoints import add_endpoint_routes
        from voz.api_hooks import add_hooks
        from voz.api_inbox import add_inbox_routes
        from voz.door.answer import answer_routes

        add_case_routes(app, service)
        add_desk_routes(app, service)
        add_endpoint_routes(app, service)
        add_inbox_routes(app, service)
        app.router.routes.extend(answer_routes(service))
        add_hooks(app, service, helpdesks or {})
    add_draft_routes(app, desk, allow_today)
    from voz.api_openai import add_openai_routes

    add_openai_routes(app, desk, openai_proxy)
    add_health_routes(app, desk, service, workers)
    for rest in ("/v1/{rest:path}", "/healthz", "/readyz"):
        app.router.routes.append(Route(rest, _Nothing(app), include_in_schema=False))
    document(app)
    if service is not None and page:
        from voz.pages.mounted import mount_desk

        mount_desk(app, service, service.home, public_url)
    if page:
        from voz.ui import mount_page

        mount_page(app, desk, examples, cases=service is not None)
    return app


class _Nothing:
    """Whatever is no route of the API, or is asked with another method."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, root = scope["path"], scope.get("root_path", "")
        path = path.removeprefix(root) if root else path
        routes = [route for route in self.app.routes if isinstance(route, Route) and route.methods]
        allowed = sorted({name for route in routes if route.path_regex.match(path) for name in route.methods or ()})
        if allowed:
            answer = problem(405, "not-allowed", f"{path} takes {', '.join(allowed)}, not {scope['method']}.")
            answer.headers["allow"] = ", ".join(allowed)
        else:
            answer = problem(404, "not-found", f"There is nothing at {path}.")
        await answer(scope, receive, send)


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = {404: "not-found", 405: "not-allowed"}.get(error.status_code, "invalid")
    answer = problem(error.status_code, name, f"{request.method} {request.url.path}: {error.detail}.")
    answer.headers.update(error.headers or {})
    return answer


async def _wrong_query(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return problem_of(FieldError(field, str(first["msg"])[:200]))


async def _fault(request: Request, error: Exception) -> Response:
    if not request.url.path.startswith("/v1/"):
        return PlainTextResponse("Internal Server Error", 500)
    return problem_of(error)
