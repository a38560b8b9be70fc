"""What a delivered reply promised comes back when it falls due; what the law wants is counted in working days."""

from __future__ import annotations

import datetime as dt

from office import ANA, EVA, Office

from voz.service import clock, holding, ledger, review

PROMISE = "Hola, Marta: te llamamos el jueves para contarte cómo sigue."


def test_a_promise_enters_the_ledger_and_opens_the_case_again_when_it_is_overdue(office: Office) -> None:
    view = office.drafted()
    review.approve(office.service, EVA, view.case.id, view.case.version, PROMISE, override="Acordado con el taller.")
    office.drain()
    done = office.view(view.case.id)
    assert done.case.status == "delivered"
    assert [(one.kind, one.due_on) for one in done.commitments] == [("callback", dt.date(2026, 11, 26))]
    office.clock.later(days=3)
    office.drain()
    assert office.view(view.case.id).case.status == "delivered", "the day itself is still in time"
    office.clock.later(days=1)
    office.drain()
    late = office.view(view.case.id).case
    assert (late.status, late.open) == ("in_review", True)
    assert [row.id for row in ledger.due(office.service)] == [done.commitments[0].id]
    ledger.kept(office.service, ANA, done.commitments[0].id, "Llamada hecha.")
    assert office.view(view.case.id).case.status == "delivered"
    assert ledger.due(office.service) == []


def test_a_promise_that_was_kept_in_time_never_comes_back(office: Office) -> None:
    view = office.drafted()
    review.approve(office.service, EVA, view.case.id, view.case.version, PROMISE, override="Acordado con el taller.")
    office.drain()
    ledger.kept(office.service, ANA, office.view(view.case.id).commitments[0].id)
    office.clock.later(days=10)
    office.drain()
    assert office.view(view.case.id).case.status == "delivered"


def test_a_claim_has_its_working_days_and_a_person_can_correct_what_it_is(office: Office) -> None:
    view = office.drafted()
    assert view.case.claim
    assert view.case.claim_due is not None
    query = holding.correct(office.service, ANA, view.case.id, view.case.version, claim=False)
    assert (query.claim, query.claim_due) == (False, None)
    review.rewrite(office.service, ANA, query.id, query.version, "más breve")
    office.drain()
    assert not office.view(query.id).case.claim, "voz does not overrule a person"
    assert clock.claim_clock(view.case, office.service.desk.brand, office.clock()).state == "running"


def test_asking_for_a_person_is_a_route_of_its_own(office: Office) -> None:
    view = office.drafted("Quiero hablar con una persona, no con un robot.")
    assert view.case.wants_person
    assert view.case.route == clock.PERSON


def test_a_promise_comes_back_though_the_case_was_closed_on_a_thank_you(office: Office) -> None:
    view = office.drafted(thread="t")
    review.approve(office.service, EVA, view.case.id, view.case.version, PROMISE, override="Acordado con el taller.")
    office.drain()
    office.receive("Gracias, quedo a la espera.", thread="t")
    office.drain()
    case = office.view(view.case.id).case
    review.close(office.service, ANA, case.id, case.version, "no_answer_needed")
    office.clock.later(days=5)
    office.drain()
    late = office.view(case.id).case
    assert (late.status, late.open, late.closed_reason) == ("in_review", True, None)
    assert late.reopened_for == f"commitment:{office.view(case.id).commitments[0].id}"
