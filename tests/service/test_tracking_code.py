"""The customer is given the tracking code where the law gives their case a term, once, and nobody else reads it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from office import ANA, COMPLAINT, Office

from voz.brand import Line
from voz.service import review
from voz.store import access
from voz.store.rows import CandidateRow


def branded(office: Office, **brand: Any) -> None:
    desk = office.service.desk
    desk = dataclasses.replace(desk, brand=desk.brand.model_copy(update=brand))
    office.service = dataclasses.replace(office.service, desk=desk)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (COMPLAINT, "El código de seguimiento de tu caso es {}."),
        ("A caneca chegou partida e ninguém responde. Quero o dinheiro de volta.", "acompanhamento deste caso é {}."),
        ("My mug arrived broken and nobody answers. I want a refund.", "The tracking code for this case is {}."),
        ("La tassa ha arribat trencada. Vull que em torneu els diners.", "El codi de seguiment d'aquest cas és {}."),
    ],
)
def test_a_claim_is_answered_with_its_code(office: Office, text: str, line: str) -> None:
    view = office.drafted(text)
    assert view.case.claim
    assert line.format(view.case.code) in (view.draft.reply or "")
    assert view.draft.blocks == 0


def test_a_code_of_digits_alone_is_no_invented_figure(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voz.service.receive.tracking_code", lambda: "2345-6789")
    view = office.drafted()
    typed = "Hola, Marta:\n\nEl código de seguimiento de tu caso es 2345-6789. Lo miramos.\n\nUn saludo"
    assert not review.judged(office.service, ANA, view.draft, typed).stops
    invented = typed.replace("Lo miramos", "El envío cuesta 17,50 €")
    assert review.judged(office.service, ANA, view.draft, invented).stops
    case = review.approve(office.service, ANA, view.case.id, view.case.version, typed)
    office.drain()
    with office.service.database.read() as tx:
        (kept,) = access.find(tx, CandidateRow, case_id=case.id)
    assert "2345-6789" not in str(kept)


def test_a_query_and_a_company_without_a_term_get_none(office: Office) -> None:
    query = office.drafted("¿Cuánto cuesta el envío a la península?")
    assert query.case.code not in (query.draft.reply or "")
    sla = office.service.desk.brand.sla
    branded(office, sla=sla.model_copy(update={"claims": sla.claims.model_copy(update={"clock": False})}))
    claim = office.drafted(COMPLAINT + " Ya.")
    assert claim.case.claim
    assert claim.case.code not in (claim.draft.reply or "")


def test_it_is_not_said_in_public(office: Office) -> None:
    view = office.drafted(channel="x")
    assert view.case.code in (view.draft.reply or "")
    assert view.case.code not in (view.draft.public_reply or "")


def test_it_is_said_once_in_a_conversation(office: Office) -> None:
    view = office.drafted(thread="t")
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    office.receive("Reclamo otra vez: el plato también ha llegado roto y quiero el dinero.", thread="t")
    office.drain()
    again = office.view(view.case.id)
    assert again.case.claim_answered_at is None
    assert again.case.code not in (again.draft.reply or "")


def test_a_wish_keeps_it_and_the_brand_may_say_it_its_own_way(office: Office) -> None:
    own = Line(role="closing", topics=("tracking_code",), text="Anota esto: {code}.")
    branded(office, lines=(*office.service.desk.brand.lines, own))
    view = office.drafted()
    assert f"Anota esto: {view.case.code}." in (view.draft.reply or "")
    review.rewrite(office.service, ANA, view.case.id, view.case.version, "más breve")
    office.drain()
    assert f"Anota esto: {view.case.code}." in (office.view(view.case.id).draft.reply or "")
