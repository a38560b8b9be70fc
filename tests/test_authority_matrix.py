"""The authority matrix: what a reply gives, which role may, and what stops the others."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from voz.authority import Need, desk_authority, findings_as, ladder, may, may_approve, needs, verdict
from voz.brand import Brand, Forbidden, Grant, Role
from voz.case import Case, Draft, Finding, Message, Sentence, Support, Triage
from voz.sentences import split_sentences


def role(role_id: str, *grants: Grant, name: str = "") -> Role:
    return Role(id=role_id, name=name, grants=grants)


def grant(action: str, up_to: float | None = None, currency: str | None = "EUR", note: str | None = None) -> Grant:
    return Grant.model_validate({"action": action, "up_to": up_to, "currency": currency, "note": note})


BRAND = Brand(
    roles=(
        role("agent", grant("voucher", 10), grant("gift", 10, note="café de 250 g"), name="Agente"),
        role("lead", grant("voucher", 30), grant("exception"), name="Coordinación"),
        role("admin", grant("voucher"), grant("refund", 100), grant("callback"), name="Dirección"),
    ),
    forbidden=(
        Forbidden(what="una fecha de entrega", action="deadline", when="que envíos no haya confirmado"),
        Forbidden(what="un reembolso fuera de plazo", action="refund", role="agent"),
        Forbidden(what="que un precio no va a subir"),
        Forbidden(what="una indemnización", action="compensation"),
    ),
)


def case(reply: str, message: str = "hola", supports: tuple[Support, ...] = (), **more: Any) -> Case:
    sentences = tuple(Sentence(text=reply[a:b], kind="commitment", start=a, end=b) for a, b in split_sentences(reply))
    draft = Draft(reply=reply, sentences=sentences, writer="person")
    return Case(message=Message(text=message), today=dt.date(2026, 11, 23), draft=draft, supports=supports, **more)


def needed(reply: str, brand: Brand = BRAND, **more: Any) -> dict[str | None, Need]:
    return {need.action: need for need in needs(case(reply, **more), brand)}


@pytest.mark.parametrize(
    ("reply", "action", "could"),
    [
        ("Te damos un vale de 10 €.", "voucher", ("agent", "lead", "admin")),
        ("Te damos un vale de 25 €.", "voucher", ("lead", "admin")),
        ("Te damos un vale de 80 €.", "voucher", ("admin",)),
        ("Te damos un vale por las molestias.", "voucher", ("admin",)),
        ("Te regalamos un café de 250 g.", "gift", ("agent", "lead", "admin")),
        ("Por esta vez te hacemos una excepción.", "exception", ("lead", "admin")),
        ("Te llamamos el jueves.", "callback", ("admin",)),
        ("Te devolvemos 60 € a la tarjeta.", "refund", ("admin",)),
        ("Te devolvemos 160 € a la tarjeta.", "refund", ()),
        ("Asumimos la responsabilidad del accidente.", "admit_liability", ()),
        ("Vamos a compensarte por el daño.", "compensation", ()),
        ("We'll give you a €25 voucher.", "voucher", ("lead", "admin")),
        ("Vamos oferecer-lhe um vale de 25 €.", "voucher", ("lead", "admin")),
        ("It was our fault.", "admit_liability", ()),
    ],
)
def test_who_may(reply: str, action: str, could: tuple[str, ...]) -> None:
    need = needed(reply)[action]
    assert need.could == could
    assert need.least_role == (could[0] if could else None)
    assert reply[need.start : need.end]


@pytest.mark.parametrize(
    "reply",
    [
        "Tienes 30 días para devolverlo.",
        "¿Te llamamos el jueves?",
        "No podemos darte un vale de 25 €.",
        "Ya te devolvimos los 60 € ayer.",
        "Lo sentimos mucho.",
        "Si lo prefieres, te devolvemos 60 €.",
    ],
)
def test_what_gives_nothing_needs_nobody(reply: str) -> None:
    assert needed(reply) == {}


def test_a_clause_in_force_needs_nobody() -> None:
    carried = Support(sentence=0, passages=("p1",), clause="Devolvemos 160 € en 14 días.", signs={"carried": 1.0})
    found = needs(case("Te devolvemos 160 € en 14 días.", supports=(carried,)), BRAND)
    assert found
    assert all(n.granted and n.passage == "p1" and n.clause and n.least_role is None for n in found)
    assert may_approve("agent", found, (), BRAND).allowed


def test_what_nobody_may_promise() -> None:
    need = needed("El pedido te lo entregamos el jueves.")["deadline"]
    assert need.could == ()
    stop = may_approve("admin", (need,), (), BRAND).stops[0]
    assert stop.kind == "forbidden"
    assert stop.detail.startswith("Nadie puede prometer una fecha de entrega que envíos no haya confirmado")
    assert needed("Te aseguramos que el precio no va a subir.")[None].forbidden is not None
    assert not needed("No podemos asegurar que el precio no vaya a subir.")


def test_an_entry_for_one_role_binds_that_role_alone() -> None:
    need = needed("Te devolvemos 60 €.", message="¿me lo devolvéis fuera de plazo?")["refund"]
    assert need.could == ("admin",)
    assert (
        "Agente no puede prometer un reembolso fuera de plazo"
        in may_approve("agent", (need,), (), BRAND).stops[0].detail
    )


def test_the_stop_says_the_limit_and_who_could() -> None:
    found = needs(case("Te damos un vale de 25 €."), BRAND)
    refused = may_approve("agent", found, (), BRAND)
    assert not refused.allowed
    assert refused.could == ("lead", "admin")
    assert refused.stops[0].detail == (
        "Agente puede dar un vale o saldo hasta 10 € y aquí van 25 €: «Te damos un vale de 25 €.»"
        " Puede aprobarla: Coordinación, Dirección."
    )
    assert may_approve("lead", found, (), BRAND).allowed
    assert may_approve("agent", found, (), BRAND, language="en").stops[0].detail.startswith("Agente may give a voucher")


def test_a_block_finding_stops_everyone() -> None:
    fault = Finding(check="figures", severity="block", start=0, end=4, detail="La cifra no consta.")
    stopped = may_approve("admin", (), (fault,), BRAND)
    assert (stopped.allowed, stopped.could, stopped.stops[0].kind) == (False, (), "finding")
    warned = fault.model_copy(update={"severity": "warn"})
    assert may_approve("agent", (), (warned,), BRAND).allowed


def test_an_observer_approves_nothing() -> None:
    found = may_approve(desk_authority("observer", BRAND), (), (), BRAND)
    assert not found.allowed
    assert found.could == ("agent", "lead", "admin")


def test_a_finding_on_words_gives_way_to_the_role_that_is_granted_them() -> None:
    made = case("Por esta vez te hacemos una excepción.")
    assert any(f.check == "authority" for f in findings_as(made, BRAND, "agent"))
    assert not verdict(made, BRAND, "agent").allowed
    assert verdict(made, BRAND, "lead").allowed


def test_conditions_of_a_grant_are_told() -> None:
    brand = Brand(roles=(role("agent"), role("lead", grant("exception", note="hasta 10 días de retraso"))))
    assert "hasta 10 días" in verdict(case("Por esta vez te hacemos una excepción."), brand, "lead").notes[0]


def test_where_nothing_is_written_calls_are_free_and_money_is_not() -> None:
    brand = Brand()
    assert may(brand, "agent", "callback")
    refused = may_approve("agent", needs(case("Te devolvemos 60 €."), brand), (), brand)
    assert not refused.allowed
    assert refused.stops[0].detail.startswith("Ningún documento dice quién puede devolver dinero")


def test_a_bare_dollar_is_the_companys_own() -> None:
    river = Brand.model_validate(
        {
            "voice": {"country": "AR"},
            "roles": [
                {"id": "agent", "grants": [
                    {"action": "voucher", "up_to": 8000, "currency": "ARS"},
                    {"action": "voucher", "up_to": 300, "currency": "UYU"},
                ]},
            ],
        }
    )  # fmt: skip
    assert may(river, "agent", "voucher", 6000, "$")
    assert not may(river, "agent", "voucher", 6000, "UYU")
    assert not may(river, "agent", "voucher", 9000, "$")


@pytest.mark.parametrize(
    ("ids", "bound"),
    [
        (("agent", "lead", "admin"), ("agent", "lead", "admin")),
        (("direccion", "coordinacion", "agentes"), ("agentes", "coordinacion", "direccion")),
        (("uno", "dos"), ("uno", "dos", "dos")),
        (("agent", "admin"), ("agent", "agent", "admin")),
        (("agent",), ("agent", "agent", "agent")),
    ],
)
def test_desk_roles_map_to_the_brands(ids: tuple[str, ...], bound: tuple[str, ...]) -> None:
    brand = Brand(roles=tuple(Role(id=i) for i in ids))
    assert tuple(desk_authority(user, brand) for user in ("agent", "lead", "admin")) == bound
    assert desk_authority("observer", brand) is None
    assert desk_authority("nobody-knows", brand) is None
    assert set(ladder(brand)) == set(ids)


def test_liability_after_harm_is_nobodys_where_the_brand_says_so() -> None:
    brand = Brand(
        roles=(role("agent"), role("admin", grant("admit_liability"))),
        forbidden=(Forbidden(what="la causa de un accidente", action="admit_liability"),),
    )
    hurt = Triage(kind="complaint", route="escalate", language="es", risks=("safety",))
    assert needed("Fue culpa nuestra.", brand, triage=hurt)["admit_liability"].could == ()
    assert needed("Es culpa nuestra.", brand)["admit_liability"].could == ("admin",)
