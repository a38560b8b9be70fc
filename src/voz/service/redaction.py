"""Text without personal data, for what outlives its case: examples, suites, additions to the knowledge.

Rather a word too many is hidden than a person named: numbers of five digits go whatever they are, and everybody who is
introduced, related or signs. The words are `data/redaction.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from voz.brand import Brand
from voz.checks.personal_spans import NAME, find_personal_data
from voz.checks.reading import folded, lexicon
from voz.names import person_name
from voz.packaged import packaged

HIDDEN = {"name": "[nombre]", "email": "[correo]", "phone": "[teléfono]", "address": "[dirección]"}
OTHER = "[dato]"
_RUN = rf"{NAME}(?:[ \t]+(?:(?:de|del|la|las|los|y|i|da|do|dos)[ \t]+)*{NAME}){{0,4}}"
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<![\w.,€$/-])#?[A-Za-z]{0,6}[-/]?\d(?:[-/. ]?[A-Za-z]{0,3}\d)*[A-Za-z]{0,2}(?!\w)(?![.,]\d)")
_KEPT = re.compile(
    r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?|\d+[.,]\d{1,2}|(?:19|20)\d\d(?:[-/ ](?:19|20)\d\d)?"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}[ ]\d{1,2}[ ]\d{4}"
)
MOST_DIGITS = 4
"""A number with more is somebody's: an order, a post code, a meter; with a word for one before it, any is."""


def people(text: str, authors: Iterable[str]) -> frozenset[str]:
    """The words of names by which this text and its authors name people, folded."""
    found = {word for span in find_personal_data(text, ()) if span.kind == "name" for word in _parts(span.text)}
    for match in _introduced(text):
        found.update(_parts(match))
    for author in authors:
        found.update(_parts(author) if person_name(author) else ())
    return frozenset(found)


def redacted(
    text: str, names: frozenset[str], brand: Brand, authors: Iterable[str] = (), *, numbers: bool = True
) -> str:
    """The text without these names, without numbers and addresses; the company's own contacts and name stay.

    `numbers`: also those of five digits of which nothing says what they are.
    """
    own = {contact.casefold() for contact in brand.voice.contacts}
    spans = [(one.start, one.end, HIDDEN.get(one.kind, OTHER)) for one in
             find_personal_data(text, (brand.voice.country,)) if one.text.casefold() not in own]  # fmt: skip
    kept = [match.span() for contact in brand.voice.contacts for match in re.finditer(re.escape(contact), text)]
    company = {folded(word) for word in _WORD.findall(f"{brand.voice.company or ''} {brand.voice.signoff or ''}")}
    spans += [(start, end, OTHER) for start, end in _numbers(text)] if numbers else []
    spans += [(start, end, HIDDEN["name"]) for start, end in _named(text, names - company, authors)]
    for start, end, label in _apart(spans, kept):
        text = text[:start] + label + text[end:]
    return re.sub(r"\[nombre\](?:[ \t]+(?:(?:de|del|la|las|los|y|da|do)[ \t]+)?\[nombre\])+", HIDDEN["name"], text)


def one_line(text: str) -> str:
    """On one line, without anything that Markdown or HTML would take for more than words."""
    return " ".join(re.sub(r"[<>`*_|#]+|-{2,}", " ", text).split())


