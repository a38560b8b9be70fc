"""Which clauses of the whole library answer an ask: by meaning, by words, by the kind of figure asked for.

Every applicable clause is compared with the ask by its vector; the best are read again, closely. Each sign is a
number; their weights are a logistic fit (see WEIGHTS), so that a score is how likely the clause is to answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voz.case import Ask, AskEvidence, Case, ClauseHit, Evidence, Message, Passage, Triage
from voz.conversation import types_before
from voz.details import lexicon
from voz.grounding import Grounding
from voz.happenings import meant_queries, topic_queries
from voz.injection import find_injection
from voz.knowledge.audience import is_instruction
from voz.local_rules import counterpart, is_elsewhere, is_local, of_another_row, regions_of
from voz.named_rows import Named, named
from voz.passage_words import ask_types, generic_terms, terms
from voz.statements import Clause, content_stems
from voz.text import fold, words

Floats = npt.NDArray[np.float32]
READ, READ_TOLD, READ_TOPIC = 40, 32, 16
"""So many of the clauses nearest to the ask, to the message, and to what happened, are read closely."""
KEPT = 12
MESSAGE, UNASKED, SAID = 3_000, 400, 600
RISK_CLAUSES = 8
LEXICAL = 0.10
_NAME = re.compile(r"(?<=[a-záéíóúñ,»)] )[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{3,}")

SIGNS = (
    "behind",    # cosine below the best one's
    "whole",     # cosine with the whole message, over the middle
    "said",      # share of the ask's words in the clause
    "around",    # share of the message's other words in clause or heading
    "off",       # share of the heading's words that the customer does not speak of
    "other",     # of another product than the one named
    "topic",     # how far it stands out as what can be done about what happened
    "found",     # the section was found by retrieval: 1 first, 1/2 second …
    "stranger",  # the ask names a thing that the clause does not
    "rare",      # the most telling word of the ask that the clause or its heading holds
    "missed",    # the most telling word of the ask that neither holds
    "told",      # cosine of the whole section with the message, over the middle
    "titled",    # share of the words of the document's title that the customer speaks of
)  # fmt: skip
WEIGHTS: tuple[float, ...] = (0.12, 0.21, 0.47, 3.05, -0.48, -0.44, 0.37, 1.08, -0.57, 1.66, -0.74, 0.97, 1.47)
BIAS = -5.07
CLAIM, CLAIM_FROM = 2.5, 2.2
"""What the topic counts beyond that for something told rather than asked, from so far out on."""
MEANT = 3.8
"""How far a clause has to stand out to be about what an ask means: where no document is, the nearest stand out less."""
OVERRULED = 3
"""So many of the likeliest clauses give way to what holds of the same thing where the customer is."""
WORTH, ELSEWHERE = 0.08, 0.25
"""A clause this likely brings its passage along; what counts a clause of another region than the customer's."""


@dataclass(frozen=True)
class _Asked:
    """What of a message its clauses are compared with."""

    own: frozenset[str]
    """The words of the ask; names of products apart, which stand in many clauses of no use."""
    around: frozenset[str]
    named: frozenset[str]
    products: frozenset[str]
    names: frozenset[str]
    weights: Mapping[str, float]

    def weight(self, term: str) -> float:
        return self.weights.get(term, 0.6) * (0.5 if term in generic_terms() else 1.0)

    def share(self, wanted: frozenset[str], has: frozenset[str]) -> float:
        total = sum(self.weight(term) for term in wanted)
        return sum(self.weight(term) for term in wanted & has) / total if total else 0.0


def unasked(message: Message, triage: Triage) -> tuple[Ask, ...]:
    """The whole message as one ask, where triage found none in a message that wants something."""
    if triage.kind not in ("question", "complaint", "mixed") or len(words(message.text)) < 2:
        return ()
    text = message.text[:UNASKED]
    spans = find_injection(text).spans
    start = max((end for _, end in spans), default=0)
    said = text[start:].strip(" .,;:\n")
    if len(words(said)) < 2:
        return ()
    return (Ask(text=said, start=text.index(said), end=text.index(said) + len(said), query=said),)


def likely_clauses(case: Case, grounding: Grounding) -> Evidence:
    """The evidence with the likeliest clauses for each ask, and their passages among those found."""
    if not case.evidence.asks or not grounding.clauses or grounding.library is None:
        return case.evidence
    reasons = grounding.reasons(case)
    apply = np.array([reasons[c.passage.id] is None and not is_instruction(c.said.text) for c in grounding.clauses])
    rows = grounding.asked(queries_of(case))
    asks = tuple(
        _with_clauses(found, row, rows[-1], case, grounding, apply)
        for found, row in zip(case.evidence.asks, rows, strict=False)
    )
    return case.evidence.model_copy(update={"asks": _with_risks(asks, case, grounding, apply)})


