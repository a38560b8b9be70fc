"""The commitments ledger: what a reply promises, by when, and whose it is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from voz.brand import Brand, Team
from voz.case import Ask, AskEvidence, Case, Draft, Evidence, Message, Passage, Sentence, Support, Triage
from voz.commitments import Commitment, commitments
from voz.packaged import packaged

ON = dt.date(2026, 11, 23)
LABELLED = yaml.safe_load((Path(__file__).parent / "commitment_sentences.yaml").read_text(encoding="utf-8"))
BRAND = Brand(
    teams=(
        Team(id="taller", name="el taller", knows=("avería", "reparación")),
        Team(id="facturas", name="el equipo de facturación", knows=("reembolso", "factura")),
    )
)


def promised(reply: str, on: dt.date = ON, brand: Brand = BRAND, **more: Any) -> tuple[Commitment, ...]:
    draft = Draft(reply=reply, writer="person")
    return commitments(Case(message=Message(text="hola"), today=on, draft=draft, **more), brand, on)


def cited(sentence: str, clause: str) -> tuple[Commitment, ...]:
    passage = Passage(id="p1", source="d.md", heading="Devoluciones", text=clause, team="facturas")
    found = AskEvidence(ask=Ask(text="x", start=0, end=1, query="x"), passages=(passage,))
    draft = Draft(
        reply=sentence,
        sentences=(Sentence(text=sentence, kind="commitment", citations=("p1",), start=0, end=len(sentence)),),
    )
    supports = (Support(sentence=0, passages=("p1",), clause=clause, signs={"carried": 1.0}),)
    case = Case(message=Message(text="x"), today=ON, draft=draft, evidence=Evidence(asks=(found,)), supports=supports)
    return commitments(case, BRAND, ON)


@pytest.mark.parametrize("half", ["seen", "unseen"])
def test_labelled_sentences(half: str) -> None:
    """Floors below what was measured, so that a worse lexicon fails."""
    hits = false = missed = due = 0
    for row in LABELLED[half]:
        got, want = promised(row["t"]), row["c"]
        hits += bool(got and want)
        false += bool(got and not want)
        missed += bool(want and not got)
        due += bool(got and want) and {c.due for c in got} == {day for _, day in want}
    assert hits / (hits + false) >= 0.95
    assert hits / (hits + missed) >= 0.8
    assert due / hits >= 0.85


def test_languages_share_their_keys() -> None:
    for topic in ("commitments", "authority"):
        shapes = [_shape(packaged(f"desk/{topic}.{language}")) for language in ("es", "en", "pt")]
        assert shapes[0] == shapes[1] == shapes[2]


def _shape(node: Any) -> Any:
    return {key: _shape(value) for key, value in node.items()} if isinstance(node, dict) else None


def test_amount_and_days_as_they_are_counted() -> None:
    (one,) = promised("Te devolvemos 34,90 € en 14 días hábiles.")
    assert (one.kind, one.amount, one.currency) == ("refund", 34.9, "EUR")
    assert one.due == dt.date(2026, 12, 11)
    assert one.due_basis == "en 14 días hábiles"


def test_a_calendar_of_working_days_may_be_given() -> None:
    case = Case(message=Message(text="x"), today=ON, draft=Draft(reply="Le escribimos en 2 días hábiles."))
    (one,) = commitments(case, BRAND, ON, is_working=lambda day: day.weekday() < 5 and day != dt.date(2026, 11, 24))
    assert one.due == dt.date(2026, 11, 26)


def test_days_are_counted_from_the_day_of_approval() -> None:
    assert promised("Te llamamos el jueves.", dt.date(2026, 11, 26))[0].due == dt.date(2026, 12, 3)
    assert promised("Te lo enviamos el 3 de enero.")[0].due == dt.date(2027, 1, 3)
    assert promised("Te llamamos mañana.", dt.date(2026, 12, 31))[0].due == dt.date(2027, 1, 1)


def test_the_clause_gives_the_day_that_the_sentence_leaves_out() -> None:
    (one,) = cited("Te devolvemos el importe a tu tarjeta.", "Devolvemos el importe en 14 días naturales.")
    assert one.due == dt.date(2026, 12, 7)
    assert (one.passage, one.due_basis) == ("p1", "en 14 días naturales")


def test_a_clause_that_runs_from_an_event_gives_its_words_but_no_day() -> None:
    clause = "Devolvemos el importe en 14 días naturales desde que recibimos el producto."
    (one,) = cited("Te devolvemos el importe a tu tarjeta.", clause)
    assert one.due is None
    assert one.due_basis == "en 14 días naturales desde que recibimos el producto"


def test_the_team_that_owes_it() -> None:
    triage = Triage(kind="question", route="draft", language="es", team="facturas")
    assert promised("El taller te llama el martes.", triage=triage)[0].team == "taller"
    assert promised("Te llamamos por la reparación el martes.", triage=triage)[0].team == "taller"
    assert promised("Te llamamos el martes.", triage=triage)[0].team == "facturas"
    assert promised("Te llamamos el martes.")[0].team is None


def test_nothing_is_owed_without_a_reply() -> None:
    case = Case(message=Message(text="x"), today=ON)
    assert commitments(case, BRAND, ON) == ()


def test_hostile_text_is_read_quickly() -> None:
    for piece in ("te ", "el jueves ", "si ", "1 ", "te llamamos ", "antes del "):
        promised(piece * 40_000)
