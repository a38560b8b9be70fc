"""Small shared functions on text: accents folded, words, stems.

All three take any Python string (empty, one megabyte, right-to-left) and run in linear time.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Any

# Snowball has no Galician stemmer; Portuguese endings are the nearest.
_SNOWBALL = {"es": "spanish", "pt": "portuguese", "gl": "portuguese", "en": "english", "ca": "catalan"}
_WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+|\d+", re.UNICODE)


def fold(text: str) -> str:
    """Lower case without accents or other marks: «Devolución» → «devolucion», «ñ» → «n»."""
    lowered = text.casefold()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def words(text: str) -> list[str]:
    """The folded words and numbers of a text, in order; «12,90» and «31/12/2025» stay whole."""
    return _WORD.findall(fold(text))


def stems(text: str, language: str | None = "es") -> list[str]:
    """The folded Snowball stems of a text's words; an unknown language gives the words themselves."""
    return [_stem(word, language or "") for word in _WORD.findall(_composed(text))]


def stemmed(text: str, language: str | None = "es") -> list[tuple[str, str]]:
    """Each word of a text, folded, with its stem."""
    return [(fold(word), _stem(word, language or "")) for word in _WORD.findall(_composed(text))]


def _composed(text: str) -> str:
    lowered = text.casefold()
    return lowered if lowered.isascii() else unicodedata.normalize("NFC", lowered)


class _Stemmers(threading.local):
    """A Snowball stemmer keeps the word it works on inside, so every thread has its own."""

    def __init__(self) -> None:
        self.by_language: dict[str, Any] = {}

    def of(self, language: str) -> Any:
        if language not in self.by_language:
            import snowballstemmer

            self.by_language[language] = snowballstemmer.stemmer(_SNOWBALL[language])
        return self.by_language[language]


_stemmers = _Stemmers()


@lru_cache(maxsize=200_000)
def _stem(word: str, language: str) -> str:
    """Stemmed after folding, so that «garantía» and «garantia» meet."""
    plain = fold(word)
    if language not in _SNOWBALL or plain[:1].isdigit() or len(plain) > 40:
        return plain
    return fold(str(_stemmers.of(language).stemWord(plain)))
