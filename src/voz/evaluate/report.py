"""What a run came to, as one frozen value: figures with their intervals, graders with their cards, every case.

`render` turns it into a page, JSON, JUnit XML and Markdown. A report holds nothing that was not given: no clock, no
path, no environment, so that the same run gives the same report.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from voz.case import Finding
from voz.errors import SuiteError
from voz.evaluate.cards import Card, by_grader
from voz.evaluate.compare import Comparison, Flip
from voz.evaluate.gate import GateResult
from voz.evaluate.outcome import Grade, Outcome, Scored
from voz.evaluate.report_types import (
    MEASURES,
    SLICES,
    Before,
    CaseReport,
    Citation,
    Gate,
    GraderRow,
    Group,
    Measure,
    Repeats,
    Report,
    Source,
    Status,
    SuiteGroup,
)
from voz.evaluate.statistics import bootstrap_mean, flakiness, pass_hat_k, wilson
from voz.evaluate.suite import DIMENSIONS, Dimension, EvalCase, Suite

# One character for one, so that spans stay where they are: what no XML, JSON encoder or page can carry.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
M = TypeVar("M", bound=BaseModel)


def build_report(
    manifest: Mapping[str, Any],
    suites: Sequence[Suite],
    outcomes: Sequence[Outcome],
    scored: Sequence[Scored],
    cards: Sequence[Card] = (),
    *,
    comparison: Comparison | None = None,
    gate: GateResult | None = None,
    before: Sequence[Outcome] = (),
    before_scored: Sequence[Scored] = (),
) -> Report:
    """The report of a run; `before` are the outcomes of the run it is compared with, whose replies stand beside.

    Without a comparison the gate's is shown. Raises SuiteError for an outcome of a case that no suite holds.
    """
    comparison = comparison or (gate.comparison if gate else None)
    flips = {(flip.suite, flip.case): _way(flip) for flip in comparison.flips} if comparison else {}
    suites = [_printable(suite) for suite in suites]
    asked = {(suite.suite, case.id): (suite, case) for suite in suites for case in suite.cases}
    outcomes = [_printable(outcome) for outcome in outcomes]
    marks = {_key(one): _printable(one) for one in scored}
    old = {_key(one): _printable(one) for one in before}
    old_marks = {_key(one): one for one in before_scored}
    cases = []
    for outcome in outcomes:
        if (outcome.suite, outcome.case) not in asked:
            raise SuiteError(f"The run holds a case '{outcome.case}' of '{outcome.suite}' that the suites do not.")
        suite, case = asked[outcome.suite, outcome.case]
        one = _case(suite, case, outcome, marks.get(_key(outcome)))
        if _key(outcome) in old:
            was = _before(old[_key(outcome)], old_marks.get(_key(outcome)), flips.get(one.key[:2]))
            one = one.model_copy(update={"before": was})
        cases.append(one)
    kept = [marks[case.key] for case in cases if case.key in marks]
    return Report(
        run=_clean(dict(manifest)),
        overall=_group("", cases, kept),
        slices=_slices(cases, kept),
        suites=tuple(_suite(suite, cases, kept) for suite in suites),
        graders=_graders(kept, by_grader([_printable(card) for card in cards])),
        cases=tuple(cases),
        comparison=comparison and _printable(comparison),
        gate=Gate(**_clean({"passed": gate.passed, "reasons": gate.reasons, "notes": gate.notes})) if gate else None,
    )


def report_schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    return Report.model_json_schema()


def _case(suite: Suite, case: EvalCase, outcome: Outcome, scored: Scored | None) -> CaseReport:
    draft, examined = outcome.draft, outcome.examined
    day = draft.get("provenance", {}).get("today")
    sources, citations = _sources(draft, day) if draft else ((), ())
    below = _below(suite, scored)
    return CaseReport(
        suite=suite.suite, case=case.id, repeat=outcome.repeat, status=_status(outcome, scored, below), below=below,
        message=case.message, tags=case.tags, rubric=case.expect.rubric,
        slices=_own_slices(case, draft) | (scored.slices if scored else {}),
        wanted=tuple(fact.fact for fact in case.expect.state),
        forbidden=tuple(fact.fact for fact in case.expect.never),
        today=day, writer=draft.get("writer"), reply=outcome.reply, error=outcome.error,
        findings=_findings(draft, examined), citations=citations, sources=sources,
        unanswered=tuple(str(item.get("ask", "")) for item in draft.get("unanswered", ())),
        notes=tuple(draft.get("notes", ())), triage=draft.get("triage", {}),
        grades=scored.grades if scored else (), dimensions=scored.dimensions if scored else {},
        honest=scored.honest if scored else None, total=scored.total if scored else None,
        weight=case.weight, seconds=outcome.seconds,
    )  # fmt: skip


def _own_slices(case: EvalCase, draft: dict[str, Any]) -> dict[str, str]:
    """What the case says of itself, for a run that was not scored."""
    message, seen = case.message, draft.get("triage", {})
    known = {
        "kind": case.expect.kind or seen.get("kind"),
        "channel": message.channel,
        "language": case.expect.language or message.language or seen.get("language"),
        "region": message.region,
    }
    return {name: str(value) for name, value in known.items() if value}


def _below(suite: Suite, scored: Scored | None) -> tuple[Dimension, ...]:
    found = scored.dimensions if scored else {}
    return tuple(d for d in DIMENSIONS if d in found and found[d] < suite.thresholds.get(d, 0.0))


def _status(outcome: Outcome, scored: Scored | None, below: tuple[Dimension, ...]) -> Status:
    if outcome.error is not None:
        return "error"
    if scored is None or not scored.dimensions:
        return "unscored" if scored is None or scored.honest else "dishonest"
    return "dishonest" if not scored.honest else "below" if below else "passed"


def _sources(draft: dict[str, Any], day: str | None) -> tuple[tuple[Source, ...], tuple[Citation, ...]]:
    """The cited passages in the order in which the reply cites them, and where it does."""
    passages = {str(passage["id"]): passage for passage in draft.get("passages", ())}
    cited = [name for sentence in draft.get("sentences", ()) for name in sentence["citations"] if name in passages]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(cited), 1)}
    sources = tuple(
        Source.model_validate(
            {field: passages[name][field] for field in Source.model_fields if field in passages[name]}
            | {"number": number, "in_force": _in_force(passages[name], day)}
        )
        for name, number in numbers.items()
    )
    found = (
        (sentence["end"], tuple(numbers[name] for name in sentence["citations"] if name in numbers))
        for sentence in draft.get("sentences", ())
    )
    return sources, tuple(Citation(end=end, numbers=given) for end, given in found if given)


def _in_force(passage: dict[str, Any], day: str | None) -> bool | None:
    start, end = passage.get("valid_from"), passage.get("valid_until")
    return (not start or start <= day) and (not end or day <= end) if day else None


def _findings(draft: dict[str, Any], examined: dict[str, Any]) -> tuple[Finding, ...]:
    """Of the writer's own checks and of those that know nothing of the writer, each once."""
    every = [Finding.model_validate(raw) for part in (draft, examined) for raw in part.get("findings", ())]
    once = {(one.check, one.start, one.end): one for one in sorted(every, key=lambda one: one.severity == "block")}
    return tuple(sorted(once.values(), key=lambda one: (one.start, one.end, one.check)))


