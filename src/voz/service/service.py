"""Everything that the durable life of a case is run with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from voz.service.glances import Glances
from voz.service.pauses import NONE
from voz.store.database import Database

if TYPE_CHECKING:
    from voz.pipeline import Desk
    from voz.store.rows import CaseRow, DeliveryRow


class Destination(Protocol):
    """Where an approved reply goes: a helpdesk, a folder, or a person who posts it by hand."""

    name: str
    mode: str
    """reply, draft, note, or hand: a person posts it and says so."""

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        """Put the reply there and give its receipt. Raises Undelivered; any other error means that nobody knows."""

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        """The receipt of this very delivery if it is there already, None if it is not. Raises CannotTell."""

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        """What happened in the conversation there since then that the reviewer has not seen. Raises CannotTell."""


class Undelivered(Exception):
    """The destination has not taken the reply: it is safe to try again. `for_good` where that would not help."""

    def __init__(self, reason: str, *, for_good: bool = False, retry_after: dt.timedelta = NONE) -> None:
        super().__init__(reason)
        self.for_good = for_good
        self.retry_after = retry_after


class CannotTell(Exception):
    """The destination cannot say now what is there. `blind` where it never can, and a person has to look."""

    def __init__(self, reason: str, *, blind: bool = False, retry_after: dt.timedelta = NONE) -> None:
        super().__init__(reason)
        self.blind = blind
        self.retry_after = retry_after


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Limits:
    """How long things take, and how often they are tried."""

    lease: dt.timedelta = dt.timedelta(seconds=90)
    attempts: int = 5
    backoff: dt.timedelta = dt.timedelta(seconds=2)
    most_pause: dt.timedelta = dt.timedelta(minutes=15)
    """Between two attempts, however many there were."""
    same_within: dt.timedelta = dt.timedelta(minutes=10)
    hold: dt.timedelta = dt.timedelta(minutes=15)
    link: dt.timedelta = dt.timedelta(days=14)


@dataclass(frozen=True)
class Service:
    database: Database
    desk: Desk
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    """By the source that a case came from; the rest is posted by hand."""
    now: Callable[[], dt.datetime] = utc_now
    limits: Limits = Limits()
    home: Path = Path(".voz")
    suites: Path = Path("evals")
    knowledge: Path = Path("knowledge")
    private_webhooks: bool = False
    """Whether events may be posted to this machine and to private networks."""
    glances: Glances = field(default_factory=Glances, compare=False, repr=False)

    def today(self) -> dt.date:
        """The day to answer on: the desk's own, where it is set for tests and demonstrations."""
        return self.desk.today or self.now().date()
