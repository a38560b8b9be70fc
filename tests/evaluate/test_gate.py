"""What fails the gate, in which dimension, and what does not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voz.errors import SuiteError
from voz.evaluate.gate import Baseline, GateResult, baseline_of, gate, load_baseline, save_baseline
from voz.evaluate.outcome import Grade, Outcome, Scored
from voz.evaluate.suite import DIMENSIONS, Suite

MANIFEST = {"writer": "extractive", "model": None, "voz": "0.1.0", "source": "abc", "started": "2026-11-23T05:00:00"}
WEIGHTS = {"accuracy": 3.0, "tone": 1.0, "empathy": 1.0}


@dataclass(frozen=True)
class Card:
    may_gate: bool


def suite(**thresholds: float) -> Suite:
    cases = [{"id": "c0", "message": {"text": "¿Qué plazo hay?"}}]
    return Suite.model_validate({"suite": "honesty", "weights": WEIGHTS, "thresholds": thresholds, "cases": cases})


def scored(case: int, *, repeat: int = 0, lie: str = "", judge: float | None = None, **scores: float | None) -> Scored:
    """A case as the scorer leaves it: one grade a dimension, a judge's beside it, a lie that gates."""
    grades = [
        Grade(dimension=dimension, grader=f"{dimension}-rules", score=score)
        for dimension in DIMENSIONS
        if (score := scores.get(dimension, 0.8)) is not None
    ]
    if judge is not None:
        grades.append(Grade(dimension="empathy", grader="warmth", score=judge, judge="some-model"))
    if lie:
        grades.append(Grade(dimension="accuracy", grader=lie, score=0, reason="says 90 days", gates=True))
    means: dict[Any, float] = {}
    for dimension in DIMENSIONS:
        own = [grade.score for grade in grades if grade.dimension == dimension and grade.score is not None]
        if own:
            means[dimension] = sum(own) / len(own)
    weight = sum(WEIGHTS[dimension] for dimension in means)
    total = sum(WEIGHTS[d] * score for d, score in means.items()) / weight if weight else None
    return Scored(
        suite="honesty", case=f"c{case}", repeat=repeat, conversation=f"c{case}", slices={"channel": "x"},
        grades=tuple(grades), dimensions=means, honest=not lie, total=0.0 if lie else total,
    )  # fmt: skip


def run(n: int = 40, **changes: Any) -> list[Scored]:
    return [scored(i, **changes) for i in range(n)]


def against(before: list[Scored], after: list[Scored], **more: Any) -> GateResult:
    return gate(after, baseline_of(before, MANIFEST), (suite(),), **more)


def test_the_same_run_passes() -> None:
    found = against(run(), run())
    assert (found.passed, found.reasons, found.notes) == (True, (), ())


def test_a_harmless_rewording_passes_and_is_noted() -> None:
    def outcomes(text: str) -> list[Outcome]:
        return [Outcome(suite="honesty", case=f"c{i}", key="k", draft={"reply": f"{text} {i}"}) for i in range(40)]

    baseline = baseline_of(run(), MANIFEST, outcomes("El plazo es de 14 días."))
    same = gate(run(), baseline, (suite(),), outcomes=outcomes("El plazo es de 14 días."))
    reworded = gate(run(), baseline, (suite(),), outcomes=outcomes("Dispone de 14 días."))
    assert (same.passed, same.notes) == (True, ())
    assert reworded.passed
    assert "honesty/c0" in reworded.notes[0]
    assert "40" in reworded.notes[0]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_regression_fails_in_its_own_dimension(dimension: str) -> None:
    noise = np.random.default_rng(1).normal(0, 0.03, 40)
    after = [scored(i, **{dimension: 0.7 + shift}) for i, shift in enumerate(noise)]
    found = against(run(), after)
    assert not found.passed
    assert len(found.reasons) == 1
    assert found.reasons[0].startswith(f"{dimension} is worse: 0.800 → 0.7")
    assert against(after, run()).passed


def test_one_case_that_turns_dishonest_fails_a_deterministic_writer_only() -> None:
    after = [scored(i, lie="forbidden" if i == 7 else "") for i in range(40)]
    found = against(run(), after)
    assert not found.passed
    assert found.reasons == (
        "honesty/c7 was honest in the baseline and is not now (accuracy, forbidden: says 90 days).",
    )
    assert against(after, after).passed  # it was not honest before either
    model = baseline_of(run(), {"writer": "model"})
    assert gate(after, model, (suite(),)).passed
    assert not gate(after, model, (suite(),), deterministic=True).passed
    assert against(run(), after, deterministic=False).passed


