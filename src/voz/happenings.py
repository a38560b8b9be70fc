"""What went wrong, by topic: from the words of a message, and what the company's documents call it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from voz.details import READ, lexicon
from voz.lexicon import data
from voz.lexicon import lexicon as lexicon_of
from voz.passage_words import terms
from voz.text import fold


@cache
def _topics() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), name) for name, pattern in lexicon()["topics"].items())


def topics(text: str) -> frozenset[str]:
    """What happened, by the words of the message."""
    folded = fold(text[:READ])
    return frozenset(name for pattern, name in _topics() if pattern.search(folded))


@lru_cache(maxsize=256)
def topic_terms(text: str) -> frozenset[str]:
    """The words that clauses use for what happened to this customer."""
    known = lexicon()["topic_words"]
    return frozenset(term for topic in topics(text) for term in terms(known.get(topic, "")))


def topic_queries(text: str, found: Iterable[str]) -> tuple[str, ...]:
    """What to look for when something went wrong: by the words of the message, and by what triage found."""
    names = lexicon()["topic_names"]
    topical = [names.get(topic, topic) for topic in found] + sorted(topics(text))
    known: dict[str, str] = lexicon()["topic_queries"]
    return tuple(known[topic] for topic in dict.fromkeys(topical) if topic in known)


@lru_cache(maxsize=256)
def meant(text: str) -> tuple[str, ...]:
    """What is asked for in words that no policy uses («un reel», «vuestra app»), by the labels of triage/meant.yaml."""
    return tuple(dict.fromkeys(hit.label for hit in lexicon_of("meant").hits(fold(text[:READ]))))


def meant_queries(ask: str) -> tuple[str, ...]:
    """What documents call that."""
    known = data("queries")
    return tuple(words for label in meant(ask) for words in known[label].values())
