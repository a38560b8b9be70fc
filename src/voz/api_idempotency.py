"""`Idempotency-Key`: a call that is made again, because its answer was lost, gets the first answer and does nothing.

The key is the caller's own: an API key's, a user's. A call that voz failed on (5xx) is forgotten and may be made again;
every other answer is kept for 24 hours. Whoever takes over a call that a process died in is told since when it began,
so that the work can look whether it was done.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from voz.api_body import TooLarge, body_of, done, read_json, unread
from voz.api_limits import caller_of
from voz.errors import InputError, VozError
from voz.problems import problem, problem_of
from voz.service import answers

if TYPE_CHECKING:
    from voz.service.service import Service
    from voz.store.rows import AnswerRow

log = logging.getLogger(__name__)
HEADER, REPLAYED = "idempotency-key", "idempotency-replayed"
MOST_CHARS = 200
_KEY = re.compile(rf"[\x21-\x7e]{{1,{MOST_CHARS}}}")
Work = Callable[[Any, dt.datetime | None], dict[str, Any]]
"""Takes the JSON of the body, and since when a call that is taken over may have been done; None: it is the first."""


async def answer_once(
    request: Request, service: Service, work: Work, *, status: int = 200, bare: bool = False
) -> Response:
    """Answer with what `work` makes of the JSON in the body, or with the answer that the same call was given before.

    `bare`: the call needs no body; what stands in it is not read.
    """
    keys = request.headers.getlist(HEADER)
    if keys and (len(keys) > 1 or not _KEY.fullmatch(keys[0])):
        told = f"The header Idempotency-Key takes one key of 1 to {MOST_CHARS} visible ASCII characters."
        return problem(400, "idempotency-key", told)
    try:
        data = await body_of(request)
        raw = None if bare else read_json(data)
    except (TooLarge, InputError) as error:
        return unread(error)

    def answered(since: dt.datetime | None) -> Response:
        return done(lambda: work(raw, since), status)[0]

    if not keys:
        return await run_in_threadpool(answered, None)
    own = _hash(caller_of(request).encode(), keys[0].encode())
    asked = _hash(request.method.encode(), request.url.path.encode("utf-8", "replace"), data)
    return await run_in_threadpool(_once, service, own, asked, answered)


def _once(service: Service, key: str, asked: str, answered: Callable[[dt.datetime | None], Response]) -> Response:
    try:
        outcome, row = answers.begin(service, key, asked)
        if outcome == "answered":
            return _replayed(row)
        if outcome == "other":
            return problem(422, "idempotency-mismatch", "This Idempotency-Key was used for another call or body.")
        if outcome == "in_flight":
            return problem(409, "idempotency-in-flight", "The first call is being answered: ask again.", retry_after=1)
        answer = answered(row.begun_at if outcome == "taken_over" else None)
    except VozError as error:
        return problem_of(error)
    _keep(service, row, answer)
    return answer


def _keep(service: Service, row: AnswerRow, answer: Response) -> None:
    """Where this fails the work is done all the same, and its answer goes out; the row is as after a crash."""
    try:
        if answer.status_code >= 500:
            answers.give_up(service, row)
        else:
            kind = {"content-type": answer.headers["content-type"]}
            answers.finish(service, row, answer.status_code, kind, bytes(answer.body).decode())
    except VozError as error:
        log.warning("an answer could not be kept for its idempotency key: %s", error)


def _replayed(row: AnswerRow) -> Response:
    assert row.status is not None
    return Response(row.body or "", row.status, headers={**(row.headers or {}), REPLAYED: "true"})


def _hash(*parts: bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()
