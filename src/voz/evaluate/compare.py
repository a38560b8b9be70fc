"""Two runs of the same cases side by side: better, worse or tied, by how much, where, and which cases flipped.

Cases are paired by suite and id; the repeats of a case are averaged first, and conversations, not cases, are what is
drawn (`statistics`). Nothing here knows how a reply was written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from voz.evaluate.outcome import Interval, Scored
from voz.evaluate.statistics import (
    LEAST_CLUSTERS,
    LEVEL,
    bootstrap_difference,
    detectable_effect,
    holm,
    mcnemar,
    sign_flip,
)
from voz.evaluate.suite import DIMENSIONS, Dimension, Strict

Measure = Literal["accuracy", "tone", "empathy", "honest", "total"]
MEASURES: tuple[Measure, ...] = (*DIMENSIONS, "honest", "total")
Verdict = Literal["better", "worse", "tied"]
FLIP = 0.2
"""A score that moves by more is listed as a flip."""
_DECIMALS = 6  # kept of a score, so that a run and its stored baseline agree to the last digit
_MOST_WORDS = 6_000  # of a text, beyond which only its unchanged ends are told from the middle
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class CaseScores(Strict):
    """One case, its repeats averaged."""

    suite: str
    case: str
    repeats: int = Field(default=1, ge=1)
    conversation: str
    weight: float = Field(default=1.0, gt=0)
    slices: dict[str, str] = Field(default={})
    dimensions: dict[Dimension, float] = Field(default={})
    honest: float = Field(default=1.0, ge=0, le=1, description="share of the repeats")
    total: float | None = None
    graders: dict[Dimension, dict[str, tuple[float, float]]] = Field(
        default={}, description="mean score and number of scored grades of each grader, by repeat"
    )
    accusers: dict[str, float] = Field(
        default={}, description="graders that found a repeat dishonest, joined by «+» → share of the repeats"
    )
    reply: str = Field(default="", description="hash of the replies, where they are known")

    @property
    def name(self) -> str:
        return f"{self.suite}/{self.case}"

    def value(self, measure: Measure) -> float | None:
        if measure == "honest":
            return self.honest
        return self.total if measure == "total" else self.dimensions.get(measure)


class Difference(Strict):
    """One measure of two runs, over the cases that both have scored."""

    measure: Measure
    axis: str = Field(default="", description="kind, channel, language, region, suite …; empty: over all cases")
    group: str = ""
    cases: int
    conversations: int
    before: float
    after: float
    difference: Interval
    p: float = Field(
        description="of the paired sign-flip test; adjusted by Holm's method for a slice of six conversations or more"
    )
    fell: int = Field(description="cases; of «honest»: cases that were honest in every repeat and are not now")
    rose: int
    mcnemar: float | None = Field(default=None, description="exact p of fell against rose; of «honest» only")
    detectable: float = Field(description="least difference that this many cases notice in 80 of 100 repetitions")
    verdict: Verdict

    @property
    def where(self) -> str:
        return f"{self.measure} ({self.axis} {self.group})" if self.axis else self.measure


class Flip(Strict):
    """A case whose honesty changed or of which a score moved far."""

    suite: str
    case: str
    honesty: Literal["lost", "won"] | None = None
    moved: dict[Measure, tuple[float, float]] = Field(default={}, description="before and after")


class Comparison(Strict):
    """What `compare` found. Slices are ordered by axis and group, flips from worst to best."""

    cases: int
    conversations: int
    overall: tuple[Difference, ...] = ()
    slices: tuple[Difference, ...] = ()
    flips: tuple[Flip, ...] = ()
    only_before: tuple[str, ...] = Field(default=(), description="«suite/case» that only the first run has")
    only_after: tuple[str, ...] = ()

    def of(self, measure: Measure) -> Difference | None:
        return next((found for found in self.overall if found.measure == measure), None)


class Segment(Strict):
    """A piece of two texts laid over one another."""

    kind: Literal["same", "removed", "added"]
    text: str


def compare(a: Sequence[Scored], b: Sequence[Scored]) -> Comparison:
    """The second run against the first, case by case.

    A measure is «better» or «worse» only where the 95 % interval of its mean paired difference leaves out 0 and the
    sign-flip test agrees at 5 %: the interval alone is too sure where fewer than six conversations differ.

    Five measures are judged overall, each at 5 %, without adjustment: of two runs that do not differ but by noise,
    up to 5 in 100 are called better or worse on any one measure, and more on at least one of the five. Slices are
    many, so their p values are adjusted together by Holm's method, over all slices with six conversations or more;
    smaller ones can show nothing, and are always «tied». Tied means not told apart, not equal: see `detectable`.
    """
    return compare_cases(averaged(a), averaged(b))


def compare_cases(a: Sequence[CaseScores], b: Sequence[CaseScores]) -> Comparison:
    """As `compare`, of repeats already averaged. Slices, weights and conversations are those of the second run."""
    before, after = ({(case.suite, case.case): case for case in side} for side in (a, b))
    pairs = [(case, after[key]) for key, case in before.items() if key in after]
    flips = sorted(filter(None, (_flip(*pair) for pair in pairs)), key=_badness)
    return Comparison(
        cases=len(pairs),
        conversations=len({now.conversation for _, now in pairs}),
        overall=tuple(filter(None, (_difference(pairs, measure) for measure in MEASURES))),
        slices=_slices(pairs),
        flips=tuple(flips),
        only_before=tuple(case.name for key, case in before.items() if key not in after),
        only_after=tuple(case.name for key, case in after.items() if key not in before),
    )


def averaged(scored: Iterable[Scored]) -> list[CaseScores]:
    """One entry a case, in the order in which they first occur: means over the repeats in which there is a score."""
    repeats: dict[tuple[str, str], list[Scored]] = {}
    for one in scored:
        repeats.setdefault((one.suite, one.case), []).append(one)
    return [_averaged(group) for group in repeats.values()]


def in_words(found: Difference) -> str:
    """One line for a person: «accuracy is worse: 0.930 → 0.850 (−0.080, 95 % −0.120 to −0.040; 154 cases)»."""
    is_what = "is tied" if found.verdict == "tied" else f"is {found.verdict}"
    by = found.difference
    signed = [f"{figure:+.3f}".replace("-", "−") for figure in (by.value, by.low, by.high)]
    range_ = f"{signed[0]}, 95 % {signed[1]} to {signed[2]}; {found.cases} cases"
    noticed = f"; less than {found.detectable:.3f} may pass unnoticed" if found.verdict == "tied" else ""
    return f"{found.where} {is_what}: {found.before:.3f} → {found.after:.3f} ({range_}{noticed})"


def word_diff(before: str, after: str) -> tuple[Segment, ...]:
    """What stayed, went and came, word by word: «same» and «removed» give back the one text, «same» and «added» the
    other."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    start = next((i for i, (x, y) in enumerate(zip(old, new, strict=False)) if x != y), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    end = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    pieces: list[tuple[str, str]] = [("".join(old[:start]),) * 2]
    if max(len(inner_old), len(inner_new)) > _MOST_WORDS:
        pieces.append(("".join(inner_old), "".join(inner_new)))
    else:
        matcher = difflib.SequenceMatcher(str.isspace, inner_old, inner_new)  # a blank alone holds nothing together
        pieces += [("".join(inner_old[i:j]), "".join(inner_new[k:m])) for _, i, j, k, m in matcher.get_opcodes()]
    pieces.append(("".join(old[len(old) - end :]),) * 2)
    return tuple(_segments(pieces))


