"""The HTTP API of the desk: messages in, the queue, one case, and what a person decides on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from voz.api_body import answered, body_json, guarded
from voz.door.door import actor_of_request
from voz.service import consult, holding, ledger, review
from voz.service.actor import Actor, require
from voz.service.receive import Incoming, receive
from voz.service.view import CaseView, case_view
from voz.store import queue
from voz.store.rows import CaseRow
from voz.wire import FieldError, case_to_json, parse_message

if TYPE_CHECKING:
    from voz.service.service import Service

MOST = 100
Work = Callable[[], dict[str, Any]]


def add_case_routes(app: FastAPI, service: Service) -> None:
    """Register the routes; each acts as the person (or key) that the guard has found out."""

    @app.post("/v1/messages", response_class=JSONResponse, status_code=202)
    async def messages(request: Request) -> Response:
        """Store a message; its case is drafted by itself. The same message again gives the same case."""

        def work(raw: Any) -> dict[str, Any]:
            return received(service, raw, actor_of_request(request))

        answer = await body_json(request, work)
        if answer.status_code == 200:
            answer.status_code = 202
        return answer

    @app.get("/v1/cases", response_class=JSONResponse)
    async def cases(request: Request) -> Response:
        """A page of the queue, most pressing first; the next page is in the Link header."""

        def work() -> dict[str, Any]:
            return listed(service, request.query_params, actor_of_request(request))

        answer, found = await answered(work)
        if found and found["next"]:
            params = request.query_params.multi_items()
            kept = [(name, value) for name, value in params if name != "after"]
            following = request.url.replace_query_params(**dict(kept), after=found["next"])
            answer.headers["link"] = f'<{following}>; rel="next"'
        return answer

    @app.get("/v1/cases/{case_id}", response_class=JSONResponse)
    async def case(request: Request, case_id: str) -> Response:
        """One case with its conversation, draft, findings and history; by id or tracking code."""

        def work() -> dict[str, Any]:
            actor = actor_of_request(request)
            view = case_view(service, case_id, actor.id)
            holding.viewed(service, actor, view.case.id)
            return view_to_json(view)

        return await guarded(work)

    @app.post("/v1/cases/{case_id}/decisions", response_class=JSONResponse)
    async def decisions(request: Request, case_id: str) -> Response:
        """Decide on a case: {"action": "approve", "version": 3, "reply": "…"}; see docs/api.md for the actions."""

        def work(raw: Any) -> dict[str, Any]:
            return {"case": case_to_dict(decided(service, actor_of_request(request), case_id, raw))}

        return await body_json(request, work)

    @app.get("/v1/commitments", response_class=JSONResponse)
    async def commitments(request: Request) -> Response:
        """What was promised and is not done yet, the earliest due first."""

        def work() -> dict[str, Any]:
            return {"commitments": [row_to_dict(row) for row in ledger.due(service)]}

        return await guarded(work)


def received(service: Service, raw: Any, actor: Actor) -> dict[str, Any]:
    """Store the message of a JSON object. Raises FieldError."""
    if not isinstance(raw, dict):
        raise FieldError("message", "must be an object with a text")
    message = parse_message(raw)
    require(actor, "agent")
    source = _text(raw, "source") or "api"
    reach = raw.get("reach", 0)
    if not isinstance(reach, int) or isinstance(reach, bool) or not 0 <= reach <= 10**10:
        raise FieldError("reach", "must be a whole number of people")
    own_id = raw.get("id")
    incoming = Incoming(
        message, source, external_id=str(own_id) if own_id not in (None, "") else None,
        thread=_text(raw, "thread_id"), reach=reach,
    )  # fmt: skip
    receipt = receive(service, incoming, actor)
    return {
        "case": receipt.case_id, "code": receipt.code, "message": receipt.message_id, "new_case": receipt.new_case,
        "new_message": receipt.new_message,
    }  # fmt: skip


def listed(service: Service, params: Mapping[str, str], actor: Actor) -> dict[str, Any]:
    """A page of cases for the query parameters. Raises FieldError or InputError."""
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
    return {"cases": [case_to_dict(row) for row in found.cases], "next": found.after}


def decided(service: Service, actor: Actor, case_id: str, raw: Any) -> CaseRow:
    """Do what a JSON object says. Raises FieldError, Refused, Conflict or NotFound."""
    if not isinstance(raw, dict):
        raise FieldError("decision", "must be an object with an action")
    action, version = raw.get("action"), raw.get("version")
    if action not in ("hold", "release") and (not isinstance(version, int) or isinstance(version, bool)):
        raise FieldError("version", "must be the version of the case that you saw")
    at = version if isinstance(version, int) else 0

    def text(name: str) -> str:
        return _text(raw, name) or ""

    does: dict[str, Callable[[], CaseRow]] = {
        "approve": lambda: review.approve(
            service, actor, case_id, at, text("reply"), _text(raw, "public_reply"), override=text("override")
        ),
        "rewrite": lambda: review.rewrite(service, actor, case_id, at, text("wish")),
        "close": lambda: review.close(service, actor, case_id, at, text("reason"), text("note")),
        "reopen": lambda: review.reopen(service, actor, case_id, at),
        "retry": lambda: review.retry(service, actor, case_id, at),
        "withdraw": lambda: review.withdraw(service, actor, case_id, at),
        "hold": lambda: holding.hold(service, actor, case_id),
        "release": lambda: holding.release(service, actor, case_id),
        "assign": lambda: holding.assign(service, actor, case_id, at, _text(raw, "to"), _text(raw, "team")),
        "snooze": lambda: holding.snooze(service, actor, case_id, at, _moment(raw, "until")),
        "claim": lambda: holding.correct(service, actor, case_id, at, claim=raw.get("claim") is True),
        "delivered": lambda: review.found(service, actor, case_id, at, text("delivery"), raw.get("there") is True),
        "consult": lambda: (
            case_view(
                service, consult.ask(service, actor, case_id, at, text("question"), text("team")).consultation.case_id
            ).case
        ),
    }
    if action not in does:
        raise FieldError("action", f"must be one of {', '.join(does)}")
    return does[action]()


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


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise FieldError(name, "must be a text")
    return str(value)


def _moment(raw: Mapping[str, Any], name: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(_text(raw, name) or "")
    except ValueError:
        raise FieldError(name, "must be a moment as 2026-11-24T09:00:00+01:00") from None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
