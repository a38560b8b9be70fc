"""What sort of sentence a sentence of a reply is: courtesy, question, commitment or fact."""

from __future__ import annotations

import re
from functools import cache

from voz.case import SentenceKind
from voz.figures import stands_in
from voz.packaged import packaged
from voz.quantities import Quantity, fold_in_place, quantities
from voz.statements import content_stems, pattern

FEW_STEMS = 2
"""A sentence with at most this many words of its own states nothing that could be false."""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        name: re.compile(source.replace("\n", "").replace(" |", "|"))
        for name, source in packaged("claims/kinds").items()
    }


def sentence_kind(text: str, message: str = "") -> SentenceKind:
    """The kind of a sentence said in answer to a message."""
    folded = fold_in_place(text)
    if text.rstrip(" \"'»”)*_").endswith("?") and not own_figures(text, message):
        return "question"
    if _patterns()["commitment"].search(folded) or pattern("certain").search(folded):
        return "commitment"
    if own_figures(text, message):
        return "fact"
    if _patterns()["courtesy"].search(folded) or pattern("abstain").search(folded):
        return "courtesy"
    if len(content_stems(text)) <= FEW_STEMS:
        return "courtesy"
    return "fact"


def own_figures(text: str, message: str) -> tuple[Quantity, ...]:
    """The figures of a sentence that the message does not contain."""
    told = quantities(message)
    return tuple(q for q in quantities(text) if q.kind != "weekday" and not stands_in(q, told))
