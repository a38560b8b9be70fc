"""Passages cut into clauses, and what a clause allows, charges and demands."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.case import Passage
from voz.kinds import sentence_kind
from voz.sentences import split_sentences
from voz.statements import clauses, statement

TABLE = """Los precios, con IVA:

| Servicio | Urbana | Eléctrica |
|---|---|---|
| Básica | 39 € | 55 € |
| Completa | 69 € | 95 € |

- **Cascos**: solo con el precinto.
- Lo demás, en 30 días. No hace falta la caja.
"""


def passage(text: str) -> Passage:
    return Passage(id="p", source="taller.md", heading="Taller › Precios", text=text, wordings=(("es", "Son 39 €."),))


def test_rows_items_and_sentences_are_clauses_of_their_own() -> None:
    said = [clause.said.text for clause in clauses(passage(TABLE))]
    assert "Servicio: Básica; Urbana: 39 €; Eléctrica: 55 €" in said
    assert "Cascos: solo con el precinto." in said
    assert "No hace falta la caja." in said
    assert said[-1] == "Son 39 €."
    assert clauses(passage(TABLE))[-1].approved


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Se admiten devoluciones", "permit"),
        ("No se admiten devoluciones", "-permit"),
        ("Los portes corren de nuestra cuenta", "free"),
        ("La recogida no te cuesta nada", "free"),
        ("El envío de vuelta va por tu cuenta", "paid"),
        ("Hay que pedir cita", "must"),
        ("No es necesario pedir cita", "-must"),
    ],
)
def test_stance(text: str, sign: str) -> None:
    assert sign in statement(text).stance


def test_a_condition_runs_to_the_next_pause() -> None:
    said = statement("Puede cancelar sin costo, siempre que avise con 24 horas, por teléfono.")
    assert "siempre que avise con 24 horas" in said.conditions


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("¿Qué día la recibiste?", "question"),
        ("Un abrazo,", "courtesy"),
        ("Sentimos mucho que llegara rota.", "courtesy"),
        ("Tienes 60 días para devolverla.", "fact"),
        ("Te devolvemos el importe por el mismo medio.", "commitment"),
        ("El taller no abre los domingos por la tarde.", "fact"),
    ],
)
def test_kind(text: str, kind: str) -> None:
    assert sentence_kind(text) == kind


def test_sentences_keep_abbreviations_links_and_greetings_whole() -> None:
    text = "Hola: la Sra. Ruiz llamó a las 9 a.m. Cuesta 12.50 € aprox. ¿Vale? Mira https://x.example/a.b?c=1."
    assert [text[a:b] for a, b in split_sentences(text)] == [
        "Hola: la Sra. Ruiz llamó a las 9 a.m.",
        "Cuesta 12.50 € aprox.",
        "¿Vale?",
        "Mira https://x.example/a.b?c=1.",
    ]


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_text_is_cut_in_order_without_overlap(text: str) -> None:
    spans = list(split_sentences(text))
    assert all(a < b for a, b in spans)
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(spans))
    clauses(passage(text))
