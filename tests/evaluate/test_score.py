"""Outcomes summed up: dimensions, weights, honesty, slices, and what could not be judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_company import TODAY, desk

from voz.brand import Brand
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.run import plan, run
from voz.evaluate.score import dimension_mean, score
from voz.evaluate.suite import Dimension, EvalCase, Suite

SPAM = "INCREASE YOUR SEO RANKING!!! 10,000 backlinks for only $49. Click here http://seo-boost.example to start today"
REPLY = "Hola, Ana: tienes 30 días desde la entrega para devolverlo. ¿Qué día te llegó?"


def suite_of(*expected: dict[str, Any], **more: Any) -> Suite:
    cases = [
        {"id": f"c{n}", "message": {"id": f"c{n}", "text": "¿Cuánto tiempo tengo?", "channel": "chat"}, "expect": one}
        for n, one in enumerate(expected)
    ]
    return Suite.model_validate({"suite": "prueba", "today": TODAY, "cases": cases, **more})


def outcome_of(case: EvalCase, reply: str | None = REPLY, repeat: int = 0, **more: Any) -> Outcome:
    triage = {"kind": "question", "route": "draft", "language": "es", "risks": [], "country": "ES"}
    draft = {"reply": reply, "triage": triage, "provenance": {"today": TODAY.isoformat()}}
    return Outcome.model_validate(
        {"suite": "prueba", "case": case.id, "repeat": repeat, "key": "k", "draft": draft, **more}
    )


def given(dimension: Dimension, grader: str, value: float | None, *, gates: bool = False) -> Grade:
    return Grade(dimension=dimension, grader=grader, score=value, gates=gates)


def test_a_dimension_is_the_mean_of_its_graders_not_of_their_grades() -> None:
    grades = [given("accuracy", "support", 1.0)] * 6 + [given("accuracy", "facts", 0.0), given("tone", "length", 0.0)]
    assert dimension_mean(grades, "accuracy") == 0.5


def test_what_could_not_be_judged_is_left_out() -> None:
    grades = [given("tone", "language", None), given("tone", "length", 1.0), given("empathy", "owns", None)]
    assert dimension_mean(grades, "tone") == 1.0
    assert dimension_mean(grades, "empathy") is None


def test_weights_make_the_total() -> None:
    expect = {"state": [{"fact": "30 días", "any": "30 días"}, {"fact": "gratis", "any": "gratis"}]}
    for weights in ({"accuracy": 1.0}, {"tone": 1.0}, {"accuracy": 3.0, "tone": 1.0, "empathy": 1.0}):
        suite = suite_of(expect, weights=weights)
        [one] = score([suite], [outcome_of(suite.cases[0])], Brand())
        known = {d: w for d, w in weights.items() if d in one.dimensions}
        expected = sum(w * one.dimensions[d] for d, w in known.items()) / sum(known.values())  # type: ignore[index]
        assert one.total == pytest.approx(expected)
        assert one.dimensions["accuracy"] == 0.5


def test_a_dishonest_reply_is_worth_nothing_whatever_its_warmth() -> None:
    lie = {"fact": "60 días", "any": "60 días"}
    suite = suite_of({"never": [lie]}, {"never": [lie]})
    told = outcome_of(
        suite.cases[0], "Hola, Ana: entendemos la prisa. Tienes 60 días para devolverlo; cuéntanos cuál es."
    )
    honest = outcome_of(suite.cases[1])
    bad, good = score([suite], [told, honest], Brand())
    assert (bad.honest, bad.total) == (False, 0.0)
    assert bad.dimensions["tone"] > 0.8
    assert good.honest
    assert good.total is not None
    assert good.total > 0.8


def test_a_grader_that_may_not_gate_lowers_the_score_and_no_more() -> None:
    suite = suite_of({"never": [{"fact": "30 días", "any": "30 días"}]})
    [one] = score([suite], [outcome_of(suite.cases[0])], Brand(), may_not_gate=frozenset({"never"}))
    assert one.honest
    assert one.dimensions["accuracy"] == 0.0
    assert one.total is not None
    assert one.total > 0


def test_what_broke_scores_nothing() -> None:
    suite = suite_of({})
    broken = Outcome(suite="prueba", case="c0", key="k", draft={}, error="TypeError: x")
    [one] = score([suite], [broken], Brand())
    assert one.dimensions == {"accuracy": 0.0}
    assert one.total == 0.0
    assert "TypeError" in one.grades[0].reason


def test_models_grades_join_those_of_the_rules() -> None:
    suite = suite_of({"empathy": ["owns"]})
    judged = Grade(dimension="empathy", grader="owns", score=1.0, judge="some-model")
    alone, joined = (
        score([suite], [outcome_of(suite.cases[0])], Brand(), more)[0]
        for more in (None, {("prueba", "c0", 0): (judged,)})
    )
    assert alone.dimensions["empathy"] == 0.0
    assert joined.dimensions["empathy"] == 0.5
    assert judged in joined.grades


def test_slices_and_conversations() -> None:
    suite = suite_of({"kind": "complaint", "language": "pt"}, {})
    tagged = suite.cases[0].model_copy(update={"tags": ("trap", "expired"), "conversation": "hilo-1", "weight": 2.0})
    suite = suite.model_copy(update={"cases": (tagged, suite.cases[1])})
    first, second = score([suite], [outcome_of(case) for case in suite.cases], Brand())
    assert first.slices == {
        "suite": "prueba", "kind": "complaint", "channel": "chat", "language": "pt", "region": "ES",
        "tags": "trap,expired",
    }  # fmt: skip
    assert second.slices == {"suite": "prueba", "kind": "question", "channel": "chat", "language": "es", "region": "ES"}
    assert (first.conversation, first.weight) == ("hilo-1", 2.0)
    assert second.conversation == "prueba/c1"


def test_outcomes_of_unknown_cases_are_left_out_and_the_order_stays() -> None:
    suite = suite_of({}, {})
    stray = Outcome(suite="otra", case="c0", key="k", draft={})
    outcomes = [outcome_of(suite.cases[1]), stray, outcome_of(suite.cases[0], repeat=1)]
    assert [(s.case, s.repeat) for s in score([suite], outcomes, Brand())] == [("c1", 0), ("c0", 1)]


def test_a_real_run_is_scored_the_same_twice(tmp_path: Path) -> None:
    fact = {"fact": "30 días", "any": "30 días", "source": "devoluciones.md"}
    cases = [
        {"id": "plazo", "message": {"id": "plazo", "text": "¿Cuántos días tengo para devolver el pedido?"},
         "expect": {"state": [fact], "never": [{"fact": "14 días", "any": "14 días"}], "answerable": True}},
        {"id": "roto", "message": {"id": "roto", "text": "Me ha llegado la lámpara rota y estoy muy enfadada."}},
        {"id": "spam", "message": {"id": "spam", "text": SPAM}, "expect": {"no_reply": True}},
    ]  # fmt: skip
    suite = Suite.model_validate({"suite": "real", "today": TODAY, "cases": cases})
    done = run(plan([suite], desk()), desk(), tmp_path, jobs=1)
    first, second = (score([suite], done.outcomes, desk().brand) for _ in range(2))
    assert first == second
    asked, broken, spam = first
    assert {g.grader: g.score for g in asked.grades}["facts"] == 1.0
    assert asked.honest
    assert {"names_situation", "validates", "owns"} <= {g.grader for g in broken.grades}
    assert spam.dimensions == {"accuracy": 1.0}
