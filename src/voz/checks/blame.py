"""No blame, no defensiveness, no insult; and no hollow formula where an apology should name what happened."""

from __future__ import annotations

from functools import cache
from typing import Literal

from voz.brand import Brand
from voz.case import Case, Finding
from voz.checks.language import language_of
from voz.checks.reading import finding, lexicon, overlaps, reply_of, without_quotes
from voz.lexicon import Lexicon, folded

Tone = Literal["insult", "blame", "hollow"]
_TONES: tuple[Tone, ...] = ("insult", "blame", "hollow")
_MAX_FINDINGS = 20
_NEAREST = {"gl": ("es", "pt")}
_SURE, _WORDS = 0.7, 6


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block an insult; warn of blame and of formulas. Quoted words are the customer's own."""
    reply = without_quotes(reply_of(case))
    if not reply.strip():
        return ()
    language, sure, words = language_of(reply)
    view, language = folded(reply), language if sure >= _SURE and words >= _WORDS else ""
    taken = [(hit.start, hit.end) for hit in _patterns("not_blame", language).hits(view.plain)]
    found: list[Finding] = []
    for tone in _TONES:
        for hit in _patterns(tone, language).hits(view.plain):
            if overlaps(hit.start, hit.end, taken):
                continue
            taken.append((hit.start, hit.end))
            start, end = view.back(hit.start, hit.end)
            severity: Literal["block", "warn"] = "block" if tone == "insult" else "warn"
            found.append(finding("blame", tone, severity, start, end, word=reply[start:end]))
            if len(found) >= _MAX_FINDINGS:
                return tuple(found)
    return tuple(sorted(found, key=lambda f: f.start))


@cache
def _patterns(tone: str, language: str) -> Lexicon:
    """The patterns of the reply's language; where that is not plain, of all («Morón» is a town in Spanish)."""
    by_language = lexicon("blame")[tone]
    known = _NEAREST.get(language, (language,))
    chosen = [lines for code, lines in by_language.items() if code in known] or list(by_language.values())
    return Lexicon({tone: [phrase for lines in chosen for phrase in lines]})
