"""The types of a report: figures with their intervals, graders with their cards, every case. Types only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from voz.case import Finding, Message
from voz.evaluate.cards import Card
from voz.evaluate.compare import Comparison
from voz.evaluate.outcome import Grade, Interval
from voz.evaluate.suite import DIMENSIONS, Dimension, Strict

Measure = Literal["accuracy", "tone", "empathy", "total"]
MEASURES: tuple[Measure, ...] = (*DIMENSIONS, "total")
Status = Literal["passed", "dishonest", "below", "error", "unscored"]
SLICES = ("kind", "channel", "language", "region")


class Repeats(Strict):
    """What drafting the same cases several times shows."""

    k: int
    all_pass: float = Field(description="chance that k repeats of a case all pass")
    flaky: float = Field(description="share of cases whose repeats disagree")


class Group(Strict):
    """The figures of some outcomes taken together."""

    name: str = Field(description="suite, or value of the slice; empty: everything")
    cases: int
    outcomes: int
    errors: int = Field(description="outcomes without a draft")
    means: dict[Measure, Interval] = Field(description="a measure that no outcome was scored on is left out")
    honest: Interval | None = Field(description="share of the scored cases that are honest in every repeat")
    repeats: Repeats | None = Field(default=None, description="none: each case was drafted once")


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
    card: Card | None = Field(description="its calibration against people's labels, the least favourable; none: never")


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
    """The same case in the run compared with."""

    reply: str | None
    honest: bool | None
    total: float | None
    dimensions: dict[Dimension, float]
    flip: Literal["better", "worse"] | None = Field(description="where to, if the comparison lists it as flipped")


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


class Gate(Strict):
    """Whether the run may replace what a team accepted; the figures are those of the comparison."""

    passed: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Report(Strict):
    """A run, scored."""

    run: dict[str, Any] = Field(description="the manifest: what was run, with what")
    overall: Group
    slices: dict[str, tuple[Group, ...]] = Field(description="kind, channel, language, region → one group per value")
    suites: tuple[SuiteGroup, ...]
    graders: tuple[GraderRow, ...]
    cases: tuple[CaseReport, ...]
    comparison: Comparison | None = None
    gate: Gate | None = None
