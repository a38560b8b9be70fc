"""The job that delivers: an approved reply goes out once, whatever fails in between.

The intent is written before the act, and the receipt after it. A worker that finds an intent without a receipt does not
know whether the reply went out: it asks the destination, and where that cannot tell, a person.

Every transaction locks the case first, as those of the reviewers do: PostgreSQL lets nobody wait in a ring.
"""

from __future__ import annotations

from typing import Any, Literal

from voz.service import learn, ledger, trail
from voz.service.actor import SYSTEM, Actor
from voz.service.cases import case_of, save
from voz.service.service import CannotTell, Destination, Service, Undelivered
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.rows import CaseRow, DecisionRow, DeliveryRow, JobRow, MessageRow

GONE = (
    "There is no helpdesk {!r} any more. Put it back into helpdesks.yaml, start voz again and retry; or take the "
    "approval back: approved anew, the reply is posted by hand."
)


def run(service: Service, job: JobRow) -> None:
    """Deliver the reply that the job names, unless it was taken back or is there already."""
    begun = _begun(service, job)
    if begun is None:
        return
    delivery, case = begun
    destination = service.destinations.get(delivery.destination)
    if destination is None:
        begun_before = delivery.attempts > 1  # then it may be out there
        _stuck(service, job, delivery, GONE.format(delivery.destination), "uncertain" if begun_before else "failed")
        return
    receipt: dict[str, Any] | None = None
    if delivery.attempts > 1:
        try:
            receipt = destination.find(delivery, case)
        except CannotTell as error:
            _stuck(service, job, delivery, str(error), "uncertain")
            return
    elif (news := _news(destination, delivery, case)) is not None:
        # nothing is posted into a conversation that has moved on: a person looks at it first
        _stuck(service, job, delivery, news, "failed", action="held_back")
        return
    if receipt is None:
        receipt = _posted(service, job, delivery, case, destination)
    if receipt is not None:
        with service.database.write() as tx:
            case_of(tx, case.id, lock=True)
            jobs.finish(tx, job, service.now())
            sent(tx, service, delivery.id, receipt)


def _begun(service: Service, job: JobRow) -> tuple[DeliveryRow, CaseRow] | None:
    assert job.case_id is not None
    with service.database.write() as tx:
        case = case_of(tx, job.case_id, lock=True)
        jobs.renew(tx, job, service.now() + service.limits.lease)  # who has lost the job must not post any more
        delivery = access.get(tx, DeliveryRow, job.ref, lock=True)
        if delivery is None or delivery.state not in ("waiting", "sending"):
            jobs.finish(tx, job, service.now())
            return None
        access.change(tx, DeliveryRow, delivery.id, state="sending", attempts=delivery.attempts + 1)
        found = access.get(tx, DeliveryRow, delivery.id)
        assert found is not None
        return found, case


def _news(destination: Destination, delivery: DeliveryRow, case: CaseRow) -> str | None:
    """Whether somebody wrote there since the reply was approved. Where that cannot be read, it is not waited for."""
    try:
        return destination.news(case, delivery.created_at)
    except CannotTell:
        return None


def _posted(
    service: Service, job: JobRow, delivery: DeliveryRow, case: CaseRow, destination: Destination
) -> dict[str, Any] | None:
    """The receipt; None where the destination will never take it, and the case says so."""
    try:
        return destination.post(delivery, case)
    except Undelivered as error:
        if not error.for_good:
            with service.database.write() as tx:  # it is certain that nothing went out
                case_of(tx, case.id, lock=True)
                jobs.renew(tx, job, service.now() + service.limits.lease)
                access.change(tx, DeliveryRow, delivery.id, state="waiting", attempts=0, error=str(error))
            raise
        _stuck(service, job, delivery, str(error), "failed")
        return None


def _stuck(
    service: Service, job: JobRow, delivery: DeliveryRow, reason: str, state: Literal["failed", "uncertain"],
    action: str = "",
) -> None:  # fmt: skip
    """A person has to look. Where it is uncertain: rather once too few than twice."""
    with service.database.write() as tx:
        case = case_of(tx, delivery.case_id, lock=True)
        jobs.give_up(tx, job, service.now(), reason)
        access.change(tx, DeliveryRow, delivery.id, state=state, error=reason)
        save(
            tx, service, SYSTEM, case, action or state, subject=delivery.id, after={"reason": reason},
            failed_step="deliver", failure=reason,
        )  # fmt: skip


def sent(tx: Tx, service: Service, delivery_id: str, receipt: dict[str, Any], actor: Actor = SYSTEM) -> CaseRow:
    """The reply is out: the delivery has its receipt, and the case is answered once all its parts are out."""
    now = service.now()
    access.change(tx, DeliveryRow, delivery_id, state="sent", receipt=receipt, sent_at=now, error="")
    delivery = access.get(tx, DeliveryRow, delivery_id)
    assert delivery is not None
    case = case_of(tx, delivery.case_id, lock=True)
    _said(tx, service, case, delivery)
    trail.record(tx, service, actor, "delivery", case, subject=delivery_id, after={"receipt": receipt})
    siblings = access.find(tx, DeliveryRow, decision_id=delivery.decision_id)
    if any(one.state != "sent" for one in siblings):
        return case
    decision = access.get(tx, DecisionRow, delivery.decision_id)
    assert decision is not None
    ledger.entered(tx, service, case, decision)
    learn.proposed(tx, service, case, decision)
    if case.decision_id != decision.id:  # the customer wrote again while this was on its way: the case stays open
        return case
    return save(
        tx, service, actor, case, "delivered", subject=decision.id, delivered_at=now,
        answered_at=case.answered_at or now, claim_answered_at=case.claim_answered_at or now, reopened_for=None,
        failed_step=None, failure=None, held_by=None, held_until=None,
    )  # fmt: skip


def _said(tx: Tx, service: Service, case: CaseRow, delivery: DeliveryRow) -> None:
    """What went out is part of the conversation."""
    now = service.now()
    access.add_new(
        tx,
        MessageRow(
            id=access.new_id("m", now), case_id=case.id, source=case.source, external_id=f"voz-{delivery.id}",
            incoming=False, author=service.desk.brand.voice.company, text=delivery.text, at=now, stored_at=now,
            content="",
        ),
        "source", "external_id",
    )  # fmt: skip
