"""Statistics held against published values, values worked out by hand, scikit-learn where there is one, and laws."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.evaluate import statistics
from voz.evaluate.outcome import Interval
from voz.evaluate.statistics import (
    auroc,
    balanced_accuracy,
    bootstrap_difference,
    bootstrap_mean,
    cohen_kappa,
    detectable_effect,
    flakiness,
    holm,
    krippendorff_alpha,
    mcnemar,
    pass_hat_k,
    planned_effect,
    sign_flip,
    wilson,
)

quick = settings(max_examples=40, deadline=None)
scores = st.lists(st.floats(0, 1), min_size=2, max_size=30)
ratings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=40)

# Krippendorff, «Computing Krippendorff's Alpha-Reliability» (2011), example C: four observers, twelve units.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
# Fleiss, Levin and Paik, «Statistical Methods for Rates and Proportions», ch. 18: 100 diagnoses by two raters.
FLEISS = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
# Hanley and McNeil (Radiology 143, 1982): 109 scans rated 1 to 5, of 58 healthy and 51 ill patients.
HEALTHY, ILL = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)
# Darwin's maize, the pairs on which Fisher (The Design of Experiments, 1935, §21) shows the randomisation test.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def fleiss_pairs() -> tuple[list[int], list[int]]:
    pairs = [(i, j) for i, j in itertools.product(range(3), range(3)) for _ in range(FLEISS[i][j])]
    return [a for a, _ in pairs], [b for _, b in pairs]


def scans() -> tuple[list[int], list[bool]]:
    healthy, ill = ([rating for rating, n in enumerate(counts) for _ in range(n)] for counts in (HEALTHY, ILL))
    return healthy + ill, [False] * len(healthy) + [True] * len(ill)


def ordered(found: Interval, low: float, high: float) -> bool:
    slack = 1e-9
    return low - slack <= found.low <= found.value + slack and found.value - slack <= found.high <= high + slack


# --- against published values


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_newcombe_gives_it(k: int, n: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    found = wilson(k, n)
    assert (round(found.low, 4), round(found.high, 4), found.method) == (low, high, "wilson")


def test_mcnemar_as_fagerland_gives_it() -> None:
    """Fagerland, Lydersen and Laake, BMC Med. Res. Methodol. 13:91 (2013): airway data, 1 and 7 discordant pairs."""
    assert mcnemar(1, 7) == pytest.approx(0.0703, abs=5e-5)
    assert mcnemar(0, 6) == 2 / 64
    assert mcnemar(4, 4) == mcnemar(0, 0) == 1.0
    assert mcnemar(20_000, 20_500) == pytest.approx(math.erfc(499 / math.sqrt(40_500) / math.sqrt(2)), rel=1e-3)


def test_sign_flip_as_fisher_gives_it() -> None:
    assert sign_flip(MAIZE) == 2 * 863 / 2**15
    flips = [-1] * 6 + [1] * 14  # drawn, not counted out; of mere flips it is McNemar's test
    assert sign_flip(flips) == pytest.approx(mcnemar(6, 14), abs=0.01)
    assert sign_flip([1] * 20) == 1 / 10_000
    twice, pair = [*MAIZE, *MAIZE], [*range(15), *range(15)]
    assert sign_flip(twice, pair) == sign_flip(MAIZE)  # pairs that move together are no more evidence


@pytest.mark.parametrize(("n", "discordance", "effect"), [(155, 0.45, 0.15), (22.9, 0.5, 0.4)])
def test_planned_effect_as_connor_gives_it(n: int, discordance: float, effect: float) -> None:
    """Connor's formula as calculators publish it: 155 pairs for 0.30 against 0.15; 23 (22.x) for 0.45 against 0.05."""
    assert planned_effect(n, discordance) == pytest.approx(effect, rel=0.02)


def test_alpha_as_krippendorff_gives_it() -> None:
    found = [krippendorff_alpha(KRIPPENDORFF, level) for level in ("nominal", "ordinal", "interval")]
    assert [round(alpha or 0, 3) for alpha in found] == [0.743, 0.815, 0.849]


