"""«Quiero hablar con una persona»: said in many ways, and a route of its own."""

from __future__ import annotations

import re
from functools import cache

from voz.case import Message
from voz.clauses import LOOK
from voz.lexicon import Folded, Hit, Lexicon, folded, outside, phrases
from voz.packaged import packaged
from voz.text import words

_PARTS = re.compile(r"[.,;:!?¡¿\n]")
_SHORT = 60  # a message longer than this is no command tapped into a chat


def wants_person(message: Message) -> bool:
    """Whether the customer asks for a person instead of a machine, in Spanish, Portuguese, English or Catalan.

    Reads the first 20,000 characters of the message itself, not its thread; the same text always gives the same.
    """
    return bool(person_words(message))


def person_words(message: Message) -> tuple[str, ...]:
    """The customer's own words that ask for a person, in their order; empty where nothing does."""
    text = message.text[:LOOK]
    if len(text) <= _SHORT and any(" ".join(words(part)) in _alone() for part in _PARTS.split(text)):
        return (text.strip(),)
    view = folded(text)
    hits = _lexicon().hits(view.plain)
    wanted = outside((h for h in hits if h.label == "wants"), (h for h in hits if h.label == "not"))
    return tuple(dict.fromkeys(_said(view, hit) for hit in wanted))


def _said(view: Folded, hit: Hit) -> str:
    return " ".join(view.original(hit.start, hit.end).split())


@cache
def _lexicon() -> Lexicon:
    data = packaged("claims_rules/person_words")
    return Lexicon({label: phrases(data[label]) for label in ("wants", "not")})


@cache
def _alone() -> frozenset[str]:
    return frozenset(phrases(packaged("claims_rules/person_words")["alone"]))