def test_many_dishonest_cases_fail_a_model_too() -> None:
    after = [scored(i, lie="forbidden" if i < 8 else "") for i in range(40)]
    found = gate(after, baseline_of(run(), {"writer": "model"}), (suite(),))
    assert not found.passed
    assert any(reason.startswith("honest is worse: 1.000 → 0.800") for reason in found.reasons)


def test_warmth_does_not_make_up_for_a_lie() -> None:
    """A warmer but false brand line: empathy rises, and the gate fails all the same."""
    found = against(run(), [scored(i, empathy=1.0, lie="promises") for i in range(40)])
    assert not found.passed
    verdicts = {one.measure: one.verdict for one in found.comparison.overall}
    assert (verdicts["empathy"], verdicts["honest"], verdicts["total"]) == ("better", "worse", "worse")


def test_a_drop_in_one_slice_that_the_rest_hides_fails() -> None:
    def runs(here: float, there: float) -> list[Scored]:
        made = [scored(i, tone=here if i < 30 else there) for i in range(60)]
        return [one.model_copy(update={"slices": {"region": "MX" if i < 30 else "ES"}}) for i, one in enumerate(made)]

    found = against(runs(0.8, 0.7), runs(0.7, 0.8))
    assert [reason.split(":")[0] for reason in found.reasons] == ["tone (region MX) is worse"]


def test_thresholds_hold_on_the_mean_of_the_suite() -> None:
    baseline = baseline_of(run(), MANIFEST)
    assert gate(run(), baseline, (suite(accuracy=0.8),)).passed
    found = gate(run(), baseline, (suite(accuracy=0.81, tone=0.5),))
    assert found.reasons == ("honesty asks for accuracy of at least 0.81, and its mean is 0.800.",)
    none = run(empathy=None)
    unscored = gate(none, baseline_of(none, MANIFEST), (suite(empathy=0.1),))
    assert "no case of it has such a score" in unscored.reasons[0]


def test_a_grader_below_its_trivial_baseline_may_not_gate() -> None:
    before, after = run(judge=0.9), run(judge=0.3)
    assert against(before, after).reasons[0].startswith("empathy is worse")
    shut = against(before, after, cards={"warmth": Card(False), "tone-rules": Card(True)})
    assert shut.passed
    assert shut.notes == ("Left out, since their calibration does not let them gate: warmth.",)
    empathy = shut.comparison.of("empathy")
    assert empathy is not None
    assert (empathy.before, empathy.after) == (0.8, 0.8)
    total = shut.comparison.of("total")
    assert total is not None
    assert (total.before, total.after) == pytest.approx((0.8, 0.8))


def test_a_grader_that_may_not_gate_makes_nothing_dishonest() -> None:
    after = [scored(i, lie="hunch" if i < 9 else "forbidden" if i == 9 else "") for i in range(40)]
    cards = {"hunch": Card(False)}
    found = against(run(), after, cards=cards)
    assert [flip.case for flip in found.comparison.flips if flip.honesty == "lost"] == ["c9"]
    assert len(found.reasons) == 1
    assert found.reasons[0].startswith("honesty/c9 was honest")
    twice = [*after[:9], after[9].model_copy(update={"grades": (*after[9].grades, after[0].grades[-1])}), *after[10:]]
    again = against(run(), twice, cards=cards)  # the same lie, seen by both: the other one's word stands
    assert again.reasons == (
        "honesty/c9 was honest in the baseline and is not now (accuracy, forbidden: says 90 days).",
    )
    total = again.comparison.of("total")
    assert total is not None
    assert total.after == pytest.approx((39 * total.before + 0) / 40)
    thirds = [scored(i, repeat=r, lie=lie) for i in range(9) for r, lie in enumerate(("hunch", "guess", "whim"))]
    whole = [scored(i, repeat=r) for i in range(9) for r in range(3)]
    assert against(whole, thirds, cards=dict.fromkeys(("hunch", "guess", "whim"), Card(False))).passed


