"""Compares one sentence with the clauses found for it, sign by sign.

Each sign is a number from 0 (fine) upwards, except the nearness signs; `checks/support.py` weighs them. They are named
after what they show, so that a finding can say why: `figure_unknown`, `figure_other`, `expired_nearer`, …
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from voz.case import Case
from voz.figures import day_of, derived, discounted, equal, stands_in, totalled
from voz.knowledge.products import mentioned
from voz.quantities import Quantity, fold_in_place, quantities
from voz.statements import Clause, Statement, content_stems, name_stems, pattern

if TYPE_CHECKING:
    from voz.grounding import Grounding

Floats = npt.NDArray[np.float32]
NEAR = 10
NAMED_ROWS = 60
EMERGENCY = frozenset({"112", "911", "061", "61", "107", "101", "100", "088", "066", "190", "192", "193"})
SMALL_COUNT = 12
BARRED_MARGIN = 0.02
"""An expired or internal clause must come this much nearer before its figure is held to be its own."""
OPPOSITES = (("permit", "-permit"), ("free", "paid"), ("must", "-must"))


@dataclass(frozen=True)
class Compared:
    passages: tuple[str, ...]
    clause: str
    against: str
    signs: dict[str, float]
    nearest: int = -1
    """Place of the nearest clause that applies; -1: none does."""


@dataclass(frozen=True)
class View:
    """A sentence with all clauses scored against it, those that apply first in `order`."""

    said: Statement
    clauses: Sequence[Clause]
    scores: Floats
    lexical: Floats
    order: list[int]
    barred: list[int]
    products: frozenset[str]
    names: tuple[str, ...]

    def near(self, n: int) -> list[Clause]:
        return [self.clauses[i] for i in self.order[:n]]

    def prices(self) -> tuple[Quantity, ...]:
        """Every amount of money in the clauses that apply and share a word with the sentence."""
        rows = (i for i in self.order if self.lexical[i] > 0)
        return tuple(q for i in rows for q in self.clauses[i].said.figures if q.kind == "money")

    def best(self, rows: Sequence[int], wanted: Sequence[bool]) -> tuple[float, int]:
        hits = [i for i, keep in zip(rows, wanted, strict=True) if keep]
        if not hits:
            return -1.0, -1
        top = max(hits, key=lambda i: float(self.scores[i]))
        return float(self.scores[top]), top


def compare(
    said: Statement, case: Case, grounding: Grounding, scores: Floats, lexical: Floats, apply: npt.NDArray[np.bool_]
) -> Compared:
    """The signs for one sentence. Pure: everything comes in."""
    view = _view(said, case, grounding, scores, lexical, apply)
    if not view.order:
        return Compared((), "", "", {"no_knowledge": 1.0})
    signs: dict[str, float] = {}
    against = _figure_signs(view, case, signs)
    _nearness_signs(view, case, grounding, signs)
    against = _stance_signs(view, signs) or against
    _condition_signs(view, case, signs)
    _wording_signs(view, case, signs)
    ids = tuple(dict.fromkeys(clause.passage.id for clause in view.near(NEAR)))
    return Compared(ids, view.near(1)[0].said.text, against, signs, view.order[0])


def _view(
    said: Statement, case: Case, grounding: Grounding, scores: Floats, lexical: Floats, apply: npt.NDArray[np.bool_]
) -> View:
    rows = np.argsort(-scores, kind="stable")
    names = _names(grounding.clauses)
    reply = (case.draft.reply if case.draft else "") or ""
    spoken = next((found for text in (said.text, case.message.text, reply) if (found := mentioned(text, names))), [])
    return View(
        said=said, clauses=grounding.clauses, scores=scores, lexical=lexical,
        order=[int(i) for i in rows if apply[i]], barred=[int(i) for i in rows if not apply[i]],
        products=frozenset(spoken), names=names,
    )  # fmt: skip


_names_of: dict[int, tuple[str, ...]] = {}


def _names(clauses: Sequence[Clause]) -> tuple[str, ...]:
    found = _names_of.get(id(clauses))
    if found is None:
        names = {name for clause in clauses for name in clause.passage.products}
        found = tuple(sorted(names, key=lambda name: (-len(name), name)))
        _names_of.clear()
        _names_of[id(clauses)] = found
    return found


# --- figures ------------------------------------------------------------------------------------


def told_figures(case: Case) -> list[Quantity]:
    """The figures that the customer or the thread has already said."""
    texts = (case.message.text, *(turn.text for turn in case.message.thread))
    return [q for text in texts for q in quantities(text)]


def unknown_figures(sentence: str, case: Case) -> list[Quantity]:
    """Weighty figures of a sentence that neither the customer nor any public clause in force says."""
    told, known = told_figures(case), _figures_of(case.known)
    figures = [q for q in quantities(sentence) if q.kind != "weekday"]
    return [q for q in figures if _weighty(q) and not stands_in(q, told) and not stands_in(q, known)]


@lru_cache(maxsize=8)
def _figures_of(known: str) -> tuple[Quantity, ...]:
    return quantities(known)


def _elapsed(text: str, figure: Quantity) -> bool:
    """«lleva dos meses», «quedan 46 horas»: the customer's own count of time, not a rule of the company."""
    before = fold_in_place(text[max(0, figure.start - 24) : figure.start])
    return figure.kind in ("duration", "count") and bool(pattern("elapsed").search(before))


