"""Whether what stands there is for staff only, or speaks to those who answer and not to those who ask."""

from __future__ import annotations

import re
from functools import lru_cache

from voz.knowledge.lexicon import pattern, phrases
from voz.text import fold

MOST_WORDS = 20
_LABEL_CUT = re.compile(r"[.,:;()\[\]|—–/·!]|\s-\s")
_MARKS = re.compile(r"^[\s>*_#-]+")


def is_internal(sentence: str) -> bool:
    """The sentence or heading says that this is for staff: «Uso interno», «CONFIDENCIAL.»."""
    folded = fold(sentence)
    if len(folded.split()) <= 25 and pattern("internal_phrases").search(folded):
        return True
    labels = {fold(label) for label in phrases("internal_labels")}
    return any(part.strip() in labels for part in _LABEL_CUT.split(folded))


def opens_internal_note(block: str) -> bool:
    """A paragraph that begins «Nota interna: …» inside a document that may be public."""
    before, colon, _ = _MARKS.sub("", block[:200]).partition(":")
    return bool(colon) and len(before.split()) <= 8 and is_internal(before.strip("*_ "))


def names_staff(line: str) -> bool:
    """A line that says for whom a document is, and names those who answer: «Para Atención y recepciones.»."""
    folded = fold(_MARKS.sub("", line))
    return len(folded.split()) <= MOST_WORDS and bool(pattern("staff_readers").match(folded))


@lru_cache(maxsize=65_536)
def is_instruction(sentence: str) -> bool:
    """It tells staff how to answer («A quien pregunte se le dice que…»): no customer is shown it."""
    return bool(pattern("staff_clauses").search(fold(sentence)))
