"""What the helpdesks' tests share: a case and a delivery, and a small HTTP server whose answers a test writes."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import strategies as st
from starlette.datastructures import Headers

from voz.store.rows import CaseRow, DeliveryRow

NOW = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)


def headers(**named: str) -> Headers:
    """Headers as the service hands them over: `x_signature` for `X-Signature`."""
    return Headers({name.replace("_", "-"): value for name, value in named.items()})


def a_case(thread: str | None, source: str = "test", at: dt.datetime = NOW, **more: Any) -> CaseRow:
    given: dict[str, Any] = {
        "id": "c1", "code": "0001-TEST", "source": source, "channel": "email", "public": False, "author": "Carla",
        "author_key": "carla", "subject": "Pedido", "opened_at": at, "received_at": at, "priority_at": at,
        "thread": thread,
    }  # fmt: skip
    return CaseRow(**{**given, **more})


def a_delivery(text: str, source: str = "test", at: dt.datetime = NOW, **more: Any) -> DeliveryRow:
    given: dict[str, Any] = {
        "id": "dl-01K5TEST", "case_id": "c1", "decision_id": "de1", "part": "reply", "destination": source,
        "mode": "reply", "text": text, "created_at": at,
    }  # fmt: skip
    return DeliveryRow(**{**given, **more})


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    status: int = 200
    json: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    lost: bool = False
    """The effect took place, and the connection breaks before the answer."""


@contextmanager
def serving(answer: Callable[[Call], Answer]) -> Iterator[str]:
    """The address of a local server that answers as the function says."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = Headers({name.lower(): value for name, value in self.headers.items()})
            given = answer(Call(self.command, parts.path, dict(parse_qsl(parts.query)), sent, body))
            if given.lost:
                self.connection.close()
                self.close_connection = True
                return
            data = b"" if given.json is None else json.dumps(given.json).encode()
            self.send_response(given.status)
            for name, value in (*given.headers, ("content-type", "application/json"), ("content-length", len(data))):
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, *_: Any) -> None:
            pass

        def handle_error(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def hostile(sample: Any) -> st.SearchStrategy[bytes]:
    """Bodies that are not JSON, and the sample with one or two places removed or filled with something else."""
    junk = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.just("\x00\ud800"),
        st.just("<p>" * 300_000), st.just("&lt;<!--" * 100_000), st.lists(st.integers(), max_size=3), st.just({}),
        st.just(10**400),
    )  # fmt: skip
    places = [place for place in _places(sample, ()) if place]

    def changed(changes: list[tuple[tuple[Any, ...], Any]]) -> bytes:
        value = json.loads(json.dumps(sample))
        for place, new in changes:
            _put(value, place, new)
        return json.dumps(value).encode()

    return st.one_of(
        st.binary(max_size=60), st.just(b'{"a":' * 100_000), st.just(b"[" * 200_000), st.just(b'"\\ud800"'),
        st.lists(st.tuples(st.sampled_from(places), junk), min_size=1, max_size=2).map(changed),
    )  # fmt: skip


def _places(value: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield at
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in below:
        yield from _places(child, (*at, key))


def _put(value: Any, place: tuple[Any, ...], new: Any) -> None:
    for key in place[:-1]:
        if not isinstance(value, dict | list) or (isinstance(value, dict) and key not in value):
            return
        if isinstance(value, list) and not (isinstance(key, int) and key < len(value)):
            return
        value = value[key]
    if isinstance(value, dict) or (isinstance(value, list) and isinstance(place[-1], int) and place[-1] < len(value)):
        value[place[-1]] = new
