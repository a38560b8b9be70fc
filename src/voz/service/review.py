"""What a person decides on a case. Every step names the version it was decided on, and who decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from voz.authority.ladder import desk_authority
from voz.authority.needs import needs
from voz.authority.verdict import findings_as, may_approve
from voz.case import Case, clean_text
from voz.pipeline import examined
from voz.service.actor import Actor, require
from voz.service.asked import newest_asked
from voz.service.cases import (
    call_off,
    case_of,
    for_change,
    free_for,
    latest_draft,
    restored,
    save,
    stored,
    unsettled,
)
from voz.service.distance import word_distance
from voz.service.draft_work import wish_ref
from voz.service.refusals import refuse, unfit
from voz.service.remarks import words
from voz.service.service import Destination, Service
from voz.service.status import CLOSE_REASONS, REOPENED, closing
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.rows import CaseRow, DecisionHead, DecisionRow, DeliveryRow, DraftRow, ScratchRow
from voz.wishes import MAX_WISH

REPLY, PUBLIC, HAND = "reply", "public", "hand"
MAX_REPLY_CHARS = 50_000


@dataclass(frozen=True)
class Judged:
    """A text as the checks see it for one person."""

    case: Case
    stops: tuple[str, ...] = ()
    """Why this person may not approve it: a finding that blocks, or a promise beyond their authority."""
    could: tuple[str, ...] = ()
    """Roles of the brand's authority file that may approve it as it stands."""
    overridable: bool = False
    """Only findings stand in the way: a lead may override them with a written reason."""
    needs: tuple[Any, ...] = ()


def judged(
    service: Service, actor: Actor, draft: DraftRow, text: str, *, part: str = REPLY, known: Case | None = None
) -> Judged:
    """Check a text against the evidence of a draft, as the actor would send it. Takes no lock.

    `known`: that part of the draft, where it has been restored already.
    """
    body = draft.public_body if part == PUBLIC else draft.body
    if body is None:
        raise unfit("erased")
    if len(text) > MAX_REPLY_CHARS:
        raise unfit("too_long", count=len(text), limit=MAX_REPLY_CHARS)
    case = known or restored(body)
    if text != (case.draft.reply if case.draft else None):
        case = examined(case, text, service.desk)
    return judged_as(service, case, actor.role, actor.language)


def judged_as(service: Service, case: Case, user_role: str, language: str = "es") -> Judged:
    """A checked text as somebody with this role at the desk would send it."""
    brand = service.desk.brand
    role = desk_authority(user_role, brand)
    case = case.model_copy(update={"findings": findings_as(case, brand, role)})
    asked = needs(case, brand)
    verdict = may_approve(role, asked, case.findings, brand, language=language)
    return Judged(
        case=case, stops=tuple(stop.detail for stop in verdict.stops), could=verdict.could,
        overridable=all(stop.kind == "finding" for stop in verdict.stops), needs=asked,
    )  # fmt: skip


def rehearse(service: Service, draft: DraftRow, text: str) -> None:
    """Check a text as `judged` would once it were edited, for what is remembered of it: the next check is quick."""
    if draft.body is not None:
        examined(restored(draft.body), text, service.desk)


def approve(
    service: Service, actor: Actor, case_id: str, version: int, text: str, public_text: str | None = None,
    *, override: str = "", no_public: bool = False, base: str | None = None,
) -> CaseRow:  # fmt: skip
    """Approve a reply and hand it to delivery. Raises Refused (with what stops it) or Conflict.

    `no_public`: where the draft is in two parts, only the private one is to go out. `base`: the draft that the actor
    had before them, where they can tell.
    """
    require(actor, "agent")
    with service.database.read() as tx:
        draft = _draft(tx, case_of(tx, case_id))
    if base is not None and base != draft.id:
        raise unfit("newer_draft")
    parts = _parts(draft, text.strip(), public_text, no_public)
    seen = [judged(service, actor, draft, said, part=part) for part, said in parts]
    _permitted(actor, seen, override.strip())
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        free_for(tx, service, actor, case)
        if case.draft_id != draft.id:
            raise unfit("newer_draft")
        if case.approved_at or case.closed_at:
            raise refuse("already", status=case.status)
        if access.find(tx, DeliveryRow, case_id=case.id, state="uncertain"):
            raise refuse("may_be_out")
        if not answers_the_last(tx, case, draft, seen[0].case.message.text):
            raise unfit("written_again")
        return _approved(tx, service, actor, case, draft, parts, seen, override.strip())


def answers_the_last(tx: Tx, case: CaseRow, draft: DraftRow, read: str) -> bool:
    """Whether the draft, for which `read` was read, is for the customer's last message as it says now: else what they
    added goes unanswered."""
    last = newest_asked(tx, case.id)
    return last is not None and last.id == draft.message_id and clean_text(words(last.text)) == read


