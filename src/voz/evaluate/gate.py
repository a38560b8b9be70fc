"""The gate: whether a run is worse than the accepted baseline, and why, in sentences.

The baseline (`evals/baseline.json`) is committed with the code: one line a case, no times in it, so that it changes
only where a score does.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import Field, ValidationError

from voz.errors import InputError, SuiteError
from voz.evaluate.compare import CaseScores, Comparison, averaged, compare_cases, in_words
from voz.evaluate.outcome import Grade, Outcome, Scored
from voz.evaluate.own_draft import GRADER as OWN_DRAFT
from voz.evaluate.suite import DIMENSIONS, Dimension, Strict, Suite
from voz.wire import load_json

FACTS = ("voz", "writer", "model", "index", "embedder", "brand", "source", "role", "suites")
"""Of a run's manifest, what the baseline keeps; nothing that changes from one run to the next of the same thing."""
LOST = 0.1
"""More than this share of a dimension's scores gone is a failure of the run, not noise."""
ACCEPT = "`voz eval gate --update`"
_SHOWN = 5


class Card(Protocol):
    """The calibration of a grader against human labels."""

    @property
    def may_gate(self) -> bool:
        """False where the grader does no better than its trivial baseline."""


class Baseline(Strict):
    """The scores that a team accepted."""

    version: Literal[1] = 1
    manifest: dict[str, Any] = Field(default={}, description="what was run, with what")
    cases: tuple[CaseScores, ...]

    @property
    def deterministic(self) -> bool:
        return self.manifest.get("writer") == "extractive"


class GateResult(Strict):
    """Passed, or why not. Notes fail nothing: what was left out, not compared or reworded."""

    passed: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    comparison: Comparison


def baseline_of(scored: Sequence[Scored], manifest: Mapping[str, Any], outcomes: Sequence[Outcome] = ()) -> Baseline:
    """The run as a baseline. With its outcomes, the hash of each reply is kept too."""
    replies = _replies(outcomes)
    cases = [
        case.model_copy(update={"reply": replies.get((case.suite, case.case), "")})
        for case in sorted(averaged(scored), key=lambda case: (case.suite, case.case))
    ]
    return Baseline(manifest={fact: manifest[fact] for fact in FACTS if fact in manifest}, cases=tuple(cases))


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Write it, whole or not at all. Raises SuiteError."""
    lines = ",\n".join("  " + _line(case.model_dump(mode="json", exclude_defaults=True)) for case in baseline.cases)
    text = f'{{\n "version": 1,\n "manifest": {_line(baseline.manifest)},\n "cases": [\n{lines}\n ]\n}}\n'
    fresh = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8", newline="\n")
        os.replace(fresh, path)
    except OSError as error:
        raise SuiteError(f"{path}: the baseline cannot be written: {error.strerror}.") from error


def load_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises SuiteError, with what to do."""
    mend = f"Restore the file from version control, or accept a run anew with {ACCEPT}."
    try:
        baseline = Baseline.model_validate(load_json(path.read_bytes()))
    except FileNotFoundError as error:
        raise SuiteError(f"{path}: there is no baseline yet. Accept a run as the baseline with {ACCEPT}.") from error
    except OSError as error:
        raise SuiteError(f"{path}: the baseline cannot be read: {error.strerror}.") from error
    except InputError as error:
        raise SuiteError(f"{path}: {error}. {mend}") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "baseline"
        raise SuiteError(f"{path}: field '{field}': {first['msg'].rstrip('.')}. {mend}") from error
    seen: set[str] = set()
    for place, case in enumerate(baseline.cases):
        if case.name in seen:
            raise SuiteError(f"{path}: field 'cases.{place}': {case.name} stands twice. {mend}")
        seen.add(case.name)
    return baseline


