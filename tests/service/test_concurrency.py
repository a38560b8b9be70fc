"""Several at once on one database, in real threads: nothing is done or sent twice, and one decision wins."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from office import ANA, EVA, LUIS, Office

from voz.errors import Conflict, Refused, VozError
from voz.service import draft_work, review, work
from voz.service.actor import Actor
from voz.service.service import Service
from voz.store import access, jobs
from voz.store.jobs import LostLease
from voz.store.rows import AuditRow, CandidateRow, CaseRow, DecisionRow, DeliveryRow, DraftRow, JobRow, MessageRow

PATIENCE = 120
CASES = 100
TEXTS = ("La taza ha llegado rota.", "¿Cuánto cuesta el envío?", "¿Qué plazo tengo para devolver el pedido?")


def at_once(*each: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, all let go at the same moment; what they gave, or the error that they raised."""
    found: list[Any] = [None] * len(each)
    gate = threading.Barrier(len(each))

    def run(place: int) -> None:
        gate.wait(PATIENCE)
        try:
            found[place] = each[place]()
        except Exception as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(each))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return found


def with_workers(office: Office, number: int, done: Callable[[], bool]) -> None:
    """Workers as `voz serve` runs them, until it is done."""
    stop = threading.Event()
    workers = [threading.Thread(target=work.run, args=(office.service, stop), kwargs={"idle": 0.02})
               for _ in range(number)]  # fmt: skip
    for worker in workers:
        worker.start()
    until = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    for worker in workers:
        worker.join(PATIENCE)
    assert done()


def rows(office: Office, kind: type[Any], **equal: Any) -> Sequence[Any]:
    with office.service.database.read() as tx:
        return access.find(tx, kind, **equal)


def idle(office: Office) -> bool:
    with office.service.database.read() as tx:
        return not {kind: n for kind, n in jobs.waiting(tx).items() if kind in ("draft", "deliver")}


def test_two_workers_draft_each_case_once_and_deliver_each_reply_once(office: Office) -> None:
    for number in range(CASES):
        office.receive(TEXTS[number % len(TEXTS)], external_id=str(number), author=f"Cliente {number}")
    with_workers(office, 2, lambda: idle(office))
    drafts = rows(office, DraftRow)
    assert (len(drafts), len({draft.case_id for draft in drafts})) == (CASES, CASES)
    for case in rows(office, CaseRow):
        view = office.view(case.id)
        review.approve(office.service, ANA, case.id, case.version, view.draft.reply or "", view.draft.public_reply)
    with_workers(office, 2, lambda: idle(office))
    assert Counter(case.status for case in rows(office, CaseRow)) == {"delivered": CASES}
    assert Counter(Counter(name for name, _ in office.mailbox.posts).values()) == {1: CASES}
    entries = Counter((entry.case_id, entry.action) for entry in rows(office, AuditRow))
    assert set(entries.values()) == {1}
    assert len(rows(office, CandidateRow)) == CASES
    assert {job.attempts for job in rows(office, JobRow) if job.kind != "commitment"} == {1}


def test_an_approved_reply_does_not_wait_behind_the_drafts_of_what_came_in_before_it_was_approved(
    office: Office,
) -> None:
    view = office.drafted(external_id="0")
    for number in range(1, 4):
        office.receive(external_id=str(number))
    office.clock.later(minutes=1)
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    assert work.step(office.service, "w")
    assert office.view(view.case.id).case.status == "delivered"


def test_a_lease_that_ran_out_is_taken_over_and_what_the_first_one_drafted_is_refused(office: Office) -> None:
    receipt = office.receive()
    with office.service.database.write() as tx:
        first = jobs.lease(tx, "slow", office.clock.now, office.service.limits.lease)
    assert first is not None
    assert not work.step(office.service, "quick"), "it is held"
    office.clock.later(minutes=2)
    assert work.step(office.service, "quick")
    before = office.view(receipt.case_id)
    with pytest.raises(LostLease):
        draft_work.run(office.service, first)
    after = office.view(receipt.case_id)
    assert (after.draft, after.case, after.trail) == (before.draft, before.case, before.trail)
    assert len(rows(office, DraftRow)) == 1


