"""A stand-in for a chat endpoint: it speaks OpenAI's protocol over HTTP and says what the test scripted.

No model is in it. What a real one does is tested in tests/model.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Say:
    """One scripted answer: `text` as the message, or a status, a refusal, a delay, a raw body."""

    text: str = ""
    status: int = 200
    error: str = "scripted error"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0  # seconds between the bytes of the answer
    finish: str = "stop"
    refusal: str | None = None
    usage: dict[str, Any] | None = field(
        default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    )
    raw: bytes | None = None


@dataclass
class Stub:
    """The running stand-in: `script` is what it will say (the last entry for ever), `requests` what it heard."""

    url: str = ""
    script: list[Say] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def prompt(self, n: int = -1) -> str:
        """All that the n-th request told the model."""
        return "\n".join(str(turn["content"]) for turn in self.requests[n]["messages"])


@contextmanager
def serve(*script: Say, reads: Callable[[Sequence[dict[str, Any]]], str] | None = None) -> Iterator[Stub]:
    """With `reads` it says what that makes of the turns that it was sent, instead of following a script."""
    stub = Stub(script=list(script))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            stub.paths.append(self.path)
            if not self.path.endswith("/chat/completions"):
                self._send(404, b"{}", {})
                return
            stub.requests.append(json.loads(body))
            if reads:
                stub.script[:] = [Say(reads(stub.requests[-1]["messages"]))]
            say = stub.script.pop(0) if len(stub.script) > 1 else stub.script[0]
            time.sleep(say.delay)
            if say.status != 200:
                answer: dict[str, Any] = {"error": {"message": say.error, "type": "stub", "code": None}}
            else:
                message = {"role": "assistant", "content": say.text, "refusal": say.refusal}
                answer = {
                    "id": "stub", "object": "chat.completion", "created": 0, "model": "stand-in-1",
                    "choices": [{"index": 0, "finish_reason": say.finish, "message": message}],
                }  # fmt: skip
                if say.usage:
                    answer["usage"] = say.usage
            self._send(say.status, say.raw or json.dumps(answer).encode(), say.headers, say.drip)

        def _send(self, status: int, body: bytes, headers: dict[str, str], drip: float = 0.0) -> None:
            try:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for byte in body if drip else ():
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(drip)
                if not drip:
                    self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
