"""The page behind a consultation's link: a colleague reads one question and answers it, without a login.

The link is the secret; it works once. The page shows the question and the team, nothing else of the case.
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from voz.door.door import language_of
from voz.door.login import form_fields, templates
from voz.errors import InputError, NotFound, Refused
from voz.packaged import packaged
from voz.service import consult
from voz.service.refusals import told
from voz.service.service import Service
from voz.store.rows import ConsultationRow

NAMES = {"es": "español", "en": "English", "pt": "português"}


def answer_routes(service: Service) -> list[Route]:
    page = _Page(service)
    return [
        Route("/c/{token}", page.show, methods=["GET"]),
        Route("/c/{token}", page.answer, methods=["POST"]),
    ]


class _Page:
    def __init__(self, service: Service) -> None:
        self.service = service

    async def show(self, request: Request) -> Response:
        row = await run_in_threadpool(self._open, request)
        return self._page(request, row, 200 if row else 404)

    async def answer(self, request: Request) -> Response:
        row = await run_in_threadpool(self._open, request)
        if row is None:
            return self._page(request, None, 404)
        form = await form_fields(request)
        name, text = form.get("name", ""), form.get("answer", "")
        try:
            await run_in_threadpool(consult.answer_by_link, self.service, request.path_params["token"], name, text)
        except InputError as error:
            return self._page(request, row, 400, error=told(error, self._language(request)), name=name, answer=text)
        except (NotFound, Refused):
            return self._page(request, None, 404)
        return self._page(request, row, 200, done=True)

    def _open(self, request: Request) -> ConsultationRow | None:
        try:
            return consult.by_link(self.service, request.path_params["token"])
        except NotFound:
            return None

    def _language(self, request: Request) -> str:
        language = language_of(request, self.service.desk.brand.voice.languages[0])
        return language if language in NAMES else "es"

    def _page(self, request: Request, row: ConsultationRow | None, status: int, **more: Any) -> Response:
        language = self._language(request)
        team = self.service.desk.brand.team(row.team) if row else None
        values = {
            "told": packaged(f"door/{language}"), "language": language, "languages": list(NAMES.items()), "next": "/",
            "root": request.scope.get("root_path", ""), "gone": row is None, "done": False, "error": "", "name": "",
            "answer": "", "question": row.question if row else "", "team": team.name if team else "", **more,
        }  # fmt: skip
        html = templates().get_template("answer.html").render(values)
        return HTMLResponse(html, status, headers={"cache-control": "no-store"})