def _segments(pieces: list[tuple[str, str]]) -> Iterator[Segment]:
    for old, new in pieces:
        if old == new:
            if old:
                yield Segment(kind="same", text=old)
            continue
        if old:
            yield Segment(kind="removed", text=old)
        if new:
            yield Segment(kind="added", text=new)


def _averaged(group: list[Scored]) -> CaseScores:
    first = group[0]
    totals = [one.total for one in group if one.total is not None]
    dimensions = {d: _mean([one.dimensions[d] for one in group if d in one.dimensions]) for d in DIMENSIONS}
    grades: dict[Dimension, dict[str, list[float]]] = {}
    accusers: dict[str, float] = {}
    for one in group:
        for grade in one.grades:
            if grade.score is not None:
                grades.setdefault(grade.dimension, {}).setdefault(grade.grader, []).append(grade.score)
        if not one.honest:
            by = "+".join(sorted({grade.grader for grade in one.grades if grade.gates and grade.score == 0}))
            accusers[by] = accusers.get(by, 0.0) + 1 / len(group)
    return CaseScores(
        suite=first.suite, case=first.case, repeats=len(group), conversation=first.conversation, weight=first.weight,
        slices=first.slices, dimensions={d: mean for d, mean in dimensions.items() if mean is not None},
        honest=round(sum(one.honest for one in group) / len(group), _DECIMALS), total=_mean(totals),
        graders={
            d: {g: (_mean(s) or 0.0, round(len(s) / len(group), _DECIMALS)) for g, s in sorted(grades[d].items())}
            for d in DIMENSIONS if d in grades
        },
        accusers={by: round(share, _DECIMALS) for by, share in sorted(accusers.items())},
    )  # fmt: skip


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), _DECIMALS) if values else None