def _with_risks(
    asks: tuple[AskEvidence, ...], case: Case, grounding: Grounding, apply: npt.NDArray[np.bool_]
) -> tuple[AskEvidence, ...]:
    """In a crisis, what the company says of such a thing (where to turn, what to do) is among the passages too."""
    assert grounding.library is not None
    risks = case.triage.risks if case.triage else ()
    queries = [query for risk in risks if (query := lexicon()["risk_queries"].get(risk))]
    if not queries or not asks:
        return asks
    more: dict[str, Passage] = {}
    for row in grounding.asked(queries):
        cosines = np.where(apply, grounding.matched @ row, -1.0)
        for i in np.argsort(-cosines, kind="stable")[:RISK_CLAUSES]:
            passage = grounding.clauses[int(i)].passage
            if apply[i]:
                more.setdefault(passage.id, passage)
    first = asks[0]
    known = {passage.id for passage in first.passages}
    least = min((passage.score for passage in first.passages), default=0.0)
    added = [passage.model_copy(update={"score": least}) for passage in more.values() if passage.id not in known]
    return (first.model_copy(update={"passages": (*first.passages, *added)}), *asks[1:])


def queries_of(case: Case) -> list[str]:
    """What is embedded for a case: its asks, then its message."""
    return [*(found.ask.query or found.ask.text for found in case.evidence.asks), case.message.text[:SAID]]


def _with_clauses(
    found: AskEvidence, row: Floats, whole: Floats, case: Case, grounding: Grounding, apply: npt.NDArray[np.bool_]
) -> AskEvidence:
    asked = _asked(found, case, grounding)
    places, signs = read(found, row, whole, case, grounding, apply, asked)
    if not len(places):
        return found
    logits = signs @ np.array(WEIGHTS, np.float32) + BIAS
    if "?" not in found.ask.text or meant_queries(found.ask.text):  # told, not asked: what can be done about it answers
        logits += CLAIM * np.maximum(0, signs[:, SIGNS.index("topic")] - CLAIM_FROM)
    assert grounding.library is not None
    read_clauses = [grounding.clauses[i] for i in places]
    kinds = ask_types(found.ask.text) or types_before(found.ask.text, case.message)
    known_names = Named(asked.named, grounding.library.branches)
    logits += named(read_clauses, found.ask.text, case.message.text[:MESSAGE], kinds, known_names)
    scores = 1 / (1 + np.exp(-logits))
    where, home = regions_of(found.ask, case, grounding.library), grounding.library.home_regions
    usual = grounding.library.usual_regions
    away = [is_elsewhere(c.passage.regions, where, usual) or of_another_row(c.said.text, where) for c in read_clauses]
    scores *= np.where(away, ELSEWHERE, 1.0)
    best = [int(i) for i in np.argsort(-scores, kind="stable")[:KEPT]]
    likely = [(places[i], float(scores[i])) for i in best]
    if where:
        likely = _with_local(likely, where, home, grounding, apply)
    ranked = [(grounding.clauses[i], score) for i, score in likely]
    hits = tuple(
        ClauseHit(
            passage_id=clause.passage.id, text=clause.said.text, context=clause.context, score=round(score, 4),
            local=is_local(clause.passage.regions, where, home),
        )
        for clause, score in ranked
    )  # fmt: skip
    known = {passage.id for passage in found.passages}
    least = min((passage.score for passage in found.passages), default=0.0)
    more: dict[str, Passage] = {}
    for clause, score in ranked:
        if clause.passage.id not in known and score >= WORTH:
            more.setdefault(clause.passage.id, clause.passage.model_copy(update={"score": least}))
    return found.model_copy(update={"clauses": hits, "passages": (*found.passages, *more.values()), "where": where})


def _with_local(
    ranked: list[tuple[int, float]], where: tuple[str, ...], home: frozenset[str], grounding: Grounding,
    apply: npt.NDArray[np.bool_],
) -> list[tuple[int, float]]:  # fmt: skip
    """With what holds in the customer's region of the same things, as likely as what it takes the place of."""
    local = [
        i for i, clause in enumerate(grounding.clauses) if apply[i] and is_local(clause.passage.regions, where, home)
    ]
    taken: dict[int, float] = {}
    for place, score in ranked[:OVERRULED]:
        other = None if place in local else counterpart(place, local, grounding)
        if other is not None:
            taken.setdefault(other, score)
    rest = [(place, score) for place, score in ranked if place not in taken]
    return sorted([*taken.items(), *rest], key=lambda one: -one[1])


def read(
    found: AskEvidence, row: Floats, whole: Floats, case: Case, grounding: Grounding, apply: npt.NDArray[np.bool_],
    asked: _Asked,
) -> tuple[list[int], Floats]:  # fmt: skip
    """The places of the clauses read closely and their signs, one row each in the order of SIGNS."""
    if not apply.any():
        return [], np.zeros((0, len(SIGNS)), np.float32)
    cosines, told = grounding.matched @ row, grounding.matched @ whole
    spread = float(cosines[apply].std()) or 1.0
    top, whole_far = float(cosines[apply].max()), _standing_out(told, told[apply])
    rough = cosines + LEXICAL * grounding.shared(content_stems(found.ask.query or found.ask.text))
    topical = _topical(found, case, grounding, apply)
    order = _candidates([(rough, READ), (told, READ_TOLD), *([(topical, READ_TOPIC)] if topical.any() else [])], apply)
    ranks = {passage.id: 1 / (1 + place) for place, passage in enumerate(found.passages)}
    sections = _section_cosines(grounding, whole, apply)
    signs = []
    for i in order:
        clause, key = grounding.clauses[i], grounding.clauses[i].passage.id
        close = _closely(clause, asked, float(topical[i]))
        signs.append([
            (float(cosines[i]) - top) / spread, float(whole_far[i]), *close[:5],
            ranks.get(key, 0.0), *close[5:], sections[key], _titled(clause, asked),
        ])  # fmt: skip
    return order, np.array(signs, np.float32).reshape(len(order), len(SIGNS))


