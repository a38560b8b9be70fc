"""Evaluation runs as they lie on the disk, read for the page: their scores over time, and two of them compared."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from voz.errors import SuiteError
from voz.evaluate.compare import MEASURES, Comparison, Measure, averaged, compare
from voz.evaluate.outcome import Outcome, Scored
from voz.evaluate.run import load_run, runs_in
from voz.evaluate.suite import EvalCase, Suite

Key = tuple[str, str, int]
Stamps = tuple[tuple[int, int], ...]
SHOWN = 60
"""So many runs are listed, the latest."""


_kept: dict[tuple[str, Stamps, str, Stamps], Comparison] = {}


@dataclass(frozen=True)
class Summary:
    """One run, as it stands in the list."""

    id: str
    started: dt.datetime | None
    finished: bool
    suites: tuple[str, ...]
    writer: str
    cases: int
    means: dict[Measure, float]
    """Empty: it was not scored."""


@dataclass(frozen=True)
class Whole:
    """One run with its outcomes, its scores where it has any, and what was asked."""

    id: str
    outcomes: dict[Key, Outcome]
    scored: dict[Key, Scored]
    cases: dict[tuple[str, str], EvalCase]
    suites: dict[str, Suite]
    stamps: Stamps
    """When its files were written, and how long they are: another one once it is scored again."""

    def status(self, key: Key) -> str:
        """As reports name it: passed, dishonest, below, error or unscored."""
        outcome, marks = self.outcomes[key], self.scored.get(key)
        if outcome.error is not None:
            return "error"
        if marks is None or not (marks.dimensions or not marks.honest):
            return "unscored"
        suite = self.suites.get(outcome.suite)
        floor = suite.thresholds if suite else {}
        below = any(value < floor.get(name, 0.0) for name, value in marks.dimensions.items())
        return "dishonest" if not marks.honest else "below" if below else "passed"


def summaries(home: Path) -> list[Summary]:
    """The latest runs, the newest first; folders that cannot be read are left out."""
    found = []
    for folder in reversed(runs_in(home)[-SHOWN:]):
        stamps = tuple(_stamp(folder / name) for name in ("run.json", "scored.jsonl"))
        if (one := _summary(folder, stamps)) is not None:
            found.append(one)
    return found


def whole(home: Path, run_id: str) -> Whole:
    """Raises SuiteError for a run that is not there or cannot be read."""
    folder = home / "runs" / run_id
    if folder not in runs_in(home):
        raise SuiteError(f"{home} holds no run '{run_id[:80]}'.")
    return _whole(folder, tuple(_stamp(folder / name) for name in ("run.json", "outcomes.jsonl", "scored.jsonl")))


def compared(old: Whole, new: Whole) -> Comparison:
    """The second against the first. Raises SuiteError where one was not scored."""
    for one in (old, new):
        if not one.scored:
            raise SuiteError(f"{one.id} is not scored yet: voz eval score {one.id}.")
    key = (old.id, old.stamps, new.id, new.stamps)
    if key not in _kept:
        if len(_kept) > 20:
            _kept.clear()
        _kept[key] = compare(tuple(old.scored.values()), tuple(new.scored.values()))
    return _kept[key]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4 * SHOWN)
def _summary(folder: Path, stamps: Stamps) -> Summary | None:
    try:
        manifest = json.loads((folder / "run.json").read_text("utf-8"))
        scored = _scored(folder)
        suites = manifest.get("suites") or {}
        return Summary(
            id=folder.name,
            started=_moment(manifest.get("started")),
            finished=bool(manifest.get("finished")),
            suites=tuple(suites),
            writer=str(manifest.get("model") or manifest.get("writer") or ""),
            cases=sum(int(number) for number in suites.values()),
            means=means(scored),
        )
    except (OSError, ValueError, AttributeError, TypeError):
        return None


@lru_cache(maxsize=6)
def _whole(folder: Path, stamps: Stamps) -> Whole:
    run = load_run(folder)
    try:
        raw = json.loads((folder / "suites.json").read_text("utf-8"))
        suites = [Suite.model_validate(value) for value in raw.values()]
        scored = _scored(folder)
    except (OSError, ValueError, ValidationError) as error:
        raise SuiteError(f"{folder} cannot be read: {error}") from error
    return Whole(
        id=folder.name,
        outcomes={(one.suite, one.case, one.repeat): one for one in run.outcomes},
        scored={(one.suite, one.case, one.repeat): one for one in scored},
        cases={(suite.suite, case.id): case for suite in suites for case in suite.cases},
        suites={suite.suite: suite for suite in suites},
        stamps=stamps,
    )


def _scored(folder: Path) -> tuple[Scored, ...]:
    path = folder / "scored.jsonl"
    if not path.is_file():
        return ()
    return tuple(Scored.model_validate_json(line) for line in path.read_text("utf-8").splitlines() if line)


def means(scored: Sequence[Scored]) -> dict[Measure, float]:
    """The weighted mean of each measure over the cases, their repeats averaged first."""
    cases, found = averaged(scored), {}
    for measure in MEASURES:
        had = [(value, one.weight) for one in cases if (value := one.value(measure)) is not None]
        if had:
            found[measure] = sum(value * weight for value, weight in had) / sum(weight for _, weight in had)
    return found


def _moment(text: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