def _difference(
    pairs: list[tuple[CaseScores, CaseScores]], measure: Measure, axis: str = "", group: str = ""
) -> Difference | None:
    rows = [(x, y, now) for old, now in pairs if (x := old.value(measure)) is not None
            and (y := now.value(measure)) is not None]  # fmt: skip
    if not rows:
        return None
    before, after = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    clusters, weights = [now.conversation for _, _, now in rows], [now.weight for _, _, now in rows]
    moved = np.round(after - before, _DECIMALS - 1)  # what rounding alone could make is no difference
    if measure == "honest":
        fell, rose = int(np.sum((before == 1) & (after < 1))), int(np.sum((before < 1) & (after == 1)))
    else:
        fell, rose = int(np.sum(moved < 0)), int(np.sum(moved > 0))
    interval = bootstrap_difference(np.zeros(len(moved)), moved, clusters, weights)
    p = sign_flip(moved, clusters, weights)
    return Difference(
        measure=measure, axis=axis, group=group, cases=len(rows), conversations=len(set(clusters)),
        before=float(np.average(before, weights=weights)), after=float(np.average(after, weights=weights)),
        difference=interval, p=p, fell=fell, rose=rose, mcnemar=mcnemar(fell, rose) if measure == "honest" else None,
        detectable=detectable_effect(moved, clusters, weights), verdict=_verdict(interval, p),
    )  # fmt: skip


def _verdict(interval: Interval, p: float) -> Verdict:
    if p > 1 - LEVEL + 1e-12:
        return "tied"
    return "better" if interval.low > 0 else "worse" if interval.high < 0 else "tied"


def _slices(pairs: list[tuple[CaseScores, CaseScores]]) -> tuple[Difference, ...]:
    groups: dict[tuple[str, str], list[tuple[CaseScores, CaseScores]]] = {}
    for old, now in pairs:
        for axis, group in {"suite": now.suite, **now.slices}.items():
            groups.setdefault((axis, group), []).append((old, now))
    found = [
        one for (axis, group), members in sorted(groups.items()) for measure in MEASURES
        if (one := _difference(members, measure, axis, group))
    ]  # fmt: skip
    judged = [place for place, one in enumerate(found) if one.conversations >= LEAST_CLUSTERS]
    for place, p in zip(judged, holm([found[place].p for place in judged]), strict=True):
        one = found[place]
        found[place] = one.model_copy(update={"p": p, "verdict": _verdict(one.difference, p)})
    return tuple(found)


def _flip(old: CaseScores, now: CaseScores) -> Flip | None:
    moved: dict[Measure, tuple[float, float]] = {}
    for measure in MEASURES:
        before, after = old.value(measure), now.value(measure)
        if before is not None and after is not None and abs(after - before) > FLIP + 1e-9:
            moved[measure] = (before, after)
    honesty: Literal["lost", "won"] | None = None
    if (old.honest == 1) != (now.honest == 1):
        honesty = "lost" if old.honest == 1 else "won"
    return Flip(suite=old.suite, case=old.case, honesty=honesty, moved=moved) if moved or honesty else None


def _badness(flip: Flip) -> tuple[int, float, str, str]:
    rank = {"lost": 0, None: 1, "won": 2}[flip.honesty]
    return rank, sum(after - before for before, after in flip.moved.values()), flip.suite, flip.case
