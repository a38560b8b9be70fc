"""A door for helpdesks that only know how to call OpenAI: it drafts replies to customers and does nothing else.

What voz cannot draft honestly is an HTTP error in OpenAI's shape, never prose that somebody could send. Other requests
are refused too, or passed on to the configured model where the operator wants that.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from voz.api_body import Json, TooLarge, body_of
from voz.case import Case
from voz.errors import IndexBusy, InputError, ModelUnavailable, StoreError, VozError
from voz.openai_prompts import NotForVoz, Wanted, read
from voz.packaged import packaged
from voz.wire import load_json

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.pipeline import Desk

MODEL = "voz"
REMEMBERED, FOR_SECONDS = 512, 300.0
CHARS_PER_TOKEN = 4
OTHERS = ("embeddings", "completions", "responses")
"""Other parts of OpenAI's API that helpdesks call beside the chat."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Proxy:
    """Where requests that are none for voz are passed on to."""

    url: str
    key: str
    model: str | None
    timeout: float


def proxy_of(settings: Settings) -> Proxy | None:
    """The configured model's endpoint, where VOZ_OPENAI_PROXY is set. Raises InputError where there is none."""
    if not settings.openai_proxy:
        return None
    if not (settings.model or settings.model_url):
        raise InputError("VOZ_OPENAI_PROXY is set and no model is configured: set VOZ_MODEL or VOZ_MODEL_URL.")
    key = settings.api_key.get_secret_value() if settings.api_key else os.environ.get("OPENAI_API_KEY", "")
    url = (settings.model_url or "https://api.openai.com/v1").rstrip("/")
    model = settings.model if settings.model_url else (settings.model or "").removeprefix("openai:")
    return Proxy(url, key, model, settings.model_timeout)


@dataclass(frozen=True)
class Told:
    """An error in OpenAI's shape."""

    status: int
    code: str
    message: str
    param: str | None = None

    def response(self) -> Response:
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return Json(
            {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}, self.status
        )


class Refusals:
    """The last refusals: helpdesks repeat what was refused, and a repetition costs nothing."""

    def __init__(self) -> None:
        self.kept: OrderedDict[str, tuple[float, Told]] = OrderedDict()
        self.one_at_a_time = threading.Lock()

    def find(self, key: str) -> Told | None:
        with self.one_at_a_time:
            until, told = self.kept.get(key, (0.0, None))
            return told if until > time.monotonic() else None

    def keep(self, key: str, told: Told) -> Response:
        with self.one_at_a_time:
            self.kept[key] = (time.monotonic() + FOR_SECONDS, told)
            self.kept.move_to_end(key)
            while len(self.kept) > REMEMBERED:
                self.kept.popitem(last=False)
        return told.response()


def add_openai_routes(app: FastAPI, desk: Desk, proxy: Proxy | None = None) -> None:
    """Register the door, with and without /v1 in front, as helpdesks leave it out or write it twice."""
    refusals = Refusals()

    async def chat(request: Request) -> Response:
        try:
            body = await body_of(request)
        except TooLarge:
            return Told(413, "too_large", "The body is too large.").response()
        return await run_in_threadpool(_answered, body, desk, proxy, refusals)

    async def other(request: Request) -> Response:
        if proxy is None:
            return _told(NotForVoz("endpoint", status=404)).response()
        try:
            body = await body_of(request)
        except TooLarge:
            return Told(413, "too_large", "The body is too large.").response()
        return await run_in_threadpool(_passed_on, proxy, request.url.path.rsplit("/", 1)[1], body)

    async def models() -> Response:
        return Json({"object": "list", "data": [_model()]})

    async def model(name: str) -> Response:
        return Json(_model()) if name == MODEL else _told(NotForVoz("no_model", status=404, name=name)).response()

    for front in ("/v1", "", "/v1/v1"):
        app.add_api_route(f"{front}/chat/completions", chat, methods=["POST"], include_in_schema=False)
        app.add_api_route(f"{front}/models", models, methods=["GET"], include_in_schema=False)
        app.add_api_route(f"{front}/models/{{name}}", model, methods=["GET"], include_in_schema=False)
        for name in OTHERS:
            app.add_api_route(f"{front}/{name}", other, methods=["POST"], include_in_schema=False)


def _answered(body: bytes, desk: Desk, proxy: Proxy | None, refusals: Refusals) -> Response:
    key = hashlib.sha256(f"{desk.library.fingerprint} {desk.day()} ".encode() + body).hexdigest()
    known = refusals.find(key)
    if known is not None:
        return known.response()
    try:
        wanted = read(load_json(body))
    except InputError as error:
        return refusals.keep(key, Told(400, "unreadable", str(error)))
    except NotForVoz as error:
        if error.task and proxy is not None:
            return _passed_on(proxy, "chat/completions", body)
        return refusals.keep(key, _told(error))
    try:
        return _completion(wanted, _drafted(wanted, desk))
    except NotForVoz as error:
        return refusals.keep(key, _told(error))
    except (IndexBusy, ModelUnavailable, StoreError) as error:
        return Told(503, "busy", str(error)).response()
    except VozError as error:
        return Told(422, "not_drafted", str(error)).response()
    except Exception:
        log.exception("a request of the OpenAI-compatible door failed")
        return Told(500, "fault", str(packaged("openai")["refusals"]["fault"])).response()


