"""From the likeliest clauses of an ask to what is said: whole sections where they are short, else their best sentences.

A sentence never travels without those around it that limit it or that it leans on (see `voz.passage_clauses`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from voz.case import AskEvidence, Case, ClauseHit, Passage
from voz.conversation import types_before
from voz.details import regex
from voz.knowledge.regions import regions_in
from voz.passage_clauses import Clause, clauses, narrowed
from voz.passage_gate import gate_of
from voz.passage_rank import products_named, question
from voz.passage_words import FIGURES, AskType, answers_type, ask_types, generic_terms, pattern, terms
from voz.quantities import quantities
from voz.reply_room import Room
from voz.text import fold

Key = tuple[str, str]

ENOUGH, ENOUGH_CLAIM = 0.30, 0.70
"""How likely the best clause must be to answer a question, a claim (see voz.clause_rank)."""
BESIDE = 0.35
"""A sentence of the same section is said too where it is this likely, compared with the best."""
SECOND = 0.5
"""So is the best clause of another section."""
EARLY, TELLING, SAID = 0.3, 1.25, 1.0
"""Inside a section the first sentences count more, those with a figure or a way to reach us, and those with the
words of the ask."""
ALONE, CLEAR = 2.0, 0.12
"""Where the best section is this many times as likely as the next, less is enough."""
OWN = 1.4
"""So much a section of the very product that the customer names, and of no other, goes before the rest."""
LOCAL = 2.5
"""So much what is said for the customer's region goes before what is said for all."""
CELLS = 4
FITS, LACKS = 1.4, 0.6
"""What it counts that a clause holds the kind of figure asked for, or holds none."""


@dataclass(frozen=True)
class Section:
    passage: Passage
    label: str
    scored: tuple[tuple[float, Clause], ...]
    best: float
    local: bool
    """Said for where the customer is."""

    @cached_property
    def products(self) -> frozenset[str]:
        """What it is about, folded."""
        return frozenset(fold(product) for product in self.passage.products)

    def only_of(self, named: frozenset[str]) -> bool:
        """About nothing but what the customer names."""
        return bool(self.products) and self.products <= named


def likeliest(evidence: AskEvidence, case: Case, asked: bool, told: frozenset[Key], room: Room) -> Choice:
    """What answers the ask, best first: one section, and another that is nearly as likely or holds what is lacking.

    `told` are the keys of what the reply says already.
    """
    types = ask_types(evidence.ask.text) or types_before(evidence.ask.text, case.message)
    figures = tuple(kind for kind in types if kind in FIGURES)
    named = products_named(case)
    about = question(evidence.ask.text, evidence.ask.query, named, evidence.passages)
    gate = gate_of(evidence, case, asked, figures, named, about.own)
    every = [section for section in _sections(evidence, figures, named) if gate.lets(section)]
    enough = ENOUGH if asked else ENOUGH_CLAIM
    if len(every) > 1 and every[0].best >= ALONE * every[1].best:
        enough = min(enough, CLEAR)
    every = [section for section in every if section.best >= enough]
    columns = tuple(dict.fromkeys((*types, *ask_types(case.message.text[:3_000]))))
    every = [section for section in every if _short_row(section.scored[0][1], about.wanted, columns, evidence.where)]
    chosen: list[Clause] = []
    keys: set[Key] = set()
    for section in every[:3]:
        lacking = [kind for kind in figures if not any(answers_type(clause.text, kind) for clause in chosen)]
        strange = not asked or _strange(section, named, case)
        wider = every[0].only_of(named) and len(section.products) > 1
        again = any(one.kind == "row" and one.passage.id == section.passage.id for one in chosen)
        fills = any(answers_type(section.scored[0][1].focus, kind) for kind in lacking)
        if chosen and (again or strange or wider or not (section.best >= SECOND * every[0].best or fills)):
            continue
        clause, said = _said(section, about.wanted, columns, evidence.where, told | keys, room)
        if clause is not None and any(_alike(clause, one) for one in chosen):
            continue
        if clause is not None:
            chosen.append(clause)
            keys |= said
            room = room.less(clause.text)
        elif not chosen and gate.speaks(section):
            return Choice(covered=True)
        if len(chosen) == 2 or room.sentences < 1:
            break
    return Choice(tuple(chosen), frozenset(keys))


@dataclass(frozen=True)
class Choice:
    clauses: tuple[Clause, ...] = ()
    keys: frozenset[Key] = frozenset()
    """What they say, sentence by sentence."""
    covered: bool = False
    """What would answer the ask is said already."""


def _short_row(top: Clause, wanted: frozenset[str], columns: tuple[AskType, ...], where: tuple[str, ...]) -> bool:
    """A row of which only some columns are asked for; a whole one is a record, not an answer."""
    return top.kind != "row" or narrowed(top, wanted, columns, where).text.count("; ") < CELLS


