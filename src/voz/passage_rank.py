"""Which clause of the passages found answers an ask best, and whether it answers it at all."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace

from voz.case import AskEvidence, Case, Passage
from voz.happenings import topic_terms
from voz.passage_clauses import Clause, clauses, is_question, narrowed
from voz.passage_words import FIGURES, AskType, answers_type, ask_types, generic_terms, pattern, terms
from voz.text import fold, words

ENOUGH, ENOUGH_CLAIM = 0.40, 0.50
"""Share of an ask's weighted words that a clause must speak of: an ask, a claim."""
NEAR, AROUND = 0.6, 0.3
"""What a word counts that stands in the heading, or in the same section, and not in the sentence itself."""
STEP = 8.0
"""How much a passage that retrieval scored lower loses: 0.01 of its score is 0.08 here."""
CONTEXT, ALONE, GENERIC, PRODUCT, UNKNOWN = 0.25, 0.8, 0.5, 0.3, 0.4
"""Weights of words: from the rest of the message, the same where the ask has none of its own ("¿y me
cobráis?"), words of price and time that any ask may hold, product names and bare numbers, which many clauses
hold by chance, and words that no passage knows."""
_NAME = re.compile(r"(?<=[a-záéíóúñ,] )[A-ZÁÉÍÓÚÑ][a-záéíóúñ]{3,}")
UNSAID = 0.18
"""What each name costs that the clause brings in and the customer does not mention, up to three."""
ASIDE = 0.25
"""What a clause loses whose title and heading are of things that the customer does not speak of."""
TOPIC = 0.25
"""What a clause gains that speaks of what happened (damage, delay, a wrong charge)."""
MESSAGE = 3_000
MENTION = 0.06
"""What each other word of the message that a clause speaks of adds, up to three: the place, the model."""


@dataclass(frozen=True)
class Question:
    """An ask as it is searched for inside the passages: words with their weights."""

    weights: tuple[tuple[str, float], ...]
    specific: frozenset[str]
    """One of these at least the clause, or its heading, must speak of."""
    types: tuple[AskType, ...] = ()
    products: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    context: frozenset[str] = frozenset()
    strangers: frozenset[str] = frozenset()
    """Names in the ask that no passage knows."""
    borrowed: bool = False
    """The ask has no words of its own that the passages know: those of its context stand in."""

    @property
    def figures(self) -> tuple[AskType, ...]:
        return tuple(kind for kind in self.types if kind in FIGURES)

    @property
    def wanted(self) -> frozenset[str]:
        return frozenset(term for term, _ in self.weights)


def question(text: str, context: str, named: frozenset[str], passages: tuple[Passage, ...]) -> Question:
    """The ask's own words first; those of its context where it has none that the passages know."""
    generic = generic_terms()
    names = frozenset(term for name in named for term in terms(name))
    known = frozenset(term for p in passages for term in terms(f"{p.heading}\n{p.text}"))
    own, around = terms(text), terms(context) - terms(text)
    empty = generic | names | {term for term in own | around if term.isdigit()}
    specific = (own & known) - empty
    weights: dict[str, float] = {}
    for term in sorted(own | around):
        weight = 1.0 if term in own else CONTEXT if specific else ALONE
        weight *= PRODUCT if term in names or term.isdigit() else GENERIC if term in generic else 1.0
        weights[term] = weight * (1.0 if term in known else UNKNOWN)
    context_words = (around & known) - empty
    return Question(
        weights=tuple(weights.items()),
        specific=specific or context_words,
        types=ask_types(text),
        products=named,
        own=own,
        context=context_words,
        strangers=_strangers(text, known),
        borrowed=not specific,
    )


def _strangers(text: str, known: frozenset[str]) -> frozenset[str]:
    """Capitalised words inside a sentence (places, models) that stand in no passage."""
    return frozenset(term for name in _NAME.findall(text) for term in terms(name)) - known


def choose(evidence: AskEvidence, case: Case, asked: bool) -> list[Clause]:
    """The best clause, and one more for each kind of figure asked for that the best does not hold.

    Empty where nothing really answers; `asked` False is a claim, which must be met more closely.
    """
    found = evidence.passages
    ask = question(evidence.ask.text, evidence.ask.query, products_named(case), found)
    said = case.message.text[:MESSAGE]
    first = found[0].id if found else ""
    ranked = [clause for clause in rank(ask, found, said) if _enough(clause, ask, asked, clause.passage.id == first)]
    if not ranked:
        return []
    columns = replace(ask, types=tuple(dict.fromkeys((*ask.types, *ask_types(said)))))
    chosen = [_extent(ranked[0], columns)]
    for kind in ask.figures:
        if not any(answers_type(clause.text, kind) for clause in chosen):
            more = next((c for c in ranked[1:8] if answers_type(c.focus, kind)), None)
            if more and more.key not in {clause.key for clause in chosen}:
                chosen.append(_extent(more, columns))
    return chosen


