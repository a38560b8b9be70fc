"""The customer's own words, a heading, or a summary of the case, said as if they were the company's answer."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.brand import Brand
from voz.case import Case, Draft, Finding, Message, Sentence
from voz.checks.echo import check
from voz.sentences import split_sentences

MESSAGE = (
    "Buenas. Compré una Brisa por la web y me llegó hace 3 semanas. La e cojido poco, lleva 34 km y la verdad "
    "es que no me hago con ella. ¿Venís a por ella? Vivo en Cuenca."
)
KNOWN = "El cliente pide la recogida en la web.\nSi el cliente indica otra dirección, vale la última."


def found(reply: str, writer: str = "person", message: str = MESSAGE, known: str = KNOWN) -> list[Finding]:
    spans = list(split_sentences(reply))
    sentences = tuple(Sentence(text=reply[a:b], kind="fact", start=a, end=b) for a, b in spans)
    draft = Draft.model_validate({"reply": reply, "sentences": sentences, "writer": writer})
    case = Case(message=Message(text=message), today=dt.date(2026, 1, 1), draft=draft, known=known)
    return list(check(case, Brand()))


@pytest.mark.parametrize(
    "reply",
    [
        "Compré una Brisa por la web y me llegó hace 3 semanas.",
        "Hola, Ana: La he cogido poco, lleva 34 km y la verdad es que no me hago con ella. Un saludo.",
        "Eléctricas Brisa › Prueba larga",
        "El cliente pidió que fuéramos a por ella.",
        "La clienta se queja de la Brisa.",
        "The customer asks whether we collect it.",
        "O cliente pediu a recolha.",
    ],
)
def test_words_that_are_not_the_companys_are_blocked(reply: str) -> None:
    assert [one.severity for one in found(reply)] == ["block"]


@pytest.mark.parametrize(
    "reply",
    [
        "Sentimos que no te hagas con la Brisa.",
        "Compraste la Brisa por la web y te llegó hace 3 semanas: estás en plazo.",
        "Nos dices: «Compré una Brisa por la web y me llegó hace 3 semanas». Estás en plazo.",
        "Vamos a por ella a Cuenca.",
        "Buenas. Gracias por contárnoslo.",
        "El cliente pide la recogida en la web.",
        "Si el cliente indica otra dirección, vale la última.",
        "Cuando llega el cliente, se le enseña la tienda.",
    ],
)
def test_answers_quotations_and_policies_are_not(reply: str) -> None:
    assert found(reply) == []


def test_a_question_handed_back_warns_a_person_and_blocks_a_model() -> None:
    assert [one.severity for one in found("¿Venís a por ella? Sí, el jueves.")] == ["warn"]
    assert [one.severity for one in found("¿Venís a por ella?", writer="model")] == ["block"]


def test_what_customer_and_documents_both_say_is_the_companys() -> None:
    message = "Pone que el envío a la península cuesta 3,95 euros. ¿Es así?"
    said = "El envío a la península cuesta 3,95 euros."
    assert found(said, message=message, known=f"# Envíos\n{said}") == []
    assert [one.severity for one in found("Pone que el envío a la península cuesta 3,95 euros.", message=message)] == [
        "block"
    ]


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_gives_findings_within_the_reply(reply: str, message: str) -> None:
    message = f"hola {message}"
    assert all(0 <= one.start < one.end <= len(reply) for one in found(reply, message=message))
