"""What a section of the knowledge must speak of to answer an ask, however likely it is by its score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voz.case import AskEvidence, Case
from voz.details import regex
from voz.happenings import meant, meant_queries, topic_queries, topic_terms
from voz.knowledge.branches import branch_names
from voz.knowledge.products import mentioned
from voz.knowledge.regions import towns_in
from voz.named_rows import asks_when_open
from voz.passage_clauses import Clause
from voz.passage_words import AskType, answers_type, generic_terms, terms
from voz.text import fold

if TYPE_CHECKING:
    from voz.passage_choice import Section

SURE, SURE_OF = 0.5, 0.4
"""So likely a section answers an ask for no figure though it has no word of it; one of the very product named."""


def gate_of(
    evidence: AskEvidence, case: Case, asked: bool, figures: tuple[AskType, ...], named: frozenset[str],
    own: frozenset[str],
) -> Gate:  # fmt: skip
    """What a section must speak of to answer this ask."""
    return Gate(
        specific=_specific(evidence, case, named, asked), products=named, towns=towns_in(case.message.text[:3_000]),
        figures=figures, own=own, foreign=bool(case.triage and case.triage.language != "es"), press=_from_press(case),
        opening=asks_when_open(evidence.ask.text),
    )  # fmt: skip


@dataclass(frozen=True)
class Gate:
    """What a section must speak of, whatever its score."""

    specific: frozenset[str]
    towns: frozenset[str]
    products: frozenset[str]
    figures: tuple[AskType, ...]
    own: frozenset[str]
    foreign: bool
    press: bool
    opening: bool

    def _elsewhere(self, section: Section) -> bool:
        """Its label is of another product, or its heading of another town, than those that the customer names."""
        names = sorted(section.passage.products, key=len, reverse=True)
        labelled = {fold(name) for name in mentioned(section.label, names)}
        towns = towns_in(section.passage.heading)
        return bool(
            (self.products and labelled and not self.products & labelled)
            or (self.towns and towns and not any(mine in town or town in mine for mine in self.towns for town in towns))
        )

    def _row_answers(self, row: Clause) -> bool:
        """It holds the kind of figure asked for; where none is, words of the ask beside its own name."""
        if self.figures:
            if branch_names().fullmatch(fold(row.focus.split(" | ")[0])):  # whose car park is free is no price
                return "where" in self.figures or self.opening
            return any(answers_type(row.focus, kind) for kind in self.figures)
        return bool(self.own & terms(row.focus) - terms(row.said))

    def lets(self, section: Section) -> bool:
        top = section.scored[0][1]
        if self.products and section.products and not self.products & section.products:
            return False
        if self._elsewhere(section):
            return False
        if not self.press and regex("press_clause").search(fold(f"{section.label} {top.focus}")):
            return False  # what is said to journalists is no answer to a customer
        if regex("aside_clause").search(fold(" ".join((top.text, *(text for _, text in section.passage.wordings))))):
            return False
        if top.kind == "row" and not self._row_answers(top):
            return False
        sure = section.best >= (SURE_OF if section.only_of(self.products) else SURE)
        return self.speaks(section) or (sure and not self.figures)

    def speaks(self, section: Section) -> bool:
        """It has a word of the ask; nobody can tell where the two are in different languages."""
        spoken = terms(f"{section.passage.heading} {' '.join(clause.text for _, clause in section.scored)}")
        return self.foreign or bool(self.specific & spoken)


def _from_press(case: Case) -> bool:
    """The message speaks of the press itself, or comes from it."""
    said = fold(case.message.text[:3_000])
    return bool(regex("journalist").search(said) or regex("press_clause").search(said) or "collab" in meant(said))


def _specific(evidence: AskEvidence, case: Case, named: frozenset[str], asked: bool) -> frozenset[str]:
    """The ask's own telling words; where it has none, those of the message and of what happened."""
    empty = generic_terms() | frozenset(term for name in named for term in terms(name))
    known = frozenset(term for p in evidence.passages for term in terms(f"{p.heading}\n{p.text}"))
    own = frozenset(term for term in terms(evidence.ask.text) if not term.isdigit()) - empty
    own |= terms(" ".join(meant_queries(evidence.ask.text))) - empty
    if not asked and case.triage:  # told, not asked: what the company calls such a thing will do
        queries = topic_queries(case.message.text[:3_000], case.triage.topics)
        own |= terms(" ".join(queries)) - empty
    if own & known:
        return own
    said = terms(f"{evidence.ask.query} {case.message.text[:3_000]}") | topic_terms(case.message.text)
    return frozenset(term for term in said if not term.isdigit()) - empty or terms(evidence.ask.query)