def test_kappa_as_fleiss_gives_it() -> None:
    one, other = fleiss_pairs()
    nominal, quadratic = cohen_kappa(one, other), cohen_kappa(one, other, "quadratic")
    assert nominal is not None
    assert quadratic is not None
    assert round(nominal.value, 2) == 0.68
    assert quadratic.value == pytest.approx(1 - 0.23 / 0.94)  # by hand: observed 0.07 + 4·0.04, expected 0.14 + 4·0.20
    # The large-sample formula of Fleiss, Cohen and Everitt (1969) gives an error of 0.0877 here.
    assert nominal.low == pytest.approx(0.676 - 1.96 * 0.0877, abs=0.04)
    assert nominal.high == pytest.approx(0.676 + 1.96 * 0.0877, abs=0.04)


def test_auroc_as_hanley_and_mcneil_give_it() -> None:
    found = auroc(*scans())
    assert found is not None
    assert round(found.value, 3) == 0.893
    assert (found.high - found.low) / 3.92 == pytest.approx(0.032, abs=0.004)


def test_student_quantiles_as_tables_give_them() -> None:
    table = {1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571, 10: 2.228, 30: 2.042, 120: 1.980, 1000: 1.962}
    assert {n: round(statistics._t(0.975, n), 3) for n in table} == table


# --- worked out by hand


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_balanced_accuracy_by_hand() -> None:
    found = balanced_accuracy([0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1])  # 3 of 4 and 1 of 2
    assert found is not None
    assert found.value == 0.625
    assert balanced_accuracy(["a", "a"], ["a", "b"]) is None


def test_pass_hat_k_counts_the_subsets_that_pass() -> None:
    cases = [[True, True, False, True], [False, False, True, False], [True] * 5]
    for k in (1, 2, 3, 4):
        by_hand = [np.mean([all(s) for s in itertools.combinations(case, k)]) for case in cases]
        assert pass_hat_k(cases, k) == pytest.approx(np.mean(by_hand))
    assert pass_hat_k(cases, 5) == 1.0  # only the third has five repeats
    for wrong in (0, 6):
        with pytest.raises(ValueError, match="repeats"):
            pass_hat_k(cases, wrong)


def test_flakiness_counts_cases_that_disagree() -> None:
    assert flakiness([[True, True], [True, False], [False, False], [True]]) == 1 / 3
    assert flakiness([[True], [False]]) == 0


# --- what a bootstrap must do


def test_bootstrap_agrees_with_the_normal_interval_where_that_holds() -> None:
    values = np.random.default_rng(1).beta(2, 2, 400)
    found, half = bootstrap_mean(values), 1.96 * values.std(ddof=1) / 20
    assert found.low == pytest.approx(values.mean() - half, abs=0.15 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.15 * half)
    assert bootstrap_mean(values) == found


def test_a_conversation_counts_once_however_many_cases_it_has() -> None:
    values = np.random.default_rng(2).random(40)
    alone, within = bootstrap_mean(values), bootstrap_mean(np.repeat(values, 5), np.repeat(np.arange(40), 5).tolist())
    blind = bootstrap_mean(np.repeat(values, 5))
    assert (within.low, within.high) == pytest.approx((alone.low, alone.high))
    assert blind.high - blind.low < 0.6 * (alone.high - alone.low)


def test_a_weight_counts_as_so_many_cases() -> None:
    values = [0.1, 0.9, 0.4, 0.7]
    heavy = bootstrap_mean(values, weights=[1, 3, 1, 1])
    copied = bootstrap_mean([0.1, 0.9, 0.9, 0.9, 0.4, 0.7], [0, 1, 1, 1, 2, 3])
    assert (heavy.value, heavy.low, heavy.high) == pytest.approx((copied.value, copied.low, copied.high))


