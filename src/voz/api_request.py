"""A request's own id: taken from `x-request-id` or made, in the answer, in problems, and in every line of the log."""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
GIVEN = re.compile(r"[A-Za-z0-9._-]{1,100}")
LOGGED = ("/v1/", "/hooks/", "/mcp", "/chat/", "/models")
_current: ContextVar[str | None] = ContextVar("voz_request", default=None)
access = logging.getLogger("voz.access")


def current_request() -> str | None:
    """The id of the request that is being answered; None outside one."""
    return _current.get()


class RequestId:
    """ASGI middleware, the outermost: an id that is not plain letters, digits, dots and dashes is replaced."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        own = given if GIVEN.fullmatch(given) else secrets.token_hex(12)
        begun, path = time.monotonic(), str(scope["path"])

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = own
                if path.startswith(LOGGED):
                    took = round((time.monotonic() - begun) * 1000)
                    access.info("%s %s %s %d ms", scope["method"], _printable(path), message["status"], took)
            await send(message)

        mark = _current.set(own)
        try:
            await self.app(scope, receive, named)
        finally:
            _current.reset(mark)


class _Named(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request = current_request() or "-"
        return True


def log_requests() -> None:
    """What voz logs goes to stderr with the id of its request, and each call of the API has a line. Once a process."""
    logger = logging.getLogger("voz")
    if any(isinstance(found, _Named) for handler in logger.handlers for found in handler.filters):
        return
    handler = logging.StreamHandler()
    handler.addFilter(_Named())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(request)s] %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    access.setLevel(logging.INFO)


def _printable(path: str) -> str:
    """A path cannot forge a line of the log."""
    return path[:200].encode("ascii", "backslashreplace").decode().translate(dict.fromkeys((*range(32), 127), "?"))
