"""What a team must be able to prove: that nobody stays unanswered, and that what was promised is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from voz.service import inbox
from voz.service.actor import OWNER
from voz.service.inbox import Stuck
from voz.service.period import DAY, Period
from voz.service.status import CLOSE_REASONS, status_of
from voz.service.tabular import iso
from voz.store import access, reporting
from voz.store.database import Database, Tx
from voz.store.rows import CaseRow, CommitmentRow, UserRow

Outcome = Literal["answered", "closed", "open"]
Fault = Literal[
    "vanished", "silent", "idle", "unsent", "unapproved", "written_after", "passed_over", "no_reason", "no_person",
    "wrong_status",
]  # fmt: skip
"""How a case can break the rule; what each means to a person stands in data/desk/reports.*.yaml."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where one case of the period stands."""

    id: str
    code: str
    outcome: Outcome
    status: str
    channel: str
    opened_at: dt.datetime
    answered_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    reason: str | None = None
    """Why it was closed without a reply."""
    by: str | None = None
    """Who closed it, by name."""
    age: dt.timedelta | None = None
    """Of an open case: how long the customer has waited since the message that is to be answered."""
    deadline: dt.datetime | None = None
    """Of an open case: the first of its deadlines."""
    overdue: bool = False
    waits_for: str | None = None
    """Of an open case: the person that it is assigned to, or else its team."""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Unanswered:
    """received = answered + closed + open; the rule holds where no case has a fault and no message is left unread."""

    period: Period
    received: int
    answered: int
    closed: tuple[Ending, ...]
    open: tuple[Ending, ...]
    """The ones that fall due first at the head."""
    broken: tuple[Ending, ...]
    lost: tuple[str, ...] = ()
    """Ids that the audit trail received and that no table has."""
    endings: tuple[Ending, ...] = ()
    """Every case of the period, oldest first."""
    stuck: tuple[Stuck, ...] = ()
    """What helpdesks delivered in the period and could not be taken in so far: it belongs to no case yet."""

    @property
    def unread(self) -> tuple[Stuck, ...]:
        """What is not tried by itself any more: nobody will answer it unless a person looks."""
        return tuple(one for one in self.stuck if one.state == "failed")

    @property
    def holds(self) -> bool:
        whole = self.received == self.answered + len(self.closed) + len(self.open)
        return whole and not self.broken and not self.lost and not self.unread

    @property
    def overdue(self) -> int:
        return sum(one.overdue for one in self.open)


def unanswered(database: Database, period: Period, now: dt.datetime) -> Unanswered:
    """Every case that was opened in the period, each with how it ended; cases that break the rule are named.

    It is more than a sum: what counts as answered must have an approval and a reply that went out, what was closed
    a reason of the list and a person's name, what is open work or a person that it waits for, and the trail must not
    know of a case that is not there.
    """
    start, end = period.start(), period.end(now)
    with database.read() as tx:
        reporting.hold_still(tx)
        found = reporting.opened(tx, start, end)
        names = names_of(tx)
        signs: dict[Fault, set[str]] = {
            "silent": reporting.silent(tx, start, end),
            "idle": reporting.idle(tx, start, end),
            "unsent": reporting.unsent(tx, start, end),
            "unapproved": reporting.unapproved(tx, start, end),
            "written_after": reporting.written_after(tx, start, end),
            "passed_over": reporting.passed_over(tx, start, end),
        }
        lost = tuple(entry.case_id or entry.subject for entry in reporting.vanished(tx, start, end))
        held_up = tuple(one for one in inbox.stuck(tx, now) if start <= one.at < end)
    endings = tuple(_ending(case, names, signs, period, now) for case in found)
    waiting = [one for one in endings if one.outcome == "open"]
    far = dt.datetime.max.replace(tzinfo=dt.UTC)
    return Unanswered(
        period=period,
        received=len(endings) + len(lost),
        answered=sum(one.outcome == "answered" for one in endings),
        closed=tuple(one for one in endings if one.outcome == "closed"),
        open=tuple(sorted(waiting, key=lambda one: (one.deadline or far, one.opened_at, one.id))),
        broken=tuple(one for one in endings if one.faults),
        lost=lost,
        endings=endings,
        stuck=held_up,
    )


def names_of(tx: Tx) -> dict[str, str]:
    """Users by id, as others see them; with the owner of this machine, who answers while nobody was added."""
    return {OWNER.id: OWNER.name} | {user.id: user.name or user.login for user in access.find(tx, UserRow)}