def test_conversations_of_different_length_make_no_spread_of_their_own() -> None:
    found = bootstrap_mean([0.5] * 10, [0, 0, 0, 0, 0, 0, 1, 1, 2, 3], weights=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_no_certainty_without_spread_and_none_from_one_conversation() -> None:
    perfect = bootstrap_mean([1.0] * 20)
    assert (perfect.value, round(perfect.low, 4), perfect.method) == (1.0, round(1 - 0.1611, 4), "wilson")
    assert (bootstrap_mean([0.5, 0.7], ["one", "one"]).low, bootstrap_mean([0.5]).high) == (0, 1)
    assert bootstrap_difference([0], [1]).low == -1
    assert bootstrap_difference([0, 0], [1, 1]).low < 0


@pytest.mark.parametrize("n", [8, 30])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(n: int) -> None:
    generator = np.random.default_rng(3)
    within = [bootstrap_mean(generator.beta(4, 2, n)) for _ in range(300)]
    assert 0.91 <= np.mean([one.low <= 4 / 6 <= one.high for one in within]) <= 0.99


def test_the_planned_effect_is_noticed_in_80_of_100() -> None:
    generator, effect = np.random.default_rng(4), planned_effect(150, 0.2)
    flips = generator.multinomial(150, [0.1 + effect / 2, 0.1 - effect / 2, 0.8], 600)
    assert np.mean([mcnemar(int(lost), int(won)) <= 0.05 for lost, won, _ in flips]) == pytest.approx(0.78, abs=0.06)


def test_the_detectable_effect_is_noticed_in_80_of_100() -> None:
    generator = np.random.default_rng(5)
    effect = detectable_effect(generator.normal(0, 0.2, 60))
    noticed = [bootstrap_difference(np.zeros(60), generator.normal(effect, 0.2, 60)).low > 0 for _ in range(200)]
    assert np.mean(noticed) == pytest.approx(0.8, abs=0.1)


def test_the_detectable_effect_knows_few_and_none_that_differ() -> None:
    one_of_many = [1.0] + [0.0] * 149
    assert detectable_effect(one_of_many) == pytest.approx(planned_effect(150, 0))
    assert detectable_effect([0.0] * 150) == planned_effect(150, 0.1)
    assert planned_effect(3, 0.1) == 1.0


def test_what_cannot_be_said_is_none_or_refused() -> None:
    assert auroc([0.1, 0.2], [True, True]) is None
    assert cohen_kappa(["a", "a"], ["a", "a"]) is None
    assert krippendorff_alpha([[1, None], [None, 2]]) is None
    assert krippendorff_alpha([[1, 1], [1, 1]]) is None
    for call in (lambda: wilson(0, 0), lambda: wilson(3, 2), lambda: bootstrap_mean([]),
                 lambda: bootstrap_mean([math.nan]), lambda: bootstrap_mean([1, 2], weights=[1, 0]),
                 lambda: bootstrap_mean([1, 2], ["a"]), lambda: krippendorff_alpha([[1], [1, 2]])):  # fmt: skip
        with pytest.raises(ValueError):  # noqa: PT011
            call()


# --- laws


@quick
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_ordered_symmetric_and_narrows(share: tuple[int, int]) -> None:
    k, n = share
    found, other, more = wilson(k, n), wilson(n - k, n), wilson(2 * k, 2 * n)
    assert ordered(found, 0, 1)
    assert (other.low, other.high) == pytest.approx((1 - found.high, 1 - found.low))
    assert more.high - more.low < found.high - found.low


@quick
@given(scores, st.integers(1, 6))
def test_a_mean_lies_within_its_interval_and_that_within_the_values(values: list[float], groups: int) -> None:
    found = bootstrap_mean(values, [place % groups for place in range(len(values))])
    assert ordered(found, 0, 1)
    assert found.value == pytest.approx(np.mean(values))


@quick
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=25))
def test_swapping_the_runs_mirrors_the_difference(pairs: list[tuple[float, float]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    there, back = bootstrap_difference(a, b), bootstrap_difference(b, a)
    assert (back.value, back.low, back.high) == pytest.approx((-there.value, -there.high, -there.low), abs=1e-9)
    change = [y - x for x, y in pairs]
    assert sign_flip(change) == sign_flip([-one for one in change])
    assert 2 ** (1 - len(pairs)) <= max(sign_flip(change), 1e-4) <= 1


@quick
@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar_is_a_symmetric_probability(lost: int, won: int) -> None:
    assert 0 < mcnemar(lost, won) == mcnemar(won, lost) <= 1
    assert mcnemar(lost, lost + won + 1) <= mcnemar(lost, lost + won) + 1e-12 or won == 0


@quick
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_raises_and_keeps_the_order(p: list[float]) -> None:
    adjusted = holm(p)
    assert all(a >= b and a <= 1 for a, b in zip(adjusted, p, strict=True))
    order = sorted(range(len(p)), key=lambda i: p[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)
    assert min(adjusted) == min(1.0, len(p) * min(p))


@quick
@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=40))
def test_auroc_mirrors_and_minds_only_the_order(pairs: list[tuple[int, bool]]) -> None:
    values, labels = [x for x, _ in pairs], [label for _, label in pairs]
    found = auroc(values, labels)
    if len(set(labels)) == 1:
        assert found is None
        return
    mirrored, stretched = auroc([-x for x in values], labels), auroc([x**3 for x in values], labels)
    assert found is not None
    assert mirrored is not None
    assert ordered(found, 0, 1)
    assert stretched == found
    assert mirrored.value == pytest.approx(1 - found.value)
    true, false = ([x for x, label in pairs if label is kind] for kind in (True, False))
    by_hand = np.mean([(t > f) + (t == f) / 2 for t in true for f in false])
    assert found.value == pytest.approx(by_hand)


@quick
@given(ratings, st.sampled_from(["nominal", "quadratic"]))
def test_kappa_is_symmetric_and_bounded(pairs: list[tuple[int, int]], kind: str) -> None:
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    found, swapped = cohen_kappa(one, other, kind), cohen_kappa(other, one, kind)  # type: ignore[arg-type]
    if found is None or swapped is None:
        assert found is swapped is None
        return
    assert ordered(found, -1, 1)
    assert swapped.value == pytest.approx(found.value)
    assert one != other or found.value == 1


@quick
@given(ratings, st.permutations([0, 1, 2, 3]))
def test_alpha_minds_neither_who_rated_nor_nominal_names(pairs: list[tuple[int, int]], names: list[int]) -> None:
    table = [[a for a, _ in pairs], [b for _, b in pairs]]
    alpha = krippendorff_alpha(table)
    if alpha is None:
        assert len({rating for pair in pairs for rating in pair}) == 1
        return
    assert alpha <= 1
    assert krippendorff_alpha(table[::-1]) == pytest.approx(alpha)
    assert krippendorff_alpha([[f"{names[rating]}" for rating in row] for row in table]) == pytest.approx(alpha)
    assert (table[0] == table[1]) == (alpha == 1)
    assert krippendorff_alpha([*table, [None] * len(pairs)]) == alpha


@quick
@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=10))
def test_more_repeats_are_harder_to_pass(passes: list[list[bool]]) -> None:
    chances = [pass_hat_k(passes, k) for k in (1, 2, 3, 4)]
    assert all(0 <= late <= early + 1e-12 <= 1 + 1e-9 for early, late in itertools.pairwise(chances))
    assert flakiness(passes) >= chances[0] - chances[3] - 1e-12


