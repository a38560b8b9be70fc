"""What is said for the customer's own region goes before what is said for all; what is said for another, after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from voz.case import Ask, Case
from voz.grounding import Grounding
from voz.knowledge.library import MAINLAND, Library
from voz.knowledge.regions import applies_in, region_keys, regions_in
from voz.passage_words import terms
from voz.statements import Clause

MESSAGE = 3_000
ISLANDS = frozenset({"baleares", "canarias", "ceuta", "melilla", "madeira", "açores", "azores"})
"""Never what a company means by all, even where no other region has a document of its own."""
SPOKEN = {"pt": "portugal"}
"""Where a language is spoken that the company answers in one of its regions: who names no place is likely there."""
SHARED, LEAST = 0.6, 3
"""Of two clauses on the same thing: the share of the shorter one's words that both have, and how many at least."""
NEAR, FEW = 0.89, 2
"""Where another figure of the same unit stands in them, so near and so few words are enough."""


def regions_of(ask: Ask, case: Case, library: Library) -> tuple[str, ...]:
    """Where the customer is or asks about: as the message was told, and as it says."""
    told = region_keys((case.message.region,)) if case.message.region else ()
    said = (*library.regions_named(ask.query), *library.regions_named(case.message.text[:MESSAGE]))
    spoken = SPOKEN.get(case.triage.language if case.triage else "")
    likely = (spoken,) if spoken in library.regions and not told and not said else ()
    return tuple(dict.fromkeys((*told, *said, *likely)))


def is_elsewhere(regions: Sequence[str], where: tuple[str, ...], usual: frozenset[str]) -> bool:
    """Neither where the customer is nor where the company usually sells."""
    return bool(regions and not set(regions) & usual and not (where and applies_in(tuple(regions), where)))


def of_another_row(text: str, where: tuple[str, ...]) -> bool:
    """A row of a table («Destination: Mainland Spain; Price: €4.95») of another region than the customer's."""
    if not where or ": " not in text or "; " not in text:
        return False
    parts = [part for cell in text.split("; ") for part in cell.split(": ", 1)]  # «mérida» counts where it stands alone
    rows = tuple(dict.fromkeys(region for part in parts for region in regions_in(part)))
    return bool(rows) and not applies_in(rows, where)


def is_local(regions: Sequence[str], where: tuple[str, ...], home: frozenset[str]) -> bool:
    """Where the customer is, and not all of where the company sells."""
    here = bool(regions and where) and applies_in(tuple(regions), where)
    usual = home - ISLANDS
    return bool(
        here and not (usual and usual <= set(regions)) and MAINLAND not in regions
    )  # what is said for it is said for all


def counterpart(place: int, local: Iterable[int], grounding: Grounding) -> int | None:
    """Of the places of local clauses, that of the one which says, of the same thing, what holds there."""
    clauses, vectors = grounding.clauses, grounding.vectors
    said = terms(clauses[place].said.text)
    found: list[tuple[int, int]] = []
    for other in local:
        theirs = terms(clauses[other].said.text)
        shared = len(said & theirs)
        alike = shared >= LEAST and shared >= SHARED * min(len(said), len(theirs))
        figured = shared >= FEW and _other_figure(clauses[place], clauses[other])
        if alike or (figured and vectors[place] @ vectors[other] >= NEAR):
            found.append((shared, other))
    return max(found, key=lambda one: one[0])[1] if found else None


def _other_figure(clause: Clause, other: Clause) -> bool:
    """Whether both have a figure of one kind and unit, and not the same."""
    pairs = [(q, o) for q in clause.said.figures for o in other.said.figures if (q.kind, q.unit) == (o.kind, o.unit)]
    return bool(pairs) and not any(q.same(o) for q, o in pairs)
