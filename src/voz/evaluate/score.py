"""Every outcome graded and summed up: graders into dimensions, dimensions into a total, dishonesty into 0.

A dimension is the mean over its graders of the mean of each grader's grades, so that a reply with six checked
sentences weighs no more on support than one with two. What could not be judged is left out, never counted as 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from voz.brand import Brand
from voz.evaluate import accuracy, empathy, own_draft, politeness, repetition, tone
from voz.evaluate.outcome import Grade, Outcome, Scored
from voz.evaluate.reading import reading_language
from voz.evaluate.repetition import Key
from voz.evaluate.suite import DIMENSIONS, Dimension, EvalCase, Suite

READ_AHEAD = 500
"""Replies that the embedder reads at once."""


def score(
    suites: Sequence[Suite], outcomes: Iterable[Outcome], brand: Brand,
    judged: Mapping[Key, tuple[Grade, ...]] | None = None, *, may_not_gate: frozenset[str] = frozenset(),
) -> tuple[Scored, ...]:  # fmt: skip
    """Each outcome with its grades, in order. Outcomes of cases that no suite holds are left out.

    `judged` are grades of models, by (suite, case, repeat); `may_not_gate` names graders that labelled data found no
    better than a trivial rule: their 0 lowers a score but makes nothing dishonest.
    """
    by_suite = {suite.suite: suite for suite in suites}
    cases = {(suite.suite, case.id): case for suite in suites for case in suite.cases}
    known = [outcome for outcome in outcomes if (outcome.suite, outcome.case) in cases]
    alike = repetition.grade(cases, known, brand)
    scored = []
    for n, outcome in enumerate(known):
        if n % READ_AHEAD == 0:
            politeness.read_ahead([one.reply for one in known[n : n + READ_AHEAD] if one.reply and not one.error])
        case, key = cases[outcome.suite, outcome.case], (outcome.suite, outcome.case, outcome.repeat)
        more = (*alike.get(key, ()), *(judged or {}).get(key, ()))
        grades = tuple(_ungated(one, may_not_gate) for one in (*grades_of(case, outcome, brand), *more))
        scored.append(summed(by_suite[outcome.suite], case, outcome, grades))
    return tuple(scored)


def grades_of(case: EvalCase, outcome: Outcome, brand: Brand) -> tuple[Grade, ...]:
    """What the graders that need no model and no other reply make of one outcome."""
    by_reply = [one for grader in (accuracy, tone, empathy) for one in grader.grade(case, outcome, brand)]
    return (*by_reply, *own_draft.grade(outcome))


def summed(suite: Suite, case: EvalCase, outcome: Outcome, grades: tuple[Grade, ...]) -> Scored:
    """The outcome with its dimensions, its honesty and its total; without any grade there is no total."""
    dimensions = {d: mean for d in DIMENSIONS if (mean := dimension_mean(grades, d)) is not None}
    honest = not any(one.gates and one.score == 0 for one in grades)
    weights = {d: suite.weights.get(d, 0.0) for d in dimensions}
    total: float | None = None
    if not honest:
        total = 0.0
    elif sum(weights.values()) > 0:
        total = round(sum(weights[d] * dimensions[d] for d in dimensions) / sum(weights.values()), 6)
    return Scored(
        suite=outcome.suite, case=outcome.case, repeat=outcome.repeat, weight=case.weight,
        conversation=case.conversation or f"{outcome.suite}/{case.id}",
        slices=slices_of(case, outcome), grades=grades, dimensions=dimensions, honest=honest, total=total,
    )  # fmt: skip


def dimension_mean(grades: Iterable[Grade], dimension: Dimension) -> float | None:
    """Mean over the dimension's graders of the mean of their grades; None where nothing could be judged."""
    by_grader: dict[str, list[float]] = defaultdict(list)
    for one in grades:
        if one.dimension == dimension and one.score is not None:
            by_grader[one.grader].append(one.score)
    return round(fmean(fmean(scores) for scores in by_grader.values()), 6) if by_grader else None


def slices_of(case: EvalCase, outcome: Outcome) -> dict[str, str]:
    """By what a report cuts: labels of the case where it gives them, else those of its message and triage."""
    triage = outcome.draft.get("triage") or {}
    language = case.expect.language or triage.get("language") or reading_language("", case, triage)
    found = {
        "suite": outcome.suite,
        "kind": case.expect.kind or triage.get("kind"),
        "channel": case.message.channel,
        "language": language,
        "region": case.message.region or triage.get("country"),
        "tags": ",".join(case.tags),
    }
    return {name: str(value) for name, value in found.items() if value}


def _ungated(one: Grade, may_not_gate: frozenset[str]) -> Grade:
    return one.model_copy(update={"gates": False}) if one.gates and one.grader in may_not_gate else one
