"""The reply is in the customer's language, where the brand speaks it. Quoted passages may be in any."""

from __future__ import annotations

import re
from functools import lru_cache

from voz.brand import Brand
from voz.case import Case, Finding, clean_text
from voz.checks.reading import WORD, finding, own_words, reply_of
from voz.sentences import split_sentences

_SURE, _PLAIN = 0.7, 0.66
_STRAY_WORDS, _STRAY_SURE = 7, 0.75
# Spanish, Galician, Portuguese and Catalan share most small words: less than a line cannot tell them apart.
_WORDS_TO_BLOCK, _WORDS_TO_WARN = 7, 6
_NAME = re.compile(r"(?<=[^\W\d_] )[A-ZÁÉÍÓÚÑ][\w’'-]+")


@lru_cache(maxsize=512)
def language_of(text: str) -> tuple[str, float, int]:
    """(language, confidence from 0 to 1, words it rests on), quotes, links and names in mid-sentence apart."""
    from voz.language import detect_language

    plain = str(clean_text(_NAME.sub(" ", own_words(text))))
    count = sum(1 for _ in WORD.finditer(plain[:4000]))
    return (*detect_language(plain), count)


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block a reply wholly in another language; warn of a stray sentence in one."""
    reply = reply_of(case)
    expected, certain = _expected(case, brand)
    if not reply.strip():
        return ()
    found, sure, words = language_of(reply)
    if found not in expected:
        if words < _WORDS_TO_WARN or sure < _PLAIN:
            return ()
        if not certain and found in _spoken(brand):
            return ()  # a short or mixed message: either language may be the customer's
        severe = certain and words >= _WORDS_TO_BLOCK and sure >= _SURE
        key = "other" if _customer(case)[0] == expected[0] else "brand"
        names = {"found": found, "expected": expected[0]}
        return (finding("language", key, "block" if severe else "warn", 0, len(reply), **names),)
    return tuple(_strays(reply, found))


def _strays(reply: str, expected: str) -> list[Finding]:
    """Long enough sentences that are plainly in another language."""
    found = []
    for start, end in list(split_sentences(own_words(reply)))[:200]:
        language, sure, words = language_of(reply[start:end])
        if language != expected and words >= _STRAY_WORDS and sure >= _STRAY_SURE:
            names = {"found": language, "expected": expected}
            found.append(finding("language", "sentence", "warn", start, end, **names))
    return found


def _customer(case: Case) -> tuple[str, bool]:
    """The customer's language, and whether there is no doubt about it."""
    detected, sure, words = language_of(case.message.text)
    named = case.message.language or (case.triage.language if case.triage else None)
    if not named:
        return detected, words >= _WORDS_TO_WARN and sure >= _SURE
    code = named.split("-")[0].lower()
    return code, case.message.language is not None or (code == detected and words >= 3 and sure >= _PLAIN)


def _expected(case: Case, brand: Brand) -> tuple[tuple[str, ...], bool]:
    """Languages that are right, the best first, and whether another one is certainly wrong."""
    customer, certain = _customer(case)
    spoken = _spoken(brand)
    if customer in spoken:
        return (customer,), certain
    # The brand does not speak it: its first language is right, the customer's own is never wrong.
    return (*spoken, customer), certain


def _spoken(brand: Brand) -> tuple[str, ...]:
    return tuple(language.split("-")[0].lower() for language in brand.voice.languages) or ("es",)
