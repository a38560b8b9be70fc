"""What became of the model's own words is graded, though the reply was mended."""

from __future__ import annotations

import json

import pytest
from small_company import TODAY, settings
from stub_model import Say, serve

from voz.case import Message
from voz.evaluate.gate import baseline_of, gate
from voz.evaluate.outcome import Grade, Outcome, Scored
from voz.evaluate.own_draft import grade
from voz.evaluate.run import Drafted, draft_once
from voz.evaluate.score import dimension_mean
from voz.pipeline import open_desk

RIGHT = {"text": "El envío estándar a la península cuesta 4,90 €.", "kind": "fact", "sources": ["p1"]}
WRONG = {"text": "El envío exprés a Canarias cuesta 87,35 €.", "kind": "fact", "sources": ["p1"]}
STRANGER = {"text": "Si usted necesita algo más, escríbanos.", "kind": "courtesy", "sources": []}


def _drafted(*sentences: dict[str, object], text: str | None = None) -> Drafted:
    said = json.dumps({"unanswered": [], "sentences": sentences}) if text is None else text
    with serve(Say(said)) as stub:
        own = settings().model_copy(update={"writer": "model", "model": "stand-in", "model_url": stub.url})
        desk = open_desk(own)
        made = draft_once(Message(text="¿Cuánto cuesta el envío a la península?"), desk, TODAY)
        desk.library.close()
        return made


def _grades(made: Drafted) -> dict[str, Grade]:
    return {one.dimension: one for one in grade(Outcome(suite="s", case="c", key="k", **made._asdict()))}


@pytest.mark.parametrize(
    ("sentences", "accuracy", "tone"), [((RIGHT,), 1.0, 1.0), ((RIGHT, WRONG), 0.0, 1.0), ((WRONG,), 0.0, 1.0)]
)
def test_a_figure_made_up_counts_in_accuracy_whether_it_was_cut_or_the_whole_replaced(
    sentences: tuple[dict[str, object], ...], accuracy: float, tone: float
) -> None:
    made = _drafted(*sentences)
    assert "87,35" not in made.draft["reply"]
    found = _grades(made)
    assert (found["accuracy"].score, found["tone"].score) == (accuracy, tone), made.blocked


@pytest.mark.parametrize(
    "first", [RIGHT, {**RIGHT, "text": "El envío estándar le cuesta a usted 4,90 €."}], ids=["cut", "replaced"]
)
def test_another_register_counts_in_tone(first: dict[str, object]) -> None:
    made = _drafted(first, STRANGER)
    assert "usted" not in made.draft["reply"]
    assert {dimension: one.score for dimension, one in _grades(made).items()} == {"accuracy": 1.0, "tone": 0.0}


def test_a_model_that_gives_nothing_usable_is_not_scored_and_fails_the_gate() -> None:
    before, after = _grades(_drafted(RIGHT)), _grades(_drafted(text="No sé qué decir."))
    assert {one.score for one in after.values()} == {None}
    rest = Grade(dimension="accuracy", grader="facts", score=1.0)

    def scored(found: dict[str, Grade]) -> tuple[Scored, ...]:
        grades = (rest, *found.values())
        means = {"accuracy": dimension_mean(grades, "accuracy")}
        given = {"suite": "s", "conversation": "c", "grades": grades, "dimensions": means, "total": 1.0}
        return tuple(Scored.model_validate({**given, "case": f"c{n}"}) for n in range(6))

    result = gate(scored(after), baseline_of(scored(before), {"writer": "model"}))
    assert not result.passed
    assert any("no draft that could be used" in reason for reason in result.reasons)


def test_of_the_extractive_writer_nothing_is_said() -> None:
    desk = open_desk(settings())
    made = draft_once(Message(text="¿Cuánto cuesta el envío?"), desk, TODAY)
    desk.library.close()
    assert _grades(made) == {}
