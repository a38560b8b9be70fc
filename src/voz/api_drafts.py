"""Drafting, checking and searching over HTTP: nothing of it is stored."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from voz.api_answers import Checked, DraftOut, Found
from voz.api_body import TooLarge, body_json, body_of, guarded, read_json, unread
from voz.api_models import Day, DraftAsked, PairIn, Shown, taken
from voz.api_schema import told
from voz.api_stream import MEDIA, streamed
from voz.case import Ask, Case, clean_text
from voz.errors import InputError
from voz.wire import (
    FieldError,
    case_to_json,
    check_to_json,
    parse_message,
    parse_pair,
    parse_today,
    passage_to_json,
)

if TYPE_CHECKING:
    from voz.pipeline import Desk, Tell

MAX_QUERY_CHARS = 1_000
MOST_PASSAGES = 50
USUAL_PASSAGES = 6


class KnowledgeQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: Annotated[Shown, Field(max_length=MAX_QUERY_CHARS, description="What is asked, in any words.")]
    region: str | None = Field(default=None, max_length=200, description="Where the customer is, if known.")
    on: Day | None = Field(default=None, description="The day on which it must be in force; today if missing.")
    limit: int = Field(default=USUAL_PASSAGES, ge=1, le=MOST_PASSAGES)


def add_draft_routes(app: FastAPI, desk: Desk, allow_today: bool) -> None:
    from voz.pipeline import examine, prepare

    drafted = told(DraftOut, body=DraftAsked, tag="drafts")
    stream = {"schema": {"type": "string"}, "example": 'event: stage\ndata: {"stage": "triage", "ms": 0}\n\n'}
    drafted["responses"][200].setdefault("content", {})[MEDIA] = stream

    @app.post("/v1/drafts", **drafted)
    async def draft(request: Request) -> Response:
        """Draft a reply to a message. With `accept: text/event-stream` its stages are told as they begin."""

        def read(raw: Any) -> tuple[Any, dt.date | None]:
            message, asked = parse_message(raw), parse_today(raw)
            taken(DraftAsked, raw)
            return message, asked

        def work(raw: Any, tell: Tell = lambda _: None) -> dict[str, Any]:
            message, asked = read(raw)
            case = prepare(message, desk, today=asked if allow_today else None, tell=tell)
            return _with_note(case_to_json(case), case, asked is not None and not allow_today)

        if MEDIA not in request.headers.get("accept", ""):
            return await body_json(request, work)
        try:
            raw = read_json(await body_of(request))
            read(raw)
        except (TooLarge, InputError) as error:
            return unread(error)
        return streamed(lambda tell: work(raw, tell))

    @app.post("/v1/check", **told(Checked, body=PairIn, tag="drafts"))
    async def check(request: Request) -> Response:
        """Judge a reply that a person or another tool wrote."""

        def work(raw: Any) -> dict[str, Any]:
            message, reply = parse_pair(raw)
            asked = parse_today(raw) or parse_today(raw["message"])
            taken(PairIn, raw)
            return check_to_json(examine(message, reply, desk, today=asked if allow_today else None))

        return await body_json(request, work)

    @app.get("/v1/knowledge", **told(Found, problems=("invalid",), tag="knowledge"))
    async def knowledge(asked: Annotated[KnowledgeQuery, Query()]) -> Response:
        """Search the knowledge as a draft does: what applies on a day, and what was found but does not."""
        return await guarded(lambda: search(desk, asked.q, asked.region, on=asked.on, limit=asked.limit))


def search(
    desk: Desk, query: str, region: str | None = None, *, on: dt.date | None = None, limit: int = USUAL_PASSAGES
) -> dict[str, Any]:
    """The passages for a query, as JSON; `on`: in force on that day. Raises FieldError."""
    from voz.retrieve import retrieve

    if not str(clean_text(query)).strip():
        raise FieldError("q", "is missing or blank")
    if len(query) > MAX_QUERY_CHARS:
        raise FieldError("q", f"has {len(query)} characters; the most is {MAX_QUERY_CHARS}")
    message, day = parse_message({"text": query, "region": region}), on or desk.day()
    ask = Ask(text=message.text, start=0, end=len(message.text), query=message.text)
    found = retrieve(message, (ask,), desk.library, today=day, region=message.region, k=limit)
    return {
        "q": message.text,
        "on": day.isoformat(),
        "passages": [passage_to_json(passage) for passage in found.passages],
        "filtered": [{"passage": passage_to_json(item.passage), "reason": item.reason} for item in found.filtered],
        "weak": all(item.weak for item in found.asks),
    }


def _with_note(answer: dict[str, Any], case: Case, ignored: bool) -> dict[str, Any]:
    if ignored:
        day = case.today.isoformat()
        note = f'"today" is only taken in a test setting (VOZ_ALLOW_TODAY=1); this is the draft of {day}.'
        answer["notes"] = [*answer["notes"], note]
    return answer
