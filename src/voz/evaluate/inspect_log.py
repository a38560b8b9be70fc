"""A report as a log of Inspect (UK AISI), for its viewer and its tables. Written without Inspect.

One sample a case, one epoch a repeat; a score for each dimension, for honesty (1 or 0) and for the total. What could
not be judged has no score, as in Inspect's own counts of unscored samples; it is never 0.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from voz.evaluate.outcome import Interval
from voz.evaluate.report_types import MEASURES, CaseReport, Report

VERSION = 2
"""Of Inspect's log format."""
HONEST = "honest"


def file_name(report: Report) -> str:
    """A name by which Inspect's viewer finds the log among the files of a folder: it goes by time and task."""
    time = re.sub(r"\W", "-", str(report.run.get("started") or "")[:19])
    return f"{time or '1970-01-01T00-00-00'}_voz_{_short(str(report.run.get('id')))}.json"


def to_inspect(report: Report) -> str:
    """The log as JSON; the name of its file has to end in `.json`."""
    return json.dumps(_log(report), ensure_ascii=False, indent=1, allow_nan=False)


def _log(report: Report) -> dict[str, Any]:
    run = report.run
    started, finished = run.get("started") or "", run.get("finished")
    samples = [_sample(case, _model(report)) for case in report.cases]
    return {
        "version": VERSION,
        "status": "success" if finished else "cancelled",
        "eval": _spec(report),
        "plan": {"name": "voz", "steps": [{"solver": f"voz/{run.get('writer')}", "params": {}}]},
        "results": {
            "total_samples": len(samples),
            "completed_samples": sum("error" not in sample for sample in samples),
            "scores": list(_scores(report)),
        },
        "stats": {"started_at": started, "completed_at": finished or started},
        "samples": samples,
    }


def _spec(report: Report) -> dict[str, Any]:
    run = report.run
    ids = list(dict.fromkeys(_id(case) for case in report.cases))
    names = ", ".join(run.get("suites", {}))
    return {
        "eval_id": _short(str(run.get("id"))), "run_id": str(run.get("id")), "created": run.get("started") or "",
        "task": "voz", "task_id": _short(str(run.get("plan"))), "task_display_name": f"voz: {names}",
        "dataset": {"name": names, "samples": len(ids), "sample_ids": ids, "shuffled": False},
        "model": _model(report),
        "config": {"epochs": max((case.repeat + 1 for case in report.cases), default=1)},
        "packages": {"voz": str(run.get("voz"))},
        "scorers": [{"name": name} for name in (*MEASURES, HONEST)],
        "metadata": run,
    }  # fmt: skip


def _model(report: Report) -> str:
    return f"{report.run.get('writer')}/{report.run.get('model') or 'voz'}"


def _scores(report: Report) -> Iterator[dict[str, Any]]:
    """What the report says of all cases: means with their intervals, and how many samples stand behind them."""
    told: list[tuple[str, Interval | None]] = [*report.overall.means.items(), (HONEST, report.overall.honest)]
    for name, interval in told:
        if interval is not None:
            scored = sum(name in _values(case) for case in report.cases)
            yield {
                "name": name, "scorer": name, "reducer": "mean",
                "scored_samples": scored, "unscored_samples": len(report.cases) - scored,
                "metrics": dict(_metrics(interval)),
            }  # fmt: skip


def _metrics(interval: Interval) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in (("mean", interval.value), ("low_95", interval.low), ("high_95", interval.high)):
        yield name, {"name": name, "value": value, "params": {}}


def _sample(case: CaseReport, model: str) -> dict[str, Any]:
    turns = [_turn("assistant" if turn.from_company else "user", turn.text) for turn in case.message.thread]
    turns.append(_turn("user", case.message.text))
    replied = [_turn("assistant", case.reply)] if case.reply is not None else []
    choices = [{"message": {**turn, "source": "generate"}, "stop_reason": "stop"} for turn in replied]
    sample = {
        "id": _id(case), "epoch": case.repeat + 1, "input": turns, "target": list(case.wanted),
        "messages": [*turns, *replied],
        "output": {"model": model, "choices": choices},
        "scores": {name: _score(case, name, value) for name, value in _values(case).items()},
        "total_time": case.seconds, "working_time": case.seconds,
        "metadata": {
            "status": case.status, "tags": list(case.tags), **case.slices, "must_not_state": list(case.forbidden),
            "unanswered": list(case.unanswered), "notes": list(case.notes), "today": case.today,
            "findings": [found.contract() for found in case.findings],
            "sources": [source.model_dump(mode="json") for source in case.sources],
        },
    }  # fmt: skip
    if case.error is not None:
        sample["error"] = {"message": case.error, "traceback": case.error, "traceback_ansi": case.error}
    return sample


def _turn(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def _values(case: CaseReport) -> dict[str, float]:
    """The scores that the case has."""
    found = {str(name): value for name, value in case.dimensions.items()}
    if case.total is not None:
        found |= {"total": case.total, HONEST: float(bool(case.honest))}
    return found


def _score(case: CaseReport, name: str, value: float) -> dict[str, Any]:
    grades = [g for g in case.grades if g.dimension == name or (name == HONEST and g.gates)]
    said = [f"{g.grader} {'–' if g.score is None else format(g.score, 'g')}: {g.reason}" for g in grades]
    return {
        "value": value, "answer": case.reply, "explanation": "\n".join(said) or None,
        "metadata": {"grades": [grade.model_dump(mode="json") for grade in grades]},
    }  # fmt: skip


def _id(case: CaseReport) -> str:
    return f"{case.suite}/{case.case}"


def _short(text: str) -> str:
    """An id as Inspect's own look: letters and digits."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:22]
