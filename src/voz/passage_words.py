"""The words that clauses and asks are compared by, and the kinds of question that asks are."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any, Literal

from voz.packaged import packaged
from voz.quantities import quantities
from voz.text import fold, stemmed, stems

AskType = Literal["how_much", "when", "where", "how", "may"]
FIGURES: tuple[AskType, ...] = ("how_much", "when", "where")


@cache
def lexicon() -> dict[str, Any]:
    found: dict[str, Any] = packaged("rewrite_clauses")
    return found


@cache
def pattern(name: str) -> re.Pattern[str]:
    return re.compile(lexicon()[name])


@cache
def _stop() -> frozenset[str]:
    words = lexicon()["stopwords"].split()
    return frozenset(stem for word in words for stem in (fold(word), *stems(word, "es")))


@cache
def _full() -> frozenset[str]:
    """Words that say something though their stem is an empty word's: «sábado» and «saber», «nadar» and «nada»."""
    return frozenset(lexicon()["full_words"].split())


@cache
def _meanings() -> dict[str, str]:
    """Stem → the name of its line of synonyms."""
    table: dict[str, str] = {}
    for line in lexicon()["synonyms"]:
        for word in line:
            for stem in (fold(word), *stems(word, "es")):
                table.setdefault(stem, f"={line[0]}")
    return table


@cache
def generic_terms() -> frozenset[str]:
    """Words of price and time that any ask may hold."""
    return frozenset(lexicon()["generic_terms"])


@lru_cache(maxsize=16_384)
def terms(text: str) -> frozenset[str]:
    """What a text speaks of: stems without the empty words, synonyms as one."""
    found = set()
    for word, stem in stemmed(text, "es"):
        if (stem in _stop() and word not in _full()) or (len(stem) < 2 and not stem.isdigit()):
            continue
        found.add(_meanings().get(stem, stem))
    return frozenset(found)


@cache
def _ask_patterns() -> tuple[tuple[AskType, re.Pattern[str]], ...]:
    return tuple((name, re.compile(regex)) for name, regex in lexicon()["ask_types"].items())


def ask_types(text: str) -> tuple[AskType, ...]:
    """The kinds of question that a text asks, by its question words."""
    folded = fold(text)
    return tuple(name for name, regex in _ask_patterns() if regex.search(folded))


@lru_cache(maxsize=16_384)
def answers_type(text: str, kind: AskType) -> bool:
    """Whether a clause holds what this kind of question asks for."""
    folded = fold(text)
    if kind in ("may", "how"):
        return True
    if kind == "where":
        return bool(pattern("place_words").search(folded))
    kinds = {quantity.kind for quantity in quantities(text)}
    if kind == "how_much":
        return bool(kinds & {"money", "percent"}) or bool(pattern("free_words").search(folded))
    return bool(kinds & {"duration", "date", "time", "weekday"}) or bool(pattern("time_words").search(folded))
