"""The HTTP API of the desk: messages in, the queue, one case, and what a person decides on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from voz.api_answers import CaseFile, CasePage, Decided, Received
from voz.api_body import answered, guarded
from voz.api_idempotency import answer_once
from voz.api_models import (
    Approve,
    Assign,
    Claim,
    Close,
    Consult,
    DecisionIn,
    Delivered,
    Hold,
    NewMessage,
    Rewrite,
    Snooze,
    Step,
    taken,
)
from voz.api_schema import told
from voz.case import Channel, Risk, clean_text
from voz.door.door import actor_of_request
from voz.errors import Conflict, InputError, Unconfirmed
from voz.service import consult, holding, review
from voz.service.actor import Actor, require
from voz.service.receive import Incoming, receive
from voz.service.status import STATUSES
from voz.service.view import CaseView, case_view
from voz.store import queue
from voz.store.rows import CaseRow
from voz.wire import FieldError, case_to_json, parse_message

if TYPE_CHECKING:
    from voz.service.service import Service

MOST = 100
ONE_STATUS = "|".join(STATUSES)


class CaseQuery(BaseModel):
    """What of the queue is wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=MOST)
    after: str | None = Field(default=None, description="The cursor of the page before: its `next`.")
    open: Literal["true", "false", "any"] = "true"
    status: str | None = Field(
        default=None, pattern=f"^({ONE_STATUS})(,({ONE_STATUS}))*$", description="One or more, with commas."
    )
    assignee: str | None = Field(default=None, description="A user's id, or `me`.")
    team: str | None = None
    channel: Channel | None = None
    risk: Risk | None = None
    language: str | None = None
    overdue: Literal["true", "false"] = "false"
    claim: Literal["true", "false"] = "false"
    q: str | None = Field(default=None, max_length=1_000, description="Words of the message, the author or the code.")


def add_case_routes(app: FastAPI, service: Service) -> None:
    """Register the routes; each acts as the person (or key) that the guard has found out."""

    @app.post("/v1/messages", **told(Received, body=NewMessage, status=202, once=True, tag="cases"))
    async def receive_message(request: Request) -> Response:
        """Store a message; its case is drafted by itself. The same message again gives the same case."""

        def work(raw: Any, since: dt.datetime | None) -> dict[str, Any]:
            return received(service, raw, actor_of_request(request), since)

        return await answer_once(request, service, work, status=202)

    @app.get("/v1/cases", **told(CasePage, problems=("invalid", "not-found"), tag="cases"))
    async def list_cases(request: Request, asked: Annotated[CaseQuery, Query()]) -> Response:
        """A page of the queue, most pressing first; the next page is in the Link header."""
        params = {name: str(value) for name, value in asked.model_dump(exclude_none=True).items()}
        answer, found = await answered(lambda: listed(service, params, actor_of_request(request)))
        if found and found["next"]:
            following = request.url.include_query_params(after=found["next"])
            answer.headers["link"] = f'<{following}>; rel="next"'
        return answer

    @app.get("/v1/cases/{case_id}", **told(CaseFile, problems=("not-found", "invalid"), tag="cases"))
    async def read_case(request: Request, case_id: str) -> Response:
        """One case with its conversation, draft, findings and history; by id or tracking code."""

        def work() -> dict[str, Any]:
            actor = actor_of_request(request)
            view = case_view(service, clean_text(case_id), actor.id)
            holding.viewed(service, actor, view.case.id)
            return view_to_json(view)

        return await guarded(work)

    @app.post(
        "/v1/cases/{case_id}/decisions",
        **told(Decided, body=DecisionIn, once=True, problems=("not-found", "conflict"), tag="cases"),
    )
    async def decide(request: Request, case_id: str) -> Response:
        """Decide on a case as you saw it: `version` is its version. If it has changed since, nothing is done (409)."""

        def work(raw: Any, since: dt.datetime | None) -> dict[str, Any]:
            try:
                return {"case": case_to_dict(decided(service, actor_of_request(request), clean_text(case_id), raw))}
            except FieldError:
                raise
            except Unconfirmed as error:
                raise Conflict(f'{error} Send "late": true if it is to be done all the same.') from error
            except InputError as error:  # the body is as it must be: the case is not
                raise Conflict(str(error)) from error

        return await answer_once(request, service, work)


def received(service: Service, raw: Any, actor: Actor, since: dt.datetime | None = None) -> dict[str, Any]:
    """Store the message of a JSON object. `since`: it may have been stored since then. Raises FieldError."""
    message = parse_message(raw)
    asked = taken(NewMessage, raw)
    require(actor, "agent")
    own_id = asked.id if asked.id != "" else None
    incoming = Incoming(
        message, asked.source or "api", external_id=str(own_id) if own_id is not None else None,
        thread=str(asked.thread_id) if asked.thread_id not in (None, "") else None, reach=asked.reach,
    )  # fmt: skip
    if since is not None:
        longer = max(service.limits.same_within, service.now() - since)
        service = replace(service, limits=replace(service.limits, same_within=longer))
    receipt = receive(service, incoming, actor)
    return {
        "case": receipt.case_id, "code": receipt.code, "message": receipt.message_id, "new_case": receipt.new_case,
        "new_message": receipt.new_message,
    }  # fmt: skip


