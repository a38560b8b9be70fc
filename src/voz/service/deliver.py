"""The job that delivers: an approved reply goes out once, whatever fails in between.

The intent is written before the act, and the receipt after it. A worker that finds an intent without a receipt does not
know whether the reply went out: it asks the destination, and where that cannot tell, a person. A delivery stays
`sending` from its first unclear attempt on, whatever a later one says: only a receipt or a person ends that.

Every transaction locks the case first, as those of the reviewers do: PostgreSQL lets nobody wait in a ring.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace
from typing import Any

from voz.errors import VozError
from voz.service import learn, ledger, trail
from voz.service.actor import SYSTEM, Actor
from voz.service.cases import case_of, conversation, save, unsettled
from voz.service.pauses import NONE, growing
from voz.service.service import CannotTell, Destination, Service, Undelivered
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.rows import CaseRow, DecisionHead, DecisionRow, DeliveryRow, DraftHead, JobRow, MessageRow

log = logging.getLogger(__name__)
GONE = (
    "There is no helpdesk {!r} any more. Put it back into helpdesks.yaml, start voz again and retry; or take the "
    "approval back: approved anew, the reply is posted by hand."
)
UNSEEN = "It cannot be seen whether somebody wrote there since the draft: {}"
FIRST = "an earlier reply to the same customer comes first"
OWN = "voz-"
"""How the id of what voz itself has said begins, in a conversation."""
ATTEMPTS = 36
"""How often a delivery is tried: with the pauses between, for six hours and a half."""
LOOKS = 10
"""How often in a row voz looks in vain, some twenty minutes, before a person is asked to."""
MOST_ASKED = dt.timedelta(hours=1)
"""A helpdesk that asks for more is asked again after an hour."""
LATE = dt.timedelta(seconds=30)
"""What was cut off may still arrive: voz does not look for it sooner."""
ROUNDED = dt.timedelta(microseconds=999_999)
"""A time without a fraction may be any within its second: helpdesks tell it here and leave it out there."""
BEHIND = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class _Attempt:
    delivery: DeliveryRow
    case: CaseRow
    unclear: bool
    """An attempt before this one may have got through: the reply is looked for first."""
    since: dt.datetime
    """What was written there after this, nobody has seen who wanted the reply to go out."""
    looked: bool
    """A person has looked there since the approval."""


def run(service: Service, job: JobRow) -> None:
    """Deliver the reply that the job names, unless it was taken back or is there already."""
    attempt = _begun(service, job)
    if attempt is None:
        return
    destination = service.destinations.get(attempt.delivery.destination)
    if destination is None:
        _stuck(service, job, attempt, GONE.format(attempt.delivery.destination))
        return
    try:
        receipt = destination.find(attempt.delivery, attempt.case) if attempt.unclear else None
        overtaken = attempt.case.decision_id != attempt.delivery.decision_id
        news = _news(destination, attempt) if receipt is None and not overtaken else None
    except Exception as error:
        _in_vain(service, job, attempt, error)
        return
    if receipt is None and overtaken:
        _overtaken(service, job, attempt)
        return
    if receipt is None and news is not None:
        # nothing is posted into a conversation that has moved on: a person looks at it first
        _stuck(service, job, attempt, news, action="held_back")
        return
    receipt = receipt or _posted(service, job, attempt, destination)
    if receipt is not None:
        with service.database.write() as tx:
            case_of(tx, attempt.case.id, lock=True)
            jobs.finish(tx, job, service.now())
            sent(tx, service, attempt.delivery.id, receipt)


def _begun(service: Service, job: JobRow) -> _Attempt | None:
    assert job.case_id is not None
    now = service.now()
    with service.database.write() as tx:
        case = case_of(tx, job.case_id, lock=True)
        jobs.renew(tx, job, now + service.limits.lease)  # who has lost the job must not post any more
        delivery = access.get(tx, DeliveryRow, job.ref, lock=True)
        if delivery is None or delivery.state not in ("waiting", "sending"):
            jobs.finish(tx, job, now)
            return None
        if _behind(tx, delivery):
            jobs.put_off(tx, job, now + BEHIND, FIRST)
            return None
        begun = replace(delivery, state="sending", attempts=delivery.attempts + 1)
        access.change(tx, DeliveryRow, delivery.id, state=begun.state, attempts=begun.attempts)
        decision = access.get(tx, DecisionHead, delivery.decision_id)
        assert decision is not None
    looked = delivery.created_at > decision.at
    since = delivery.created_at if looked else _seen(service, decision)
    return _Attempt(begun, case, delivery.state == "sending", since, looked)


def _behind(tx: Tx, delivery: DeliveryRow) -> bool:
    """Whether an earlier reply of the case may still get there, or nobody knows whether it is there."""
    return any(
        one.state in ("sending", "uncertain") and one.decision_id < delivery.decision_id
        for one in access.find(tx, DeliveryRow, case_id=delivery.case_id)
    )


def _seen(service: Service, decision: DecisionHead) -> dt.datetime:
    """When the newest message was written that the approved draft could answer."""
    with service.database.read() as tx:
        draft = access.get(tx, DraftHead, decision.draft_id) if decision.draft_id else None
        turns = conversation(tx, decision.case_id)
    if draft is None:
        return decision.at
    seen = [
        turn.at for turn in turns
        if turn.stored_at <= draft.at and not (turn.external_id or "").startswith(OWN)
    ]  # fmt: skip
    newest = max(seen, default=decision.at)
    return newest if newest.microsecond else newest + ROUNDED


def _news(destination: Destination, attempt: _Attempt) -> str | None:
    """Whether somebody wrote there meanwhile. Where that can never be read, it is not waited for."""
    try:
        return destination.news(attempt.case, attempt.since)
    except CannotTell as error:
        if error.blind or attempt.looked:
            return None
        raise


def _posted(service: Service, job: JobRow, attempt: _Attempt, destination: Destination) -> dict[str, Any] | None:
    """The receipt; None where there is none yet."""
    try:
        return destination.post(attempt.delivery, attempt.case)
    except Undelivered as error:  # this attempt has certainly not got through
        if error.for_good or job.attempts >= ATTEMPTS:
            _stuck(service, job, attempt, str(error))
        else:
            _later(service, job, attempt, str(error), max(_usual(service, job.attempts), asked_for(error)))
    except Exception as error:
        attempt = replace(attempt, unclear=True)
        told = _told(error, attempt)
        if job.attempts >= ATTEMPTS:
            _stuck(service, job, attempt, told)
        else:
            _later(service, job, attempt, told, max(_usual(service, job.attempts), LATE))
    return None


def _in_vain(service: Service, job: JobRow, attempt: _Attempt, error: Exception) -> None:
    """What is there could not be seen: a look does no harm, so there are more of them before a person is asked."""
    told, looks = _told(error, attempt), attempt.delivery.attempts
    if looks >= LOOKS or (isinstance(error, CannotTell) and error.blind):
        _stuck(service, job, attempt, told if attempt.unclear else UNSEEN.format(told))
        return
    _later(service, job, attempt, told, max(_usual(service, looks), asked_for(error)), attempts=looks)


def _later(
    service: Service, job: JobRow, attempt: _Attempt, reason: str, pause: dt.timedelta, *, attempts: int = 0
) -> None:
    with service.database.write() as tx:
        case_of(tx, attempt.case.id, lock=True)
        jobs.retry(tx, job, service.now() + pause, reason)
        state = "sending" if attempt.unclear else "waiting"
        access.change(tx, DeliveryRow, attempt.delivery.id, state=state, attempts=attempts, error=reason)


def _usual(service: Service, attempts: int) -> dt.timedelta:
    return growing(attempts, service.limits.backoff, service.limits.most_pause)


def asked_for(error: Exception) -> dt.timedelta:
    """What the destination asks for."""
    return min(error.retry_after, MOST_ASKED) if isinstance(error, Undelivered | CannotTell) else NONE


def _told(error: Exception, attempt: _Attempt) -> str:
    if isinstance(error, VozError | CannotTell | Undelivered):
        return str(error)
    log.warning("delivery %s", attempt.delivery.id, exc_info=error)
    return f"{type(error).__name__}: {error}"


def _overtaken(service: Service, job: JobRow, attempt: _Attempt) -> None:
    """It is not there, and the customer has written again since: it does not go out any more."""
    with service.database.write() as tx:
        case = case_of(tx, attempt.case.id, lock=True)
        reason = "the customer wrote again"
        jobs.give_up(tx, job, service.now(), reason)
        access.change(tx, DeliveryRow, attempt.delivery.id, state="cancelled", error=reason)
        trail.record(tx, service, SYSTEM, "overtaken", case, subject=attempt.delivery.id)


def _stuck(service: Service, job: JobRow, attempt: _Attempt, reason: str, action: str = "") -> None:
    """A person has to look. Where it is uncertain: rather once too few than twice."""
    with service.database.write() as tx:
        case_of(tx, attempt.case.id, lock=True)
        jobs.give_up(tx, job, service.now(), reason)
        _asks(tx, service, attempt.delivery, reason, "uncertain" if attempt.unclear else "failed", action)


def given_up(tx: Tx, service: Service, job: JobRow, reason: str) -> None:
    """Its job is over, and not by what the destination said: a person has to look."""
    delivery = access.get(tx, DeliveryRow, job.ref, lock=True)
    if delivery is not None and delivery.state in ("waiting", "sending"):
        _asks(tx, service, delivery, reason, "uncertain" if delivery.state == "sending" else "failed")


def _asks(tx: Tx, service: Service, delivery: DeliveryRow, reason: str, state: str, action: str = "") -> None:
    access.change(tx, DeliveryRow, delivery.id, state=state, error=reason)
    save(
        tx, service, SYSTEM, case_of(tx, delivery.case_id, lock=True), action or state, subject=delivery.id,
        after={"reason": reason}, failed_step="deliver", failure=reason,
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
        held_by=None, held_until=None, **unsettled(tx, case.id),
    )  # fmt: skip


def _said(tx: Tx, service: Service, case: CaseRow, delivery: DeliveryRow) -> None:
    """What went out is part of the conversation."""
    now = service.now()
    access.add_new(
        tx,
        MessageRow(
            id=access.new_id("m", now), case_id=case.id, source=case.source, external_id=f"{OWN}{delivery.id}",
            incoming=False, author=service.desk.brand.voice.company, text=delivery.text, at=now, stored_at=now,
            content="",
        ),
        "source", "external_id",
    )  # fmt: skip
