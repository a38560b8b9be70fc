"""Which clause of the passages found answers an ask best, and whether it answers it at all."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace

from voz.case import AskEvidence, Case, Passage
from voz.passage_clauses import (
    FIGURES,
    AskType,
    Clause,
    answers_type,
    ask_types,
    clauses,
    is_question,
    narrowed,
    pattern,
    terms,
)
from voz.text import fold

ENOUGH, ENOUGH_CLAIM, ENOUGH_TOP = 0.34, 0.42, 0.16
"""Share of an ask's weighted words that a clause must speak of: an ask, a claim, the best-placed passage."""
NEAR, AROUND = 0.6, 0.3
"""What a word counts that stands in the heading, or in the same section, and not in the sentence itself."""
PLACE = 0.45
"""What the first passage gains over the others, as retrieval put it first."""


@dataclass(frozen=True)
class Question:
    """An ask as it is searched for inside the passages."""

    wanted: frozenset[str]
    types: tuple[AskType, ...] = ()
    products: frozenset[str] = frozenset()

    @property
    def figures(self) -> tuple[AskType, ...]:
        return tuple(kind for kind in self.types if kind in FIGURES)


def choose(evidence: AskEvidence, case: Case, asked: bool) -> list[Clause]:
    """The best clause, and one more for each kind of figure asked for that the best does not hold.

    Empty where nothing really answers; `asked` False is a claim, which must be met more closely.
    """
    ask = evidence.ask
    question = Question(terms(ask.text) | terms(ask.query), ask_types(ask.text), products_named(case))
    ranked = rank(question, evidence.passages)
    if not ranked or not _enough(ranked[0], question, evidence, asked):
        return []
    chosen = [_extent(ranked[0], question)]
    for kind in question.figures:
        if not any(answers_type(clause.text, kind) for clause in chosen):
            more = next((c for c in ranked[1:8] if answers_type(c.focus, kind) and c.overlap >= ENOUGH), None)
            if more and more.key not in {clause.key for clause in chosen}:
                chosen.append(_extent(more, question))
    return chosen


def rank(question: Question, passages: tuple[Passage, ...]) -> list[Clause]:
    """All clauses of the passages, the one that answers best first; ties keep the order of the passages."""
    placed = [(place, clause) for place, passage in enumerate(passages) for clause in clauses(passage)]
    counts = Counter(term for _, clause in placed for term in terms(clause.focus))
    weight = {t: math.log(1 + (len(placed) + 1) / (counts[t] + 0.5)) for t in question.wanted}
    total = sum(weight.values()) or 1.0
    scored = []
    for place, clause in placed:
        own, head = terms(clause.focus), terms(clause.passage.heading)
        hit = sum(weight[t] for t in question.wanted & own)
        near = sum(weight[t] for t in (question.wanted & head) - own)
        around = sum(weight[t] for t in (question.wanted & terms(clause.text)) - own - head)
        overlap = (hit + NEAR * near + AROUND * around) / total
        score = overlap + PLACE / (1 + place) + _figure_score(clause, question)
        score -= 0.6 * _other_product(clause, question)
        scored.append(replace(clause, score=score, overlap=overlap))
    return sorted(scored, key=lambda clause: -clause.score)


def _figure_score(clause: Clause, question: Question) -> float:
    if not question.figures:
        return 0.0
    gains = (0.25 if answers_type(clause.focus, kind) else -0.15 for kind in question.figures)
    return sum(gains) / len(question.figures)


def _other_product(clause: Clause, question: Question) -> bool:
    """The clause is about another product than the one that the customer names."""
    about = {fold(product) for product in clause.passage.products}
    return bool(question.products and about and not question.products & about)


def _enough(clause: Clause, question: Question, evidence: AskEvidence, asked: bool) -> bool:
    typed = [answers_type(clause.text, kind) for kind in question.figures]
    if typed and not any(typed) and not pattern("negation").search(fold(clause.text)):
        return False
    if not asked:
        return clause.overlap >= ENOUGH_CLAIM
    top = evidence.passages[0]
    first = clause.passage.id == top.id
    return clause.overlap >= ENOUGH or (first and clause.overlap >= ENOUGH_TOP)


def _extent(clause: Clause, question: Question) -> Clause:
    """A row cut to the columns asked for; a section that is the ask itself said whole, else tight."""
    if clause.kind == "row":
        return narrowed(clause, question.wanted, question.types)
    head = terms(clause.label)
    about = len(question.wanted & head) / (len(head) or 1)
    if is_question(clause.label) or about >= 0.5 or "how" in question.types:
        return clause
    return replace(clause, text=clause.tight)


def products_named(case: Case) -> frozenset[str]:
    """Products of the passages that the customer names, the longest names first (Max before plain)."""
    text = f" {fold(case.message.text)} "
    names = {fold(product) for passage in case.evidence.passages for product in passage.products}
    found = set()
    for name in sorted(names, key=len, reverse=True):
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            found.add(name)
            text = text.replace(name, " ")
    return frozenset(found)
