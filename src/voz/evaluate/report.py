"""What a run came to, as one frozen value: figures with their intervals, graders with their cards, every case.

`render` turns it into a page, JSON, JUnit XML and Markdown. A report holds nothing that was not given: no clock, no
path, no environment, so that the same run gives the same report.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field

from voz.case import Finding, Message
from voz.errors import SuiteError
from voz.evaluate.outcome import Grade, Interval, Outcome, Scored
from voz.evaluate.suite import DIMENSIONS, Dimension, EvalCase, Strict, Suite

Measure = Literal["accuracy", "tone", "empathy", "total"]
MEASURES: tuple[Measure, ...] = (*DIMENSIONS, "total")
Status = Literal["passed", "dishonest", "below", "error", "unscored"]
SLICES = ("kind", "channel", "language", "region")
MOST_WORDS = 3_000
"""Above this, two replies are told apart whole: comparing word by word takes quadratic time."""
# One character for one, so that spans stay where they are: what no XML, JSON encoder or page can carry.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_WORDS = re.compile(r"\s+|[\w@#€$%]+|[^\w\s@#€$%]")
M = TypeVar("M", bound=BaseModel)


class Group(Strict):
    """The figures of some outcomes taken together."""

    name: str = Field(description="suite, or value of the slice; empty: everything")
    cases: int
    outcomes: int
    errors: int = Field(description="outcomes without a draft")
    means: dict[Measure, Interval] = Field(description="a measure that no outcome was scored on is left out")
    honest: Interval | None = Field(description="share of the scored cases that are honest in every repeat")


class SuiteGroup(Strict):
    """One suite: its figures, and what was asked of them."""

    description: str
    group: Group
    thresholds: dict[Dimension, float]
    below: tuple[Dimension, ...] = Field(description="dimensions whose mean is below the suite's threshold")
    slices: dict[str, tuple[Group, ...]]


class GraderRow(Strict):
    """One grader's figures, and how far it is to be trusted."""

    grader: str
    dimension: Dimension
    judge: str
    gates: bool
    mean: Interval | None
    scored: int
    unscored: int = Field(description="verdicts that could not be had; they count nowhere")
    failed: int = Field(description="outcomes given 0")
    card: dict[str, Any] | None = Field(description="its calibration against human labels; none: never calibrated")


class Source(Strict):
    """A clause that the reply cites."""

    number: int
    id: str
    source: str
    heading: str
    text: str
    valid_from: str | None = None
    valid_until: str | None = None
    in_force: bool | None = Field(default=None, description="on the day of the draft; none: the day is not known")
    audience: str = "public"
    regions: tuple[str, ...] = ()


class Citation(Strict):
    """Where in the reply which sources are cited."""

    end: int
    numbers: tuple[int, ...]


class Before(Strict):
    """The same case in the run compared with, and the way from its reply to this one."""

    reply: str | None
    honest: bool | None
    total: float | None
    dimensions: dict[Dimension, float]
    words: tuple[tuple[Literal["same", "removed", "added"], str], ...]
    flipped: bool = Field(description="passed then and not now, or the other way round")


class CaseReport(Strict):
    """One case drafted once, with all that explains its score."""

    suite: str
    case: str
    repeat: int
    status: Status
    below: tuple[Dimension, ...] = Field(description="dimensions below the suite's threshold")
    message: Message
    tags: tuple[str, ...]
    slices: dict[str, str]
    rubric: str | None = None
    wanted: tuple[str, ...] = Field(default=(), description="facts that must be stated")
    forbidden: tuple[str, ...] = Field(default=(), description="facts that must not")
    today: str | None = None
    writer: str | None = None
    reply: str | None = None
    error: str | None = None
    findings: tuple[Finding, ...] = ()
    citations: tuple[Citation, ...] = ()
    sources: tuple[Source, ...] = ()
    unanswered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    triage: dict[str, Any] = Field(default_factory=dict)
    grades: tuple[Grade, ...] = ()
    dimensions: dict[Dimension, float] = Field(default_factory=dict)
    honest: bool | None = None
    total: float | None = None
    weight: float = 1.0
    seconds: float = 0.0
    before: Before | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        return self.suite, self.case, self.repeat


class Report(Strict):
    """A run, scored."""

    run: dict[str, Any] = Field(description="the manifest: what was run, with what")
    overall: Group
    slices: dict[str, tuple[Group, ...]] = Field(description="kind, channel, language, region → one group per value")
    suites: tuple[SuiteGroup, ...]
    graders: tuple[GraderRow, ...]
    cases: tuple[CaseReport, ...]
    comparison: Comparison | None = None
    gate: GateResult | None = None


def build_report(
    manifest: Mapping[str, Any],
    suites: Sequence[Suite],
    outcomes: Sequence[Outcome],
    scored: Sequence[Scored],
    cards: Mapping[str, BaseModel | Mapping[str, Any]] | None = None,
    *,
    comparison: Comparison | None = None,
    gate: GateResult | None = None,
    before: Sequence[Outcome] = (),
    before_scored: Sequence[Scored] = (),
) -> Report:
    """The report of a run; `before` are the outcomes of the run it is compared with, whose replies stand beside.

    `cards` go by the grader's name. Raises SuiteError for an outcome of a case that no suite holds.
    """
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
            was = _before(suite, one, old[_key(outcome)], old_marks.get(_key(outcome)))
            one = one.model_copy(update={"before": was})
        cases.append(one)
    kept = [marks[case.key] for case in cases if case.key in marks]
    return Report(
        run=_clean(dict(manifest)),
        overall=_group("", cases, kept),
        slices=_slices(cases, kept),
        suites=tuple(_suite(suite, cases, kept) for suite in suites),
        graders=_graders(kept, cards or {}),
        cases=tuple(cases),
        comparison=comparison and _printable(comparison),
        gate=gate and _printable(gate),
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


def _before(suite: Suite, now: CaseReport, outcome: Outcome, scored: Scored | None) -> Before:
    then = _status(outcome, scored, _below(suite, scored))
    return Before(
        reply=outcome.reply,
        honest=scored.honest if scored else None,
        total=scored.total if scored else None,
        dimensions=scored.dimensions if scored else {},
        words=word_diff(outcome.reply or "", now.reply or ""),
        flipped="unscored" not in (then, now.status) and (then == "passed") != (now.status == "passed"),
    )


def word_diff(old: str, new: str) -> tuple[tuple[Literal["same", "removed", "added"], str], ...]:
    """The way from one text to the other, by words; all that is not `added` gives the old one back."""
    left, right = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(left), len(right)) > MOST_WORDS:
        return (("same", old),) if old == new else (("removed", old), ("added", new))
    parts: list[tuple[Literal["same", "removed", "added"], str]] = []
    for op, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if op == "equal":
            parts.append(("same", "".join(left[a:b])))
            continue
        parts += [("removed", "".join(left[a:b]))] * (a < b) + [("added", "".join(right[c:d]))] * (c < d)
    return tuple(parts)
