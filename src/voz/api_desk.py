"""The rest of the desk over HTTP: what was promised, what colleagues were asked, and the figures."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from voz.api_answers import Commitments, Consultations, Decided, FiguresOut, Kept
from voz.api_body import answered, guarded
from voz.api_cases import case_to_dict, row_to_dict
from voz.api_idempotency import answer_once
from voz.api_models import AnswerIn, Day, KeptIn, taken
from voz.api_schema import told
from voz.case import clean_text
from voz.deadlines.calendar import calendar_for
from voz.door.door import actor_of_request
from voz.service import consult, ledger
from voz.service.actor import require
from voz.service.figures import Figures, Times, figures
from voz.service.period import Period
from voz.store import access, cursor
from voz.store.rows import ConsultationRow
from voz.store.schema import consultations

if TYPE_CHECKING:
    from voz.service.service import Service

MOST = 100
CURSOR = "consultations"
EARLIEST = dt.date(1971, 1, 1)


class ConsultationQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    open: Literal["true", "false", "any"] = Field(default="true", description="Whether it still waits for an answer.")
    case: str | None = Field(default=None, description="Those of one case, by its id.")
    limit: int = Field(default=50, ge=1, le=MOST)
    after: str | None = Field(default=None, description="The cursor of the page before: its `next`.")


class FiguresQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    first: Day | None = Field(default=None, alias="from", description="Missing: since the first case.")
    last: Day | None = Field(default=None, alias="to", description="That day included; missing: until now.")
    step: Literal["day", "week"] = "day"


def add_desk_routes(app: FastAPI, service: Service) -> None:
    @app.get("/v1/commitments", **told(Commitments, tag="commitments"))
    async def list_commitments() -> Response:
        """What was promised and is not done yet, the earliest due first."""
        return await guarded(lambda: {"commitments": [row_to_dict(row) for row in ledger.due(service)]})

    @app.post(
        "/v1/commitments/{commitment_id}",
        **told(Kept, body=KeptIn, once=True, problems=("not-found",), tag="commitments"),
    )
    async def keep_commitment(request: Request, commitment_id: str) -> Response:
        """Say that a promise was kept; a case that waited for it alone is answered again."""

        def work(raw: Any, since: dt.datetime | None) -> dict[str, Any]:
            note = taken(KeptIn, raw).note or ""
            row = ledger.kept(service, actor_of_request(request), clean_text(commitment_id), note)
            return {"commitment": row_to_dict(row)}

        return await answer_once(request, service, work)

    @app.get("/v1/consultations", **told(Consultations, problems=("invalid", "not-found"), tag="consultations"))
    async def list_consultations(request: Request, asked: Annotated[ConsultationQuery, Query()]) -> Response:
        """What colleagues were asked, the oldest first; the next page is in the Link header."""
        answer, found = await answered(lambda: consultations_of(service, asked))
        if found and found["next"]:
            following = request.url.include_query_params(after=found["next"])
            answer.headers["link"] = f'<{following}>; rel="next"'
        return answer

    @app.post(
        "/v1/consultations/{consultation_id}",
        **told(Decided, body=AnswerIn, once=True, problems=("not-found",), tag="consultations"),
    )
    async def answer_consultation(request: Request, consultation_id: str) -> Response:
        """Give a colleague's answer; the case is drafted again with it, and cites it."""

        def work(raw: Any, since: dt.datetime | None) -> dict[str, Any]:
            actor, said = actor_of_request(request), taken(AnswerIn, raw)
            require(actor, "agent")
            case = consult.answer(service, said.name or actor.name, clean_text(consultation_id), said.answer, actor)
            return {"case": case_to_dict(case)}

        return await answer_once(request, service, work)

    @app.get("/v1/figures", **told(FiguresOut, problems=("invalid",), tag="figures"))
    async def read_figures(asked: Annotated[FiguresQuery, Query()]) -> Response:
        """How many cases came, how long they waited, what was approved, and what the knowledge lacks."""
        return await guarded(lambda: figures_of(service, asked))


def consultations_of(service: Service, asked: ConsultationQuery) -> dict[str, Any]:
    """A page of what colleagues were asked. Raises NotFound."""
    where = []
    if asked.open != "any":
        waits = consultations.c.answered_at.is_(None) & consultations.c.cancelled_at.is_(None)
        where.append(waits if asked.open == "true" else ~waits)
    if asked.case:
        where.append(consultations.c.case_id == clean_text(asked.case))
    if asked.after:
        where.append(consultations.c.id > cursor.places(CURSOR, asked.after, 1)[0])
    with service.database.read() as tx:
        rows = access.find(tx, ConsultationRow, *where, order=("id",), limit=asked.limit + 1)
    shown = rows[: asked.limit]
    return {
        "consultations": [row_to_dict(row, "link_hash") for row in shown],
        "next": cursor.made(CURSOR, shown[-1].id) if len(rows) > len(shown) else None,
    }


def figures_of(service: Service, asked: FiguresQuery) -> dict[str, Any]:
    """The figures of a period; one that ends before it begins holds nothing."""
    latest = service.now().date() + dt.timedelta(days=1)  # nothing has happened later, and every week costs time
    first, last = (min(max(day, EARLIEST), latest) if day else None for day in (asked.first, asked.last))
    period = Period(first, last, calendar_for(service.desk.brand).timezone)
    return figures_to_dict(figures(service.database, period, service.now(), asked.step))


def figures_to_dict(found: Figures) -> dict[str, Any]:
    parts = {
        name: [row_to_dict(row) for row in getattr(found, name)]
        for name in ("volume", "approvals", "gaps", "missing", "rising")
    }
    return {
        "first": found.first.isoformat(), "last": found.last.isoformat(), "step": found.step, "zone": found.zone,
        "received": found.received, **parts, "times": [_times(row) for row in found.times],
        "overdue_commitments": found.overdue_commitments, "waiting": found.waiting,
    }  # fmt: skip


def _times(row: Times) -> dict[str, Any]:
    hours = {
        f"{name}_hours": round(getattr(row, name).total_seconds() / 3600, 3) for name in ("median", "p90")
    }  # fmt: skip
    return {**row_to_dict(row, "median", "p90"), **hours}