def _parts(draft: DraftRow, text: str, public: str | None, no_public: bool) -> list[tuple[str, str]]:
    """What is to go out: both halves, where there are two, unless it was said that one does not."""
    if not text:
        raise unfit("empty_reply")
    if no_public or (public is None and draft.public_reply is None):
        return [(REPLY, text)]
    if not (public or "").strip():
        raise unfit("empty_public")
    return [(REPLY, text), (PUBLIC, (public or "").strip())]


def _permitted(actor: Actor, seen: Sequence[Judged], override: str) -> None:
    stops = tuple(dict.fromkeys(stop for one in seen for stop in one.stops))
    if not stops:
        return
    could = tuple(role for role in seen[0].could if all(role in one.could for one in seen))
    if override and actor.at_least("lead") and all(one.overridable for one in seen if one.stops):
        return
    raise refuse("stopped", why=" ".join(stops), stops=stops, could=could)


def _approved(
    tx: Tx, service: Service, actor: Actor, case: CaseRow, draft: DraftRow, parts: list[tuple[str, str]],
    seen: Sequence[Judged], override: str,
) -> CaseRow:  # fmt: skip
    now = service.now()
    said = dict(parts)
    distance = word_distance(draft.reply or "", said[REPLY])
    stopped = any(one.stops for one in seen)
    decision = DecisionRow(
        id=access.new_id("a", now), case_id=case.id, draft_id=draft.id, by=actor.id, role=actor.role,
        text=said[REPLY], public_text=said.get(PUBLIC), at=now, distance=distance,
        unchanged=said[REPLY] == (draft.reply or "").strip() and said.get(PUBLIC) in (None, draft.public_reply),
        override=override if stopped else "",
        sent={part: stored(one.case) for (part, _), one in zip(parts, seen, strict=True)},
        findings=tuple(found.contract() for one in seen for found in one.case.findings),
        needs=tuple(need.model_dump(mode="json") for one in seen for need in one.needs),
    )  # fmt: skip
    access.add(tx, decision)
    for part, text in parts:
        destination = _way(service, case, part, paired=draft.public_reply is not None)
        delivery = DeliveryRow(
            id=access.new_id("s", now), case_id=case.id, decision_id=decision.id, part=part, text=text, created_at=now,
            destination=case.source if destination else HAND, mode=destination.mode if destination else HAND,
        )  # fmt: skip
        access.add(tx, delivery)
        if destination is not None:
            _queued(tx, service, delivery)
    for scratch in access.find(tx, ScratchRow, case_id=case.id, user_id=actor.id):
        access.remove(tx, scratch)
    return save(
        tx, service, actor, case, "overridden" if decision.override else "approved", subject=decision.id,
        before={"draft": draft.reply, "public": draft.public_reply},
        after={"reply": decision.text, "public": decision.public_text, "override": decision.override},
        decision_id=decision.id, approved_at=now, reopened_for=None, snoozed_until=None, drafting_since=None,
        failed_step=None, failure=None,
    )  # fmt: skip


def _way(service: Service, case: CaseRow, part: str, *, paired: bool) -> Destination | None:
    """Where a part goes; None: a person posts it. The private half is never posted where the conversation is public."""
    destination = service.destinations.get(case.source)
    if destination is not None and paired and part == REPLY and case.public and destination.mode == "reply":
        return None
    return destination


def rewrite(service: Service, actor: Actor, case_id: str, version: int, wish: str) -> CaseRow:
    """Ask for another draft: «más breve», «de usted», or free words."""
    require(actor, "agent")
    if not wish.strip():
        raise unfit("empty_wish")
    if len(wish) > MAX_WISH:
        raise unfit("too_long", count=len(wish), limit=MAX_WISH)
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        free_for(tx, service, actor, case)
        if case.approved_at or case.closed_at:
            raise refuse("already", status=case.status)
        jobs.enqueue(tx, "draft", now=service.now(), case_id=case.id, ref=wish_ref(wish.strip(), actor.language),
                     awaited=True)  # fmt: skip
        return save(tx, service, actor, case, "rewrite", after={"wish": wish}, drafting_since=service.now())


def close(service: Service, actor: Actor, case_id: str, version: int, reason: str, note: str = "") -> CaseRow:
    """End the case without a reply, in this person's name and for a reason of the list."""
    require(actor, "agent")
    if reason not in CLOSE_REASONS:
        raise unfit("no_reason", reason=reason, reasons=", ".join(CLOSE_REASONS))
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        free_for(tx, service, actor, case)
        if case.approved_at and not case.delivered_at:
            raise refuse("on_its_way")
        jobs.cancel(tx, service.now(), case_id=case.id, kind="draft")
        return save(
            tx, service, actor, case, "closed", after={"reason": reason, "note": note},
            **closing(service.now(), actor.id, reason, note), **unsettled(tx, case.id),
        )  # fmt: skip


