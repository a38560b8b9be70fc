"""What the checks share in reading a reply: its quotes, its words at their offsets, their lexicons and sentences.

Every function keeps offsets: what comes back has the length of what went in.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

from voz.case import Case, Finding, Severity, clean_text
from voz.findings import found
from voz.packaged import packaged

MAX_READ = 50_000
"""Characters of a reply that the checks read; `limits` blocks whatever is longer, so nothing slips past."""

WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r"«[^«»]{1,2000}»|“[^“”]{1,2000}”|\"[^\"\n]{1,2000}\"|‘[^‘’\n]{1,300}’|(?m:^>[^\n]*$)")
_CODE_LIKE = re.compile(
    r"https?://\S+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+|(?<!\w)[@#][\w.]+"
    r"|\b[\w-]{1,63}(?:\.[\w-]{1,63})+/\S*|\b[\w-]{1,63}\.(?:example|com|es|net|org|pt|mx|ar|uy|cl|co|pe)\b"
)


class Token(NamedTuple):
    """One word of the reply, lower case, with what stands around it."""

    text: str
    start: int
    end: int
    capital: bool
    initial: bool
    """Whether a sentence or a line starts with it."""


def lexicon(name: str) -> Any:
    """The data file of a check, `data/checks/<name>.yaml`."""
    return packaged(f"checks/{name}")


def finding(check: str, key: str, severity: Severity, start: int, end: int, **values: object) -> Finding:
    """A finding whose sentence for the reviewer is `key` of the check in `data/findings/`."""
    shown = {name: _short(value) for name, value in values.items()}
    return found(check, severity, start, end, f"{check}.{key}", **shown)


def _short(value: object) -> str:
    text = " ".join(str(clean_text(str(value))).split())
    return text if len(text) <= 80 else text[:77] + "…"


def reply_of(case: Case) -> str:
    """The reply as far as the checks read it; empty when there is none."""
    return (case.draft.reply or "")[:MAX_READ] if case.draft else ""


@lru_cache(maxsize=64)
def without_quotes(text: str) -> str:
    """The text with quoted passages blanked: they are somebody else's words."""
    return _QUOTED.sub(lambda match: " " * len(match[0]), text)


@lru_cache(maxsize=64)
def own_words(text: str) -> str:
    """The text with quotes, links, addresses, handles and hashtags blanked."""
    return _CODE_LIKE.sub(lambda match: " " * len(match[0]), without_quotes(text))


@lru_cache(maxsize=64)
def folded(text: str) -> str:
    """Lower case and without accents, character by character, so that offsets hold."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_char, text))


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    plain = unicodedata.normalize("NFD", char.lower())
    return plain[0] if plain else char


@lru_cache(maxsize=64)
def tokens(text: str) -> tuple[Token, ...]:
    """The words of a text in order, digits and marks left out."""
    found: list[Token] = []
    last = 0
    for match in WORD.finditer(text):
        between = text[last : match.start()]
        initial = not found or any(c in ".!?…\n:;¿¡" or ord(c) > 0x2190 for c in between)
        found.append(Token(match[0].lower(), match.start(), match.end(), match[0][0].isupper(), initial))
        last = match.end()
    return tuple(found)


def overlaps(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < other_end and other_start < end for other_start, other_end in spans)