def gate(
    scored: Sequence[Scored], baseline: Baseline, suites: Sequence[Suite] = (), cards: Mapping[str, Card] | None = None,
    *, outcomes: Sequence[Outcome] = (), deterministic: bool | None = None,
) -> GateResult:  # fmt: skip
    """Fails where a measure is worse than the baseline beyond noise (overall, or in a slice: see `compare`), where a
    suite's mean is below its threshold, where scores went missing, and, of a deterministic writer, where any case that
    was honest no longer is. A change that leaves the grades as they were passes.

    Suites give thresholds and weights; graders whose card says that they may not gate are left out of both sides.
    Cases that only one side has are noted, not compared. `deterministic`: None takes it from the baseline's manifest.
    """
    shut = frozenset(name for name, card in (cards or {}).items() if not card.may_gate)
    weights = {suite.suite: suite.weights for suite in suites}
    whole = averaged(scored)
    now = [_without(case, shut, weights) for case in whole]
    here = {case.suite for case in now}
    before = [_without(case, shut, weights) for case in baseline.cases if case.suite in here]
    comparison = compare_cases(before, now)
    reasons = [*_worse(comparison), *_below(now, suites, _ungated(whole, now)), *_missing(before, now)]
    if not comparison.cases:
        reasons.insert(
            0, f"Nothing could be compared: the run and the baseline share no case. Accept it with {ACCEPT}."
        )
    if baseline.deterministic if deterministic is None else deterministic:
        reasons += _turned(comparison, scored, shut)
    notes = [*_notes(comparison, baseline, here, shut), *_reworded(baseline, outcomes)]
    return GateResult(passed=not reasons, reasons=tuple(reasons), notes=tuple(notes), comparison=comparison)


def _without(case: CaseScores, shut: frozenset[str], weights: Mapping[str, dict[Dimension, float]]) -> CaseScores:
    """The case as if those graders had said nothing."""
    touched = {name for graders in case.graders.values() for name in graders} | {
        name for by in case.accusers for name in by.split("+")
    }
    if not touched & shut:
        return case
    dimensions = dict(case.dimensions)
    for dimension, graders in case.graders.items():
        kept = [figures for name, figures in graders.items() if name not in shut]
        count = sum(times for _, times in kept)
        if count and len(kept) < len(graders):
            dimensions[dimension] = round(sum(mean * times for mean, times in kept) / count, 6)
        elif not count:
            dimensions.pop(dimension, None)
    excused = sum(share for by, share in case.accusers.items() if by and set(by.split("+")) <= shut)
    honest = 1.0 if case.honest + excused > 1 - 1e-4 else round(case.honest + excused, 6)  # thirds, rounded, add up
    share = weights.get(case.suite) or Suite.model_fields["weights"].default
    weight = sum(share.get(dimension, 0.0) for dimension in dimensions)
    total = sum(share.get(d, 0.0) * score for d, score in dimensions.items()) / weight * honest if weight else None
    return case.model_copy(
        update={"dimensions": dimensions, "honest": honest, "total": None if total is None else round(total, 6)}
    )


def _worse(comparison: Comparison) -> Iterator[str]:
    """Measures that are worse; the total only where none of its parts is, slices only where the whole is not."""
    whole = [found for found in comparison.overall if found.verdict == "worse"]
    if any(found.measure != "total" for found in whole):
        whole = [found for found in whole if found.measure != "total"]
    known = {found.measure for found in whole}
    parts = [found for found in comparison.slices if found.verdict == "worse" and found.measure not in known]
    if any(found.measure != "total" for found in [*whole, *parts]):
        parts = [found for found in parts if found.measure != "total"]
    for found in [*whole, *parts]:
        fallen = [(flip.moved[found.measure], flip) for flip in comparison.flips if found.measure in flip.moved]
        names = [f"{flip.suite}/{flip.case}" for (before, after), flip in fallen if after < before]
        yield in_words(found) + (f"; furthest down: {_some(names)}." if names and not found.axis else ".")


def _turned(comparison: Comparison, scored: Sequence[Scored], shut: frozenset[str]) -> Iterator[str]:
    for flip in comparison.flips:
        if flip.honesty != "lost":
            continue
        runs = [one for one in scored if (one.suite, one.case) == (flip.suite, flip.case) and not one.honest]
        said = dict.fromkeys(
            f"{grade.dimension}, {grade.grader}" + (f": {grade.reason.rstrip('.')}" if grade.reason else "")
            for one in runs for grade in one.grades if _accuses(grade) and grade.grader not in shut
        )  # fmt: skip
        why = f" ({'; '.join(said)})" if said else ""
        yield f"{flip.suite}/{flip.case} was honest in the baseline and is not now{why}."


