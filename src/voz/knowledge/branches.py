"""The company's own places: «Altabrisa» is a branch in Mérida, so who asks about Altabrisa is in Yucatán."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from voz.case import Passage
from voz.knowledge.lexicon import pattern, words_pattern
from voz.knowledge.regions import regions_in
from voz.text import fold

_ROW = re.compile(r"^\s*\|(.+)\|\s*$")
_RULE = re.compile(r"^[\s:|-]+$")
SHORTEST = 4


@dataclass(frozen=True)
class Branches:
    """Names of branches, folded, with the region each is in."""

    regions: Mapping[str, str]

    @cached_property
    def _finder(self) -> re.Pattern[str] | None:
        return words_pattern(tuple(self.regions)) if self.regions else None

    def named_in(self, text: str) -> tuple[str, ...]:
        """The regions of the branches that a text names, in order."""
        if self._finder is None:
            return ()
        return tuple(dict.fromkeys(self.regions[match[0]] for match in self._finder.finditer(fold(text))))


def branch_names() -> re.Pattern[str]:
    """What the first column of a table of such places is called, folded."""
    return pattern("branch_names")


def branches(passages: Sequence[Passage]) -> Branches:
    """Those in tables of the company's places: a first column of names, another that says in which town each is."""
    found: dict[str, str] = {}
    for passage in passages:
        if "| --- |" in passage.text and passage.audience != "internal":
            for name, region in _rows(passage.text):
                found.setdefault(name, region)
    return Branches(found)


def _rows(text: str) -> list[tuple[str, str]]:
    rows = [[cell.strip() for cell in found[1].split("|")] for line in text.splitlines() if (found := _ROW.match(line))]
    rows = [row for row in rows if not all(_RULE.match(cell) or not cell for cell in row)]
    if len(rows) < 2 or not branch_names().fullmatch(fold(rows[0][0])):
        return []
    towns = [place for place, head in enumerate(rows[0]) if place and pattern("branch_towns").search(fold(head))]
    made = []
    for row in rows[1:]:
        regions = [region for place in towns if place < len(row) for region in regions_in(row[place])]
        name = fold(row[0])
        if regions and len(name) >= SHORTEST and not regions_in(row[0]):
            made.append((name, regions[0]))
    return made
