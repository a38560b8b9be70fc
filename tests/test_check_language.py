"""Language: the reply is in the customer's, where the brand speaks it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from voz.brand import Brand, Voice
from voz.case import Case, Draft, Finding, Message, Triage
from voz.checks.language import check

COMPANIES = Path(__file__).parent / "companies"
REPLIES = {
    "es": "Hola, Ana: gracias por escribirnos. El plazo para devolverlo son treinta días desde que lo recibes.",
    "pt": "Olá, Ana: obrigado pela mensagem. O prazo para devolver são trinta dias a contar da entrega, sem custos.",
    "en": "Hi Ana, thank you for writing. You have thirty days from the day it arrives to send it back to us.",
    "ca": "Hola, Ana: gràcies per escriure'ns. El termini per tornar-lo són trenta dies des que el reps a casa.",
}
MESSAGES = {
    "es": "¿Cuántos días tengo para devolver el pedido que compré la semana pasada?",
    "pt": "Quantos dias tenho para devolver a encomenda que comprei na semana passada?",
    "en": "How many days do I have to return the order that I bought last week?",
    "ca": "Quants dies tinc per tornar la comanda que vaig comprar la setmana passada?",
}


def _findings(
    reply: str,
    message: str,
    languages: tuple[str, ...] = ("es", "pt", "en", "ca"),
    declared: str | None = None,
    triage: str | None = None,
) -> tuple[Finding, ...]:
    case = Case(
        message=Message(text=message, language=declared),
        today=dt.date(2026, 11, 23),
        triage=Triage(kind="question", route="draft", language=triage) if triage else None,
        draft=Draft(reply=reply),
    )
    return check(case, Brand(voice=Voice(languages=languages)))


@pytest.mark.parametrize("customer", MESSAGES)
@pytest.mark.parametrize("written", REPLIES)
def test_only_the_customers_language_passes(customer: str, written: str) -> None:
    found = _findings(REPLIES[written], MESSAGES[customer], triage=customer)
    if customer == written:
        assert found == ()
    else:
        assert [f.severity for f in found] == ["block"]
        assert (found[0].start, found[0].end) == (0, len(REPLIES[written]))


def test_a_brand_that_does_not_speak_it_answers_in_its_own_or_in_theirs() -> None:
    assert _findings(REPLIES["es"], MESSAGES["en"], ("es",)) == ()
    assert _findings(REPLIES["en"], MESSAGES["en"], ("es",)) == ()
    assert [f.severity for f in _findings(REPLIES["pt"], MESSAGES["en"], ("es",))] == ["block"]


def test_a_quoted_clause_may_be_in_any_language() -> None:
    reply = REPLIES["en"] + " Our terms say: «El plazo para devolver el pedido son treinta días desde la entrega.»"
    assert _findings(reply, MESSAGES["en"], triage="en") == ()


def test_a_stray_sentence_is_warned_of() -> None:
    stray = "El plazo para devolver el pedido son treinta días naturales desde la fecha de la entrega."
    reply = f"{REPLIES['en']} {stray} Please tell us the order number and we will take care of the rest for you."
    found = _findings(reply, MESSAGES["en"], triage="en")
    assert [(f.severity, reply[f.start : f.end]) for f in found] == [("warn", stray)]


@pytest.mark.parametrize(
    "reply", ["¡Gracias, Ana!", "Hola, John Smith: Brisa Max Pro", "OK 👍", "1.145 €", "Thanks, Ana"]
)
def test_short_replies_with_names_are_tolerated(reply: str) -> None:
    assert _findings(reply, MESSAGES["es"]) == ()


def test_a_short_message_wrongly_labelled_blocks_nothing() -> None:
    assert _findings(REPLIES["es"], "ok", triage="pt") == ()
    assert _findings(REPLIES["es"], "y el envio??", triage="gl", languages=("es", "gl")) == ()


@pytest.mark.parametrize("company", ["pedales", "naranjo", "rio"])
def test_honest_replies_of_the_test_companies_are_not_blocked(company: str) -> None:
    rows = [json.loads(x) for x in (COMPANIES / company / "claims.jsonl").read_text(encoding="utf-8").splitlines()]
    wrong = [r["reply"] for r in rows if _findings(r["reply"], r["message"]["text"])]
    assert wrong == []