def _accuses(grade: Grade) -> bool:
    return grade.gates and grade.score == 0


def _ungated(whole: list[CaseScores], now: list[CaseScores]) -> frozenset[tuple[str, str]]:
    """(suite, dimension) of which no grader may gate: a threshold there cannot be held."""
    had = {(case.suite, dimension) for case in whole for dimension in case.dimensions}
    return frozenset(had - {(case.suite, dimension) for case in now for dimension in case.dimensions})


def _below(
    now: list[CaseScores], suites: Sequence[Suite], ungated: frozenset[tuple[str, str]] = frozenset()
) -> Iterator[str]:
    for suite in suites:
        cases = [case for case in now if case.suite == suite.suite]
        for dimension, least in suite.thresholds.items() if cases else ():
            if (suite.suite, dimension) in ungated:
                continue
            scores = [(case.dimensions[dimension], case.weight) for case in cases if dimension in case.dimensions]
            if not scores:
                yield f"{suite.suite} asks for {dimension} of at least {least:g}, and no case of it has such a score."
                continue
            mean = sum(score * weight for score, weight in scores) / sum(weight for _, weight in scores)
            if mean < least - 1e-9:
                yield f"{suite.suite} asks for {dimension} of at least {least:g}, and its mean is {mean:.3f}."


def _missing(before: list[CaseScores], now: list[CaseScores]) -> Iterator[str]:
    """Scores that the baseline has and the run has not: a draft that failed, a judge that did not answer."""
    after = {case.name: case for case in now}
    pairs = [(case, after[case.name]) for case in before if case.name in after and case.dimensions]
    empty = [case.name for case, found in pairs if not found.dimensions]
    if empty:
        yield f"Of the cases that the baseline scored, {len(empty)} have no score now: {_some(empty)}."
    for dimension in DIMENSIONS:
        scored = [(case, found) for case, found in pairs if dimension in case.dimensions and found.dimensions]
        lost = [case.name for case, found in scored if dimension not in found.dimensions]
        if len(lost) > LOST * len(scored):
            yield f"{dimension} could not be judged in {len(lost)} of {len(scored)} cases: {_some(lost)}."
    wrote = [(case, found) for case, found in pairs if _own(case)]
    silent = [case.name for case, found in wrote if not _own(found)]
    if len(silent) > LOST * len(wrote):
        yield f"The model gave no draft that could be used in {len(silent)} of {len(wrote)} cases: {_some(silent)}."


def _own(case: CaseScores) -> bool:
    """Whether a model wrote something that could be used."""
    return OWN_DRAFT in case.graders.get("accuracy", {})


def _notes(comparison: Comparison, baseline: Baseline, here: set[str], shut: frozenset[str]) -> Iterator[str]:
    used = {name for case in baseline.cases for graders in case.graders.values() for name in graders}
    if shut & used:
        yield f"Left out, since their calibration does not let them gate: {', '.join(sorted(shut & used))}."
    if comparison.only_before:
        yield f"In the baseline only, not compared: {_some(comparison.only_before)}."
    if comparison.only_after:
        yield f"In this run only, not compared: {_some(comparison.only_after)}."
    absent = sorted({case.suite for case in baseline.cases} - here)
    if absent:
        yield f"Suites of the baseline that were not run: {', '.join(absent)}."


def _reworded(baseline: Baseline, outcomes: Sequence[Outcome]) -> Iterator[str]:
    replies = _replies(outcomes)
    kept = {(case.suite, case.case): case.reply for case in baseline.cases if case.reply}
    changed = [f"{suite}/{case}" for (suite, case), reply in kept.items() if replies.get((suite, case), reply) != reply]
    if changed:
        yield f"Replies that read differently from the baseline's: {len(changed)} ({_some(changed)})."


def _replies(outcomes: Sequence[Outcome]) -> dict[tuple[str, str], str]:
    """A short hash of all replies to each case, in the order of the repeats."""
    texts: dict[tuple[str, str], list[str]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.repeat):
        texts.setdefault((outcome.suite, outcome.case), []).append(outcome.reply or "")
    return {key: hashlib.sha256("\x1f".join(found).encode("utf-8", "replace")).hexdigest()[:16]
            for key, found in texts.items()}  # fmt: skip


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