def reopen(service: Service, actor: Actor, case_id: str, version: int) -> CaseRow:
    """A closed case waits for an answer again."""
    require(actor, "agent")
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        if not case.closed_at:
            raise refuse("not_closed", status=case.status)
        if not case.draft_id:
            jobs.enqueue(tx, "draft", now=service.now(), case_id=case.id, ref="reopened", awaited=True)
        return save(tx, service, actor, case, "reopened", **REOPENED)


def retry(service: Service, actor: Actor, case_id: str, version: int) -> CaseRow:
    """Try the step that failed again. A delivery that may have gone out is not: a person says what they found."""
    require(actor, "agent")
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        if not case.failed_step:
            raise refuse("nothing_failed", status=case.status)
        if case.failed_step == "draft":
            jobs.enqueue(tx, "draft", now=service.now(), case_id=case.id, ref="again", awaited=True)
        else:
            if access.find(tx, DeliveryRow, decision_id=case.decision_id, state="uncertain"):
                raise refuse("may_be_out")
            for delivery in access.find(tx, DeliveryRow, case_id=case.id, decision_id=case.decision_id):
                if delivery.state in ("failed", "waiting") and delivery.destination != HAND:
                    _again(tx, service, delivery)
                elif delivery.state == "sending":  # it may be out: its attempts stay, so that it is looked for first
                    _queued(tx, service, delivery)
        return save(tx, service, actor, case, "retried", subject=case.failed_step, **unsettled(tx, case.id))


def found(service: Service, actor: Actor, case_id: str, version: int, delivery_id: str, there: bool) -> CaseRow:
    """A person has looked: the reply is there, or it is not and goes out (again). Also for what is posted by hand."""
    from voz.service.deliver import sent

    require(actor, "agent")
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        delivery = access.get(tx, DeliveryRow, delivery_id, lock=True)
        if delivery is None or delivery.case_id != case.id:
            raise refuse("not_last")
        overtaken = delivery.decision_id != case.decision_id
        if overtaken and delivery.state != "uncertain":
            raise refuse("not_last")
        if not awaits_a_person(delivery):
            raise refuse("nothing_to_say")
        case = save(tx, service, actor, case, "looked", subject=delivery.id, after={"there": there},
                    **unsettled(tx, case.id, but=delivery.id))  # fmt: skip
        if there:
            return sent(tx, service, delivery.id, {"by": actor.id}, actor)
        if overtaken:  # the customer has written since: what answers that goes out instead
            access.change(tx, DeliveryRow, delivery.id, state="cancelled", error="the customer wrote again")
        elif delivery.state == "uncertain":
            _again(tx, service, delivery)
        return case


def awaits_a_person(delivery: DeliveryRow) -> bool:
    """Whether only a person can say that it went out: it is posted by hand, or nobody knows what became of it."""
    return delivery.state == "uncertain" or (delivery.destination == HAND and delivery.state == "waiting")


def _again(tx: Tx, service: Service, delivery: DeliveryRow) -> None:
    """Nothing of it is out: it goes out as if it were approved now, by somebody who has seen what was written there."""
    access.change(tx, DeliveryRow, delivery.id, state="waiting", attempts=0, error="", created_at=service.now())
    _queued(tx, service, delivery)


def _queued(tx: Tx, service: Service, delivery: DeliveryRow) -> None:
    jobs.enqueue(tx, "deliver", now=service.now(), case_id=delivery.case_id, ref=delivery.id,
                 key=f"deliver:{delivery.id}")  # fmt: skip


def withdraw(service: Service, actor: Actor, case_id: str, version: int) -> CaseRow:
    """Take an approval back while nothing has gone out yet. Raises Refused once something has."""
    require(actor, "agent")
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        if not case.decision_id or case.delivered_at:
            raise refuse("no_approval", status=case.status)
        decision = access.get(tx, DecisionHead, case.decision_id)
        if decision is not None and decision.override and decision.by != actor.id:
            require(actor, "lead")  # what only a lead may decide, only a lead may undo
        own = access.find(tx, DeliveryRow, decision_id=case.decision_id, lock=True)
        if any(delivery.state in ("sending", "sent", "uncertain") for delivery in own):
            raise refuse("going_out")
        for delivery in own:
            call_off(tx, service, delivery, "cancelled", "taken back")
        access.change(tx, DecisionRow, case.decision_id, withdrawn_at=service.now())
        return save(tx, service, actor, case, "withdrawn", subject=case.decision_id, decision_id=None, approved_at=None,
                    **unsettled(tx, case.id))  # fmt: skip


def _draft(tx: Tx, case: CaseRow) -> DraftRow:
    draft = latest_draft(tx, case)
    if draft is None:
        raise unfit("no_draft", status=case.status)
    return draft
