"""Which clauses of the whole library answer an ask: by meaning, by words, by the kind of figure asked for.

Every applicable clause is compared with the ask by its vector; the best are read again, closely. Each sign is a
number; their weights are a logistic fit (see WEIGHTS), so that a score is how likely the clause is to answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voz.case import AskEvidence, Case, ClauseHit, Evidence, Passage
from voz.details import topic_terms
from voz.grounding import Grounding
from voz.passage_words import FIGURES, AskType, answers_type, ask_types, generic_terms, pattern, terms
from voz.statements import Clause, content_stems
from voz.text import fold, words

Floats = npt.NDArray[np.float32]
READ = 48
"""So many clauses per ask are read closely."""
KEPT = 10
MESSAGE = 3_000
LEXICAL = 0.10
_NAME = re.compile(r"(?<=[a-záéíóúñ,»)] )[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{3,}")

SIGNS = (
    "far",       # cosine over the middle of all that apply
    "behind",    # cosine below the best one's
    "whole",     # cosine with the whole message, over the middle
    "said",      # share of the ask's words in the clause
    "headed",    # share of the ask's words in its heading, not in the clause
    "around",    # share of the message's other words in clause or heading
    "off",       # share of the heading's words that the customer does not speak of
    "fits",      # holds the kind of figure asked for
    "lacks",     # holds none of the kinds of figure asked for
    "product",   # of the product named
    "other",     # of another product than the one named
    "unsaid",    # names that the customer does not mention
    "section",   # how far the section's three best clauses stand out
    "approved",  # approved wording
    "topic",     # speaks of what happened
    "found",     # the section was found by retrieval: 1 first, 1/2 second …
    "stranger",  # the ask names a thing that the clause does not
    "rare",      # the most telling word of the ask that the clause or its heading holds
    "missed",    # the most telling word of the ask that neither holds
    "row",       # a table's row
    "keyed",     # the first cells of a row hold a word of the ask
    "near",      # cosine of the whole section with the ask, over the middle
    "told",      # cosine of the whole section with the message, over the middle
)  # fmt: skip
WEIGHTS: tuple[float, ...] = (0.0, 0.0, 6.55, 0.39, 0.0, 2.76, -0.91, 0.0, 0.0, 0.0, -0.46, 0.0, 3.0, 0.0, 0.49, 1.91, -0.49, 1.33, -0.51, 0.0, 0.17, 0.0, 0.0)
BIAS = -4.56
WORTH = 0.2


@dataclass(frozen=True)
class _Asked:
    """What of a message its clauses are compared with."""

    own: frozenset[str]
    around: frozenset[str]
    types: tuple[AskType, ...]
    products: frozenset[str]
    mentioned: frozenset[str]
    topical: frozenset[str]
    names: frozenset[str]
    weights: Mapping[str, float]

    def weight(self, term: str) -> float:
        return self.weights.get(term, 0.6) * (0.5 if term in generic_terms() else 1.0)

    def share(self, wanted: frozenset[str], has: frozenset[str]) -> float:
        total = sum(self.weight(term) for term in wanted)
        return sum(self.weight(term) for term in wanted & has) / total if total else 0.0


def likely_clauses(case: Case, grounding: Grounding) -> Evidence:
    """The evidence with the likeliest clauses for each ask, and their passages among those found."""
    if not case.evidence.asks or not grounding.clauses or grounding.library is None:
        return case.evidence
    reasons = grounding.reasons(case)
    apply = np.array([reasons[clause.passage.id] is None for clause in grounding.clauses])
    queries = [found.ask.query or found.ask.text for found in case.evidence.asks]
    rows = grounding.library.embedder.query([*queries, case.message.text[:600]])
    asks = tuple(
        _with_clauses(found, row, rows[-1], case, grounding, apply)
        for found, row in zip(case.evidence.asks, rows, strict=False)
    )
    return case.evidence.model_copy(update={"asks": asks})


def _with_clauses(
    found: AskEvidence, row: Floats, whole: Floats, case: Case, grounding: Grounding, apply: npt.NDArray[np.bool_]
) -> AskEvidence:
    places, signs = read(found, row, whole, case, grounding, apply)
    if not len(places):
        return found
    scores = 1 / (1 + np.exp(-(signs @ np.array(WEIGHTS, np.float32) + BIAS)))
    best = [int(i) for i in np.argsort(-scores, kind="stable")[:KEPT]]
    hits = tuple(
        ClauseHit(
            passage_id=clause.passage.id, text=clause.said.text, context=clause.context, score=round(float(scores[i]), 4)
        )
        for i in best
        if (clause := grounding.clauses[places[i]])
    )
    known = {passage.id for passage in found.passages}
    least = min((passage.score for passage in found.passages), default=0.0)
    more: dict[str, Passage] = {}
    for i in best:
        passage = grounding.clauses[places[i]].passage
        if passage.id not in known and scores[i] >= WORTH:
            more.setdefault(passage.id, passage.model_copy(update={"score": least}))
    return found.model_copy(update={"clauses": hits, "passages": (*found.passages, *more.values())})


def read(
    found: AskEvidence, row: Floats, whole: Floats, case: Case, grounding: Grounding, apply: npt.NDArray[np.bool_]
) -> tuple[list[int], Floats]:
    """The places of the clauses read closely and their signs, one row each in the order of SIGNS."""
    cosines = grounding.vectors @ row
    applying = cosines[apply]
    if not len(applying):
        return [], np.zeros((0, len(SIGNS)), np.float32)
    middle, top = float(np.median(applying)), float(applying.max())
    told = grounding.vectors @ whole
    told_middle = float(np.median(told[apply]))
    rough = cosines + LEXICAL * grounding.shared(content_stems(found.ask.query or found.ask.text))
    order = [int(i) for i in np.argsort(np.where(apply, -rough, 9.0), kind="stable")[:READ] if apply[i]]
    asked = _asked(found, case, grounding)
    sections: dict[str, list[float]] = {}
    for i in np.flatnonzero(apply):
        sections.setdefault(grounding.clauses[i].passage.id, []).append(float(cosines[i]))
    outstanding = {key: float(np.mean(sorted(values)[-3:])) - middle for key, values in sections.items()}
    near, near_told = _passage_cosines(grounding, row, whole, apply)
    ranks = {passage.id: 1 / (1 + place) for place, passage in enumerate(found.passages)}
    signs = [
        [
            10 * (float(cosines[i]) - middle),
            10 * (float(cosines[i]) - top),
            10 * (float(told[i]) - told_middle),
            *_closely(grounding.clauses[i], asked, 10 * outstanding[grounding.clauses[i].passage.id],
                      ranks.get(grounding.clauses[i].passage.id, 0.0)),
            10 * near[grounding.clauses[i].passage.id],
            10 * near_told[grounding.clauses[i].passage.id],
        ]
        for i in order
    ]  # fmt: skip
    return order, np.array(signs, np.float32).reshape(len(order), len(SIGNS))


def _passage_cosines(
    grounding: Grounding, row: Floats, whole: Floats, apply: npt.NDArray[np.bool_]
) -> tuple[dict[str, float], dict[str, float]]:
    """Passage id → its cosine with the ask and with the message, over the middle of those that apply."""
    assert grounding.library is not None
    ids = list(dict.fromkeys(grounding.clauses[i].passage.id for i in np.flatnonzero(apply)))
    vectors = np.array([grounding.library.vector(one) for one in ids])
    asked, told = vectors @ row, vectors @ whole
    asked, told = asked - np.median(asked), told - np.median(told)
    return dict(zip(ids, asked.tolist(), strict=True)), dict(zip(ids, told.tolist(), strict=True))


def _asked(found: AskEvidence, case: Case, grounding: Grounding) -> _Asked:
    from voz.knowledge.products import mentioned

    assert grounding.library is not None
    said = case.message.text[:MESSAGE]
    own = terms(found.ask.text)
    products = frozenset(fold(name) for name in mentioned(f"{said} {found.ask.query}", grounding.library.products))
    return _Asked(
        own=own,
        around=(terms(found.ask.query) | terms(said)) - own,
        types=ask_types(found.ask.text),
        products=products,
        mentioned=frozenset(words(said)),
        topical=topic_terms(said),
        names=frozenset(fold(name) for name in _NAME.findall(found.ask.text)) - frozenset(" ".join(products).split()),
        weights=grounding.term_weights,
    )


def _closely(clause: Clause, asked: _Asked, section: float, rank: float) -> list[float]:
    text = clause.said.text
    own, head = terms(text), terms(clause.context)
    label = terms(clause.context.rsplit(" › ", 1)[-1]) - generic_terms()
    wanted = asked.own | asked.around
    figures = [kind for kind in asked.types if kind in FIGURES]
    fits = [answers_type(text, kind) for kind in figures]
    products = frozenset(fold(name) for name in clause.passage.products)
    names = frozenset(fold(name) for name in _NAME.findall(text))
    spoken = frozenset(words(f"{clause.context} {text}"))
    key = terms(" ".join(part.split(": ", 1)[-1] for part in text.split("; ")[:2])) if _is_row(text) else frozenset()
    held = asked.own & (own | head)
    return [
        asked.share(asked.own, own),
        asked.share(asked.own, head - own),
        asked.share(asked.around, own | head),
        len(label - wanted) / len(label) if label else 0.0,
        float(any(fits)),
        float(bool(fits) and not any(fits) and not pattern("negation").search(fold(text))),
        float(bool(products & asked.products)),
        float(bool(asked.products and products and not products & asked.products)),
        min(3, len(names - asked.mentioned)) / 3,
        section,
        float(clause.approved),
        float(bool(asked.topical & own)),
        rank,
        float(bool(asked.names) and not asked.names & spoken),
        max((asked.weight(term) for term in held), default=0.0),
        max((asked.weight(term) for term in asked.own - held if term in asked.weights), default=0.0),
        float(bool(key)),
        float(bool(key & asked.own)),
    ]


def _is_row(text: str) -> bool:
    return text.count("; ") >= 1 and text.count(": ") >= 2
