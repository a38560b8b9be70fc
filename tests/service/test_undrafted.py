"""A message for which no draft can be made keeps its deadlines, and a person can answer it in their own words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from office import ANA, COMPLAINT, Office

from voz.errors import Refused
from voz.service import review
from voz.store import queue

OWN = "Hola, Marta: sentimos que la taza llegara rota. Hoy mismo lo miramos."


@pytest.fixture
def undrafted(office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case whose draft has failed for good."""

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the model is on fire")

    case = office.receive(COMPLAINT, thread="t").case_id
    with monkeypatch.context() as patch:
        patch.setattr("voz.service.draft_work.prepare", broken)
        for _ in range(office.service.limits.attempts):
            office.drain()
            office.clock.later(minutes=5)
    assert office.view(case).case.failed_step == "draft"
    return case


def test_triage_and_deadlines_do_not_wait_for_a_draft(office: Office) -> None:
    case = office.view(office.receive().case_id).case
    assert (case.status, case.claim, case.language) == ("received", True, "es")
    assert case.due_at is not None
    assert case.claim_due is not None
    assert case.priority_at < case.due_at + dt.timedelta(minutes=1)


def test_it_is_late_when_its_time_is_over(office: Office, undrafted: str) -> None:
    office.clock.later(days=20)
    with office.service.database.read() as tx:
        late = queue.page(tx, queue.Filter(overdue=True), office.clock.now).cases
        counted = queue.counts(tx, office.clock.now)
    assert [case.id for case in late] == [undrafted]
    assert counted["overdue"] == 1


def test_a_person_answers_it_by_hand_and_the_checks_see_what_they_typed(office: Office, undrafted: str) -> None:
    view = office.view(undrafted)
    assert (view.draft.reply, view.case.drafted_at) == (None, None)
    with pytest.raises(Refused):
        review.approve(office.service, ANA, undrafted, view.case.version, "El envío a la península cuesta 17,50 €.")
    case = review.approve(office.service, ANA, undrafted, view.case.version, OWN)
    assert (case.status, case.failed_step) == ("approved", None)
    office.drain()
    assert office.view(undrafted).case.status == "delivered"
    assert office.mailbox.posts[0][1] == OWN


def test_what_the_knowledge_says_is_found_for_what_they_typed(office: Office, undrafted: str) -> None:
    draft = office.view(undrafted).draft
    seen = review.judged(office.service, ANA, draft, "El envío a la península cuesta 4,90 €.")
    assert seen.case.supports
    assert seen.case.triage is not None


def test_a_wish_that_fails_leaves_the_draft_that_there_is(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    view = office.drafted()

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the model is on fire")

    review.rewrite(office.service, ANA, view.case.id, view.case.version, "más breve")
    monkeypatch.setattr("voz.service.draft_work.redraft", broken)
    for _ in range(office.service.limits.attempts):
        office.drain()
        office.clock.later(minutes=5)
    after = office.view(view.case.id)
    assert (after.case.failed_step, after.draft.id) == ("draft", view.draft.id)


def test_tried_again_it_has_a_draft(office: Office, undrafted: str) -> None:
    review.retry(office.service, ANA, undrafted, office.view(undrafted).case.version)
    office.drain()
    after = office.view(undrafted)
    assert (after.case.status, bool(after.draft.reply)) == ("in_review", True)


def test_a_message_that_cannot_be_triaged_is_taken_in_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a rule is broken")

    monkeypatch.setattr("voz.service.receive.triage", broken)
    assert office.view(office.receive().case_id).case.status == "received"


def test_nor_are_deadlines_that_cannot_be_told_in_its_way(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voz.service.clock.deadlines", lambda *_: 1 / 0)
    assert office.view(office.receive().case_id).case.status == "received"
