"""Product names: told by metadata, or proper names that stand in headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from voz.knowledge.dates import MONTHS
from voz.knowledge.lexicon import phrases
from voz.knowledge.metadata import Meta
from voz.knowledge.regions import regions_in
from voz.text import fold, words

if TYPE_CHECKING:
    from voz.knowledge.documents import Parsed

_TOKEN = re.compile(r"[^\W\d_][\w'’]*|\d+|[^\w\s]")
_NOT_FIRST = re.compile(r"(?<=[^\s.!?:…|»”)\]*>-])\s+([A-ZÁÉÍÓÚÑÇ][\w'’]+)")
_LOWER = re.compile(r"(?<![\w])([a-záéíóúñçü][\w'’]+)")
_LEGAL = re.compile(
    r"((?:[A-ZÁÉÍÓÚÑ][\w'’]{0,30}\s(?:(?:y|de|del|e|da|do|&)\s)?){1,5}[A-ZÁÉÍÓÚÑ]?[\w'’]{0,30}),?\s"
    r"(?:S\.\s?A\.|S\.\s?L\.|S\.\s?R\.\s?L|SRL|S\.?L\.?U|SA\b|SL\b|Lda|Ltd|Ltda|Inc\b|GmbH)"
)
MAX_NAMES = 500
_TOO_COMMON = 0.5


def product_names(parsed: Sequence[Parsed], metas: Mapping[str, Meta]) -> tuple[str, ...]:
    """Every product name of the folder, the longest first."""
    told = {name for meta in metas.values() for name in meta.product or ()}
    proper = _proper_words(parsed)
    spread: dict[str, set[str]] = {}
    for doc in parsed:
        if doc.inferred.audience == "internal" or doc.inferred.kind == "brand":
            continue
        for heading in {doc.title, *(part for chunk in doc.chunks for part in chunk.path)}:
            for name in _names_in(heading, proper, _title_case(heading, doc.language)):
                spread.setdefault(name, set()).add(doc.source)
    enough = max(3.0, _TOO_COMMON * len(parsed))
    company = _company_words(parsed)
    for name in [name for name in spread if set(fold(name).split()) <= company]:
        del spread[name]
    none = frozenset(map(fold, phrases("languages")))
    found = {
        name for name, sources in spread.items()
        if len(sources) < enough and not regions_in(name) and fold(name) not in none
    }  # fmt: skip
    by_fold: dict[str, str] = {}
    for name in sorted(told) + sorted(found):
        by_fold.setdefault(fold(name), name)
    return tuple(sorted(by_fold.values(), key=lambda name: (-len(name), name))[:MAX_NAMES])


def _company_words(parsed: Sequence[Parsed]) -> frozenset[str]:
    """Words of the company's own name: in the title of its guide of style, or before «S. L.», «S.A.»."""
    found: set[str] = set()
    for doc in parsed:
        if doc.inferred.kind == "brand":
            found |= set(words(doc.title))
        for chunk in doc.chunks:
            for match in _LEGAL.finditer(chunk.text[:20_000]):
                found |= set(words(match[1]))
    return frozenset(found)


def _proper_words(parsed: Sequence[Parsed]) -> frozenset[str]:
    """Words that the running text writes with a capital inside sentences, and hardly ever without."""
    capital: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for doc in parsed:
        for chunk in doc.chunks:
            text = chunk.text[:20_000]
            capital.update(_NOT_FIRST.findall(text))
            capital.update(word for part in chunk.path for word in _NOT_FIRST.findall(part))
            small.update(word for word in _LOWER.findall(text))
    return frozenset(
        word
        for word, count in capital.items()
        if count > 4 * small[word.lower()] and not word.isupper() and len(word) > 2 and fold(word) not in MONTHS
    )


def _title_case(heading: str, language: str) -> bool:
    """«Política De Devoluciones», «Gift Card Rules»: capitals that say nothing."""
    inner = _TOKEN.findall(heading)[1:]
    small_words = set(map(fold, phrases("fillers")))
    return language == "en" or any(token[0].isupper() and fold(token) in small_words for token in inner)


def _names_in(heading: str, proper: frozenset[str], title_case: bool) -> list[str]:
    """Runs of proper names: «Garantía del Colchón Nube Firme» → «Nube Firme»."""
    tokens = _TOKEN.findall(heading)
    names: list[str] = []
    run: list[str] = []
    for index, token in enumerate([*tokens, "."]):
        first = index == 0 or (not re.match(r"\w", tokens[index - 1]) and tokens[index - 1] not in "'’«(")
        inside = token[0].isupper() and not token.isupper() and len(token) > 2 and not first and not title_case
        is_name = token in proper or (inside and fold(token) not in MONTHS)
        if is_name or (run and token.isdigit() and len(token) < 4):
            run.append(token)
            continue
        if run and len(run[0]) > 2:
            names.append(" ".join(run))
        run = []
    return names


def products_in(headings: Sequence[str], names: Sequence[str], told: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The names that stand in the headings; inside a longer name the shorter one does not count."""
    found = dict.fromkeys(told or ())
    for heading in headings:
        for name in mentioned(heading, names):
            found[name] = None
    return tuple(found)


def mentioned(text: str, names: Sequence[str]) -> list[str]:
    """The names that a text mentions, longest match first (`names` must come longest first)."""
    rest = fold(text)
    found = []
    for name in names:
        wanted = re.compile(rf"(?<!\w){re.escape(fold(name))}(?:s|es)?(?!\w)")
        if wanted.search(rest):
            found.append(name)
            rest = wanted.sub(" ", rest)
    return found
