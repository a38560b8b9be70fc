"""What the page of figures gives as files: `GET /figures.csv` and `GET /unanswered.csv`, behind the door like all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, get_args

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from voz.deadlines.calendar import calendar_for
from voz.door.door import actor_of_request
from voz.errors import InputError, VozError
from voz.problems import problem_of
from voz.service.figures import csv_rows, figures
from voz.service.period import Period, period_of
from voz.service.reports import ending_rows, unanswered
from voz.service.tabular import csv_text
from voz.store.figures import Step

if TYPE_CHECKING:
    from voz.service.service import Service

BOM = "\ufeff"
"""Without it a spreadsheet takes the file for another encoding."""


def add_downloads(app: FastAPI, service: Service) -> None:
    """`?from=` and `?to=` are days, both counted; `?step=` is day or week."""

    def counted(period: Period, step: Step) -> Iterable[Sequence[object]]:
        return csv_rows(figures(service.database, period, service.now(), step))

    def ended(period: Period, step: Step) -> Iterable[Sequence[object]]:
        return ending_rows(unanswered(service.database, period, service.now()))

    def answer(request: Request, name: str) -> Response:
        try:
            actor_of_request(request)
            period, step = _asked(request, service)
            rows = counted(period, step) if name == "figures" else ended(period, step)
            return _file(csv_text(rows), name, period)
        except VozError as error:
            return problem_of(error)

    @app.get("/figures.csv", include_in_schema=False)
    async def figures_csv(request: Request) -> Response:
        return await run_in_threadpool(answer, request, "figures")

    @app.get("/unanswered.csv", include_in_schema=False)
    async def unanswered_csv(request: Request) -> Response:
        return await run_in_threadpool(answer, request, "unanswered")


def _asked(request: Request, service: Service) -> tuple[Period, Step]:
    given = request.query_params
    step = given.get("step") or "day"
    if step not in get_args(Step):
        raise InputError(f"step is '{step[:40]}': it is {' or '.join(get_args(Step))}.")
    zone = calendar_for(service.desk.brand).timezone
    period = period_of(given.get("from") or None, given.get("to") or None, zone)
    return period, step  # type: ignore[return-value]


def _file(text: str, name: str, period: Period) -> Response:
    days = "".join(f"-{day.isoformat()}" for day in (period.first, period.last) if day)
    headers = {"content-disposition": f'attachment; filename="voz-{name}{days}.csv"', "cache-control": "no-store"}
    return Response(BOM + text, media_type="text/csv; charset=utf-8", headers=headers)
