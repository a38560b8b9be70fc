"""Reading the body of a request and answering it: every error is a problem, whatever the route."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from voz.errors import InputError, VozError
from voz.problems import problem, problem_of
from voz.wire import FieldError, load_json

MAX_BODY_BYTES = 1_000_000
log = logging.getLogger(__name__)


async def body_json(request: Request, work: Callable[[Any], dict[str, Any]]) -> Response:
    """Answer with what `work` makes of the JSON in the body."""
    try:
        raw = read_json(await body_of(request))
    except (TooLarge, InputError) as error:
        return unread(error)
    return await guarded(lambda: work(raw))


def read_json(data: bytes) -> Any:
    """The JSON of a body; a field that is a whole number is one however it is written: 3.0 is 3, as JSON Schema says.

    Raises InputError.
    """
    raw = load_json(data)
    if isinstance(raw, dict):
        raw = _whole(raw)
        if isinstance(raw.get("message"), dict):
            raw["message"] = _whole(raw["message"])
    return raw


def _whole(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in raw.items()
    }


def unread(error: TooLarge | InputError) -> Response:
    """The problem of a body that could not be read."""
    if isinstance(error, TooLarge):
        return problem(413, "too-large", f"The body has more than {MAX_BODY_BYTES} bytes.")
    return problem_of(error) if isinstance(error, FieldError) else problem(400, "unreadable", str(error))


async def guarded(work: Callable[[], dict[str, Any]]) -> Response:
    """Run in a thread, so that a slow model does not stop the others; every error is a problem."""
    answer, _ = await answered(work)
    return answer


async def answered(work: Callable[[], dict[str, Any]]) -> tuple[Response, dict[str, Any] | None]:
    """`guarded`, with what the work gave beside its response; None where it is a problem."""
    return await run_in_threadpool(done, work)


def done(work: Callable[[], dict[str, Any]], status: int = 200) -> tuple[Response, dict[str, Any] | None]:
    """Do it now, in this thread; every error is a problem."""
    try:
        found = work()
        return Json(found, status), found
    except VozError as error:
        return problem_of(error), None
    except Exception as error:
        log.exception("a request failed")
        return problem_of(error), None


class TooLarge(Exception):
    pass


class Json(JSONResponse):
    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


async def body_of(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """The body, read no further than is allowed, whatever its header says."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > most:
        raise TooLarge
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise TooLarge
    return bytes(data)
