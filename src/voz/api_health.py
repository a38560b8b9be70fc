"""Whether voz runs (`/healthz`), and whether it can work (`/readyz`): for supervisors and load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Response
from starlette.concurrency import run_in_threadpool

from voz import __version__
from voz.api_answers import Health, Ready
from voz.api_body import Json
from voz.api_schema import told
from voz.problems import problem
from voz.store import access
from voz.store.rows import CaseRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from voz.pipeline import Desk
    from voz.service.service import Service


def add_health_routes(
    app: FastAPI, desk: Desk, service: Service | None, workers: Callable[[], str] | None = None
) -> None:
    @app.get("/healthz", **told(Health, anywhere=False, tag="health"))
    async def healthz() -> Response:
        """What is answering: versions, index and writer."""
        return Json(health(desk))

    @app.get("/readyz", **told(Ready, anywhere=False, problems=("not-ready",), tag="health"))
    async def readyz() -> Response:
        """Whether the database answers, the index is open and workers draft: 200, or 503 with what is wrong."""
        found = await run_in_threadpool(checks, desk, service, workers)
        if all(said == "ok" for said in found.values()):
            return Json({"status": "ready", "checks": found})
        wrong = "; ".join(f"{name}: {said}" for name, said in found.items() if said != "ok")
        return problem(503, "not-ready", f"voz cannot work yet ({wrong}).", retry_after=5, checks=found)


def health(desk: Desk) -> dict[str, Any]:
    """What is answering: versions, index and writer."""
    return {
        "status": "ok",
        "version": __version__,
        "company": desk.brand.voice.company,
        "today": desk.day().isoformat(),
        "passages": len(desk.library.passages),
        "index": desk.library.fingerprint,
        "embedder": f"{desk.embedder.name} {desk.embedder.version}",
        "writer": "model" if desk.client else "extractive",
    }


def checks(desk: Desk, service: Service | None, workers: Callable[[], str] | None = None) -> dict[str, str]:
    """`ok`, or the kind of fault, of the index and, where there are any, database and workers: nobody has to log in."""
    found = {"index": _index(desk)}
    if service is not None:
        found["database"] = _database(service)
    if workers is not None:
        found["workers"] = workers()
    return found


def _index(desk: Desk) -> str:
    library = desk.library
    if not library.passages:
        return "empty"
    try:
        library.scores("voz", library.vector(library.passages[0].id))
    except Exception as error:
        return type(error).__name__
    return "ok"


def _database(service: Service) -> str:
    try:
        with service.database.read() as tx:
            access.first(tx, CaseRow)
    except Exception as error:
        return type(error).__name__
    return "ok"