def test_what_such_a_grader_did_not_touch_stays_as_it_was() -> None:
    """A dimension is the mean of the repeats, not of all their grades: two said 1 in one repeat, one 0 in the other."""
    more = Grade(dimension="accuracy", grader="figures", score=1)
    first = scored(0, accuracy=1, judge=0.1)
    runs = [first.model_copy(update={"grades": (*first.grades, more)}), scored(0, accuracy=0, judge=0.1, repeat=1)]
    accuracy = against(runs, runs, cards={"warmth": Card(False)}).comparison.of("accuracy")
    assert accuracy is not None
    assert accuracy.after == 0.5


def test_a_dimension_judged_by_such_a_grader_alone_is_not_compared() -> None:
    before, after = run(judge=0.9, empathy=None), run(judge=0.1, empathy=None)
    found = against(before, after, cards={"warmth": Card(False)})
    assert found.passed
    assert found.comparison.of("empathy") is None


def test_scores_that_went_missing_fail() -> None:
    lost = [scored(i, empathy=None if i < 5 else 0.8) for i in range(40)]
    found = against(run(), lost)
    assert found.reasons == (
        "empathy could not be judged in 5 of 40 cases: honesty/c0, honesty/c1, honesty/c2, honesty/c3, honesty/c4.",
    )
    assert against(run(), [scored(i, empathy=None if i < 4 else 0.8) for i in range(40)]).passed
    broken = [*run(39), scored(39, accuracy=None, tone=None, empathy=None)]
    assert against(run(), broken).reasons == (
        "Of the cases that the baseline scored, 1 have no score now: honesty/c39.",
    )


def test_what_is_not_in_both_is_noted() -> None:
    found = gate(run(39), baseline_of(run(), MANIFEST), (suite(),))
    assert found.passed
    assert found.notes == ("In the baseline only, not compared: honesty/c39.",)
    other = baseline_of([one.model_copy(update={"suite": "tone"}) for one in run()], MANIFEST)
    nothing = gate(run(), other, (suite(),))
    assert not nothing.passed
    assert "share no case" in nothing.reasons[0]
    assert not gate([], other).passed
    assert "Suites of the baseline that were not run: tone." in nothing.notes


def test_a_stored_baseline_says_the_same_as_the_run(tmp_path: Path) -> None:
    values = np.random.default_rng(2).random((40, 3))
    before = [scored(i, repeat=r, tone=float(v[r]), judge=1 / 3) for i, v in enumerate(values) for r in range(3)]
    baseline, path = baseline_of(before, MANIFEST), tmp_path / "evals" / "baseline.json"
    save_baseline(baseline, path)
    loaded = load_baseline(path)
    assert loaded == baseline
    assert loaded.manifest == {"writer": "extractive", "model": None, "voz": "0.1.0", "source": "abc"}
    assert loaded.deterministic
    found = gate(before[::-1], loaded, (suite(),), {"tone-rules": Card(False)})
    assert found.passed
    assert all(one.fell == one.rose == 0 for one in found.comparison.overall)
    first = path.read_bytes()
    save_baseline(baseline_of(before[::-1], MANIFEST), path)
    assert path.read_bytes() == first
    assert len(first.splitlines()) == 40 + 6
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no baseline yet"),
        ("{", "not JSON"),
        ('{"version": 2, "cases": []}', "field 'version'"),
        ('{"version": 1}', "field 'cases'"),
        ('{"cases": [{"suite": "a", "case": "b", "conversation": "b", "honest": 7}]}', "field 'cases.0.honest'"),
        ('{"cases": [{"suite": "a", "case": "b", "conversation": "b", "total": NaN}]}', "not JSON"),
        ('{"cases": [' + ", ".join(['{"suite": "a", "case": "b", "conversation": "b"}'] * 2) + "]}", "stands twice"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "baseline.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError) as error:
        load_baseline(path)
    assert str(path) in str(error.value)
    assert said in str(error.value)
    assert "ccept a run" in str(error.value)


def test_a_baseline_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SuiteError, match=r"baseline\.json: the baseline cannot be written"):
        save_baseline(Baseline(cases=()), tmp_path / "file" / "baseline.json")


def test_a_threshold_that_no_calibrated_grader_can_hold_is_no_reason_to_fail() -> None:
    runs = run()
    low = suite(empathy=0.99)
    assert not gate(runs, baseline_of(runs, MANIFEST), (low,)).passed
    found = gate(runs, baseline_of(runs, MANIFEST), (low,), {"empathy-rules": Card(False)})
    assert found.passed, found.reasons
    assert any("empathy-rules" in note for note in found.notes)