def _calls_for_help(text: str, figure: Quantity) -> bool:
    """«Llame al 911»: everybody's number, no figure of the company's."""
    return (
        figure.kind == "count"
        and str(int(figure.value)) in EMERGENCY
        and bool(pattern("help").search(fold_in_place(text)))
    )


def _is_year(figure: Quantity) -> bool:
    """«Hasta febrero de 2027»: the month says more."""
    return figure.kind == "count" and 1900 <= figure.value <= 2100


def _weighty(figure: Quantity) -> bool:
    counted = figure.kind == "count" and figure.value > SMALL_COUNT and not _is_year(figure)
    return figure.kind in ("money", "percent", "duration") or counted


def _figure_signs(view: View, case: Case, signs: dict[str, float]) -> str:
    """Signs of the worst figure in the sentence; returns the clause that says otherwise."""
    told = told_figures(case)
    figures = [q for q in view.said.figures if q.kind != "weekday" and not stands_in(q, told)]
    figures = [q for q in figures if not _calls_for_help(view.said.text, q)]
    signs["figures"] = float(len(figures))
    reply = quantities((case.draft.reply if case.draft else "") or "")
    known = [q for clause in view.near(3) for q in clause.said.figures]
    against, worst = "", -9.0
    for figure in figures:
        others = [q for q in (*told, *reply) if not (q.kind == figure.kind and equal(q, figure))]
        reckoned = (
            _elapsed(view.said.text, figure)
            or derived(figure, others, known, case.today)
            or discounted(figure, others, view.prices(), known)
            or _sum_of_named(figure, view, case)
            or _day_reckoned(figure, view, case, known)
        )
        clause, score = _one_figure(view, figure, figures, reckoned, signs)
        if score > worst:
            against, worst = clause, score
    return against


def _sum_of_named(figure: Quantity, view: View, case: Case) -> bool:
    """«Los tres suman 605»: the prices of things that the customer names, where the sentence says that it is a sum."""
    if figure.kind != "money" or not pattern("sum").search(fold_in_place(view.said.text)):
        return False
    told = content_stems(case.message.text)
    rows = [clause for i in view.order[:NAMED_ROWS] if (clause := view.clauses[i]).is_row and name_stems(clause) & told]
    return totalled(figure, [clause.said.figures for clause in rows])


def _day_reckoned(figure: Quantity, view: View, case: Case, known: Sequence[Quantity]) -> bool:
    """«Se cerró el 19»: a day of the month, so many days after or before one that was told."""
    before = fold_in_place(view.said.text[max(0, figure.start - 12) : figure.start])
    if figure.kind != "count" or figure.value > 31 or not pattern("day_before").search(before):
        return False
    starts = [case.today, *(day for q in told_figures(case) if (day := day_of(q, case.today)))]
    spans = [q.value for q in (*known, *told_figures(case)) if q.kind == "duration" and q.unit == "day"]
    return any((start + dt.timedelta(days=sign * days)).day == figure.value
               for start in starts for days in spans if days < 4000 for sign in (1, -1))  # fmt: skip


