"""Two runs side by side: what is called better, worse or tied, and what is listed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import ends

from voz.evaluate.compare import MEASURES, Comparison, Difference, _verdict, averaged, compare, in_words, word_diff
from voz.evaluate.outcome import Grade, Interval, Scored
from voz.evaluate.statistics import mcnemar

CHANNELS = ("email", "x", "chat")


def scored(
    case: int, accuracy: float | None = 0.8, *, tone: float | None = 0.5, honest: bool = True, repeat: int = 0,
    conversation: str = "", weight: float = 1.0, suite: str = "honesty", **slices: str,
) -> Scored:  # fmt: skip
    dimensions = {"accuracy": accuracy, "tone": tone}
    given_ = {name: score for name, score in dimensions.items() if score is not None}
    total = sum(given_.values()) / len(given_) if given_ else None
    return Scored(
        suite=suite, case=f"c{case}", repeat=repeat, conversation=conversation or f"c{case}", weight=weight,
        slices={"channel": CHANNELS[case % 3], **slices}, dimensions=given_, honest=honest,  # type: ignore[arg-type]
        total=total if honest else 0.0,
    )  # fmt: skip


def of(found: Comparison, measure: str) -> Difference:
    one = found.of(measure)  # type: ignore[arg-type]
    assert one is not None
    return one


def test_the_same_run_is_tied_in_everything() -> None:
    run = [scored(i) for i in range(30)]
    found = compare(run, run)
    assert [one.measure for one in found.overall] == ["accuracy", "tone", "honest", "total"]
    assert {one.verdict for one in (*found.overall, *found.slices)} == {"tied"}
    assert (found.cases, found.conversations, found.flips, found.only_before, found.only_after) == (30, 30, (), (), ())
    assert of(found, "accuracy").difference.value == 0
    assert of(found, "accuracy").detectable > 0  # no spread seen is no promise to notice everything


def test_a_drop_beyond_noise_is_worse_in_its_own_dimension_only() -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, (60, 2))
    before = [scored(i) for i in range(60)]
    after = [scored(i, 0.8 + n[0], tone=0.45 + n[1]) for i, n in enumerate(noise)]
    found = compare(before, after)
    assert {one.measure: one.verdict for one in found.overall} == {
        "accuracy": "tied", "tone": "worse", "honest": "tied", "total": "worse",
    }  # fmt: skip
    assert {one.measure: one.verdict for one in compare(after, before).overall}["tone"] == "better"
    tone = of(found, "tone")
    assert tone.difference.low < tone.difference.value < tone.difference.high < 0
    assert tone.difference.value == pytest.approx(tone.after - tone.before, abs=1e-5)
    assert in_words(tone).startswith(f"tone is worse: 0.500 → {tone.after:.3f} (−0.0")


@pytest.mark.parametrize(("fallen", "verdict"), [(1, "tied"), (5, "tied"), (6, "worse"), (12, "worse")])
def test_few_flips_all_one_way_are_what_chance_does(fallen: int, verdict: str) -> None:
    before = [scored(i) for i in range(100)]
    after = [scored(i, honest=i >= fallen) for i in range(100)]
    honest = of(compare(before, after), "honest")
    assert honest.verdict == verdict
    assert (honest.fell, honest.rose, honest.mcnemar) == (fallen, 0, mcnemar(fallen, 0))
    assert honest.after == pytest.approx(1 - fallen / 100)


def test_a_verdict_needs_the_interval_and_the_test() -> None:
    def interval(low: float, high: float) -> Interval:
        return Interval(value=(low + high) / 2, low=low, high=high, n=9)

    assert _verdict(interval(0.01, 0.3), 0.05) == "better"
    assert _verdict(interval(-0.3, -0.01), 0.05) == "worse"
    assert {_verdict(interval(-0.01, 0.3), 0.01), _verdict(interval(0.01, 0.3), 0.051)} == {"tied"}


def test_what_rounding_makes_is_no_difference() -> None:
    found = compare([scored(i, 0.5) for i in range(9)], [scored(i, 0.500002) for i in range(9)])
    assert (of(found, "accuracy").rose, of(found, "accuracy").verdict) == (0, "tied")


def test_cases_of_one_conversation_are_one_piece_of_evidence() -> None:
    def verdict(apart: bool) -> str:
        name = (lambda i: f"v{i}") if apart else (lambda i: f"v{i // 10}")
        before = [scored(i, conversation=name(i)) for i in range(50)]
        after = [scored(i, 0.7, conversation=name(i)) for i in range(50)]
        return of(compare(before, after), "accuracy").verdict

    assert (verdict(apart=True), verdict(apart=False)) == ("worse", "tied")


def test_noise_alone_is_seldom_called_a_difference() -> None:
    generator, called = np.random.default_rng(2), 0
    for _ in range(60):
        a, b = (np.clip(generator.normal(0.7, 0.2, 24), 0, 1) for _ in range(2))
        found = compare([scored(i, x) for i, x in enumerate(a)], [scored(i, x) for i, x in enumerate(b)])
        called += of(found, "accuracy").verdict != "tied"
        assert all(one.verdict == "tied" for one in found.slices if one.measure == "tone")
    assert called <= 7  # 3 are expected; 8 or more happen once in a hundred


def test_repeats_are_averaged_and_pass_only_together() -> None:
    before = [scored(i, 0.8, repeat=r) for i in range(8) for r in range(2)]
    after = [scored(i, 0.6 + 0.4 * r, repeat=r, honest=r > 0) for i in range(8) for r in range(2)]
    found = compare(before, after)
    assert found.cases == 8
    assert of(found, "accuracy").difference.value == 0
    honest = of(found, "honest")
    assert (honest.before, honest.after, honest.fell) == (1.0, 0.5, 8)
    never = [scored(i, 0.8, repeat=r, honest=False) for i in range(8) for r in range(2)]
    further = of(compare(after, never), "honest")
    assert (further.verdict, further.fell) == ("worse", 0)  # they had not passed before


def test_cases_of_only_one_run_are_listed_and_unscored_ones_left_out() -> None:
    before = [scored(0), scored(1), scored(2, tone=None), scored(0, suite="tone")]
    after = [scored(1), scored(2), scored(3), scored(0, None, tone=None)]
    found = compare(before, after)
    assert (found.only_before, found.only_after) == (("tone/c0",), ("honesty/c3",))
    assert {m: one.cases for m in MEASURES if (one := found.of(m))} == {
        "accuracy": 2, "tone": 1, "honest": 3, "total": 2,
    }  # fmt: skip
    assert compare(before, []).overall == ()


def test_weights_count() -> None:
    before = [scored(0, 0.5, weight=3), scored(1, 0.5)]
    after = [scored(0, 0.9, weight=3), scored(1, 0.5)]
    assert of(compare(before, after), "accuracy").difference.value == pytest.approx(0.3)


def test_a_slice_must_stand_out_among_all_slices() -> None:
    """Seven of seven fell: alone p = 2/128, which is nothing much among so many slices; with twenty it is."""

    def found(many: int) -> dict[str, Difference]:
        here = [scored(i, region="MX" if i < many else "ES") for i in range(60)]
        there = [scored(i, 0.7 if i < many else 0.8, region="MX" if i < many else "ES") for i in range(60)]
        slices = compare(here, there).slices
        return {one.group: one for one in slices if (one.axis, one.measure) == ("region", "accuracy")}

    few, many = found(7), found(20)
    assert (few["MX"].verdict, few["ES"].verdict) == ("tied", "tied")
    assert few["MX"].difference.high < 0
    assert few["MX"].p > 2 / 128
    assert (many["MX"].verdict, many["ES"].verdict) == ("worse", "tied")
    assert many["MX"].where == "accuracy (region MX)"


def test_flips_are_listed_from_worst_to_best() -> None:
    before = [scored(0), scored(1, honest=False), scored(2, 0.9), scored(3, 0.9), scored(4, 0.2)]
    after = [scored(0, honest=False), scored(1), scored(2, 0.7), scored(3, 0.6), scored(4, 0.9)]
    found = compare(before, after)
    assert [(flip.case, flip.honesty) for flip in found.flips] == [
        ("c0", "lost"), ("c3", None), ("c4", None), ("c1", "won"),
    ]  # fmt: skip  # c2 fell by 0.2, not by more
    assert found.flips[1].moved == {"accuracy": (0.9, 0.6)}
    assert found.flips[0].moved["total"] == (0.65, 0.0)


def test_averaging_keeps_who_said_what() -> None:
    def one(repeat: int, *marks: tuple[str, float | None, bool], honest: bool = True) -> Scored:
        grades = tuple(Grade(dimension="accuracy", grader=g, score=s, gates=gates) for g, s, gates in marks)
        return scored(0, 0.5, repeat=repeat, honest=honest).model_copy(update={"grades": grades})

    runs = [
        one(0, ("facts", 1.0, False), ("facts", 0.5, False), ("judge", None, False)),
        one(1, ("facts", 0.0, True), ("figures", 0.0, True), honest=False),
    ]
    (found,) = averaged(runs)
    assert found.graders == {"accuracy": {"facts": (0.5, 1.5), "figures": (0.0, 0.5)}}
    assert found.accusers == {"facts+figures": 0.5}
    assert (found.repeats, found.honest) == (2, 0.5)


def both(before: str, after: str) -> tuple[str, str]:
    found = word_diff(before, after)
    assert all(one.text for one in found)
    return tuple("".join(one.text for one in found if one.kind in ("same", k)) for k in ("removed", "added"))  # type: ignore[return-value]


def test_word_diff_shows_the_words_that_changed() -> None:
    found = word_diff("Tiene 14 días para devolverlo.", "Tiene 30 días hábiles para devolverlo.")
    assert [(one.kind, one.text) for one in found] == [
        ("same", "Tiene "), ("removed", "14"), ("added", "30"), ("same", " días"), ("added", " hábiles"),
        ("same", " para devolverlo."),
    ]  # fmt: skip
    assert [one.kind for one in word_diff("lo sentimos mucho", "nos pesa de veras")] == ["removed", "added"]
    assert word_diff("", "") == ()
    assert [one.kind for one in word_diff("hola", "hola")] == ["same"]


@settings(max_examples=100, deadline=None)
@given(*[st.lists(st.sampled_from(["el", "plazo", " ", "\n", ",", "14", "ñ"]), max_size=25).map("".join)] * 2)
def test_word_diff_gives_both_texts_back(before: str, after: str) -> None:
    assert both(before, after) == (before, after)
    kinds = [one.kind for one in word_diff(before, after)]
    assert all(x != y for x, y in itertools.pairwise(kinds))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_word_diff_takes_any_text(before: str, after: str) -> None:
    assert both(before, after) == (before, after)


def test_word_diff_of_huge_texts_ends() -> None:
    with ends():
        long, other = "a b " * 250_000, "b a! " * 200_000
        assert both(long, other) == (long, other)
        assert both("x " * 2_900, "y x " * 1_400) == ("x " * 2_900, "y x " * 1_400)
