"""The signs of the figures in a sentence: where each stands among the clauses, whether it follows from others, what it
stands for there.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from voz.case import Case
from voz.figures import day_of, derived, discounted, equal, stands_in, totalled
from voz.knowledge.products import mentioned
from voz.quantities import Quantity, fold_in_place, quantities
from voz.statements import content_stems, name_stems, pattern

if TYPE_CHECKING:
    from voz.comparison import View

SMALL_COUNT = 12
NAMED_ROWS = 60
EMERGENCY = frozenset({"112", "911", "061", "61", "107", "101", "100", "088", "066", "190", "192", "193"})
BARRED_MARGIN = 0.02
"""An expired or internal clause must come this much nearer before its figure is held to be its own."""


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


def figure_signs(view: View, case: Case, signs: dict[str, float]) -> str:
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
            raised(signs, "figure_unknown" if weighty else "figure_unknown_light", 1.0)
            if barred_at >= 0 and not _is_year(figure):
                raised(signs, "figure_barred_only", 1.0)
        else:
            raised(signs, "figure_reckoned", 1.0)
        return (view.clauses[no_at].said.text if no_at >= 0 else ""), 1.0
    if reckoned and figure.kind not in ("percent",):
        raised(signs, "figure_reckoned", 1.0)
        return "", -1.0
    top = float(view.scores[view.order[0]])
    scale = 1.0 if weighty else 0.5
    raised(signs, "figure_gap", scale * max(-0.1, no - yes if no_at >= 0 else -0.1))
    raised(signs, "figure_far", scale * (top - yes))
    raised(signs, "figure_words_gap", float(view.lexical[no_at] - view.lexical[yes_at]) if no_at >= 0 else 0.0)
    raised(signs, "figure_barred_gap", scale * max(-0.1, barred - yes) if barred_at >= 0 else -0.1)
    if weighty and barred_at >= 0 and barred > yes + BARRED_MARGIN and barred > no:
        raised(signs, "figure_barred_best", 1.0)
    if weighty:
        raised(signs, "figure_product", _product_sign(view, has, top, yes_at))
    raised(signs, "figure_segment", _segment_sign(view, figure, yes_at))
    company = np.mean([stands_in(q, view.clauses[yes_at].said.figures) for q in figures])
    raised(signs, "figure_alone", 1.0 - float(company))
    return (view.clauses[no_at].said.text if no_at >= 0 and no > yes else ""), no - yes


def raised(signs: dict[str, float], name: str, value: float) -> None:
    signs[name] = max(signs.get(name, -9.0), float(value))


def products_of(view: View, i: int) -> frozenset[str]:
    clause = view.clauses[i]
    return frozenset(mentioned(clause.said.text, view.names) or mentioned(clause.context, view.names))


def _product_sign(view: View, has: dict[int, bool], top: float, yes_at: int) -> float:
    """1 when the figure stands only in clauses of another product than the one spoken of, ½ when best there."""
    if not view.products or not any(products_of(view, i) & view.products for i in view.order[:120]):
        return 0.0
    carriers = [i for i in view.order[:120] if has[i] and view.scores[i] > top - 0.12] or [yes_at]
    fitting = [i for i in carriers if not products_of(view, i) or products_of(view, i) & view.products]
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
