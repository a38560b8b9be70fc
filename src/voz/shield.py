"""What every response says to the browser, and which of Gradio's own doors stay shut.

The page shows what strangers wrote: no script may come from anywhere but voz, and nothing may be
fetched from another machine. The page takes and gives no files, so nobody else may through it.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; script-src-attr 'none'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
SHUT = ("/gradio_api/upload", "/gradio_api/file", "/gradio_api/proxy", "/gradio_api/deep_link", "/proxy=")


class Shield:
    """ASGI middleware: adds HEADERS to every response and answers 404 for SHUT."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if any(shut in scope["path"] for shut in SHUT):
            await secured({"type": "http.response.start", "status": 404, "headers": []})
            await secured({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, secured)
