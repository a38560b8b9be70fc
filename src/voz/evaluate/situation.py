"""What of a customer's message a reply takes up: words by their stem or synonym, figures by value, what went wrong.

The synonyms are the project's own (`voz.passage_words`), and what went wrong goes by the topics of the triage's
lexicon, so that «roto» meets «partido» and «hace tres semanas que espero» meets «llevas tres semanas sin noticias».
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from voz.evaluate.reading import Span, merged
from voz.evaluate.wording import same_figure
from voz.packaged import packaged
from voz.passage_words import terms
from voz.quantities import fold_in_place, quantities
from voz.signs import read_signs
from voz.statements import content_stems
from voz.text import words

READ = 6_000
"""Characters of a message that are read: what matters to a customer comes early."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_VAGUE_TOPICS = frozenset({"general", "masks"})


@dataclass(frozen=True)
class TakenUp:
    """The customer's words and figures that a reply takes up, by what they are, and where in the reply they stand."""

    happened: tuple[str, ...]
    other: tuple[str, ...]
    spans: list[Span]
    tells_trouble: bool


@dataclass(frozen=True)
class _Item:
    """One word or figure: what it may be met by, and whether it belongs to what went wrong."""

    start: int
    end: int
    keys: frozenset[str]
    happened: bool


def taken_up(message: str, reply: str, language: str, spans: list[Span], names: frozenset[str]) -> TakenUp | None:
    """What the reply takes up within the given spans; None where the message tells nothing in particular."""
    message = message[:READ]
    told = [item for item in _items(message, language) if not item.keys & names]
    topics = {hit.label for hit in read_signs(message).trouble} - _VAGUE_TOPICS
    figures = [q for q in quantities(message) if q.kind != "count" or q.value > 1]
    if not told and not figures:
        return None
    happened: dict[str, str] = {}
    other: dict[str, str] = {}
    places: list[Span] = []
    for start, end in spans:
        said = reply[start:end]
        for word in _items(said, language):
            match = next((item for item in told if item.keys & word.keys), None)
            if match:
                kept = happened if match.happened else other
                kept.setdefault(min(match.keys), message[match.start : match.end])
                places.append((start + word.start, start + word.end))
        for figure in quantities(said):
            if any(same_figure(figure, one) for one in figures):
                happened.setdefault(f"{figure.kind} {figure.value} {figure.unit}", said[figure.start : figure.end])
                places.append((start + figure.start, start + figure.end))
        signs = read_signs(said)
        for hit in signs.trouble:
            if hit.label in topics:
                first, last = signs.view.back(hit.start, hit.end)
                happened.setdefault(hit.label, said[first:last])
                places.append((start + first, start + last))
    return TakenUp(tuple(happened.values()), tuple(other.values()), merged(places), bool(topics))


@lru_cache(maxsize=256)
def _items(text: str, language: str) -> tuple[_Item, ...]:
    """The words of a text that mean something in particular."""
    trouble = [read_signs(text).view.back(hit.start, hit.end) for hit in read_signs(text).trouble]
    found = []
    for match in _WORD.finditer(text):
        word = match[0]
        if fold_in_place(word) in _generic(language):
            continue
        stems = content_stems(word, language)
        keys = stems | (terms(word) if stems and language == "es" else frozenset())
        if keys:
            inside = any(start <= match.start() < end for start, end in trouble)
            found.append(_Item(match.start(), match.end(), frozenset(keys), inside))
    return tuple(found)


@cache
def _generic(language: str) -> frozenset[str]:
    table = packaged("evaluate/empathy")["generic"]
    return frozenset(table.get(language, table["es"]).split())


def parroted(message: str, reply: str) -> tuple[int, Span | None]:
    """How many words in a row the reply copies from the message at most, and where."""
    theirs, row = words(message[:READ]), [(fold_in_place(m[0]), m.start(), m.end()) for m in re.finditer(r"\w+", reply)]
    places: dict[str, list[int]] = {}
    for at, word in enumerate(theirs):
        places.setdefault(word, []).append(at)
    best, span = 0, None
    running: dict[int, int] = {}
    for i, (word, _, end) in enumerate(row):
        running = {at: running.get(at - 1, 0) + 1 for at in places.get(word, ())[:50]}
        longest = max(running.values(), default=0)
        if longest > best:
            best, span = longest, (row[i - longest + 1][1], end)
    return best, span
