"""The ledger of commitments: what a delivered reply promised, by when, resting on which clause, and whose it is."""

from __future__ import annotations

import datetime as dt

from voz.commitments.ledger import commitments
from voz.deadlines.calendar import calendar_for
from voz.service.actor import Actor, require
from voz.service.cases import case_of, restored, save
from voz.service.refusals import missing, refuse
from voz.service.service import Service
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.rows import CaseRow, CommitmentRow, DecisionRow


def entered(tx: Tx, service: Service, case: CaseRow, decision: DecisionRow) -> list[CommitmentRow]:
    """Enter what a decision promised, and a reminder for the morning after each due day."""
    brand, found = service.desk.brand, []
    working = calendar_for(brand).is_working
    for body in (decision.sent or {}).values():
        for one in commitments(restored(body), brand, approved_at=_day(service, decision), is_working=working):
            row = CommitmentRow(
                id=access.new_id("k", service.now()), case_id=case.id, decision_id=decision.id, text=one.text,
                kind=one.kind, amount=one.amount, currency=one.currency, due_on=one.due, basis=one.due_basis,
                passage_id=one.passage or None, clause=one.clause, owner=one.team, created_at=service.now(),
            )  # fmt: skip
            access.add(tx, row)
            found.append(row)
            if row.due_on is not None:
                jobs.enqueue(tx, "commitment", now=service.now(), run_at=_morning_after(service, row.due_on),
                             case_id=case.id, ref=row.id, key=f"commitment:{row.id}")  # fmt: skip
    return found


def _day(service: Service, decision: DecisionRow) -> dt.date:
    """The day of the decision on the company's clocks; the desk's own day where one is set for tests."""
    return service.desk.today or calendar_for(service.desk.brand).day_of(decision.at)


def _morning_after(service: Service, day: dt.date) -> dt.datetime:
    calendar = calendar_for(service.desk.brand)
    morning = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(7))
    return calendar.local(morning).astimezone(dt.UTC)


def kept(service: Service, actor: Actor, commitment_id: str, note: str = "") -> CommitmentRow:
    """Somebody says that the promise was kept; a case that waited for it alone is answered again."""
    require(actor, "agent")
    now = service.now()
    with service.database.write() as tx:
        known = access.get(tx, CommitmentRow, commitment_id)
        if known is None:
            raise missing("no_commitment", id=commitment_id)
        case = case_of(tx, known.case_id, lock=True)  # the case first, as everywhere: see voz.service.deliver
        row = access.get(tx, CommitmentRow, commitment_id, lock=True)
        if row is None or row.done_at:
            raise refuse("already_kept")
        access.change(tx, CommitmentRow, row.id, done_at=now, done_by=actor.id, note=note)
        waits = {"reopened_for": None} if case.reopened_for == f"commitment:{row.id}" else {}
        save(tx, service, actor, case, "commitment_kept", subject=row.id, after={"note": note}, **waits)
        found = access.get(tx, CommitmentRow, row.id)
        assert found is not None
        return found


def due(service: Service) -> list[CommitmentRow]:
    """Commitments that are not done yet, the earliest due first, those without a day last."""
    with service.database.read() as tx:
        rows = access.find(tx, CommitmentRow, done_at=None)
    return sorted(rows, key=lambda row: (row.due_on or dt.date.max, row.id))
