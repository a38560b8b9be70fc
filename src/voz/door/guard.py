"""ASGI middleware that lets nobody in unasked: every path needs a session or an API key, but for the few in OPEN.

Who asks is put into `scope["state"]["actor"]`. While no user was added, this machine alone is let in, as OWNER.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voz.door.door import Door, is_this_machine
from voz.errors import StoreError
from voz.problems import problem
from voz.service import api_keys, sessions
from voz.service.actor import OWNER, Actor
from voz.service.api_keys import Scope as KeyScope

OPEN = frozenset({"/login", "/login/door.css", "/logout", "/healthz", "/readyz", "/oidc/start", "/oidc/callback"})
LINK = re.compile(r"/c/[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,300}(/[a-z-]{1,40})?/?")
"""Consultation links: they carry their own secret."""
HOOK = re.compile(r"/hooks/[a-z0-9_-]{1,60}")
"""What helpdesks post to: each delivery is verified by its own signature."""
FORMS = frozenset({"/login/password"})
"""Their forms carry the session's own word; under plain http a browser does not say where a form comes from."""
SAFE = ("GET", "HEAD", "OPTIONS")
READ_WRITE: dict[str, tuple[KeyScope, KeyScope]] = {
    "messages": ("cases:read", "messages:write"),
    "cases": ("cases:read", "cases:write"),
    "commitments": ("cases:read", "cases:write"),
    "consultations": ("cases:read", "cases:write"),
    "inbox": ("cases:read", "cases:write"),
    "figures": ("cases:read", "admin"),
    "reports": ("cases:read", "admin"),
    "drafts": ("drafts", "drafts"),
    "check": ("drafts", "drafts"),
    "knowledge": ("knowledge", "admin"),
    "chat": ("drafts", "drafts"),
    "models": ("drafts", "drafts"),
    "embeddings": ("drafts", "drafts"),
    "completions": ("drafts", "drafts"),
    "responses": ("drafts", "drafts"),
}
"""What a key needs to read and to change what is under /v1/<name>; anything else takes `admin`."""


BARE = re.compile(r"/(chat/completions|models(/[^/]{1,100})?|embeddings|completions|responses)")
"""The OpenAI-compatible door without /v1, which some helpdesks leave out; it takes keys as well."""


@dataclass(frozen=True)
class Stop:
    """Why a request goes no further."""

    status: int
    kind: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)


class Guard:
    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path = path_of(scope)
        try:
            found = await run_in_threadpool(self._judge, HTTPConnection(scope), path)
        except StoreError as error:
            found = Stop(503, "busy", str(error), {"retry-after": "5"})
        free = path in OPEN or any(pattern.fullmatch(path) for pattern in (LINK, HOOK))
        if isinstance(found, Stop) and not free:
            await _refuse(found, scope, path, receive, send)
            return
        scope.setdefault("state", {})["actor"] = found if isinstance(found, Actor) else None
        await self.app(scope, receive, send if scope["type"] == "websocket" else _unstored(send))

    def _judge(self, asked: HTTPConnection, path: str) -> Actor | Stop:
        scheme, _, key = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._by_key(asked, path, key.strip())
        if not self.door.asks_who_it_is():
            return self._by_machine(asked)
        token = self.door.token(asked)
        found = (
            sessions.live(self.door.database, token, lifetime=self.door.lifetime, now=self.door.now())
            if token
            else None
        )
        if found is None:
            challenge = {"www-authenticate": 'Bearer realm="voz"'}
            return Stop(401, "login", "Log in, or send an API key as a bearer token.", challenge)
        return found.actor if path in FORMS else self._foreign(asked, strict=True) or found.actor

    def _by_key(self, asked: HTTPConnection, path: str, key: str) -> Actor | Stop:
        actor = api_keys.actor_of(self.door.database, key, now=self.door.now())
        if actor is None:
            challenge = {"www-authenticate": 'Bearer realm="voz", error="invalid_token"'}
            return Stop(401, "login", "The API key is unknown, old or revoked.", challenge)
        if not path.startswith("/v1/") and not BARE.fullmatch(path):
            return Stop(403, "refused", "An API key only opens what is under /v1/.")
        needed = scope_for(_method(asked), path)
        if needed is not None and needed not in (actor.scopes or ()):
            challenge = {"www-authenticate": f'Bearer realm="voz", error="insufficient_scope", scope="{needed}"'}
            return Stop(403, "refused", f"This key may not do that: it takes the scope {needed}.", challenge)
        return actor

    def _by_machine(self, asked: HTTPConnection) -> Actor | Stop:
        if not is_this_machine(asked):
            detail = "No user was added yet, so the desk answers its own machine only: `voz users add` there adds one."
            return Stop(403, "refused", detail)
        return self._foreign(asked, strict=False) or OWNER

    def _foreign(self, asked: HTTPConnection, *, strict: bool) -> Stop | None:
        """A page of another site must not act with the cookie, or from the machine, of whoever has it open.

        `strict`: an unsafe request must show that it comes from the desk; otherwise it may come from no page at all.
        """
        own = self.door.is_same_origin(asked)
        if asked.scope["type"] == "http" and _method(asked) in SAFE:
            stopped = own is False and asked.headers.get("sec-fetch-mode", "navigate") != "navigate"
        else:
            stopped = own is False or (strict and own is None)
        return Stop(403, "refused", "The request does not come from a page of this desk.") if stopped else None


def scope_for(method: str, path: str) -> KeyScope | None:
    """What an API key must have been given for a request; None: any key will do."""
    if path == "/v1/openapi.json":
        return None
    name = path.removeprefix("/v1").removeprefix("/v1").removeprefix("/").split("/", 1)[0]  # some write it twice
    reads, changes = READ_WRITE.get(name, ("admin", "admin"))
    return reads if method in SAFE else changes


def path_of(scope: Scope) -> str:
    """The path within the application."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def _method(asked: HTTPConnection) -> str:
    return str(asked.scope.get("method", "GET"))


async def _refuse(stop: Stop, scope: Scope, path: str, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": stop.detail[:100]})
        return
    asked = HTTPConnection(scope)
    page = not path.startswith("/v1/") and "text/html" in asked.headers.get("accept", "")
    answer: Response
    if page and stop.status == 401 and scope["method"] in ("GET", "HEAD"):
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = quote(f"{path}?{query}" if query else path, safe="")
        answer = RedirectResponse(f"{scope.get('root_path', '')}/login?next={wanted}", 303)
    elif page:
        answer = PlainTextResponse(f"{stop.detail}\n", stop.status, stop.headers)
    else:
        answer = problem(stop.status, stop.kind, stop.detail)
        answer.headers.update(stop.headers)
    answer.headers["cache-control"] = "no-store"
    await answer(scope, receive, send)


def _unstored(send: Send) -> Send:
    """What people may only see while they are logged in must not wait in a browser's cache."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            kind = headers.get("content-type", "")
            if "cache-control" not in headers and ("json" in kind or "html" in kind or "csv" in kind):
                headers["cache-control"] = "no-store"
        await send(message)

    return marked