def _one_figure(
    view: View, figure: Quantity, figures: Sequence[Quantity], reckoned: bool, signs: dict[str, float]
) -> tuple[str, float]:
    has = {i: stands_in(figure, view.clauses[i].said.figures) for i in (*view.order, *view.barred)}
    kinds = {figure.kind} if figure.kind != "count" else {"count", "money", "duration", "percent"}
    other = [not has[i] and any(o.kind in kinds for o in view.clauses[i].said.figures) for i in view.order]
    yes, yes_at = view.best(view.order, [has[i] for i in view.order])
    no, no_at = view.best(view.order, other)
    barred, barred_at = view.best(view.barred, [has[i] for i in view.barred])
    weighty = _weighty(figure)
    if yes_at < 0:
        if not reckoned:
            _raise(signs, "figure_unknown" if weighty else "figure_unknown_light", 1.0)
            if barred_at >= 0 and not _is_year(figure):
                _raise(signs, "figure_barred_only", 1.0)
        else:
            _raise(signs, "figure_reckoned", 1.0)
        return (view.clauses[no_at].said.text if no_at >= 0 else ""), 1.0
    if reckoned and figure.kind not in ("percent",):
        _raise(signs, "figure_reckoned", 1.0)
        return "", -1.0
    top = float(view.scores[view.order[0]])
    scale = 1.0 if weighty else 0.5
    _raise(signs, "figure_gap", scale * max(-0.1, no - yes if no_at >= 0 else -0.1))
    _raise(signs, "figure_far", scale * (top - yes))
    _raise(signs, "figure_words_gap", float(view.lexical[no_at] - view.lexical[yes_at]) if no_at >= 0 else 0.0)
    _raise(signs, "figure_barred_gap", scale * max(-0.1, barred - yes) if barred_at >= 0 else -0.1)
    if weighty and barred_at >= 0 and barred > yes + BARRED_MARGIN and barred > no:
        _raise(signs, "figure_barred_best", 1.0)
    if weighty:
        _raise(signs, "figure_product", _product_sign(view, has, top, yes_at))
    _raise(signs, "figure_segment", _segment_sign(view, figure, yes_at))
    company = np.mean([stands_in(q, view.clauses[yes_at].said.figures) for q in figures])
    _raise(signs, "figure_alone", 1.0 - float(company))
    return (view.clauses[no_at].said.text if no_at >= 0 and no > yes else ""), no - yes


def _raise(signs: dict[str, float], name: str, value: float) -> None:
    signs[name] = max(signs.get(name, -9.0), float(value))


def _products(view: View, i: int) -> frozenset[str]:
    clause = view.clauses[i]
    return frozenset(mentioned(clause.said.text, view.names) or mentioned(clause.context, view.names))


def _product_sign(view: View, has: dict[int, bool], top: float, yes_at: int) -> float:
    """1 when the figure stands only in clauses of another product than the one spoken of, ½ when best there."""
    if not view.products or not any(_products(view, i) & view.products for i in view.order[:120]):
        return 0.0
    carriers = [i for i in view.order[:120] if has[i] and view.scores[i] > top - 0.12] or [yes_at]
    fitting = [i for i in carriers if not _products(view, i) or _products(view, i) & view.products]
    if not fitting:
        return 1.0
    return 0.5 if yes_at not in fitting else 0.0


_CUT = re.compile(r"[;,.]|\b(?:y|e|o|and|i)\b")