def _ending(
    case: CaseRow, names: Mapping[str, str], signs: Mapping[Fault, set[str]], period: Period, now: dt.datetime
) -> Ending:
    outcome: Outcome = "open" if case.open else "closed" if case.closed_at else "answered"
    deadline = first_deadline(case, period) if case.open else None
    faults: list[Fault] = [fault for fault, ids in signs.items() if case.id in ids]
    if status_of(case) != case.status or case.open == (case.status in ("delivered", "closed")):
        faults.append("wrong_status")
    if outcome == "closed":
        faults += [] if case.closed_reason in CLOSE_REASONS else ["no_reason"]
        faults += [] if (case.closed_by or "") in names else ["no_person"]
    return Ending(
        id=case.id, code=case.code, outcome=outcome, status=case.status, channel=case.channel,
        opened_at=case.opened_at, answered_at=case.answered_at, closed_at=case.closed_at, reason=case.closed_reason,
        by=names.get(case.closed_by or "", case.closed_by), age=now - case.received_at if case.open else None,
        deadline=deadline, overdue=deadline is not None and deadline < now,
        waits_for=(names.get(case.assignee or "", case.assignee) or case.team) if case.open else None,
        faults=tuple(faults),
    )  # fmt: skip


def first_deadline(case: CaseRow, period: Period) -> dt.datetime | None:
    """The company's target or the end of the last day that the law gives, whichever comes first."""
    legal = period.midnight(case.term + DAY) - dt.timedelta(microseconds=1) if case.term else None
    return min((moment for moment in (case.due_at, legal) if moment), default=None)


Standing = Literal["overdue", "this_week", "open", "in_time", "late", "done"]
STANDINGS: tuple[Standing, ...] = ("overdue", "this_week", "open", "in_time", "late", "done")
"""`open`: due later, or no day is named; `done`: kept, and there was no day to keep."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One entry of the ledger."""

    code: str
    case_id: str
    text: str
    kind: str
    clause: str
    owner: str | None
    """The team that owes it, or the person."""
    due_on: dt.date | None
    made_on: dt.date
    standing: Standing
    done_on: dt.date | None = None
    done_by: str | None = None
    amount: float | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Commitments:
    period: Period
    today: dt.date
    promises: tuple[Promise, ...]
    """Those due first at the head; those without a day at the end."""

    def at(self, standing: Standing) -> tuple[Promise, ...]:
        return tuple(one for one in self.promises if one.standing == standing)


def commitments(
    database: Database, period: Period, now: dt.datetime, teams: Mapping[str, str] | None = None
) -> Commitments:
    """What was promised in the period, and what became of it. `teams`: their names by id."""
    with database.read() as tx:
        found = reporting.promised(tx, period.start(), period.end(now))
        names = {**names_of(tx), **(teams or {})}
    today = period.day_of(now)
    return Commitments(period, today, tuple(_promise(row, code, names, period, today) for row, code in found))


def _promise(row: CommitmentRow, code: str, names: Mapping[str, str], period: Period, today: dt.date) -> Promise:
    done_on = period.day_of(row.done_at) if row.done_at else None
    return Promise(
        code=code, case_id=row.case_id, text=row.text, kind=row.kind, clause=row.clause,
        owner=names.get(row.owner, row.owner) if row.owner else None, due_on=row.due_on,
        made_on=period.day_of(row.created_at), standing=standing(row.due_on, done_on, today), done_on=done_on,
        done_by=names.get(row.done_by, row.done_by) if row.done_by else None, amount=row.amount, currency=row.currency,
    )  # fmt: skip


def standing(due_on: dt.date | None, done_on: dt.date | None, today: dt.date) -> Standing:
    """How a promise stands; the week ends on Sunday."""
    if done_on is not None:
        return "done" if due_on is None else "in_time" if done_on <= due_on else "late"
    if due_on is None:
        return "open"
    if due_on < today:
        return "overdue"
    return "this_week" if due_on <= today + DAY * (6 - today.weekday()) else "open"


def by_reason(closed: Iterable[Ending]) -> dict[str, dict[str, int]]:
    """How often each person closed a case for each reason."""
    found: dict[str, dict[str, int]] = {}
    for one in closed:
        people = found.setdefault(one.reason or "", {})
        people[one.by or ""] = people.get(one.by or "", 0) + 1
    return {reason: dict(sorted(people.items())) for reason, people in sorted(found.items())}


def ending_rows(found: Unanswered) -> Iterator[Sequence[object]]:
    """Every case of the period as a row, the header first; what has vanished at the end."""
    yield ("code", "id", "outcome", "status", "channel", "opened_at", "answered_at", "closed_at", "reason", "by",
           "age_hours", "deadline", "overdue", "waits_for", "faults")  # fmt: skip
    for one in found.endings:
        age = None if one.age is None else round(one.age.total_seconds() / 3600, 2)
        yield (one.code, one.id, one.outcome, one.status, one.channel, iso(one.opened_at), iso(one.answered_at),
               iso(one.closed_at), one.reason, one.by, age, iso(one.deadline), int(one.overdue), one.waits_for,
               " ".join(one.faults))  # fmt: skip
    for lost in found.lost:
        yield ("", lost, *[""] * 12, "vanished")
    for unread in found.unread:
        yield ("", unread.id, *[""] * 12, "unread")
