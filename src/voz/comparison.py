"""Compares one sentence with the clauses found for it, sign by sign.

Each sign is a number from 0 (fine) upwards, except the nearness signs; `checks/support.py` weighs them. They are named
after what they show, so that a finding can say why: `figure_unknown`, `figure_other`, `expired_nearer`, …
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from voz.case import Case
from voz.figure_signs import figure_signs, raised
from voz.figures import stands_in
from voz.knowledge.products import mentioned
from voz.quantities import Quantity, fold_in_place, quantities
from voz.statements import Clause, Statement, content_stems, pattern

if TYPE_CHECKING:
    from voz.grounding import Grounding

Floats = npt.NDArray[np.float32]
NEAR = 10
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
    against = figure_signs(view, case, signs)
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
            raised(signs, name, missing * (0.3 + float(view.lexical[i])))
    signs["conditional"] = float(bool(view.said.conditions))


def _wording_signs(view: View, case: Case, signs: dict[str, float]) -> None:
    folded = fold_in_place(view.said.text)
    for name in ("give", "certain", "liability", "exception", "abstain", "consult"):
        signs[f"wording_{name}"] = float(bool(pattern(name).search(folded)))
