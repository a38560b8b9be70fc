"""A whole life of a case with a real helpdesk at its end: drafted, approved, delivered, and killed in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import small_company

from voz.service import review, work
from voz.service.actor import Actor
from voz.service.receive import Incoming, receive
from voz.service.service import Service, utc_now
from voz.service.view import CaseView, case_view
from voz.store.database import open_database, sqlite_url


class Killed(BaseException):
    """voz's process ends here."""


@dataclass
class Desk:
    """voz itself with its database, as it stands again after it was killed."""

    folder: Path
    helpdesk: Any
    ahead: dt.timedelta = dt.timedelta()

    @contextmanager
    def service(self) -> Iterator[Service]:
        made = Service(
            database=open_database(sqlite_url(self.folder)), desk=small_company.desk(),
            destinations={self.helpdesk.name: self.helpdesk}, now=lambda: utc_now() + self.ahead,
        )  # fmt: skip
        try:
            yield made
        finally:
            made.database.close()

    def approved(self, incoming: Incoming) -> tuple[str, str]:
        """The case of a message that came in twice and whose draft was approved, and the reply."""
        with self.service() as service:
            first, again = receive(service, incoming), receive(service, incoming)
            assert (first.case_id, first.new_message, again.new_message) == (again.case_id, True, False)
            work.drain(service)
            view = case_view(service, first.case_id)
            assert view.draft is not None
            reply = view.draft.reply
            assert reply
            review.approve(service, Actor("u-ana", "Ana", "agent"), view.case.id, view.case.version, reply)
            return first.case_id, reply

    def work(self, times: int = 1) -> None:
        """All that is to be done, by a new process, as late as every lease and every pause allows."""
        for _ in range(times):
            self.ahead += dt.timedelta(minutes=5)
            with self.service() as service:
                work.drain(service)

    def killed(self, *, after: bool) -> None:
        """voz dies before it posts, or right after it has posted."""
        real = self.helpdesk.post

        def dying(*given: Any) -> dict[str, Any]:
            if after:
                real(*given)
            raise Killed

        self.helpdesk.post = dying
        try:
            self.work()
        except Killed:
            return
        finally:
            self.helpdesk.post = real
        raise AssertionError("nothing was posted")

    def view(self, case_id: str) -> CaseView:
        with self.service() as service:
            return case_view(service, case_id)