def _segments(text: str, figures: Sequence[Quantity]) -> list[str]:
    """The words around each figure, cut where the next one's begin."""
    cuts = [0]
    for left, right in itertools.pairwise(figures):
        between = fold_in_place(text[left.end : right.start])
        match = _CUT.search(between)
        cuts.append(left.end + (match.start() if match else len(between) // 2))
    cuts.append(len(text))
    return [text[a:b] for a, b in itertools.pairwise(cuts)]


def _segment_sign(view: View, figure: Quantity, at: int) -> float:
    """Whether another figure of the same clause stands nearer to the sentence's words than this one."""
    clause = view.clauses[at]
    figures = [q for q in clause.said.figures if q.kind != "weekday"]
    if len(figures) < 2:
        return 0.0
    mine, others = 0.0, 0.0
    for q, segment in zip(figures, _segments(clause.said.text, figures), strict=True):
        shared = len(content_stems(segment, clause.passage.language) & view.said.stems)
        if equal(q, figure):
            mine = max(mine, shared)
        elif q.kind == figure.kind:
            others = max(others, shared)
    return max(-2.0, min(2.0, others - mine))


# --- nearness, stance, conditions, wording --------------------------------------------------------


def _nearness_signs(view: View, case: Case, grounding: Grounding, signs: dict[str, float]) -> None:
    best, barred = view.order[0], view.barred[0] if view.barred else None
    signs["nearest"] = float(view.scores[best])
    signs["words_nearest"] = float(view.lexical[view.order[:5]].max())
    if barred is not None:
        signs["barred_gap"] = float(view.scores[barred] - view.scores[best])
        internal = [i for i in view.barred[:20] if view.clauses[i].passage.audience == "internal"]
        top_words = float(view.lexical[view.order[:40]].max())
        signs["internal_words"] = max((float(view.lexical[i]) - top_words for i in internal), default=-0.5)
        signs["barred_words"] = max((float(view.lexical[i]) - top_words for i in view.barred[:20]), default=-0.5)
    around = frozenset[str]().union(*(clause.scope for clause in view.near(3)))
    told = content_stems(case.message.text)
    total = sum(grounding.weight(stem) for stem in view.said.stems) or 1.0
    signs["novel"] = sum(grounding.weight(s) for s in view.said.stems if s not in around and s not in told) / total
    signs["told"] = sum(grounding.weight(s) for s in view.said.stems & told) / total
    signs["length"] = min(2.0, len(view.said.stems) / 10)


def _stance_signs(view: View, signs: dict[str, float]) -> str:
    """Whether the nearest clauses allow, charge or demand the opposite of the sentence."""
    against = ""
    top = float(view.scores[view.order[0]])
    for i in view.order[:3]:
        clause = view.clauses[i]
        close = max(0.0, 1 - 10 * (top - float(view.scores[i])))
        for plus, minus in OPPOSITES:
            for mine, theirs in ((plus, minus), (minus, plus)):
                if _opposed(mine, theirs, view.said.stance, clause.said.stance):
                    name = f"opposite_{mine.strip('-')}_{'no' if mine == minus else 'yes'}"
                    if close * (0.3 + float(view.lexical[i])) > signs.get(name, 0.0):
                        signs[name] = close * (0.3 + float(view.lexical[i]))
                        against = clause.said.text
    for sign in ("permit", "-permit", "free", "paid"):
        signs[f"says_{sign}"] = float(sign in view.said.stance)
    return against


def _opposed(mine: str, theirs: str, said: frozenset[str], clause: frozenset[str]) -> bool:
    return mine in said and theirs in clause and mine not in clause and theirs not in said


def _condition_signs(view: View, case: Case, signs: dict[str, float]) -> None:
    """Conditions of the nearest clauses that neither the reply nor the message speaks of."""
    reply = (case.draft.reply if case.draft else "") or ""
    seen = content_stems(reply) | content_stems(case.message.text)
    figures = [*quantities(reply), *quantities(case.message.text)]
    top = float(view.scores[view.order[0]])
    for i in view.order[:2]:
        close = max(0.0, 1 - 10 * (top - float(view.scores[i])))
        for condition in view.clauses[i].said.conditions:
            stems, needed = content_stems(condition), quantities(condition)
            covered = sum(s in seen for s in stems) + sum(stands_in(q, figures) for q in needed)
            parts = len(stems) + len(needed)
            missing = close * (1 - covered / parts) if parts else 0.0
            name = "condition_dropped" if pattern("exclusive").match(condition) else "scope_dropped"
            _raise(signs, name, missing * (0.3 + float(view.lexical[i])))
    signs["conditional"] = float(bool(view.said.conditions))


def _wording_signs(view: View, case: Case, signs: dict[str, float]) -> None:
    folded = fold_in_place(view.said.text)
    for name in ("give", "certain", "liability", "exception", "abstain", "consult"):
        signs[f"wording_{name}"] = float(bool(pattern(name).search(folded)))