def _strange(section: Section, named: frozenset[str], case: Case) -> bool:
    """Of a product or a region that the customer does not name: not to be said beside an answer."""
    regions = set(regions_in(section.passage.heading))
    return bool(
        (section.products and not section.products & named) or regions - set(regions_in(case.message.text[:3_000]))
    )


def _alike(one: Clause, other: Clause) -> bool:
    """Both say nearly the same, as a policy and its macro do."""
    mine, theirs = terms(one.text), terms(other.text)
    return len(mine & theirs) >= 0.6 * min(len(mine), len(theirs))


def _sections(evidence: AskEvidence, figures: tuple[AskType, ...], named: frozenset[str]) -> list[Section]:
    passages = {passage.id: passage for passage in evidence.passages}
    hits: dict[str, list[ClauseHit]] = {}
    for hit in evidence.clauses:
        if hit.passage_id in passages:
            hits.setdefault(hit.passage_id, []).append(hit)
    found: dict[tuple[str, str], list[tuple[float, float, Clause]]] = {}
    for key, near in hits.items():
        own = clauses(passages[key])
        if not own:
            continue
        worth = _worths(own, terms(evidence.ask.text) - generic_terms())
        matched = {id(clause): score for clause in own if (score := _match(clause, near))}
        worded = max((hit.score for hit in near if _is_wording(hit, passages[key])), default=0.0)
        for clause in own:
            score = max(matched.get(id(clause), 0.0), worded)
            if score:
                found.setdefault((key, clause.label), []).append(
                    ((raw := _weighed(score, clause, figures)) * worth[id(clause)], raw, clause)
                )
    made, local = [], {hit.passage_id for hit in evidence.clauses if hit.local}
    for (key, label), scored in found.items():
        scored.sort(key=lambda found: -found[0])
        pairs = tuple((score, clause) for score, _, clause in scored)
        made.append(Section(passages[key], label, pairs, max(raw for _, raw, _ in scored), key in local))
    return sorted(made, key=lambda one: -one.best * (OWN if one.only_of(named) else 1) * (LOCAL if one.local else 1))


def _worths(own: tuple[Clause, ...], wanted: frozenset[str]) -> dict[int, float]:
    """What each clause of a section is worth for its place, for what it holds, and for the ask's words in it."""
    last = max(1, len(own) - 1)
    return {
        id(clause): (1 + EARLY * (1 - place / last))
        * (TELLING if _telling(clause.focus) else 1.0)
        * (1 + SAID * len(wanted & terms(clause.focus)) / (len(wanted) or 1))
        for place, clause in enumerate(own)
    }


def _telling(text: str) -> bool:
    return bool(quantities(text)) or bool(regex("reach").search(text))


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


def _said(
    section: Section, wanted: frozenset[str], columns: tuple[AskType, ...], where: tuple[str, ...],
    told: frozenset[Key] | set[Key], room: Room,
) -> tuple[Clause | None, set[Key]]:  # fmt: skip
    """The section whole where it is short; else its likeliest sentences, in the order of the document."""
    top = section.scored[0][1]
    if top.kind == "row":
        return (None, set()) if top.key in told else (narrowed(top, wanted, columns, where), {top.key})
    every = [clause for clause in clauses(section.passage) if clause.label == section.label and clause.kind == top.kind]
    fresh = [clause for clause in every if clause.key not in told]
    if top.key in told or not fresh:
        return None, set()
    whole = " ".join(clause.focus for clause in every)
    if top.kind == "sentence" and len(fresh) == len(every) <= room.sentences and len(whole) <= room.chars:
        return replace(top, text=top.text if len(top.text) >= len(whole) else whole), {clause.key for clause in every}
    least = BESIDE * section.scored[0][0]
    near: list[Clause] = []
    for score, clause in section.scored:
        if score < least or len(near) >= room.sentences or clause not in fresh:
            continue
        if not near or sum(len(one.tight) for one in near) + len(clause.tight) <= room.chars:
            near.append(clause)
    kept = [clause for clause in every if clause in near]
    text = _items(top, kept) if top.kind == "item" else joined(top, kept)
    return text, {clause.key for clause in every if clause in near or clause.focus in text.text}


def _items(top: Clause, kept: list[Clause]) -> Clause:
    head = top.text[: len(top.text) - len(top.focus) - 1] if len(top.text) > len(top.focus) else ""
    if len(kept) < 2 or not head.endswith(": ") or not all(clause.text.startswith(head) for clause in kept):
        return top
    body = "; ".join(clause.text[len(head) :].rstrip(".") for clause in kept)
    return replace(top, text=f"{head}{body}.")


def joined(top: Clause, kept: list[Clause]) -> Clause:
    """The tight forms joined, each sentence once and in its place."""
    said: list[str] = []
    for clause in kept:
        if clause.tight not in " ".join(said):
            said = [text for text in said if text not in clause.tight]
            said.append(clause.tight)
    text = " ".join(said)
    return replace(top, text=text if terms(text) else top.tight)
