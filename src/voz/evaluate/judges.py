"""Graders that are models: narrow questions, a verdict with its reason and a quotation, several judges.

A judge sees message, reply and passages, never the run, the writer or the other judges. A judgement that fails, or that
quotes what is not in the reply, is unscored: never a zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from voz.errors import ModelError
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.suite import Behaviour, Dimension, EvalCase
from voz.llm import Client, ask
from voz.packaged import packaged
from voz.text import fold

VALUES = {"yes": 1.0, "partly": 0.5, "no": 0.0}
MAX_FACTS = 6_000


class Judged(BaseModel):
    question: str
    verdict: Literal["yes", "partly", "no", "not_applicable"]
    quote: str
    reason: str


class Judgement(BaseModel):
    answers: list[Judged] = Field(max_length=20)


class Preference(BaseModel):
    better: Literal["first", "second", "tied"]
    reason: str


@dataclass(frozen=True)
class Question:
    dimension: Dimension
    grader: str
    text: str


def questions(case: EvalCase, behaviours: Iterable[Behaviour]) -> tuple[Question, ...]:
    """What is asked about a reply to this case: its behaviours, whether it sounds human, its rubric."""
    known = packaged("evaluate/questions")
    asked = [Question("empathy", name, known["empathy"][name]) for name in behaviours]
    more: tuple[Dimension, ...] = ("tone", "accuracy")
    for dimension in more:
        asked += [Question(dimension, name, text) for name, text in known[dimension].items()]
    if case.expect.rubric:
        asked.append(Question("tone", "rubric", case.expect.rubric))
    return tuple(asked)


def judge(case: EvalCase, outcome: Outcome, asked: Sequence[Question], client: Client) -> tuple[Grade, ...]:
    """One grade per question by one judge; all of them unscored where it gave no usable answer."""
    reply = outcome.reply
    if reply is None or not asked:
        return ()
    passages = outcome.draft.get("passages") or ()
    facts = "\n".join(f"{p['heading']}: {p['text']}" for p in passages if p.get("audience") != "internal")[:MAX_FACTS]
    values = {"message": case.message.text, "reply": reply, "facts": facts, "questions": [q.text for q in asked]}
    try:
        answer = ask("judge", Judgement, client, **values)
    except ModelError as error:
        return tuple(_grade(q, client.model, None, f"sin juicio: {error}") for q in asked)
    given = {item.question: item for item in answer.value.answers}
    return tuple(_graded(q, given.get(f"q{n}"), reply, client.model) for n, q in enumerate(asked, 1))


def _graded(question: Question, item: Judged | None, reply: str, model: str) -> Grade:
    if item is None:
        return _grade(question, model, None, "sin juicio: la pregunta quedó sin contestar")
    if item.verdict == "not_applicable":
        return _grade(question, model, None, f"no viene al caso: {item.reason}")
    at = fold(reply).find(fold(item.quote)) if item.quote.strip() else -1
    if item.quote.strip() and at < 0:
        return _grade(question, model, None, "sin juicio: cita lo que no está en la respuesta")
    if item.verdict == "yes" and at < 0 and not question.grader.startswith("no_"):
        return _grade(question, model, None, "sin juicio: no cita en qué se basa")
    exact = at >= 0 and len(fold(reply)) == len(reply)
    span = (at, at + len(item.quote)) if exact else None
    return _grade(question, model, VALUES[item.verdict], item.reason, span)


def _grade(
    question: Question, model: str, score: float | None, reason: str, span: tuple[int, int] | None = None
) -> Grade:
    return Grade(
        dimension=question.dimension, grader=question.grader, score=score, reason=reason, span=span, judge=model
    )


def panel(case: EvalCase, outcome: Outcome, asked: Sequence[Question], judges: Sequence[Client]) -> tuple[Grade, ...]:
    """Every judge's grades, one after the other."""
    return tuple(grade for client in judges for grade in judge(case, outcome, asked, client))


def agreement(grades: Mapping[str, Sequence[Grade]]) -> dict[str, float | None]:
    """Krippendorff's α (ordinal) per grader over the judges, from the grades of each outcome; None below two judges."""
    from voz.evaluate.statistics import krippendorff_alpha

    names = sorted({g.judge for found in grades.values() for g in found if g.judge != "rules"})
    graders = sorted({g.grader for found in grades.values() for g in found if g.judge != "rules"})
    if len(names) < 2:
        return dict.fromkeys(graders)
    result: dict[str, float | None] = {}
    for grader in graders:
        table = [[_score(found, grader, name) for found in grades.values()] for name in names]
        result[grader] = krippendorff_alpha(table, "ordinal")
    return result


def _score(grades: Sequence[Grade], grader: str, name: str) -> float | None:
    return next((g.score for g in grades if g.grader == grader and g.judge == name), None)


@dataclass(frozen=True)
class Bias:
    """How a judge is swayed by what should not count. Shares of the pairs that could be judged both ways."""

    pairs: int
    consistent: float
    """The same reply is preferred whichever comes first."""
    first: float
    """Preferences for the first, of those that are not ties: 0.5 is none."""
    longer: float
    """Consistent preferences for the longer reply: 0.5 is none."""


def bias(pairs: Sequence[tuple[str, str, str]], question: str, client: Client) -> Bias:
    """Ask about each (message, one reply, other reply) in both orders. Unusable answers leave their pair out."""
    same = firsts = decided = longer = agreed = judged = 0
    for message, one, other in pairs:
        ways = [_preferred(message, a, b, question, client) for a, b in ((one, other), (other, one))]
        if None in ways:
            continue
        judged += 1
        firsts += sum(way == "first" for way in ways)
        decided += sum(way != "tied" for way in ways)
        if tuple(ways) in (("first", "second"), ("second", "first"), ("tied", "tied")):
            same += 1
            if ways[0] != "tied":
                agreed += 1
                longer += (len(one) > len(other)) == (ways[0] == "first")
    return Bias(judged, _share(same, judged), _share(firsts, decided), _share(longer, agreed))


def _preferred(message: str, first: str, second: str, question: str, client: Client) -> str | None:
    try:
        return ask(
            "prefer", Preference, client, message=message, first=first, second=second, question=question
        ).value.better
    except ModelError:
        return None


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