def _drafted(wanted: Wanted, desk: Desk) -> tuple[str, dict[str, int] | None]:
    """The text of the reply and what it cost. Raises NotForVoz where voz cannot draft one honestly."""
    from voz.pipeline import prepare

    if wanted.trial:
        return str(packaged("openai")["freescout"]["trial_reply"]), _usage({})
    case = prepare(wanted.message, desk)
    why = _why_not(case)
    if why is not None:
        raise why
    assert case.draft is not None
    assert case.draft.reply is not None
    written = math.ceil(len(case.draft.reply) / CHARS_PER_TOKEN)
    if wanted.most_tokens is not None and written > wanted.most_tokens:
        raise NotForVoz("too_short", status=422, param="max_tokens", most=wanted.most_tokens)
    return case.draft.reply, _usage(case.draft.provenance)


def _why_not(case: Case) -> NotForVoz | None:
    """Why the draft is none to hand out: there is none, a check blocks it, or it answers nothing that was asked."""
    draft = case.draft
    if draft is None or not (draft.reply or "").strip():
        return NotForVoz("nothing_to_send", status=422)
    blocks = dict.fromkeys(finding.check for finding in case.findings if finding.severity == "block")
    if blocks:
        return NotForVoz("blocked", status=422, checks=", ".join(blocks))
    if draft.unanswered and not any(sentence.citations for sentence in draft.sentences):
        return NotForVoz("unanswered", status=422)
    return None


def _usage(provenance: dict[str, Any]) -> dict[str, int] | None:
    """What the configured model read and wrote; nothing where none was asked, None where it does not say."""
    read_ones, written = provenance.get("tokens_in", 0), provenance.get("tokens_out", 0)
    if read_ones is None or written is None:
        return None
    return {"prompt_tokens": read_ones, "completion_tokens": written, "total_tokens": read_ones + written}


def _completion(wanted: Wanted, drafted: tuple[str, dict[str, int] | None]) -> Response:
    reply, usage = drafted
    content = reply
    if wanted.shape == "freescout":  # voz translates nothing: who reads no Spanish sees the reply alone
        content = json.dumps({"reply": reply, "reply_translation": ""}, ensure_ascii=False)
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}
    if wanted.stream:
        lines = _chunks(head, content, usage if wanted.with_usage else None)
        return StreamingResponse(lines, media_type="text/event-stream", headers={"cache-control": "no-store"})
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    spent = {"usage": usage} if usage is not None else {}
    return Json({**head, "object": "chat.completion", "choices": [choice], **spent})


def _chunks(head: dict[str, Any], content: str, usage: dict[str, int] | None) -> Iterator[bytes]:
    """The whole text as a stream: it was checked as a whole before the first of it was sent."""
    for delta, reason in (({"role": "assistant", "content": ""}, None), ({"content": content}, None), ({}, "stop")):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        yield _event({**head, "object": "chat.completion.chunk", "choices": [choice]})
    if usage is not None:
        yield _event({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def _event(told: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n"


def _passed_on(proxy: Proxy, path: str, body: bytes) -> Response:
    """What the configured model says to it; marked, because voz has not checked a word of it."""
    import httpx

    try:
        asked = load_json(body)
        if isinstance(asked, dict) and proxy.model and path != "embeddings":
            body = json.dumps({**asked, "model": proxy.model}, ensure_ascii=False).encode("utf-8", "replace")
        client = httpx.Client(timeout=proxy.timeout, follow_redirects=False)
        headers = {"content-type": "application/json", "authorization": f"Bearer {proxy.key or 'none'}"}
        answer = client.send(
            client.build_request("POST", f"{proxy.url}/{path}", content=body, headers=headers), stream=True
        )
    except InputError as error:
        return Told(400, "unreadable", str(error)).response()
    except httpx.HTTPError:
        return Told(502, "proxy_down", str(packaged("openai")["refusals"]["proxy_down"])).response()

    def parts() -> Iterator[bytes]:
        try:
            yield from answer.iter_bytes()
        finally:
            answer.close()
            client.close()

    kept = {name: answer.headers[name] for name in ("content-type", "retry-after") if name in answer.headers}
    return StreamingResponse(parts(), answer.status_code, {**kept, "x-voz-passed-on": "1", "cache-control": "no-store"})


def _told(error: NotForVoz) -> Told:
    return Told(error.status, error.code, str(error), error.param)


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
