"""A grader held against people's labels: AUROC beside the best trivial rule's, balanced accuracy and κ.

The threshold that makes a verdict of a score is set on other documents than the ones it judges, so that the balanced
accuracy and κ are those of new data. The trivial rules need no reading at all (length, question marks, words that the
context lacks); the best of them, in the direction that suits it best on these very data, is the one to beat.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voz import __version__
from voz.errors import SuiteError
from voz.evaluate.calibrated import GRADERS, LENGTH, UNMATCHED, Grader, Rules, Score
from voz.evaluate.cards import Agreement, Card
from voz.evaluate.labelled import Labelled, LabelledItem, read_labelled
from voz.evaluate.outcome import Interval
from voz.evaluate.statistics import SEED, auroc, balanced_accuracy, cohen_kappa, krippendorff_alpha

Floats = NDArray[np.float64]
FOLDS = 5
DRAWS = 2_000


def calibrate(
    grader: str, data: Labelled, *, score: Score | None = None, rules: Rules | None = None,
    judge: str | None = None, seen: float | None = None, notes: Sequence[str] = (), today: dt.date | None = None,
) -> Card:  # fmt: skip
    """The card of a grader on labelled data. `score` stands in for the grader's own (a model as `judge`, scores of
    folds held out, with the share `seen` of items it was fitted on then), `rules` for the trivial rules to beat.

    Raises SuiteError for a grader that is not known and has no `score`, and where nothing could be scored.
    """
    known = GRADERS.get(grader) if score else _known(grader)
    judged = score or (known.open() if known else None)
    rules = rules or (known.rules if known else LENGTH)
    labelled = [item for item in data.items if item.good is not None]
    kept = [(item, value) for item in labelled if judged and (value := judged(item)) is not None]
    if not kept:
        raise SuiteError(f"{data.name}: '{grader}' could score none of the {len(labelled)} labelled items.")
    items, found = [item for item, _ in kept], np.array([value for _, value in kept])
    if seen is None:
        seen = float(np.mean([known.seen(item) for item in items])) if known and known.seen and score is None else 0.0
    own = list(known.notes) if known and score is None else []
    if known and known.dimension and known.dimension in data.name:
        own.append(known.about)
    card = _card(grader, data, items, found, rules, seen, today or dt.date.today())
    more = {"judge": judge or (known.judge if known else "rules"), "unscored": len(labelled) - len(kept)}
    return card.model_copy(update={**more, "notes": (*_notes(card, items, data), *own, *notes)})


def calibrate_file(
    grader: str, path: Path, *, language: str | None = None, dimension: str | None = None, today: dt.date | None = None
) -> Card:
    """The card of a grader on a file of labelled data. Raises SuiteError."""
    known = _known(grader)
    try:
        data = read_labelled(path, language=language, dimension=dimension)
    except SuiteError:
        if dimension or not known.dimension:
            raise
        data = read_labelled(path, language=language, dimension=known.dimension, low_is_good=known.low_is_good)
    return calibrate(grader, data, today=today)


def uncalibrated(grader: str, today: dt.date | None = None) -> Card:
    """The card of a grader that no data at hand fits."""
    note = UNMATCHED.get(grader, "No labelled data at hand measure it.")
    return Card(grader=grader, data="", date=today or dt.date.today(), voz=__version__, notes=(note,))


def _known(grader: str) -> Grader:
    if grader not in GRADERS:
        raise SuiteError(f"'{grader}' cannot be calibrated; there are: {', '.join(GRADERS)}.")
    return GRADERS[grader]


def _card(
    grader: str, data: Labelled, items: Sequence[LabelledItem], found: Floats, rules: Rules, seen: float, today: dt.date
) -> Card:
    truth, groups = [bool(item.good) for item in items], [item.group for item in items]
    name, area, trivial = best_rule(rules, items, truth)
    between = lead(found, trivial, truth, groups)
    said = verdicts(found, truth, groups)
    judged = [i for i, verdict in enumerate(said) if verdict is not None]
    of = ([truth[i] for i in judged], [bool(said[i]) for i in judged])
    at = [groups[i] for i in judged]
    return Card(
        grader=grader, data=data.name, good=data.good, n=len(items), positives=sum(truth), groups=len(set(groups)),
        auroc=_rounded(auroc(found, truth, groups)), threshold=_round(best_cut(found, np.array(truth))),
        balanced_accuracy=_rounded(balanced_accuracy(*of, at)) if judged else None,
        kappa=_rounded(cohen_kappa(*of, clusters=at)) if judged else None,
        baseline=name, baseline_auroc=_round(area), lead=_rounded(between), people=agreement(items, data),
        seen=round(seen, 4), may_gate=bool(between and between.low > 0 and not seen), date=today, voz=__version__,
    )  # fmt: skip


def best_rule(rules: Rules, items: Sequence[LabelledItem], truth: Sequence[bool]) -> tuple[str, float | None, Floats]:
    """The trivial rule with the greatest AUROC, read in the direction that suits it: its name, AUROC and values."""
    labels, found = np.array(truth), []
    for name, rule in rules.items():
        values = np.array([rule(item) for item in items])
        area = float(_areas(values, labels, np.ones((1, len(items))))[0])
        found += [(area, name, values), (1 - area, f"less {name}", -values)]
    known = [one for one in found if not np.isnan(one[0])]
    area, name, values = max(known or found, key=lambda one: one[0])
    return name, area if known else None, values


def lead(one: Floats, other: Floats, truth: Sequence[bool], groups: Sequence[str]) -> Interval | None:
    """The AUROC of one score less that of another on the same items, with its interval over documents drawn again."""
    labels = np.array(truth)
    value = _difference(one, other, labels, np.ones((1, len(labels))))[0]
    if np.isnan(value):
        return None
    places: dict[str, int] = {}
    codes = np.array([places.setdefault(group, len(places)) for group in groups])
    generator, count = np.random.default_rng(SEED), len(places)
    drawn = []
    for _ in range(0, DRAWS, 200):
        times = np.stack([np.bincount(generator.integers(0, count, count), minlength=count) for _ in range(200)])
        drawn.append(_difference(one, other, labels, times[:, codes].astype(float)))
    known = np.concatenate(drawn)
    low, high = np.quantile(known[~np.isnan(known)], [0.025, 0.975])
    return Interval(value=float(value), low=float(min(low, value)), high=float(max(high, value)), n=len(labels))


def _difference(one: Floats, other: Floats, truth: NDArray[np.bool_], times: Floats) -> Floats:
    return np.subtract(_areas(one, truth, times), _areas(other, truth, times))


def _areas(scores: Floats, truth: NDArray[np.bool_], times: Floats) -> Floats:
    """The AUROC with each item counted so many times (one row a draw); not a number with one class only."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    good = np.add.reduceat(times[:, order] * truth[order], starts, axis=1)
    bad = np.add.reduceat(times[:, order] * ~truth[order], starts, axis=1)
    below, pairs = np.cumsum(bad, axis=1) - bad / 2, good.sum(axis=1) * bad.sum(axis=1)
    areas: Floats = np.divide((good * below).sum(axis=1), pairs, out=np.full(len(times), np.nan), where=pairs > 0)
    return areas


