"""A text split into sentences with exact offsets; abbreviations, figures, links and greetings stay whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Words that end in a full stop without ending the sentence.
_SHORT = """sr sra srta dr dra d dª dña lic ing av avda c n nº núm num tel aprox ej p pág art etc máx mín max min
s l a m h vs ud uds vd mr mrs ms no st e g i"""
_ABBREVIATIONS = frozenset(_SHORT.split())
_TITLES = frozenset("sr sra srta dr dra dña lic ing av avda mr mrs ms ud uds".split())
_END = re.compile(r"(?:[.!?…]+[\"'”»’)\]]*)(?=\s|$|[¿¡A-ZÁÉÍÓÚÑ])|\n+")
_LAST_WORD = re.compile(r"([^\W_]+)$")
_GREETING_COLON = re.compile(r"^[^.!?\n]{2,60}?:[ \t]+(?=[¿¡A-ZÁÉÍÓÚÑ])|^[¡]?[^.!?:\n]{2,40},[ \t]*\n")


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences, without surrounding white space. A greeting («Hola, Ana:») is one of its own."""
    start = _after_greeting(text)
    if start:
        yield from _trimmed(text, 0, start)
    for match in _END.finditer(text, start):
        if "\n" not in match[0] and _inside(text, match):
            continue
        yield from _trimmed(text, start, match.end())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _after_greeting(text: str) -> int:
    match = _GREETING_COLON.match(text)
    if not match:
        return 0
    head = text[: match.end()].casefold()
    return (
        match.end()
        if re.match(r"\W*(hola|ol[áa]|buen|estimad|querid|hello|hi|dear|bom|boa|bon|hey|caro|cara|qué tal)", head)
        else 0
    )


def _inside(text: str, match: re.Match[str]) -> bool:
    """Whether this full stop belongs to an abbreviation, an initial, a list number or an ellipsis."""
    if not match[0].startswith("."):
        return False
    following = text[match.end() : match.end() + 2]
    if match[0].startswith("...") and following[1:2].islower():
        return True
    word = _LAST_WORD.search(text[max(0, match.start() - 12) : match.start()])
    if not word:
        return False
    token = word[1].lower()
    if match[0] == "." and following[:1].strip():
        return token in _ABBREVIATIONS or len(token) == 1  # «S.L.» and «a.m.» without a blank
    next_char = text[match.end() :].lstrip()[:1]
    opens = next_char.isupper() or next_char in "¿¡«“"
    if len(token) == 1 and token.isalpha():
        return (word[1].isupper() and token not in "aeoy") or not opens  # «J. Pérez» is a name, «9 a.m. Abrimos» is not
    if token in _ABBREVIATIONS:
        return token in _TITLES or not opens
    return next_char.islower() and token.isdigit()


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start and re.search(r"[^\W_]", text[start:end]):
        yield start, end
