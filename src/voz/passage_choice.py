"""From the likeliest clauses of an ask to what is said: whole sections where they are short, else their best sentences.

A sentence never travels without those around it that limit it or that it leans on (see `voz.passage_clauses`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from voz.case import AskEvidence, Case, ClauseHit, Passage
from voz.details import topic_terms
from voz.passage_clauses import Clause, clauses, narrowed
from voz.passage_rank import products_named, question
from voz.passage_words import FIGURES, AskType, answers_type, ask_types, generic_terms, pattern, terms
from voz.text import fold

ENOUGH, ENOUGH_CLAIM = 0.22, 0.25
"""How likely the best clause must be to answer a question, a claim (see voz.clause_rank)."""
BESIDE = 0.5
"""A sentence of the same section is said too where it is this likely, compared with the best."""
SECOND = 0.5
"""So is the best clause of another section."""
SENTENCES, CHARS = 3, 420
"""A section up to this long is said whole; of a longer one, so many sentences."""
FITS, LACKS = 1.4, 0.6
"""What it counts that a clause holds the kind of figure asked for, or holds none."""


@dataclass(frozen=True)
class _Section:
    passage: Passage
    label: str
    scored: tuple[tuple[float, Clause], ...]
    best: float


def likeliest(evidence: AskEvidence, case: Case, asked: bool, told: frozenset[tuple[str, str]]) -> Choice:
    """What answers the ask, best first: one section, and another that is nearly as likely or holds what is lacking.

    `told` are the keys of what the reply says already.
    """
    types = ask_types(evidence.ask.text)
    figures = tuple(kind for kind in types if kind in FIGURES)
    named = products_named(case)
    about = question(evidence.ask.text, evidence.ask.query, named, evidence.passages)
    gate = _Gate(
        specific=_specific(evidence, case, named), products=named, asked=asked, figures=figures, own=about.own,
        foreign=bool(case.triage and case.triage.language != "es"),
    )  # fmt: skip
    every = [section for section in _sections(evidence, figures) if gate.lets(section)]
    enough = ENOUGH if asked else ENOUGH_CLAIM
    every = [section for section in every if section.best >= enough]
    columns = tuple(dict.fromkeys((*types, *ask_types(case.message.text[:3_000]))))
    made = [(section, _said(section, about.wanted, columns)) for section in every[:4]]
    fresh = [(section, clause) for section, clause in made if clause.key not in told]
    if not fresh:
        return Choice(covered=bool(made))
    best = made[0][0].best
    chosen = [fresh[0][1]] if fresh[0][0].best >= SECOND * best else []
    held = {kind for kind in figures for clause in chosen if answers_type(clause.text, kind)}
    for other, clause in fresh[1:3]:
        lacking = any(answers_type(other.scored[0][1].focus, kind) for kind in figures if kind not in held)
        strange = other.passage.products and not {fold(p) for p in other.passage.products} & named
        if not strange and (other.best >= SECOND * best or lacking):
            chosen.append(clause)
            break
    return Choice(tuple(chosen), covered=not chosen)


@dataclass(frozen=True)
class Choice:
    clauses: tuple[Clause, ...] = ()
    covered: bool = False
    """What would answer the ask is said already."""


@dataclass(frozen=True)
class _Gate:
    """What a section must speak of, whatever its score."""

    specific: frozenset[str]
    products: frozenset[str]
    asked: bool
    figures: tuple[AskType, ...]
    own: frozenset[str]
    foreign: bool

    def lets(self, section: _Section) -> bool:
        top = section.scored[0][1]
        about = {fold(product) for product in section.passage.products}
        if self.products and about and not self.products & about:
            return False
        if top.kind == "row" and not (self.figures or self.own & terms(top.focus) - terms(top.said)):
            return False
        if self.foreign:
            return True
        spoken = terms(f"{section.passage.heading} {' '.join(clause.text for _, clause in section.scored)}")
        return bool(self.specific & spoken)


def _specific(evidence: AskEvidence, case: Case, named: frozenset[str]) -> frozenset[str]:
    """The ask's own telling words; where it has none, those of the message and of what happened."""
    empty = generic_terms() | frozenset(term for name in named for term in terms(name))
    known = frozenset(term for p in evidence.passages for term in terms(f"{p.heading}\n{p.text}"))
    own = frozenset(term for term in terms(evidence.ask.text) if not term.isdigit()) - empty
    if own & known:
        return own
    said = terms(f"{evidence.ask.query} {case.message.text[:3_000]}") | topic_terms(case.message.text)
    return frozenset(term for term in said if not term.isdigit()) - empty or terms(evidence.ask.query)


