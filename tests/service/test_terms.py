"""The law's terms on real cases: whose they are, from which message they run, and what does not make them go away."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from office import ANA, EVA, NOW, Office

from voz.errors import InputError
from voz.service import claims_report, clock, holding, review
from voz.service.period import Period
from voz.store import queue
from voz.store.rows import CaseRow

QUESTION = "¿Cuánto cuesta el envío a la península?"
CLAIM = "Quiero poner una reclamación: la taza llegó rota y exijo la devolución."
BILL = "Reclamo: me habéis cobrado dos veces la factura de noviembre. Exijo la devolución del cargo."
CUT = "Reclamo: llevo todo el día con un corte de luz, sin suministro eléctrico. Exijo solución."


def bound_as(office: Office, **company: bool) -> None:
    """The company as one that Ley 10/2025 binds."""
    brand = office.service.desk.brand
    claims = brand.sla.claims.model_copy(update={"country": "ES", **company})
    brand = brand.model_copy(update={"sla": brand.sla.model_copy(update={"claims": claims})})
    office.service = dataclasses.replace(office.service, desk=dataclasses.replace(office.service.desk, brand=brand))


def answer(office: Office, case_id: str) -> CaseRow:
    view = office.view(case_id)
    review.approve(office.service, EVA, case_id, view.case.version, view.draft.reply or "", override="Acordado.")
    office.drain()
    return office.view(case_id).case


def late(office: Office) -> list[str]:
    with office.service.database.read() as tx:
        return [case.id for case in queue.page(tx, queue.Filter(overdue=True), office.clock.now).cases]


def test_a_query_of_a_large_company_has_its_fifteen_working_days(office: Office) -> None:
    assert office.view(office.receive(QUESTION).case_id).case.claim_due is None
    bound_as(office, large_company=True)
    office.clock.later(hours=1)
    case = office.drafted(QUESTION).case
    assert (case.claim, case.claim_due) == (False, dt.date(2026, 12, 15))
    office.clock.later(days=25)
    assert case.id in late(office)


def test_a_term_of_two_hours_is_over_after_two_hours(office: Office) -> None:
    bound_as(office, basic_service=True, continuous=True)
    case = office.drafted(CUT).case
    assert case.due_at == NOW + dt.timedelta(hours=2)
    office.clock.later(hours=3)
    assert late(office) == [case.id]


def test_correcting_what_a_case_is_forgets_nothing_of_what_it_is_about(office: Office) -> None:
    bound_as(office, large_company=True)
    case = office.drafted(BILL).case
    assert (case.claim, case.claim_due) == (True, NOW.date() + dt.timedelta(days=5))
    query = holding.correct(office.service, ANA, case.id, case.version, claim=False)
    assert query.claim_due == case.claim_due, "the five days for bills are a query's too"
    again = holding.correct(office.service, ANA, case.id, query.version, claim=True)
    assert (again.claim, again.claim_due) == (True, case.claim_due)


def test_a_claim_in_an_answered_conversation_runs_from_its_own_message(office: Office) -> None:
    case = answer(office, office.drafted(QUESTION, thread="t").case.id)
    office.clock.later(days=60)
    office.receive(CLAIM, thread="t")
    office.drain()
    later = office.view(case.id).case
    assert later.claim_due == office.clock.now.date() + dt.timedelta(days=15)
    assert (clock.working_days_left(office.service, later) or 0) > 0
    assert clock.claim_clock(later, office.service.desk.brand, office.clock()).state == "running"
    office.clock.later(days=2)
    answered = answer(office, case.id)
    assert clock.claim_clock(answered, office.service.desk.brand, office.clock()).state == "met"
    found = claims_report.claims(
        office.service.database, office.service.desk.brand, Period(None, None, "Europe/Madrid"), office.clock.now
    )
    assert [(one.opened, one.answered, one.state) for one in found.claims] == [
        (dt.date(2027, 1, 22), dt.date(2027, 1, 24), "met")
    ]


def test_a_thank_you_takes_no_answered_claim_out_of_the_evidence_and_makes_none_late(office: Office) -> None:
    case = answer(office, office.drafted(CLAIM, thread="t").case.id)
    office.clock.later(days=30)
    office.receive("Muchas gracias, todo perfecto.", thread="t")
    office.drain()
    after = office.view(case.id).case
    assert (after.claim, after.claim_from, after.claim_answered_at) == (True, NOW, case.claim_answered_at)
    assert clock.working_days_left(office.service, after) is None
    assert late(office) == []
    assert after.priority_at > office.clock.now - dt.timedelta(days=5)


def test_what_is_added_to_a_claim_that_waits_neither_ends_it_nor_starts_it_anew(office: Office) -> None:
    first = office.drafted(CLAIM, thread="t").case
    office.clock.later(days=3)
    office.receive("¿Hola? ¿Hay alguien?", thread="t")
    office.drain()
    case = office.view(first.id).case
    assert (case.claim, case.claim_due, case.claim_reason) == (True, first.claim_due, first.claim_reason)


def test_a_case_set_aside_is_still_among_the_late_ones_and_the_claims(office: Office) -> None:
    case = office.drafted(CLAIM).case
    holding.snooze(office.service, ANA, case.id, case.version, NOW + dt.timedelta(days=14), late=True)
    office.clock.later(days=13)
    with office.service.database.read() as tx:
        claims = queue.page(tx, queue.Filter(claims=True), office.clock.now).cases
        counted = queue.counts(tx, office.clock.now)
        plain = queue.page(tx, queue.Filter(), office.clock.now).cases
    assert late(office) == [case.id] == [one.id for one in claims]
    assert (counted["overdue"], list(plain)) == (1, [])


def test_no_case_is_set_aside_beyond_its_legal_term(office: Office) -> None:
    case = office.drafted(CLAIM).case
    with pytest.raises(InputError, match="08/12/2026"):
        holding.snooze(office.service, ANA, case.id, case.version, NOW + dt.timedelta(days=30))
    query = office.drafted(QUESTION).case
    holding.snooze(office.service, ANA, query.id, query.version, NOW + dt.timedelta(days=30), late=True)