def listed(service: Service, params: Mapping[str, str], actor: Actor) -> dict[str, Any]:
    """A page of cases for the query parameters. Raises FieldError, InputError or NotFound."""
    params = {name: clean_text(value) for name, value in params.items()}
    try:
        limit = int(params.get("limit", "50"))
    except ValueError:
        raise FieldError("limit", "must be a whole number") from None
    if not 1 <= limit <= MOST:
        raise FieldError("limit", f"must be from 1 to {MOST}")
    wanted = queue.Filter(
        open={"true": True, "false": False, "any": None}.get(params.get("open", "true"), True),
        statuses=tuple(value for value in params.get("status", "").split(",") if value),
        assignee=actor.id if params.get("assignee") == "me" else params.get("assignee"),
        teams=(params["team"],) if params.get("team") else (),
        channel=params.get("channel"), risk=params.get("risk"), language=params.get("language"),
        overdue=params.get("overdue") == "true", claims=params.get("claim") == "true", search=params.get("q", ""),
    )  # fmt: skip
    with service.database.read() as tx:
        found = queue.page(tx, wanted, service.now(), limit=limit, after=params.get("after"))
    holding.listed(service, actor, wanted, len(found.cases), params.get("after", ""))
    return {"cases": [case_to_dict(row) for row in found.cases], "next": found.after}


def decided(service: Service, actor: Actor, case_id: str, raw: Any) -> CaseRow:
    """Do what a JSON object says. Raises FieldError, Refused, Conflict or NotFound."""
    match taken(DecisionIn, raw, within="decision").decision:
        case Approve() as said:
            if said.public_reply is not None and case_view(service, case_id).public is None:
                raise Conflict("This case is not answered in two parts: leave public_reply out.")
            return review.approve(
                service,
                actor,
                case_id,
                said.version,
                said.reply,
                said.public_reply,
                override=said.override or "",
                no_public=said.no_public_reply,
            )
        case Rewrite() as said:
            return review.rewrite(service, actor, case_id, said.version, said.wish)
        case Close() as said:
            return review.close(service, actor, case_id, said.version, said.reason, said.note or "")
        case Step() as said:
            steps = {"reopen": review.reopen, "retry": review.retry, "withdraw": review.withdraw}
            return steps[said.action](service, actor, case_id, said.version)
        case Hold() as said:
            return {"hold": holding.hold, "release": holding.release}[said.action](service, actor, case_id)
        case Assign() as said:
            return holding.assign(service, actor, case_id, said.version, said.to or None, said.team or None)
        case Snooze() as said:
            return holding.snooze(service, actor, case_id, said.version, said.until, late=said.late)
        case Claim() as said:
            return holding.correct(service, actor, case_id, said.version, claim=said.claim)
        case Delivered() as said:
            return review.found(service, actor, case_id, said.version, said.delivery, said.there)
        case Consult() as said:
            asked = consult.ask(service, actor, case_id, said.version, said.question, said.team)
            return case_view(service, asked.consultation.case_id).case


def view_to_json(view: CaseView) -> dict[str, Any]:
    """A case with everything that a reviewer sees of it."""
    return {
        "case": case_to_dict(view.case),
        "messages": [row_to_dict(row, "content", "stored_at") for row in view.messages],
        "draft": {"number": view.draft.number, "id": view.draft.id, **case_to_json(view.drafted)}
        if view.draft and view.drafted else None,
        "public": case_to_json(view.public) if view.public else None,
        "decision": row_to_dict(view.decision, "sent", "findings", "needs") if view.decision else None,
        "deliveries": [row_to_dict(row) for row in view.deliveries],
        "consultations": [row_to_dict(row, "link_hash") for row in view.consultations],
        "commitments": [row_to_dict(row) for row in view.commitments],
        "trail": [row_to_dict(row, "before") for row in view.trail],
        "typed": {part: row.text for part, row in view.typed.items()},
    }  # fmt: skip


def case_to_dict(case: CaseRow) -> dict[str, Any]:
    return row_to_dict(case, "author_key", "priority_at", "subject") | {"subject": case.subject}


def row_to_dict(row: Any, *without: str) -> dict[str, Any]:
    """A row as JSON takes it: moments and days in ISO 8601."""
    import dataclasses

    found = {field.name: getattr(row, field.name) for field in dataclasses.fields(row) if field.name not in without}
    return {
        name: value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else value for name, value in found.items()
    }
