"""Whether a sentence says that what stands there is for staff only."""

from __future__ import annotations

import re

from voz.knowledge.lexicon import pattern, phrases
from voz.text import fold

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