def _before(outcome: Outcome, scored: Scored | None, flip: Literal["better", "worse"] | None) -> Before:
    return Before(
        reply=outcome.reply, honest=scored.honest if scored else None, total=scored.total if scored else None,
        dimensions=scored.dimensions if scored else {}, flip=flip,
    )  # fmt: skip


def _way(flip: Flip) -> Literal["better", "worse"]:
    """Honesty decides; else what the scores come to."""
    if flip.honesty:
        return "better" if flip.honesty == "won" else "worse"
    moved = [flip.moved["total"]] if "total" in flip.moved else list(flip.moved.values())
    return "better" if sum(after - before for before, after in moved) > 0 else "worse"


def _group(name: str, cases: Sequence[CaseReport], scored: Sequence[Scored]) -> Group:
    means = {}
    for measure in MEASURES:
        kept = [(one, value) for one in scored if (value := _value(one, measure)) is not None]
        if kept:
            clusters = [one.conversation for one, _ in kept]
            means[measure] = bootstrap_mean([value for _, value in kept], clusters, [one.weight for one, _ in kept])
    honest: dict[tuple[str, str], bool] = {}
    for one in scored:
        if one.total is not None:
            honest[one.suite, one.case] = honest.get((one.suite, one.case), True) and one.honest
    return Group(
        name=name,
        cases=len({(case.suite, case.case) for case in cases}),
        outcomes=len(cases),
        errors=sum(case.status == "error" for case in cases),
        means=means,
        honest=wilson(sum(honest.values()), len(honest)) if honest else None,
        repeats=_repeats(cases),
    )


