"""A run as a log of Inspect: read by Inspect's own reader where it is installed, else its shape alone is tested.

It is not a dependency of voz. To run all of this file: install `inspect_ai` beside voz, or into another environment of
the same Python whose packages stand on PYTHONPATH.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_company import settings
from test_report import message, outcome, scored

from voz.commands.evaluate import Written, write_report
from voz.errors import InputError
from voz.evaluate.inspect_log import file_name, to_inspect
from voz.evaluate.report import build_report
from voz.evaluate.report_types import Report
from voz.evaluate.suite import EvalCase, Expected, Fact, Suite

MANIFEST = {
    "id": "20261123-abc", "plan": "f00", "started": "2026-11-23T10:00:00.000+00:00", "voz": "0.1.0",
    "finished": "2026-11-23T10:01:00.000+00:00", "suites": {"s": 4}, "writer": "model", "model": "qwen3",
}  # fmt: skip


@pytest.fixture(scope="module")
def report() -> Report:
    thread = [{"text": "¿Sois de Bilbao?"}, {"text": "Sí.", "from_company": True}]
    cases = [
        EvalCase(id="a", message=message(thread=thread), expect=Expected(state=(Fact(fact="30 días", any="30 días"),))),
        EvalCase(id="b", message=message()),
        EvalCase(id="c", message=message()),
        EvalCase(id="d", message=message("¿Y \ud800 \x00?")),
    ]
    suite = Suite(suite="s", cases=tuple(cases))
    outcomes = [
        outcome("s", "a"), outcome("s", "a", repeat=1), outcome("s", "b"), outcome("s", "d", reply=None),
        outcome("s", "c", reply=None, error="RuntimeError: se rompió"),
    ]  # fmt: skip
    marks = [
        scored("s", "a", 0.5), scored("s", "a", 1.0, repeat=1), scored("s", "b", 0.8, honest=False),
        scored("s", "c", 0.0), scored("s", "d", None),
    ]  # fmt: skip
    return build_report(MANIFEST, [suite], outcomes, marks)


def test_every_case_is_a_sample_with_its_scores_and_what_was_not_judged_has_none(report: Report) -> None:
    log = json.loads(to_inspect(report))
    assert [(one["id"], one["epoch"]) for one in log["samples"]] == [
        ("s/a", 1), ("s/a", 2), ("s/b", 1), ("s/d", 1), ("s/c", 1),
    ]  # fmt: skip
    assert log["samples"][3]["scores"] == {}
    dishonest = log["samples"][2]["scores"]
    assert (dishonest["accuracy"]["value"], dishonest["honest"]["value"], dishonest["total"]["value"]) == (0.8, 0, 0)
    assert "la cifra no consta" in dishonest["honest"]["explanation"]
    assert [turn["role"] for turn in log["samples"][0]["messages"]] == ["user", "assistant", "user", "assistant"]
    assert log["samples"][4]["error"]["message"] == "RuntimeError: se rompió"


def test_a_file_that_inspect_would_not_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.json"):
        write_report(settings(), "last", tmp_path, Written(inspect=tmp_path / "run.eval"))


def test_inspect_reads_the_log_and_finds_the_same_scores(report: Report, tmp_path: Path) -> None:
    log_of = pytest.importorskip("inspect_ai.log", reason="inspect_ai is not installed: its reader was NOT tried")
    path = tmp_path / "run.json"
    path.write_text(to_inspect(report), encoding="utf-8")
    log = log_of.read_eval_log(str(path))
    assert log.status == "success"
    assert log.eval.model == "model/qwen3"
    assert [sample.id for sample in log.samples] == ["s/a", "s/a", "s/b", "s/d", "s/c"]
    found = {one.name: one for one in log.results.scores}
    for name, mean in report.overall.means.items():
        assert found[name].metrics["mean"].value == mean.value
    assert report.overall.honest is not None
    assert found["honest"].metrics["mean"].value == report.overall.honest.value
    assert (found["accuracy"].scored_samples, found["accuracy"].unscored_samples) == (4, 1)
    for case, sample in zip(report.cases, log.samples, strict=True):
        told = {name: score.value for name, score in (sample.scores or {}).items()}
        assert {name: told.get(name) for name in ("accuracy", "total")} == {
            "accuracy": case.dimensions.get("accuracy"), "total": case.total,
        }  # fmt: skip
        assert (sample.output.completion or None) == case.reply
    assert log.samples[4].error.message == "RuntimeError: se rompió"
    named = tmp_path / "logs" / file_name(report)
    named.parent.mkdir()
    path.rename(named)
    assert [Path(one.name).name for one in log_of.list_eval_logs(str(named.parent))] == [named.name]
    again = tmp_path / "again.eval"
    log_of.write_eval_log(log, str(again))
    assert log_of.read_eval_log(str(again)).results == log.results