def _sections(evidence: AskEvidence, figures: tuple[AskType, ...]) -> list[_Section]:
    passages = {passage.id: passage for passage in evidence.passages}
    hits: dict[str, list[ClauseHit]] = {}
    for hit in evidence.clauses:
        if hit.passage_id in passages:
            hits.setdefault(hit.passage_id, []).append(hit)
    found: dict[tuple[str, str], list[tuple[float, Clause]]] = {}
    for key, near in hits.items():
        own = clauses(passages[key])
        if not own:
            continue
        matched = {id(clause): score for clause in own if (score := _match(clause, near))}
        worded = max((hit.score for hit in near if _is_wording(hit, passages[key])), default=0.0)
        for clause in own:
            score = max(matched.get(id(clause), 0.0), worded)
            if score:
                found.setdefault((key, clause.label), []).append((_weighed(score, clause, figures), clause))
    made = []
    for (key, label), scored in found.items():
        scored.sort(key=lambda pair: -pair[0])
        made.append(_Section(passages[key], label, tuple(scored), scored[0][0]))
    return sorted(made, key=lambda section: -section.best)


def _weighed(score: float, clause: Clause, figures: tuple[AskType, ...]) -> float:
    if not figures:
        return score
    if any(answers_type(clause.focus, kind) for kind in figures):
        return min(0.99, FITS * score)
    return score if pattern("negation").search(fold(clause.focus)) else LACKS * score


@lru_cache(maxsize=16_384)
def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))


def _match(clause: Clause, near: list[ClauseHit]) -> float:
    """The score of the clause found that is this one, cut differently."""
    focus = _letters(clause.focus)
    best = 0.0
    for hit in near:
        if hit.score <= best:
            continue
        if clause.kind == "row":
            cells = [_letters(part.split(": ", 1)[-1]) for part in hit.text.split("; ")]
            same = ": " in hit.text and all(cell in focus for cell in cells)
        else:
            text = _letters(hit.text)
            same = bool(text) and (text in focus or (len(focus) > 12 and focus in text))
        if same:
            best = hit.score
    return best


def _is_wording(hit: ClauseHit, passage: Passage) -> bool:
    return any(hit.text == text for _, text in passage.wordings)


def _said(section: _Section, wanted: frozenset[str], columns: tuple[AskType, ...]) -> Clause:
    """The section whole where it is short; else its likeliest sentences, in the order of the document."""
    top = section.scored[0][1]
    if top.kind == "row":
        return narrowed(top, wanted, columns)
    every = [clause for clause in clauses(section.passage) if clause.label == section.label]
    if top.kind == "sentence" and len(every) <= SENTENCES and len(top.text) <= CHARS:
        return top
    near = [clause for score, clause in section.scored if score >= BESIDE * section.best and clause.kind == top.kind]
    if top.kind == "item":
        kept = [clause for clause in every if clause in near[:SENTENCES]]
        return _items(top, kept)
    return _sentences(top, [clause for clause in every if clause in near[:SENTENCES]])


def _items(top: Clause, kept: list[Clause]) -> Clause:
    head = top.text[: len(top.text) - len(top.focus) - 1] if len(top.text) > len(top.focus) else ""
    if len(kept) < 2 or not head.endswith(": ") or not all(clause.text.startswith(head) for clause in kept):
        return top
    body = "; ".join(clause.text[len(head) :].rstrip(".") for clause in kept)
    return replace(top, text=f"{head}{body}.")


def _sentences(top: Clause, kept: list[Clause]) -> Clause:
    """The tight forms joined, each sentence once and in its place."""
    said: list[str] = []
    for clause in kept:
        if clause.tight not in " ".join(said):
            said = [text for text in said if text not in clause.tight]
            said.append(clause.tight)
    text = " ".join(said)
    return replace(top, text=text if terms(text) else top.tight)
