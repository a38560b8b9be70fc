"""voz as `voz serve` runs it, without the pages, for the crash test to kill: `server.py HOME PORT HELPDESK [KILL]`.

KILL is `before:N` or `after:N`: this process kills itself, with SIGKILL, just before or just after the N-th writing
transaction since its start commits; or `post:before:N` / `post:after:N` around the N-th post to the helpdesk.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import small_company
import uvicorn

from voz.api import create_app
from voz.config import Settings
from voz.pipeline import open_desk
from voz.service.opened import open_service, working
from voz.service.service import CannotTell, Undelivered
from voz.store.database import Database, Tx


class Helpdesk:
    """The client of the helpdesk that the test runs: it has no idempotent posts, but its threads can be read."""

    name, mode = "crash", "reply"

    def __init__(self, url: str, kill: str) -> None:
        self.url, self.kill, self.count = url, kill, itertools.count(1)

    def post(self, delivery: Any, case: Any) -> dict[str, Any]:
        number = next(self.count)
        if self.kill == f"post:before:{number}":
            os.kill(os.getpid(), signal.SIGKILL)
        body = json.dumps({"marker": delivery.id, "text": delivery.text}).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/{case.thread}", body, timeout=10) as answer:
                found: dict[str, Any] = json.load(answer)
        except urllib.error.URLError as error:
            if isinstance(error.reason, ConnectionRefusedError):
                raise Undelivered("nobody listens there") from error
            raise
        if self.kill == f"post:after:{number}":
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    def find(self, delivery: Any, case: Any) -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(f"{self.url}/{case.thread}", timeout=10) as answer:
                posts = json.load(answer)
        except OSError as error:
            raise CannotTell(str(error)) from error
        return next((post for post in posts if post["marker"] == delivery.id), None)

    def news(self, case: Any, since: Any) -> None:
        return None


LEASE = dt.timedelta(seconds=8)
"""Shorter than voz's own: what a dead process held is waited for after every kill."""


def die_at(kill: str) -> None:
    """Make the process kill itself around the N-th commit."""
    when, _, number = kill.partition(":")
    if when not in ("before", "after"):
        return
    count, write = itertools.count(1), Database.write

    @contextmanager
    def counted(self: Database) -> Iterator[Tx]:
        with write(self) as tx:
            yield tx
            mine = next(count)
            if when == "before" and mine == int(number):
                os.kill(os.getpid(), signal.SIGKILL)
        if when == "after" and mine == int(number):
            os.kill(os.getpid(), signal.SIGKILL)

    Database.write = counted  # type: ignore[method-assign]


def main(home: Path, port: int, helpdesk: str, kill: str = "") -> None:
    knowledge = home / "company" / "knowledge"
    if not knowledge.exists():
        small_company.write_company(knowledge)
    settings = Settings(knowledge=knowledge, home=home / "data", today=small_company.TODAY, writer="extractive")
    desk = open_desk(settings)
    service = open_service(settings, desk)
    service = replace(service, limits=replace(service.limits, lease=LEASE))
    service.destinations["crash"] = Helpdesk(helpdesk, kill)  # type: ignore[index]
    die_at(kill)
    with working(service):
        app = create_app(desk, service=service, page=False)
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], *sys.argv[4:])
