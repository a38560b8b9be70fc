"""The job that drafts: the case's conversation in, a checked draft stored with it."""

from __future__ import annotations

import dataclasses
from typing import Any

from voz.case import Case, Draft, Message, Wish
from voz.colleague import ColleagueAnswer
from voz.pipeline import pair, prepare, redraft
from voz.service import clock
from voz.service.actor import SYSTEM
from voz.service.asked import last_asked, message_of, newest_asked, triaged
from voz.service.cases import case_of, conversation, latest_draft, latest_head, restored, save, stored, unsettled
from voz.service.service import Service
from voz.service.status import status_of
from voz.store import access, jobs
from voz.store.database import Tx
from voz.store.rows import CaseRow, ConsultationRow, DraftRow, JobRow, MessageRow
from voz.wishes import read_wish

WISH = "wish:"
"""A job's `ref` is a message's id, or this with the reviewer's language and what they asked for."""


def run(service: Service, job: JobRow) -> None:
    """Draft what the job asks for. What was drafted for an older message than the last one is not kept."""
    assert job.case_id is not None
    case = _begun(service, job)
    if case is None:
        return
    wish, reader = wish_of(job.ref)
    with service.database.read() as tx:
        turns = conversation(tx, job.case_id)
        before = latest_draft(tx, case) if wish else None
        answers = [told(one) for one in access.find(tx, ConsultationRow, case_id=case.id) if one.answer]
    asked = last_asked(turns)
    if before is not None and before.message_id != asked.id:
        before = None  # the customer has written since: what was wished for the old reply is not theirs
    code = case.code if clock.legal_end(service, case) else ""
    public, drafted = _drafted(service, message_of(case, turns), before, read_wish(wish, reader=reader), answers, code)
    made = _Made(drafted, public, stored(drafted), stored(public) if public else None, _reading(drafted), wish)
    with service.database.write() as tx:
        case = case_of(tx, case.id, lock=True)  # the case before its job, as everywhere: see voz.service.deliver
        jobs.finish(tx, job, service.now())
        _keep(tx, service, case, asked, made)


@dataclasses.dataclass(frozen=True)
class _Made:
    """A draft as it will be kept: packed before the lock, which others wait for."""

    drafted: Case
    public: Case | None
    body: dict[str, Any]
    public_body: dict[str, Any] | None
    read: clock.Reading | None
    wish: str


def _reading(drafted: Case) -> clock.Reading | None:
    return clock.reading(drafted.message, drafted.triage) if drafted.triage else None


def wish_ref(wish: str, reader: str) -> str:
    """A reviewer's wish as a job carries it, with the language that they read notes in."""
    return f"{WISH}{reader}:{wish}"


def wish_of(ref: str) -> tuple[str, str]:
    if not ref.startswith(WISH):
        return "", "es"
    reader, _, wish = ref.removeprefix(WISH).partition(":")
    return wish, reader


def told(row: ConsultationRow) -> ColleagueAnswer:
    """A consultation as the pipeline takes it."""
    return ColleagueAnswer(
        id=row.id, ask=row.ask, answer=row.answer or "", team=row.team, person=row.answered_by or "",
        answered_at=row.answered_at,
    )  # fmt: skip


def _begun(service: Service, job: JobRow) -> CaseRow | None:
    """The case, marked as being drafted; None, and the job done, if there is nothing left to draft."""
    assert job.case_id is not None
    with service.database.write() as tx:
        case = case_of(tx, job.case_id, lock=True)
        jobs.renew(tx, job, service.now() + service.limits.lease)  # who has lost the job must not mark the case
        if case.closed_at or case.erased_at or case.approved_at or _overtaken(tx, case, job):
            jobs.finish(tx, job, service.now())
            return None
        started = dataclasses.replace(case, drafting_since=service.now())
        started = dataclasses.replace(started, status=status_of(started))
        access.change(tx, CaseRow, case.id, drafting_since=started.drafting_since, status=started.status)
        return started


def _overtaken(tx: Tx, case: CaseRow, job: JobRow) -> bool:
    """Whether the customer's last message came in after the job's, so that the job of that one drafts for both."""
    own = access.get(tx, MessageRow, job.ref)
    if own is None or own.case_id != case.id:
        return False
    last = newest_asked(tx, case.id)
    assert last is not None
    return (last.stored_at, last.id) > (own.stored_at, own.id)


def _drafted(
    service: Service, message: Message, before: DraftRow | None, wish: Wish, answers: list[ColleagueAnswer], code: str
) -> tuple[Case | None, Case]:
    """The short public draft, if the message is better answered in two parts, and the draft."""
    desk = service.desk
    if wish.text and before is not None and before.body is not None:
        again = redraft(restored(before.body), wish, desk, answers=answers)
        return (restored(before.public_body) if before.public_body else None), again
    case = prepare(message, desk, today=service.today(), answers=answers, code=code)
    both = pair(case, desk)
    return (both.public, both.private) if both else (None, case)


def _keep(tx: Tx, service: Service, case: CaseRow, asked: MessageRow, made: _Made) -> None:
    newest = newest_asked(tx, case.id)
    changed = newest is None or (newest.id, newest.text) != (asked.id, asked.text)
    if changed or case.approved_at or case.closed_at or case.erased_at:
        return  # a newer message and an edit have jobs of their own, and a person's decision stands
    now = service.now()
    drafted, public, wish = made.drafted, made.public, made.wish
    draft = drafted.draft or Draft(reply=None)
    before = latest_head(tx, case)
    number = before.number + 1 if before else 1
    row = DraftRow(
        id=access.new_id("d", now), case_id=case.id, number=number, message_id=asked.id, writer=draft.writer,
        reply=draft.reply, public_reply=public.draft.reply if public and public.draft else None,
        blocks=sum(finding.severity == "block" for finding in drafted.findings), at=now, wish=wish,
        unanswered=tuple(one.model_dump(mode="json") for one in draft.unanswered), body=made.body,
        public_body=made.public_body,
    )  # fmt: skip
    access.add(tx, row)
    changes: dict[str, Any] = triaged(service, case, drafted.message, made.read) if made.read else {}
    save(
        tx, service, SYSTEM, case, "drafted", subject=row.id,
        after={"number": number, "writer": draft.writer, "wish": wish, "blocks": row.blocks},
        draft_id=row.id, drafted_at=case.drafted_at or now, drafting_since=None, **unsettled(tx, case.id),
        **changes,
    )  # fmt: skip