def test_a_worker_that_hangs_in_the_middle_of_a_delivery_is_taken_over_without_a_second_post(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    view = office.drafted()
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    posted, go_on = threading.Event(), threading.Event()
    post = office.mailbox.post

    def hangs(delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        receipt = post(delivery, case)
        posted.set()
        assert go_on.wait(PATIENCE)
        return receipt

    office.mailbox.post = hangs  # type: ignore[method-assign]
    slow = threading.Thread(target=work.step, args=(office.service, "slow"))
    slow.start()
    assert posted.wait(PATIENCE)
    assert not work.step(office.service, "quick"), "it is held"
    office.clock.later(minutes=2)
    assert work.step(office.service, "quick")
    with caplog.at_level(logging.WARNING):
        go_on.set()
        slow.join(PATIENCE)
    assert "taken over by another worker" in caplog.text
    done = office.view(view.case.id)
    assert (done.case.status, len(office.mailbox.posts)) == ("delivered", 1)
    assert [entry.action for entry in done.trail].count("delivered") == 1
    assert len([one for one in done.messages if not one.incoming]) == 1


def approved_by(who: Actor, service: Service, case_id: str, version: int, *said: str | None) -> CaseRow:
    return review.approve(service, who, case_id, version, said[0] or "", said[1])


def test_of_two_people_who_approve_at_once_exactly_one_wins(office: Office) -> None:
    for number in range(6):
        view = office.drafted(external_id=str(number))
        key, said = view.case.id, (view.draft.reply or "", view.draft.public_reply)
        asked = (office.service, key, view.case.version, *said)
        told = at_once(*(partial(approved_by, who, *asked) for who in (ANA, LUIS, EVA)))
        assert sorted(type(one).__name__ for one in told) == ["CaseRow", "Conflict", "Conflict"], told
        conflict = next(one for one in told if isinstance(one, Conflict))
        assert any("approved" in change for change in conflict.changes)
        assert len(rows(office, DecisionRow, case_id=key)) == 1
    office.drain()
    assert len(office.mailbox.posts) == 6


def test_the_same_webhook_twenty_times_at_once_is_one_message(office: Office) -> None:
    told = at_once(*[lambda: office.receive(external_id="w1", thread="t1")] * 20)
    assert len({one.case_id for one in told}) == 1, told
    assert [one.new_message for one in told].count(True) == 1
    bare = at_once(*[lambda: office.receive("¿Hacéis envíos a Ceuta?", source="api")] * 20)
    assert len({one.case_id for one in bare}) == 1, bare
    assert (len(rows(office, CaseRow)), len(rows(office, MessageRow)), len(rows(office, JobRow))) == (2, 2, 2)


def test_many_messages_of_one_conversation_at_once_are_one_case(office: Office) -> None:
    told = at_once(*(partial(office.receive, f"Otra: {n}", external_id=f"x{n}", thread="t9") for n in range(12)))
    assert len({one.case_id for one in told}) == 1, told
    assert [one.new_case for one in told].count(True) == 1
    assert len(rows(office, MessageRow)) == 12


def test_taking_back_and_delivering_at_once_never_does_both_nor_gets_in_each_others_way(office: Office) -> None:
    outcomes: Counter[str] = Counter()
    first = office.drafted()
    for number in range(25):
        view = seeded(office, number, first) if number else first
        case = review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
        before = len(office.mailbox.posts)
        taken, _ = at_once(partial(review.withdraw, office.service, LUIS, case.id, case.version), office.drain)
        office.drain()
        posts, status = len(office.mailbox.posts) - before, office.view(case.id).case.status
        if isinstance(taken, CaseRow):
            assert (posts, status) == (0, "in_review")
        else:
            assert isinstance(taken, (Refused, Conflict)), taken
            assert (posts, status) == (1, "delivered")
        outcomes[type(taken).__name__] += 1
    assert not [entry for entry in rows(office, AuditRow) if entry.action == "failed"]
    assert all(job.attempts <= 1 for job in rows(office, JobRow)), "no job was thrown back by a deadlock"


def seeded(office: Office, number: int, like: Any) -> Any:
    """Another case with the draft of one that was really drafted: only what people do with it counts here."""
    text = f"La taza {number} ha llegado rota."
    receipt = office.receive(text, external_id=f"s{number}")
    body = {**like.draft.body, "message": {**like.draft.body["message"], "text": text}}
    now = office.clock.now
    with office.service.database.write() as tx:
        for job in access.find(tx, JobRow, case_id=receipt.case_id):
            access.change(tx, JobRow, job.id, done_at=now, key=None)
        case = access.get(tx, CaseRow, receipt.case_id)
        assert case is not None
        draft = dataclasses.replace(like.draft, id=access.new_id("d", now), case_id=case.id,
                                    message_id=receipt.message_id, body=body)  # fmt: skip
        access.add(tx, draft)
        access.change(tx, CaseRow, case.id, draft_id=draft.id, drafted_at=now, status="in_review", team=like.case.team)
    return office.view(receipt.case_id)


def test_a_follow_up_while_its_reply_is_delivered_leaves_the_case_open_with_the_new_message(office: Office) -> None:
    first = office.drafted(thread="t0", external_id="a0")
    for number in range(12):
        thread = f"t{number}"
        view = first if number == 0 else seeded(office, 100 + number, first)
        if number:
            with office.service.database.write() as tx:
                access.change(tx, CaseRow, view.case.id, thread=thread)
        review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
        told, _ = at_once(
            partial(office.receive, "¿Y el envío?", thread=thread, external_id=f"f-{thread}"),
            partial(work.step, office.service, "quick"),
        )  # fmt: skip
        assert not isinstance(told, VozError), told
        after = office.view(view.case.id)
        assert told.case_id == view.case.id
        assert after.case.open
        assert after.case.status != "delivered"
    assert max(Counter(name for name, _ in office.mailbox.posts).values(), default=0) <= 1