def letters(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared: without accents, capitals and marks."""
    return tuple(_WORD.findall(folded(text)))


def paragraphs(text: str) -> str:
    """Lines that stay lines and that Markdown takes for nothing else: no headings, rules, fences or comments."""
    lines = [re.sub(r"<!-*|-*-->", " ", line).rstrip() for line in text.splitlines()]
    kept = [line for line in lines if not re.fullmatch(r"\s*(?:[-=*_]\s*){3,}|\s*[-=]+\s*", line)]
    return "\n".join(re.sub(r"^(\s*)(#+|`{3,}|~{3,})\s*", r"\1", line) for line in kept).strip()


def _apart(spans: Iterable[tuple[int, int, str]], kept: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """The longest spans that do not overlap, none in what is kept, the last first."""
    taken: list[tuple[int, int]] = list(kept)
    found = []
    for start, end, label in sorted(spans, key=lambda span: span[0] - span[1]):
        if not any(start < there and here < end for here, there in taken):
            taken.append((start, end))
            found.append((start, end, label))
    return sorted(found, reverse=True)


def _named(text: str, names: frozenset[str], authors: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where one of these words stands, whatever its accents and capitals; short ones only with a capital."""
    handles = {part for author in authors if not person_name(author) for part in _parts(author)}
    for match in _WORD.finditer(text):
        word = folded(match[0])
        capital = match[0][:1].isupper()
        if (word in names and (capital or len(word) > 2)) or (capital and len(word) > 2 and word in handles):
            yield match.span()
    for author in authors:
        if author.strip() and not person_name(author):
            yield from (match.span() for match in re.finditer(re.escape(folded(author.strip())), folded(text)))


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    plain = folded(text)
    for match in _NUMBER.finditer(text):
        digits = sum(char.isdigit() for char in match[0])
        quantity = re.match(r"\s?(?:€|\$|%|eur|usd|mxn|euro|peso|dias|horas|h\b)", plain[match.end() : match.end() + 8])
        if _KEPT.fullmatch(match[0]) or quantity:
            continue
        if digits > MOST_DIGITS or (
            digits >= 3 and _reference().search(plain, max(0, match.start() - 40), match.start())
        ):
            yield match.span()


@cache
def _reference() -> re.Pattern[str]:
    """A word for a number that a company gives a customer, with at most a few small words after it."""
    return re.compile(rf"(?<!\w){_any(lexicon('personal_data')['reference'])}s?(?:\W+[^\W\d_]{{1,7}}){{0,3}}\W*$")


def _introduced(text: str) -> Iterator[str]:
    """What follows «me llamo», «soy», «mi mujer», or a closing at the end of a line; the name alone in the last one."""
    plain = folded(text)
    for match in _lead("introduced").finditer(plain):
        first = re.compile(rf"\W{{0,4}}({_RUN}|[^\W\d_]{{2,}})").match(text, match.end())
        yield first[1] if first else ""
    for lead in ("announced", "related"):
        for match in _lead(lead).finditer(plain):
            named = re.compile(rf"[ \t,:.(]{{0,4}}({_RUN})").match(text, match.end())
            yield named[1] if named else ""
    for match in _lead("closings").finditer(plain):
        signed = re.compile(rf"[\s,.:;!–—-]{{0,8}}({_RUN})[ \t]*[.!]?[ \t]*(?:\n|$)").match(text, match.end())
        last = re.compile(r"[\s,:–—-]{1,8}((?:[^\W\d_]{2,25}[ \t]?){1,3})[.!\s]*$").match(text, match.end())
        yield signed[1] if signed else last[1] if last and not _said(last[1]) else ""
    final = re.fullmatch(rf"[-–— \t]{{0,4}}({_RUN})[.\s]{{0,4}}", text.rstrip().rpartition("\n")[2])
    yield final[1] if final and "\n" in text.strip() else ""


def _said(words: str) -> bool:
    """Whether one of these words is never part of a name."""
    return any(folded(word) in packaged("redaction")["no_name"] for word in _WORD.findall(words))


@cache
def _lead(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_any(packaged('redaction')[name])}(?!\w)")


def _any(entries: list[str]) -> str:
    ordered = sorted((folded(str(entry)) for entry in entries), key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, ordered)) + ")"


def _parts(name: str) -> list[str]:
    """The words of a name that are not everybody's, folded."""
    words = packaged("redaction")
    none = {*words["particles"], *words["no_name"]}
    return [word for word in map(folded, _WORD.findall(name)) if len(word) > 1 and word not in none]
