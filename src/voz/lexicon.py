"""Phrases from YAML found in folded text, with the place in the original where they stand.

Lexicons are short patterns, separated by commas, that a person can read and extend:

    llega* tarde          `*` ends a word freely
    no me? contest*       `?` after a word: it may be missing
    devuelv*|reintegr*    `|` between whole words: any of them
    no .. respond*        `..` up to four words between; `..7` up to seven

Only words near the pattern's first word are tried, so cost grows with the text, not with the lexicon.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import accumulate, groupby
from typing import Any

import yaml

_GAP_CHARS = r"[\s,'’´`\"«»()\[\]\-–—:*_@#·]{1,4}"
_WORD = r"[^\W_]"
_EDGE = rf"(?!{_WORD})"
_WORDS = re.compile(rf"{_WORD}+")
_KEY = 3
# Chat spellings of very common words; every pattern that has the word takes them too.
_SPELLINGS = {
    "que": ("q", "ke", "k"), "por": ("x",), "porque": ("xq", "pq", "porq"), "para": ("pa",),
    "tambien": ("tb", "tmb"), "you": ("u",), "your": ("ur",), "voce": ("vc", "ce"), "voces": ("vcs", "ces"),
    "nao": ("n", "naum"), "nunca": ("nnca",), "bien": ("bn",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in lower case without accents, long runs of a letter shortened, and the way back."""

    text: str
    plain: str
    origin: tuple[int, ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that a span of `plain` came from."""
        if start >= end:
            return (self.origin[start], self.origin[start]) if start < len(self.origin) else (0, 0)
        return self.origin[start], self.origin[end - 1] + 1

    def original(self, start: int, end: int) -> str:
        first, last = self.back(start, end)
        return self.text[first:last]


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase of a lexicon found: its label and its span in `Folded.plain`."""

    label: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    if unicodedata.combining(char) or char in "\u200b\u200c\u200d\ufeff\u2060\u00ad":
        return ""
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    return plain.casefold()[:1] or char


@lru_cache(maxsize=8)
def folded(text: str) -> Folded:
    """Folds a text, keeping for each character where it came from. Linear in the text."""
    kept = [(small, place) for place, char in enumerate(text) if (small := _fold_char(char))]
    plain: list[str] = []
    origin: list[int] = []
    for small, run in groupby(kept, key=lambda pair: pair[0]):
        places = [place for _, place in run]
        if len(places) > 2 and small.isalpha():
            places = places[:1]  # «rotooo» counts as «roto»
        plain.extend(small * len(places))
        origin.extend(places)
    return Folded(text, "".join(plain), tuple(origin))


def _token(token: str) -> tuple[str, list[str]]:
    """The regular expression of one word of a pattern, and the literal starts it may have."""
    literals: list[str] = []
    parts: list[str] = []
    for word in token.split("|"):
        for spelling in (word, *_SPELLINGS.get(word, ())):
            if spelling.endswith("*"):
                parts.append(re.escape(spelling[:-1]) + rf"{_WORD}{{0,16}}")
                literals.append(spelling[:-1])
            else:
                parts.append(re.escape(spelling))
                literals.append(spelling)
    return f"(?:{'|'.join(parts)}){_EDGE}", literals


def _tokens(phrase: str) -> list[str]:
    kept = "".join(c if c in "*?|.' " or c.isalnum() else " " for c in folded(phrase).plain)
    words = kept.replace("'", " ").split()
    if not words or words[0].startswith(".") or words[0].endswith("?") or words[-1].endswith(("?", "..")):
        raise ValueError(f"'{phrase}': begins or ends with a word that may be missing")
    if any(part.endswith("*") and len(part) <= _KEY for part in words[0].split("|")):
        raise ValueError(f"'{phrase}': the first word needs {_KEY} letters before '*'")
    return words


def _keys(token: str) -> tuple[str, ...]:
    """How words that a token takes may begin; empty where that cannot be told."""
    if token.endswith("?") or token.startswith(".."):
        return ()
    literals = _token(token)[1]
    if any(len(w) < _KEY and part.endswith("*") for w, part in zip(literals, token.split("|"), strict=False)):
        return ()
    return tuple(dict.fromkeys(literal[:_KEY] for literal in literals))


@cache
def compile_phrase(phrase: str) -> re.Pattern[str]:
    """A pattern as a bounded regular expression over folded text.

    Raises ValueError where the pattern's first word is open or optional, or its last one optional.
    """
    words = _tokens(phrase)
    body = _token(words[0])[0]
    for word in words[1:]:
        if word.startswith(".."):
            body += rf"(?:{_GAP_CHARS}{_WORD}{{1,25}}){{0,{word[2:] or 4}}}"
        elif word.endswith("?"):
            body += rf"(?:{_GAP_CHARS}{_token(word[:-1])[0]})?"
        else:
            body += _GAP_CHARS + _token(word)[0]
    return re.compile(body)


@lru_cache(maxsize=64)
def _starts(plain: str, start: int = 0, end: int | None = None) -> tuple[tuple[int, str], ...]:
    """Where each word begins, and with which letters."""
    found = _WORDS.finditer(plain, start, len(plain) if end is None else end)
    return tuple((m.start(), m.group()[:_KEY]) for m in found)


class Lexicon:
    """Labelled patterns, indexed by how their first word begins."""

    def __init__(self, labels: Mapping[str, Iterable[str]]) -> None:
        self._index: dict[str, dict[str, list[tuple[str, str]]]] = {}
        for label, patterns in labels.items():
            for phrase in dict.fromkeys(patterns):
                words = _tokens(phrase)
                seconds = (_keys(words[1]) if len(words) > 1 else ()) or ("",)
                for first in _keys(words[0]):
                    for second in seconds:
                        self._index.setdefault(first, {}).setdefault(second, []).append((phrase, label))

    def hits(self, plain: str, start: int = 0, end: int | None = None) -> tuple[Hit, ...]:
        """Every phrase found, in order of place; of one label and place, the longest."""
        last = len(plain) if end is None else end
        words = _starts(plain) if start == 0 and end is None else _starts(plain, start, last)
        found: list[Hit] = []
        for number, (place, key) in enumerate(words):
            by_second = self._index.get(key)
            if by_second:
                second = words[number + 1][1] if number + 1 < len(words) else ""
                found.extend(_longest(by_second, second, plain, place, last))
        return tuple(found)

    def at(self, plain: str, place: int, end: int) -> tuple[Hit, ...]:
        """The phrases that begin exactly here, the longest of each label."""
        word = _WORDS.match(plain, place, end)
        by_second = self._index.get(word.group()[:_KEY]) if word else None
        if not word or not by_second:
            return ()
        after = _WORDS.search(plain, word.end(), end)
        return tuple(_longest(by_second, after.group()[:_KEY] if after else "", plain, place, end))


def _longest(
    by_second: dict[str, list[tuple[str, str]]], second: str, plain: str, place: int, end: int
) -> Iterator[Hit]:
    found: dict[str, int] = {}
    for key in ("", second) if second else ("",):
        for phrase, label in by_second.get(key, ()):
            # Compiled when first needed: a message meets a few hundred of the thousands of patterns.
            match = compile_phrase(phrase).match(plain, place, end)
            if match and match.end() > found.get(label, 0):
                found[label] = match.end()
    for label, stop in found.items():
        yield Hit(label, place, stop)


def outside(hits: Iterable[Hit], masks: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits that do not overlap any of the masks."""
    covers = sorted((m.start, m.end) for m in masks)
    if not covers:
        return tuple(hits)
    starts = [start for start, _ in covers]
    reach = list(accumulate((end for _, end in covers), max))
    kept = []
    for hit in hits:
        before = bisect_left(starts, hit.end)  # masks that begin before the hit ends
        if not before or reach[before - 1] <= hit.start:
            kept.append(hit)
    return tuple(kept)


def phrases(value: Any) -> list[str]:
    """The patterns of a YAML value: separated by commas, or several such by language or other heading."""
    if isinstance(value, dict):
        return [phrase for part in value.values() for phrase in phrases(part)]
    return [phrase for part in str(value).split(",") if (phrase := part.strip())]


@cache
def data(name: str) -> dict[str, Any]:
    """The YAML file `data/triage/<name>.yaml`."""
    text = resources.files("voz").joinpath("data", "triage", f"{name}.yaml").read_text(encoding="utf-8")
    # Every scalar a string: YAML reads the words «no», «on» and «y» as truth values.
    return dict(yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))


@cache
def lexicon(name: str) -> Lexicon:
    """The lexicon of `data/triage/<name>.yaml`: its labels are the top keys, `key.level` with levels."""
    return Lexicon({label: phrases(value) for label, value in data(name).items()})


@cache
def any_of(name: str) -> str:
    """The words under a key of `data/triage/grammar.yaml` as one alternative of a regular expression."""
    words = sorted(phrases(data("grammar")[name]), key=len, reverse=True)
    return f"(?:{'|'.join(re.escape(word) for word in words)})"


@cache
def whole(name: str) -> re.Pattern[str]:
    """Any of those words, standing whole."""
    return re.compile(rf"(?<!{_WORD}){any_of(name)}{_EDGE}")


@cache
def denial(*names: str) -> re.Pattern[str]:
    """A denying word at most three words before the place where the text ends."""
    words = "|".join(any_of(name) for name in names)
    return re.compile(rf"(?<!{_WORD})(?:{words})(?:[\s,']{{1,3}}{_WORD}{{1,14}}){{0,3}}[\s,']{{1,3}}$")
