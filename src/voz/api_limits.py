"""How many requests one caller may make: a token bucket for each key and user, in the memory of this process."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from voz.problems import problem
from voz.service.actor import Actor

LIMITED = ("/v1/", "/chat/", "/models", "/embeddings", "/completions", "/responses")
AT_ONCE = 10
"""Seconds' worth of requests that may come at once."""
MOST_CALLERS = 10_000
_KEY_ID = re.compile(r"(?i:bearer)\s+voz_([A-Za-z0-9]{1,64})_")


def caller_of(asked: HTTPConnection) -> str:
    """Who calls: the API key, the user, or where nobody is asked who they are, the machine."""
    actor = asked.scope.get("state", {}).get("actor")
    if isinstance(actor, Actor):
        key = _KEY_ID.match(asked.headers.get("authorization", "")) if actor.scopes is not None else None
        return f"key:{key[1]}" if key else f"user:{actor.id}"
    return f"at:{asked.client.host if asked.client else ''}"


@dataclass
class Buckets:
    """`take` says how many seconds are to wait; 0.0: go on, and one request is counted."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, caller: str) -> float:
        rate, now = self.per_minute / 60, self.clock()
        most = max(1.0, rate * AT_ONCE)
        with self._lock:
            left, at = self._left.pop(caller, (most, now))
            left = min(most, left + (now - at) * rate)
            self._left[caller] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > MOST_CALLERS:
                self._left.pop(next(iter(self._left)))  # the one that has asked nothing for longest
        return 0.0 if left >= 1 else (1 - left) / rate


class RateLimit:
    """ASGI middleware inside the guard: it has to know who asks."""

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        self.app, self.buckets = app, buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and str(scope["path"]).startswith(LIMITED):
            wait = self.buckets.take(caller_of(HTTPConnection(scope)))
            if wait:
                detail = f"More than {self.buckets.per_minute} requests a minute: wait {math.ceil(wait)} s."
                await problem(429, "rate-limited", detail, retry_after=math.ceil(wait))(scope, receive, send)
                return
        await self.app(scope, receive, send)