def _topical(ask: AskEvidence, case: Case, grounding: Grounding, apply: npt.NDArray[np.bool_]) -> Floats:
    """How far each clause stands out as the one that says what can be done about what happened; 0 where nothing did."""
    assert grounding.library is not None
    if meant := meant_queries(ask.ask.text):
        return _meant(meant, grounding, apply)
    found = case.triage.topics if case.triage and case.triage.kind in ("complaint", "mixed") else ()
    return _best(topic_queries(case.message.text[:MESSAGE], found), grounding, apply)


def _meant(queries: Sequence[str], grounding: Grounding, apply: npt.NDArray[np.bool_]) -> Floats:
    """The same for an ask in words that no policy uses; 0 for clauses that speak of something else, as all may."""
    best = _best(queries, grounding, apply)
    said = frozenset(stem for query in queries for stem in content_stems(query))
    speaks = grounding.shared(said) > 0
    best *= max(1.0, 2 * MEANT / len(best) ** 0.5)  # of few clauses none can stand out far
    return np.where(speaks & (best >= MEANT), best, 0.0).astype(np.float32)


def _best(queries: Sequence[str], grounding: Grounding, apply: npt.NDArray[np.bool_]) -> Floats:
    best = np.zeros(len(grounding.clauses), np.float32)
    for row in grounding.asked(queries) if queries else ():
        near = grounding.matched @ row
        best = np.maximum(best, _standing_out(near, near[apply]))
    return best


def _candidates(nearness: list[tuple[Floats, int]], apply: npt.NDArray[np.bool_]) -> list[int]:
    """The clauses nearest to the ask, to the message (an ask often leans on what stands around it), to the topic."""
    found: dict[int, None] = {}
    for near, count in nearness:
        ranked = np.argsort(np.where(apply, -near, 9.0), kind="stable")[:count]
        found.update((int(i), None) for i in ranked if apply[i])
    return list(found)


def _section_cosines(grounding: Grounding, whole: Floats, apply: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Passage id → its cosine with the message, over the middle of those that apply."""
    ids = list(dict.fromkeys(grounding.clauses[i].passage.id for i in np.flatnonzero(apply)))
    told = np.array([grounding.sections[one] for one in ids]) @ whole
    return dict(zip(ids, _standing_out(told, told).tolist(), strict=True))


def _standing_out(values: Floats, among: Floats) -> Floats:
    """How far each value stands over the middle of some, in their spread."""
    return np.asarray((values - np.median(among)) / (float(among.std()) or 1.0), np.float32)


def _asked(found: AskEvidence, case: Case, grounding: Grounding) -> _Asked:
    from voz.knowledge.products import mentioned

    assert grounding.library is not None
    said = case.message.text[:MESSAGE]
    products = frozenset(fold(name) for name in mentioned(f"{said} {found.ask.query}", grounding.library.products))
    named = frozenset(term for name in products for term in terms(name))
    own = _words_of(found.ask.text) - named
    return _Asked(
        own=own,
        around=(_words_of(found.ask.query) | _words_of(said)) - own - named,
        named=named,
        products=products,
        names=frozenset(fold(name) for name in _NAME.findall(found.ask.text)) - frozenset(" ".join(products).split()),
        weights=grounding.term_weights,
    )


def _titled(clause: Clause, asked: _Asked) -> float:
    title = terms(clause.passage.title) - generic_terms() - asked.named
    return asked.share(title, asked.own | asked.around)


def _words_of(text: str) -> frozenset[str]:
    """Its terms without bare numbers, which clauses hold by chance."""
    return frozenset(term for term in terms(text) if not term.isdigit())


def _closely(clause: Clause, asked: _Asked, topical: float) -> list[float]:
    own, head = terms(clause.said.text), terms(clause.context)
    label = terms(clause.context.rsplit(" › ", 1)[-1]) - generic_terms() - asked.named
    products = frozenset(fold(name) for name in clause.passage.products)
    held = asked.own & (own | head)
    return [
        asked.share(asked.own, own),
        asked.share(asked.around, own | head),
        len(label - asked.own - asked.around) / len(label) if label else 0.0,
        float(bool(asked.products and products and not products & asked.products)),
        topical,
        float(bool(asked.names) and not asked.names & frozenset(words(f"{clause.context} {clause.said.text}"))),
        max((asked.weight(term) for term in held), default=0.0),
        max((asked.weight(term) for term in asked.own - held if term in asked.weights), default=0.0),
    ]