def verdicts(scores: Floats, truth: Sequence[bool], groups: Sequence[str]) -> list[bool | None]:
    """Good or not, by the threshold that was best on other documents; None where those are of one class only."""
    fold, labels = _folds(groups), np.array(truth)
    said: list[bool | None] = [None] * len(labels)
    for i in range(FOLDS):
        cut = best_cut(scores[fold != i], labels[fold != i])
        for place in np.flatnonzero(fold == i):
            said[place] = None if cut is None else bool(scores[place] >= cut)
    return said


def _folds(groups: Sequence[str]) -> NDArray[np.intp]:
    """Whole documents, dealt out in an order that only their names decide."""
    names = sorted(set(groups), key=lambda name: hashlib.sha1(name.encode("utf-8", "replace")).hexdigest())
    place = {name: i % FOLDS for i, name in enumerate(names)}
    return np.array([place[group] for group in groups], dtype=np.intp)


def best_cut(scores: Floats, truth: NDArray[np.bool_]) -> float | None:
    """The score from which «good» is said with the best balanced accuracy; half-way between two scores that occur."""
    if not 0 < truth.sum() < len(truth):
        return None
    values, place = np.unique(scores, return_inverse=True)
    good, bad = np.bincount(place, truth, len(values)), np.bincount(place, ~truth, len(values))
    # Said «good» of values[i] and above: the good ones there, and the bad ones below.
    reached = (good.sum() - np.cumsum(good) + good) / good.sum() + (np.cumsum(bad) - bad) / bad.sum()
    best = np.flatnonzero(np.isclose(reached, reached.max()))
    at = int(best[len(best) // 2])
    return float(values[at] if at == 0 else (values[at] + values[at - 1]) / 2)


def agreement(items: Sequence[LabelledItem], data: Labelled) -> Agreement | None:
    """How the experts who rated the items agree: α over the ratings, κ of each two at the cut of the labels."""
    experts = sorted({name for item in items for name in item.ratings if name.startswith("expert")})
    if len(experts) < 2 or data.cut is None:
        return None
    ratings = [[item.ratings.get(name) for item in items] for name in experts]
    pairs = [kappa for one, other in combinations(experts, 2) if (kappa := _kappa(items, data, one, other)) is not None]
    alpha = krippendorff_alpha(ratings, "ordinal")
    mean = sum(pairs) / len(pairs) if pairs else None
    ends = (_round(min(pairs)), _round(max(pairs))) if pairs else (None, None)
    return Agreement(raters=len(experts), alpha=_round(alpha), kappa=_round(mean), low=ends[0], high=ends[1])


def _kappa(items: Sequence[LabelledItem], data: Labelled, one: str, other: str | None) -> float | None:
    """κ of a rater with another, or with the label, at the cut of the labels."""
    cut = data.cut or 0.0
    both = [item for item in items if one in item.ratings and (other is None or other in item.ratings)]
    if not both:
        return None
    left = [(item.ratings[one] >= cut) != data.low_is_good for item in both]
    right = [bool(item.good) if other is None else (item.ratings[other] >= cut) != data.low_is_good for item in both]
    found = cohen_kappa(left, right)
    return found.value if found else None


def _notes(card: Card, items: Sequence[LabelledItem], data: Labelled) -> tuple[str, ...]:
    """What a reader of the figures has to know of these very items."""
    notes = []
    if card.seen:
        notes.append(f"The grader was fitted on {card.seen:.0%} of these items: these figures flatter it.")
    if min(card.positives, card.n - card.positives) < 20:
        notes.append(f"Only {card.positives} good and {card.n - card.positives} other items: the figures are rough.")
    languages = sorted({item.language for item in items if item.language})
    if languages and "es" not in languages:
        notes.append(f"The items are in {', '.join(languages)}, not in Spanish.")
    others = sorted({name for item in items for name in item.ratings if not name.startswith("expert")})
    kappas = [(name, _kappa(items, data, name, None)) for name in others] if data.cut is not None else []
    if kappas:
        told = ", ".join(f"{name} {kappa:.2f}" for name, kappa in kappas if kappa is not None)
        notes.append(f"κ of other raters with the experts' median at the same cut: {told}.")
    return tuple(notes)


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _rounded(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return interval.model_copy(update={name: round(getattr(interval, name), 4) for name in ("value", "low", "high")})
