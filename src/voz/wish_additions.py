"""«Añade que…»: a statement of the reviewer's goes in only as a clause in force says it, or not at all.

The support check is made for sentences that answer a message; a bare wish it would let through too easily. So a
clause carries a statement here only if it holds every figure of it and most of its words, and it is the clause
that is said, with its conditions, never the statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from voz import passage_answers as answers
from voz.brand import Brand
from voz.case import Ask, AskEvidence, Case, ClauseHit, Evidence, Passage, Wish
from voz.knowledge.library import Library
from voz.passage_clauses import Clause, clauses
from voz.passage_words import generic_terms, terms
from voz.quantities import Quantity, quantities
from voz.retrieve import retrieve
from voz.writing_desk import lay_desk

ENOUGH = 0.6
"""The share of a statement's words that a clause with its heading must hold."""
OWN = 0.4
"""And the clause alone."""


@dataclass(frozen=True)
class Addition:
    """What became of one statement that the reviewer wants added."""

    said: str
    source: str = ""
    """Where the clause stands that says it; empty where none does."""
    clause: str = ""
    """The clause, or the one that says otherwise."""
    there: bool = False
    """The draft says it already."""
    unsaid: bool = False
    """The clause is there, but the writer does not know how to say it here."""


def with_additions(
    case: Case, former: Wish | None, brand: Brand, library: Library
) -> tuple[Case, tuple[Addition, ...]]:
    """The case with an ask for each statement that a clause carries; and what became of each new one."""
    wish = case.wish
    if wish is None or case.triage is None:
        return case, ()
    known = {found.ask.text for found in case.evidence.asks}
    made: list[Addition] = []
    for said in wish.add:
        if as_ask(said) in known:
            continue  # an earlier redraft added it
        found, addition = _found(case, said, brand, library)
        if former is None or said not in former.add:
            made.append(addition)
        if found is not None:
            asks = (*case.evidence.asks, found)
            case = case.model_copy(update={"evidence": case.evidence.model_copy(update={"asks": asks})})
    return case, tuple(made)


def without_lost(after: Case, additions: tuple[Addition, ...]) -> tuple[Evidence, tuple[Addition, ...]]:
    """The evidence without the additions for which the extractive draft had no room, and what became of each."""
    draft = after.draft
    if draft is None or draft.writer != "extractive":
        return after.evidence, additions
    lost = {as_ask(one.said) for one in additions if one.source and one.clause not in (draft.reply or "")}
    made = tuple(replace(one, unsaid=True) if as_ask(one.said) in lost else one for one in additions)
    kept = tuple(found for found in after.evidence.asks if found.ask.text not in lost)
    if len(kept) == len(after.evidence.asks):
        return after.evidence, made
    return after.evidence.model_copy(update={"asks": kept}), made


def as_ask(said: str) -> str:
    """The statement as the question that it would answer."""
    return f"¿{said.strip(' .')}?"


def _found(case: Case, said: str, brand: Brand, library: Library) -> tuple[AskEvidence | None, Addition]:
    assert case.triage is not None
    ask = Ask(text=as_ask(said), start=0, end=0, query=said)
    near = retrieve(case.message, (ask,), library, today=case.today, region=case.message.region).asks[0].passages
    passages = {passage.id: passage for passage in (*near, *case.evidence.passages)}
    clause, other = _carrying(said, tuple(passages.values()))
    if clause is None:
        return None, Addition(said, clause=other)
    hit = ClauseHit(passage_id=clause.passage.id, text=clause.focus, score=0.99)
    found = AskEvidence(ask=ask, passages=(clause.passage,), clauses=(hit,))
    alone = case.model_copy(update={"evidence": case.evidence.model_copy(update={"asks": (found,)})})
    desk = lay_desk(alone, brand, case.triage)
    answer = next(iter(answers.find(alone, desk.brand, desk.tone).answers), None)
    if answer is None:
        return None, Addition(said, clause.passage.source, clause.text, unsaid=True)
    there = bool(case.draft and case.draft.reply and answer.text in case.draft.reply)
    return None if there else found, Addition(said, clause.passage.source, answer.text, there)


def _alike(one: Quantity, other: Quantity) -> bool:
    """The same figure, also where the reviewer leaves its unit unsaid: «el envío cuesta 890»."""
    return one.same(other) or (one.kind == "count" and one.value == other.value)


def _carrying(said: str, passages: Sequence[Passage]) -> tuple[Clause | None, str]:
    """The clause that says it best; or none, and the one that has its words and other figures."""
    wanted, figures = frozenset(t for t in terms(said) if not t.isdigit()), quantities(said)
    telling = wanted - generic_terms() or wanted
    best: tuple[float, Clause] | None = None
    against: tuple[float, str] = (0.0, "")
    for clause in (clause for passage in passages for clause in clauses(passage)):
        own = terms(clause.focus)
        share = len(wanted & (own | terms(clause.passage.heading))) / (len(wanted) or 1)
        has = quantities(clause.focus)
        same = bool(figures) and all(any(_alike(figure, other) for other in has) for figure in figures)
        if share < ENOUGH or not (same or (len(wanted & own) >= OWN * len(wanted) and telling & own)):
            continue
        if same or not figures:
            worth = share + 0.5 * len(wanted & own) / len(wanted)
            if best is None or worth > best[0]:
                best = (worth, clause)
        elif share > against[0] and {figure.kind for figure in figures} & {other.kind for other in has}:
            against = (share, clause.text)
    return (best[1] if best else None), against[1]
