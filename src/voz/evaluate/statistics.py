"""Intervals, tests and agreement for scores of cases that hang together by conversation.

Pure functions on plain numbers; what is drawn at random is drawn from a fixed seed. Cases of one conversation are not
independent, so whole conversations are drawn («clusters»); without clusters each value is one of its own. Where the
data cannot say (one class only, a single category), the answer is None and never a number that looks like one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voz.evaluate.outcome import Interval

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Clusters = Sequence[Hashable] | None

DRAWS = 2_000
FLIPS = 9_999
SEED = 20_251_123
LEVEL = 0.95
POWER = 0.8
LEAST_CLUSTERS = 6
"""With five, even if all point one way, chance does the same in 2·2⁻⁵ = 6 of 100 cases."""
_CELLS = 4_000_000  # numbers held at once while drawing


def wilson(k: int, n: int) -> Interval:
    """A share of k out of n, with Wilson's score interval. Raises ValueError unless 0 ≤ k ≤ n and n > 0."""
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"no share: {k} of {n}")
    z, p = NormalDist().inv_cdf(0.5 + LEVEL / 2), k / n
    middle, scale = p + z * z / (2 * n), 1 + z * z / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if k == 0 else (middle - half) / scale
    return Interval(value=p, low=low, high=1.0 if k == n else (middle + half) / scale, n=n, method="wilson")


def bootstrap_mean(
    values: ArrayLike, clusters: Clusters = None, weights: ArrayLike | None = None, bounds: tuple[float, float] = (0, 1)
) -> Interval:
    """The weighted mean of values within `bounds`, with its bootstrap interval over clusters.

    Where all values stand at the same bound (every reply honest), resampling would claim certainty: the interval is
    Wilson's then, over the clusters. With a single cluster it is `bounds`. Raises ValueError for no values.
    """
    found, weight, codes, count = _prepared(values, clusters, weights)
    sums, totals = np.bincount(codes, weight * found, count), np.bincount(codes, weight, count)
    mean = float(sums.sum() / totals.sum())
    low, high = bounds
    if count > 1 and (np.all(found == low) or np.all(found == high)):
        share = wilson(count if found[0] == high else 0, count)
        ends = {"low": low + (high - low) * share.low, "high": low + (high - low) * share.high}
        return Interval(value=float(found[0]), n=len(found), method="wilson", **ends)
    drawn = np.concatenate([(draw @ sums) / (draw @ totals) for draw in _draws(count)])
    return _interval(mean, drawn, count, len(found), bounds)


def bootstrap_difference(
    before: ArrayLike, after: ArrayLike, clusters: Clusters = None, weights: ArrayLike | None = None
) -> Interval:
    """The mean of after − before, pair by pair, of scores from 0 to 1, with its bootstrap interval over clusters."""
    return bootstrap_mean(np.subtract(after, before), clusters, weights, (-1, 1))


