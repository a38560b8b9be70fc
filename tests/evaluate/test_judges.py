"""Model judges, against a stand-in that speaks the protocol: what a real judge thinks is not tested here."""

from __future__ import annotations

import json

from stub_model import Say, Stub, serve

from voz.case import Message
from voz.config import Settings
from voz.evaluate.judges import agreement, bias, judge, panel, questions
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.suite import EvalCase
from voz.llm import Client, open_client

CASE = EvalCase(id="c1", message=Message(text="El ukelele llegó con el mástil partido."))
REPLY = "Hola, Nuria: un ukelele partido la víspera del cumpleaños. Mándanos una foto y te enviamos otro."
OUTCOME = Outcome(suite="s", case="c1", key="k", draft={"reply": REPLY, "passages": []})
ASKED = questions(CASE, ["names_situation", "no_blame"])[:2]


def _client(stub: Stub) -> Client:
    return open_client(Settings(model="juez", model_url=stub.url, writer="model", model_timeout=10))


def _said(*answers: tuple[str, str, str]) -> Say:
    rows = [{"question": q, "verdict": v, "quote": quote, "reason": "porque sí"} for q, v, quote in answers]
    return Say(json.dumps({"answers": rows}))


def test_a_verdict_comes_with_its_place_in_the_reply() -> None:
    with serve(_said(("q1", "yes", "un ukelele partido"), ("q2", "no", ""))) as stub:
        first, second = judge(CASE, OUTCOME, ASKED, _client(stub))
        prompt = stub.prompt()
    assert (first.score, first.judge, first.grader) == (1.0, "juez", "names_situation")
    assert first.span
    assert REPLY[slice(*first.span)] == "un ukelele partido"
    assert second.score == 0.0
    assert "mástil partido" in prompt
    assert "| " in prompt


def test_what_cannot_be_relied_on_is_unscored_and_never_zero() -> None:
    with serve(_said(("q1", "yes", "una cita que no está"))) as stub:
        invented, missing = judge(CASE, OUTCOME, ASKED, _client(stub))
    assert invented.score is None
    assert "cita" in invented.reason
    assert missing.score is None
    with serve(Say("esto no es JSON")) as stub:
        assert {grade.score for grade in judge(CASE, OUTCOME, ASKED, _client(stub))} == {None}
    with serve(Say(status=500)) as stub:
        assert {grade.score for grade in judge(CASE, OUTCOME, ASKED, _client(stub))} == {None}


def test_a_yes_without_a_quotation_is_unscored_unless_it_is_about_what_is_absent() -> None:
    with serve(_said(("q1", "yes", ""), ("q2", "yes", ""))) as stub:
        named, blamed = judge(CASE, OUTCOME, ASKED, _client(stub))
    assert named.score is None
    assert blamed.score == 1.0


def test_a_judge_is_told_nothing_of_the_writer_or_the_run() -> None:
    told = OUTCOME.model_copy(update={"draft": {**OUTCOME.draft, "writer": "model", "provenance": {"model": "XYZZY"}}})
    with serve(_said(("q1", "no", ""))) as stub:
        judge(CASE, told, ASKED, _client(stub))
        assert "XYZZY" not in stub.prompt()


def test_judges_that_agree_have_a_high_alpha_and_one_alone_has_none() -> None:
    def graded(name: str, score: float) -> Grade:
        return Grade(dimension="empathy", grader="owns", score=score, judge=name)

    same = {str(i): [graded("a", i % 2), graded("b", i % 2)] for i in range(8)}
    opposed = {str(i): [graded("a", i % 2), graded("b", 1 - i % 2)] for i in range(8)}
    alone = {str(i): [graded("a", i % 2)] for i in range(8)}
    assert agreement(same)["owns"] == 1.0
    assert (agreement(opposed)["owns"] or 0) < 0
    assert agreement(alone)["owns"] is None


def test_a_panel_asks_every_judge() -> None:
    with serve(_said(("q1", "yes", "un ukelele"))) as one, serve(_said(("q1", "no", ""))) as two:
        grades = panel(CASE, OUTCOME, ASKED[:1], [_client(one), _client(two)])
    assert [grade.score for grade in grades] == [1.0, 0.0]


def test_a_judge_that_always_takes_the_first_is_found_out() -> None:
    pairs = [("hola", "corta", "una respuesta más larga"), ("hola", "otra más larga", "breve")]
    with serve(Say(json.dumps({"better": "first", "reason": "es la primera"}))) as stub:
        found = bias(pairs, "¿Cuál es más clara?", _client(stub))
    assert (found.pairs, found.consistent, found.first) == (2, 0.0, 1.0)


def test_a_judge_that_prefers_length_is_found_out() -> None:
    longer_second = Say(json.dumps({"better": "second", "reason": "larga"}))
    longer_first = Say(json.dumps({"better": "first", "reason": "larga"}))
    with serve(longer_second, longer_first) as stub:
        found = bias([("hola", "corta", "una respuesta más larga")], "¿Cuál?", _client(stub))
    assert (found.consistent, found.longer) == (1.0, 1.0)
