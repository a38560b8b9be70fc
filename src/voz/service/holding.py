"""Who works on a case: held for a while by one person, assigned, set aside."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from voz.deadlines.calendar import calendar_for
from voz.errors import Unconfirmed
from voz.service import clock, trail
from voz.service.actor import Actor, require
from voz.service.cases import case_of, for_change, free_for, save
from voz.service.glances import told_of
from voz.service.refusals import missing, refuse, unfit, unsure
from voz.service.service import Service
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.queue import Filter
from voz.store.rows import CaseRow, UserRow


def hold(service: Service, actor: Actor, case_id: str) -> CaseRow:
    """Take the case for a while, so that others see who works on it. Raises Refused if somebody else has it."""
    require(actor, "agent")
    now = service.now()
    with service.database.write() as tx:
        case = case_of(tx, case_id, lock=True)
        until = now + service.limits.hold
        if case.held_by == actor.id:
            access.change(tx, CaseRow, case.id, held_until=until)  # prolonging is no new version
            return case_of(tx, case_id)
        free_for(tx, service, actor, case)
        return save(tx, service, actor, case, "held", held_by=actor.id, held_until=until)


def release(service: Service, actor: Actor, case_id: str) -> CaseRow:
    """Give the case back to the queue; a lead may release it for somebody else."""
    with service.database.write() as tx:
        case = case_of(tx, case_id, lock=True)
        if case.held_by not in (None, actor.id):
            require(actor, "lead")
        return save(tx, service, actor, case, "released", held_by=None, held_until=None) if case.held_by else case


def assign(
    service: Service, actor: Actor, case_id: str, version: int, to: str | None, team: str | None = None
) -> CaseRow:
    """Pass the case to a user, to a team, or to nobody. Raises NotFound for a user or team that is not there."""
    require(actor, "agent")
    if team is not None and service.desk.brand.team(team) is None:
        raise missing("no_team", team=team)
    with service.database.write() as tx:
        return assigned(tx, service, actor, case_id, version, to, team)


def assigned(
    tx: Tx, service: Service, actor: Actor, case_id: str, version: int, to: str | None, team: str | None = None,
    *, reason: str = "",
) -> CaseRow:  # fmt: skip
    """`assign`, in the transaction of what it is a part of; `reason`: why, for the trail."""
    if to is not None:
        user = access.get(tx, UserRow, to)
        if user is None or not user.active:
            raise missing("no_user", user=to)
        if user.role == "observer":
            raise unfit("only_looks", name=user.name)
    case = for_change(tx, case_id, version)
    if not actor.at_least("lead"):  # who may release a case for somebody else may pass it on, too
        free_for(tx, service, actor, case)
    after = {"assignee": to, "team": team or case.team} | ({"reason": reason} if reason else {})
    return save(
        tx, service, actor, case, "assigned", before={"assignee": case.assignee, "team": case.team}, after=after,
        assignee=to, team=team or case.team, held_by=None, held_until=None,
    )  # fmt: skip


def snooze(
    service: Service, actor: Actor, case_id: str, version: int, until: dt.datetime, *, late: bool = False
) -> CaseRow:  # fmt: skip
    """Set the case aside until then; its deadlines go on. Raises InputError beyond the term that the law gives.

    Raises Unconfirmed beyond the company's own target, unless the actor says that they know it: `late`.
    """
    require(actor, "agent")
    if until <= service.now():
        raise unfit("past")
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        free_for(tx, service, actor, case)
        if not case.open:
            raise refuse("not_open", status=case.status)
        end = clock.legal_end(service, case)
        if end is not None and until >= end:
            raise unfit("beyond_term", day=f"{case.claim_due:%d/%m/%Y}")
        overdue = _overdue(service, case, until)
        if overdue and not late:
            raise overdue
        jobs.enqueue(tx, "wake", now=service.now(), run_at=until, case_id=case.id, key=f"wake:{case.id}:{until:%s}")
        after = {"until": until.isoformat()} | ({"late": True} if overdue else {})
        return save(
            tx, service, actor, case, "snoozed", after=after, snoozed_until=until, held_by=None, held_until=None
        )


def _overdue(service: Service, case: CaseRow, until: dt.datetime) -> Unconfirmed | None:
    """What to tell whoever sets a case aside until after its answer is due; None where it is not."""
    if case.due_at is None or case.delivered_at is not None or until <= case.due_at:
        return None
    local = calendar_for(service.desk.brand).local
    when = {name: f"{local(at):%d/%m/%Y %H:%M}" for name, at in (("due", case.due_at), ("until", until))}
    return unsure("late_already" if case.due_at <= service.now() else "late", **when)


def correct(service: Service, actor: Actor, case_id: str, version: int, *, claim: bool) -> CaseRow:
    """A person says whether it is a claim or a query; the legal clock follows."""
    require(actor, "agent")
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        free_for(tx, service, actor, case)
        due = clock.claim_clock(replace(case, claim=claim), service.desk.brand, service.now()).due
        return save(
            tx, service, actor, case, "claim_corrected", before={"claim": case.claim}, after={"claim": claim},
            claim=claim, claim_reason=f"{clock.CORRECTED}{actor.id}", claim_due=due,
        )  # fmt: skip


def viewed(service: Service, actor: Actor, case_id: str) -> None:
    """Somebody has read the customer's data: told in the trail, once an hour for each person."""
    with service.database.read() as tx:
        last = trail.latest(tx, case_of(tx, case_id).id, actor.id, "viewed")
    if last is None or service.now() - last > dt.timedelta(hours=1):
        with service.database.write() as tx:
            trail.record(tx, service, actor, "viewed", case_of(tx, case_id))


def listed(service: Service, actor: Actor, wanted: Filter, shown: int, page: str = "") -> None:
    """Somebody has read a list with customers' names and subjects: told once an hour for each person and question."""
    now = service.now()
    if shown and service.glances.new(actor.id, wanted, page, now):
        action = "searched" if wanted.search.strip() else "listed"
        with service.database.write() as tx:
            trail.record(tx, service, actor, action, after=told_of(wanted, shown))
        service.glances.tell(actor.id, wanted, page, now)