def sign_flip(differences: ArrayLike, clusters: Clusters = None, weights: ArrayLike | None = None) -> float:
    """How often chance alone would move the mean at least as far, if either direction were as likely: p, two-sided.

    The paired randomisation test, exact up to 16 clusters that differ. It guards the bootstrap, which is too sure
    where few clusters differ: the p of m clusters that all point one way is never below 2·2⁻ᵐ.
    """
    found, weight, codes, count = _prepared(differences, clusters, weights)
    sums = np.bincount(codes, weight * found, count)
    sums = sums[np.abs(sums) > 1e-12]
    if not len(sums):
        return 1.0
    seen = abs(sums.sum()) * (1 - 1e-9)
    if len(sums) <= 16:
        signs = 1 - 2 * (np.arange(2 ** (len(sums) - 1))[:, None] >> np.arange(len(sums)) & 1)
        return float(np.mean(np.abs(signs @ sums) >= seen))
    generator, as_far, rows = np.random.default_rng(SEED), 0, max(1, _CELLS // len(sums))
    for start in range(0, FLIPS, rows):
        signs = generator.integers(0, 2, (min(rows, FLIPS - start), len(sums)), dtype=np.int8)
        as_far += int(np.sum(np.abs(2.0 * (signs @ sums) - sums.sum()) >= seen))
    return float((as_far + 1) / (FLIPS + 1))


def mcnemar(lost: int, won: int) -> float:
    """Exact two-sided p of so many pairs lost and won, were each as likely; the pairs taken as independent."""
    if not lost + won:
        return 1.0
    tail = term = 1
    for i in range(min(lost, won)):
        term = term * (lost + won - i) // (i + 1)
        tail += term
    return float(min(1.0, 2 * tail / 2 ** (lost + won)))


def holm(p: Sequence[float]) -> list[float]:
    """The p values adjusted for one another (Holm's step-down), in the order given."""
    adjusted, worst = [0.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        worst = max(worst, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = worst
    return adjusted


def detectable_effect(
    differences: ArrayLike, clusters: Clusters = None, weights: ArrayLike | None = None, discordance: float = 0.1
) -> float:
    """The least mean difference that a comparison with this spread would notice in 80 of 100 repetitions.

    Never less than what the few clusters that differ allow (see `sign_flip`). Where nothing differs there is no
    spread to go by: what `planned_effect` says for this many clusters.
    """
    found, weight, codes, count = _prepared(differences, clusters, weights)
    sums, totals = np.bincount(codes, weight * found, count), np.bincount(codes, weight, count)
    moved = np.abs(sums) > 1e-12
    if count < 2 or not moved.any():
        return planned_effect(count, discordance)
    rest = sums - totals * sums.sum() / totals.sum()
    error = math.sqrt(count / (count - 1) * float(rest @ rest)) / float(totals.sum())
    least = float(np.mean(np.abs(sums[moved]) / totals[moved])) * planned_effect(count, 0)
    return min(1.0, max(least, (_t(0.5 + LEVEL / 2, count - 1) + _t(POWER, count - 1)) * error))


def planned_effect(n: int, discordance: float) -> float:
    """The least difference of two shares that a fresh suite of n pairs would notice in 80 of 100 repetitions.

    `discordance` is the share of pairs expected to differ, either way; an effect cannot exceed it, so where it is too
    small for n it is taken to be as large as the effect. Connor's formula (Biometrics 43, 1987) solved for the effect.
    """
    alpha, beta = NormalDist().inv_cdf(0.5 + LEVEL / 2), NormalDist().inv_cdf(POWER)
    low, high = 0.0, 1.0
    for _ in range(60):
        effect = (low + high) / 2
        share = max(discordance, effect)
        needed = ((alpha * math.sqrt(share) + beta * math.sqrt(share - effect * effect)) / effect) ** 2
        low, high = (effect, high) if needed > n else (low, effect)
    return high


def pass_hat_k(passes: Sequence[Sequence[bool]], k: int) -> float:
    """The chance that k repeats of a case all pass, over the cases with at least k repeats: C(passed, k) / C(n, k).

    Raises ValueError where k < 1 or no case has k repeats.
    """
    shares = [math.comb(sum(case), k) / math.comb(len(case), k) for case in passes if len(case) >= k >= 1]
    if not shares:
        raise ValueError(f"no case has {k} repeats")
    return sum(shares) / len(shares)


def flakiness(passes: Sequence[Sequence[bool]]) -> float:
    """The share of cases whose repeats disagree, of those with at least two; 0 where there are none."""
    repeated = [case for case in passes if len(case) > 1]
    return sum(len(set(map(bool, case))) > 1 for case in repeated) / len(repeated) if repeated else 0.0


def auroc(scores: ArrayLike, labels: Sequence[bool], clusters: Clusters = None) -> Interval | None:
    """The chance that a true case scores above a false one (ties count half). None with one class only.

    The interval is a bootstrap over clusters; a perfect separation gives 1 to 1, which few cases do not warrant.
    """
    found, _, codes, count = _prepared(scores, clusters, None)
    truth = np.asarray(labels, dtype=bool)
    order = np.argsort(found, kind="stable")
    starts = np.flatnonzero(np.diff(found[order], prepend=-np.inf))

    def area(draw: Floats) -> Floats:
        times = draw[:, codes[order]]
        true = np.add.reduceat(times * truth[order], starts, axis=1)
        false = np.add.reduceat(times * ~truth[order], starts, axis=1)
        below = np.cumsum(false, axis=1) - false / 2
        return _ratio((true * below).sum(axis=1), true.sum(axis=1) * false.sum(axis=1))

    return _resampled(area, count, len(found), (0, 1), width=len(found))


def balanced_accuracy(
    truth: Sequence[Hashable], said: Sequence[Hashable], clusters: Clusters = None
) -> Interval | None:
    """The mean over the true classes of the share recognised. None where there is but one class."""
    cells, count, size = _crossed(truth, said, None, clusters)

    def recall(draw: Floats) -> Floats:
        table = (draw @ cells).reshape(-1, size, size)
        rows = table.sum(axis=2)[:, present]
        shares: Floats = _ratio(np.diagonal(table, axis1=1, axis2=2)[:, present], rows).mean(axis=1)
        return shares

    present = cells.sum(axis=0).reshape(size, size).sum(axis=1) > 0
    return _resampled(recall, count, len(truth), (0, 1)) if present.sum() > 1 else None


def cohen_kappa(
    one: Sequence[Hashable], other: Sequence[Hashable], weights: Literal["nominal", "quadratic"] = "nominal",
    clusters: Clusters = None, labels: Sequence[Hashable] | None = None,
) -> Interval | None:  # fmt: skip
    """Agreement of two raters beyond chance. None where both use but one and the same category.

    Quadratic weights go by the place of a category in `labels` (none given: the sorted categories that occur).
    """
    cells, count, size = _crossed(one, other, labels, clusters)
    places = np.arange(size)
    apart = (places[:, None] != places).astype(float) if weights == "nominal" else (places[:, None] - places) ** 2.0

    def kappa(draw: Floats) -> Floats:
        table = (draw @ cells).reshape(-1, size, size)
        expected = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
        total = table.sum(axis=(1, 2))
        return 1 - _ratio((table * apart).sum(axis=(1, 2)) * total, (expected * apart).sum(axis=(1, 2)))

    return _resampled(kappa, count, len(one), (-1, 1))


def krippendorff_alpha(
    ratings: Sequence[Sequence[Hashable | None]], level: Literal["nominal", "ordinal", "interval"] = "nominal"
) -> float | None:
    """Agreement beyond chance of any number of raters (rows) on units (columns); a rating may be missing (None).

    None where no unit has two ratings, or all ratings are the same. Raises ValueError for rows of different length.
    """
    columns = [[value for value in column if value is not None] for column in zip(*ratings, strict=True)]
    units = [column for column in columns if len(column) > 1]
    known = _categories([value for column in units for value in column])
    if len(known) < 2:
        return None
    place = {value: i for i, value in enumerate(known)}
    pairs = np.zeros((len(known), len(known)))
    for unit in units:
        counts = np.bincount([place[value] for value in unit], minlength=len(known))
        pairs += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    totals = pairs.sum(axis=0)
    apart = _distances(known, totals, level)
    return float(1 - (totals.sum() - 1) * (pairs * apart).sum() / (np.outer(totals, totals) * apart).sum())


def _distances(known: list[Hashable], totals: Floats, level: str) -> Floats:
    if level == "nominal":
        return 1.0 - np.eye(len(known))
    # Ordinal: how many ratings lie between two categories, half of each end counted.
    at = np.cumsum(totals) - totals / 2 if level == "ordinal" else np.array(known, dtype=float)
    return np.asarray((at[:, None] - at) ** 2)


def _categories(values: Sequence[Hashable]) -> list[Hashable]:
    distinct = set(values)
    try:
        return sorted(distinct)  # type: ignore[type-var]
    except TypeError:
        return sorted(distinct, key=repr)


def _crossed(
    one: Sequence[Hashable], other: Sequence[Hashable], labels: Sequence[Hashable] | None, clusters: Clusters
) -> tuple[Floats, int, int]:
    """Per cluster, how often each pair of categories occurs (rows × size²); the number of clusters; the size."""
    known = list(labels) if labels is not None else _categories([*one, *other])
    place = {value: i for i, value in enumerate(known)}
    pairs = [place[a] * len(known) + place[b] for a, b in zip(one, other, strict=True)]
    _, _, codes, count = _prepared(pairs, clusters, None)
    cells = np.zeros((count, len(known) ** 2))
    np.add.at(cells, (codes, np.array(pairs)), 1.0)
    return cells, count, len(known)


def _prepared(values: ArrayLike, clusters: Clusters, weights: ArrayLike | None) -> tuple[Floats, Floats, Ints, int]:
    """Values, weights, the number of each value's cluster, and how many clusters there are. Raises ValueError."""
    found = np.asarray(values, dtype=float)
    weight = np.ones(len(found)) if weights is None else np.asarray(weights, dtype=float)
    if not len(found) or len(weight) != len(found) or (clusters is not None and len(clusters) != len(found)):
        raise ValueError(f"{len(found)} values with {len(weight)} weights: one weight and one cluster a value")
    if not np.isfinite(found).all() or not (weight > 0).all():
        raise ValueError("a value that is no number, or a weight that is not above 0")
    if clusters is None:
        return found, weight, np.arange(len(found)), len(found)
    numbers: dict[Hashable, int] = {}
    codes = np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters])
    return found, weight, codes, len(numbers)


def _draws(count: int, width: int = 0) -> Iterator[Floats]:
    """How often each of `count` clusters is drawn (columns), draw by draw (rows), a block of draws at a time."""
    generator, rows = np.random.default_rng(SEED), max(1, _CELLS // max(count, width))
    for start in range(0, DRAWS, rows):
        many = min(rows, DRAWS - start)
        picked = generator.integers(0, count, (many, count)) + count * np.arange(many)[:, None]
        yield np.bincount(picked.ravel(), minlength=many * count).reshape(many, count).astype(float)


def _resampled(
    figure: Callable[[Floats], Floats], count: int, n: int, bounds: tuple[float, float], width: int = 0
) -> Interval | None:
    """The figure of all clusters with its interval; None where it is not defined. Draws without it are left out."""
    value = float(figure(np.ones((1, count)))[0])
    if math.isnan(value):
        return None
    drawn = np.concatenate([figure(draw) for draw in _draws(count, width)])
    return _interval(value, drawn[~np.isnan(drawn)], count, n, bounds)


def _interval(value: float, drawn: Floats, count: int, n: int, bounds: tuple[float, float]) -> Interval:
    """Percentiles of the draws, widened for few clusters (Hesterberg 2015, «expanded percentile»)."""
    if count < 2:
        return Interval(value=value, low=min(value, bounds[0]), high=max(value, bounds[1]), n=n)
    tail = NormalDist().cdf(-math.sqrt(count / (count - 1)) * _t(0.5 + LEVEL / 2, count - 1))
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(value=value, low=min(value, float(low)), high=max(value, float(high)), n=n)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole, not a number where there is no whole."""
    ratio: Floats = np.divide(part, whole, out=np.full_like(part, np.nan, dtype=float), where=whole > 0)
    return ratio


@lru_cache(maxsize=512)
def _t(p: float, freedom: int) -> float:
    """The quantile (p > 0.5) of Student's t with so many degrees of freedom; the normal one beyond 200."""
    z = NormalDist().inv_cdf(p)
    if freedom > 200:
        return z + (z**3 + z) / (4 * freedom)
    low, high = 0.0, 1e4
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_within(middle, freedom) < 2 * p - 1 else (low, middle)
    return high


def _t_within(t: float, freedom: int) -> float:
    """The chance that Student's t lies within ±t (Abramowitz & Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    square, odd = math.cos(angle) ** 2, freedom % 2
    term, total = (math.cos(angle), 0.0) if odd else (1.0, 0.0)
    for step in range(2 + odd, freedom + 1, 2):
        total += term
        term *= square * (step - 1) / step
    return 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