def _value(scored: Scored, measure: Measure) -> float | None:
    return scored.total if measure == "total" else scored.dimensions.get(measure)


def _repeats(cases: Sequence[CaseReport]) -> Repeats | None:
    passes: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for case in cases:
        if case.status not in ("error", "unscored"):
            passes[case.suite, case.case].append(case.status == "passed")
    k = min(map(len, passes.values()), default=0)
    if k < 2:
        return None
    found = list(passes.values())
    return Repeats(k=k, all_pass=pass_hat_k(found, k), flaky=flakiness(found))


def _suite(suite: Suite, cases: Sequence[CaseReport], scored: Sequence[Scored]) -> SuiteGroup:
    own, marks = [c for c in cases if c.suite == suite.suite], [s for s in scored if s.suite == suite.suite]
    group = _group(suite.suite, own, marks)
    below = [d for d in DIMENSIONS if d in group.means and group.means[d].value < suite.thresholds.get(d, 0.0)]
    return SuiteGroup(
        description=suite.description, group=group, thresholds=suite.thresholds, below=tuple(below),
        slices=_slices(own, marks),
    )  # fmt: skip


def _slices(cases: Sequence[CaseReport], scored: Sequence[Scored]) -> dict[str, tuple[Group, ...]]:
    """A slice with a single value says nothing that the whole does not, and is left out."""
    marks = {_key(one): one for one in scored}
    found = {}
    for name in (*SLICES, *sorted({name for case in cases for name in case.slices} - set(SLICES))):
        by_value: dict[str, list[CaseReport]] = defaultdict(list)
        for case in cases:
            by_value[case.slices.get(name, "")].append(case)
        if len(by_value) > 1:
            ordered = sorted(by_value.items(), key=lambda item: (item[0] == "", -len(item[1]), item[0]))
            found[name] = tuple(
                _group(value, own, [marks[case.key] for case in own if case.key in marks]) for value, own in ordered
            )
    return found


def _graders(scored: Sequence[Scored], cards: Mapping[str, Card]) -> tuple[GraderRow, ...]:
    given: dict[tuple[Dimension, str, str], list[tuple[Scored, Grade]]] = defaultdict(list)
    for one in scored:
        for grade in one.grades:
            given[grade.dimension, grade.grader, grade.judge].append((one, grade))
    rows = []
    for (dimension, grader, judge), found in sorted(given.items(), key=lambda item: _grader_order(item[0])):
        had = [(one, grade.score) for one, grade in found if grade.score is not None]
        clusters = [one.conversation for one, _ in had]
        rows.append(
            GraderRow(
                grader=grader, dimension=dimension, judge=judge, gates=any(grade.gates for _, grade in found),
                mean=bootstrap_mean([s for _, s in had], clusters, [one.weight for one, _ in had]) if had else None,
                scored=len(had), unscored=len(found) - len(had), failed=sum(score == 0 for _, score in had),
                card=cards.get(grader),
            )
        )  # fmt: skip
    return tuple(rows)


def _grader_order(key: tuple[Dimension, str, str]) -> tuple[int, str, str]:
    return DIMENSIONS.index(key[0]), key[1], key[2]


def _key(one: Outcome | Scored) -> tuple[str, str, int]:
    return one.suite, one.case, one.repeat


def _printable(model: M) -> M:
    return type(model).model_validate(_clean(model.model_dump()))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, (list, tuple)) else value