def rank(ask: Question, passages: tuple[Passage, ...], said: str = "") -> list[Clause]:
    """All clauses of the passages, the one that answers best first; ties keep the order of the passages."""
    found = [clause for passage in passages for clause in clauses(passage)]
    counts = Counter(term for clause in found for term in terms(clause.said))
    size = len(found) + 1
    weight = {t: w * math.log(1 + size / (max(1, counts[t]) + 0.5)) for t, w in ask.weights}
    total = sum(weight.values()) or 1.0
    top = max((passage.score for passage in passages), default=0.0)
    mentions, mentioned = terms(said), frozenset(words(f"{said} {' '.join(ask.own)}"))
    topical, generic = topic_terms(said), generic_terms()
    scored = []
    for clause in found:
        own = _own_terms(clause)
        head = (terms(clause.passage.heading) | terms(clause.focus)) - own
        around = terms(clause.text) - own - head
        hit = sum(w for t, w in weight.items() if t in own)
        near = sum(w for t, w in weight.items() if t in head)
        loose = sum(w for t, w in weight.items() if t in around)
        overlap = (hit + NEAR * near + AROUND * loose) / total
        away = min(3, len(_names_unsaid(clause, mentioned))) * UNSAID
        overlap -= away
        label = (terms(clause.passage.title) | terms(clause.label)) - generic
        if clause.passage.regions:  # retrieval knows that it applies where the customer is
            label = frozenset()
        score = (
            overlap
            - ASIDE * (len(label - mentions - ask.wanted) / len(label) if label else 0)
            + TOPIC * bool(topical & own)
            - STEP * (top - clause.passage.score)
            + _figure_score(clause, ask)
        )
        score += 0.2 * _is_the_heading(clause, ask)
        score += MENTION * min(3, len((mentions & own) - ask.wanted)) - 0.6 * _other_product(clause, ask)
        scored.append(replace(clause, score=score, overlap=overlap))
    return sorted(scored, key=lambda clause: -clause.score)


def _own_terms(clause: Clause) -> frozenset[str]:
    """The clause's words, and those of its approved wordings, which say the same in other languages."""
    wordings = " ".join(text for _, text in clause.passage.wordings)
    return terms(clause.said) | terms(wordings) if wordings else terms(clause.said)


def _names_unsaid(clause: Clause, mentioned: frozenset[str]) -> frozenset[str]:
    """Names inside the clause (a plan, a town) that the customer does not mention: it may be another's case."""
    if clause.kind == "row":
        return frozenset()
    names = frozenset(fold(name) for name in _NAME.findall(clause.focus))
    return frozenset() if names & mentioned else names


def _figure_score(clause: Clause, ask: Question) -> float:
    if not ask.figures:
        return 0.0
    gains = (0.25 if answers_type(clause.focus, kind) else -0.15 for kind in ask.figures)
    return sum(gains) / len(ask.figures)


def _other_product(clause: Clause, ask: Question) -> bool:
    """The clause is about another product than the one that the customer names."""
    about = {fold(product) for product in clause.passage.products}
    return bool(ask.products and about and not ask.products & about)


def _enough(clause: Clause, ask: Question, asked: bool, first: bool) -> bool:
    """Whether the clause answers: it speaks of the thing, and holds the kind of figure asked for, or denies."""
    if _other_product(clause, ask) or _elsewhere(clause, ask):
        return False
    typed = [answers_type(clause.text, kind) for kind in ask.figures]
    if typed and not any(typed) and not pattern("negation").search(fold(clause.text)):
        return False
    own, head = ask.specific & _own_terms(clause), ask.specific & terms(clause.passage.heading)
    if not own | head or (clause.kind != "sentence" and not own):
        return False
    if clause.kind == "row" and not (asked and (ask.figures or ask.own & terms(clause.focus) - own)):
        return False
    if _is_the_heading(clause, ask):
        return True
    if clause.overlap < (ENOUGH if asked else ENOUGH_CLAIM) or (ask.borrowed and not head):
        return False
    spoken = own | head | (ask.specific & terms(clause.text))
    if len(spoken) > 1 or (asked and own and len(ask.own & terms(clause.said)) > 1):
        return True
    if clause.kind == "row" and any(typed) and any(terms(name) & ask.specific for name in clause.names):
        return True
    # one word in passing is no answer, unless it is all there is to ask and the rest of the message agrees
    if not asked or ask.borrowed or len(ask.specific) > 1:
        return False
    if ask.context:
        return bool(ask.context & (terms(clause.text) | terms(clause.passage.heading)))
    return first or bool(head)


def is_borrowed(evidence: AskEvidence, case: Case) -> bool:
    """The ask says nothing of its own that the passages know («¿Todavía se puede?»)."""
    ask = evidence.ask
    return question(ask.text, ask.query, products_named(case), evidence.passages).borrowed


def _is_the_heading(clause: Clause, ask: Question) -> bool:
    """Every word of the section's heading, or of the row's name, stands in the ask: «¿Igualan precios?»."""
    generic = generic_terms()
    names = clause.names or (clause.label,)
    return not ask.borrowed and any((label := terms(name) - generic) and label <= ask.own for name in names)


def _elsewhere(clause: Clause, ask: Question) -> bool:
    """The ask names a place or thing that no passage knows, and the clause does not speak of all others."""
    return bool(ask.strangers) and not pattern("all_others").search(fold(clause.text))


def _extent(clause: Clause, ask: Question) -> Clause:
    """A row cut to the columns asked for; a section that is the ask itself said whole, else tight."""
    if clause.kind == "row":
        return narrowed(clause, ask.wanted, ask.types)
    head = terms(clause.label)
    about = len(ask.wanted & head) / (len(head) or 1)
    if is_question(clause.label) or about >= 0.5 or "how" in ask.types:
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