# --- against other people's code, where it is installed


def test_as_scikit_learn_and_scipy_give_it() -> None:
    metrics, stats = pytest.importorskip("sklearn.metrics"), pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(6)
    truth, said = generator.integers(0, 4, 200), generator.integers(0, 4, 200)
    value, label = generator.integers(0, 9, 200), generator.random(200) < 0.3
    kappas = {"nominal": None, "quadratic": "quadratic"}
    for kind, name in kappas.items():
        ours = cohen_kappa(truth.tolist(), said.tolist(), kind)  # type: ignore[arg-type]
        assert ours is not None
        assert ours.value == pytest.approx(metrics.cohen_kappa_score(truth, said, weights=name))
    recall, area = balanced_accuracy(truth.tolist(), said.tolist()), auroc(value, label.tolist())
    assert recall is not None
    assert area is not None
    assert recall.value == pytest.approx(metrics.balanced_accuracy_score(truth, said))
    assert area.value == pytest.approx(metrics.roc_auc_score(label, value))
    for lost, won in ((3, 11), (40, 61), (0, 5)):
        assert mcnemar(lost, won) == pytest.approx(stats.binomtest(lost, lost + won).pvalue)
        score = stats.binomtest(lost, lost + won).proportion_ci(method="wilson")
        assert (wilson(lost, lost + won).low, wilson(lost, lost + won).high) == pytest.approx(tuple(score), abs=1e-12)
    many = generator.normal(0.1, 0.4, 40)
    flipped = stats.permutation_test((many,), np.mean, permutation_type="samples", rng=1).pvalue
    assert sign_flip(many) == pytest.approx(flipped, abs=0.02)
    assert holm([0.01, 0.02, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
