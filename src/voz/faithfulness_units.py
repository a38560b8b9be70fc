"""A text cut into what it says and a context cut into what can carry it, whatever the context's form.

Prose gives sentences, a dialogue gives turns with their speaker, JSON gives one «path: value» line per leaf (long
values cut into sentences), lists and tables give their lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from voz.sentences import split_sentences

MAX_UNITS = 400
MAX_CHARS = 60_000
_LONG = 260
_SPEAKER = re.compile(r"^\s{0,8}([A-ZÁÉÍÓÚÑ\[][^\n:?!.]{1,28}):[ \t]+(?=\S)")
_LABELS = re.compile(r"^(?:subject|asunto|assunto|title|text|re|note|nota|from|to|url|passage ?\d*)$", re.IGNORECASE)
_PART = re.compile(
    r"[,;:—–()]\s+|\s+(?:and|but|or|while|which|who|y|pero|o|mientras|que|e|mas|ou|enquanto)\s+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that the context says, and who says it where that shows."""

    text: str
    speaker: str = ""


def units(context: str) -> tuple[Unit, ...]:
    """The units of a context in order, at most MAX_UNITS."""
    context = context[:MAX_CHARS]
    data = _as_json(context)
    found = _leaves(data, "") if data is not None else _prose(context)
    kept = (unit for unit in found if re.search(r"\w", unit.text))
    return tuple(unit for _, unit in zip(range(MAX_UNITS), kept, strict=False))


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text; all of it where there is none."""
    text = text[:MAX_CHARS]
    return tuple(text[a:b] for a, b in split_sentences(text)) or (text.strip(),)


def parts(sentence: str, least: int = 3) -> tuple[str, ...]:
    """The clauses of a sentence, cut at commas and conjunctions; none shorter than `least` words."""
    found: list[str] = []
    for piece in _PART.split(sentence):
        if found and (len(piece.split()) < least or len(found[-1].split()) < least):
            found[-1] = f"{found[-1]} {piece.strip()}"
        else:
            found.append(piece.strip())
    return tuple(found)


def _as_json(context: str) -> Any:
    if not context.lstrip().startswith(("{", "[{")):
        return None
    try:
        return json.loads(context)
    except (ValueError, RecursionError):
        return None


def _leaves(data: Any, path: str) -> Iterator[Unit]:
    """One unit a leaf: «attributes outdoor seating: false»."""
    stack: list[tuple[str, Any]] = [(path, data)]
    while stack:
        name, value = stack.pop()
        if isinstance(value, dict):
            stack.extend((f"{name} {_spaced(str(key))}".strip(), inner) for key, inner in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend((name, inner) for inner in reversed(value))
        elif isinstance(value, str) and len(value) > _LONG // 2:
            yield from _prose(value)
        else:
            yield Unit(f"{name}: {_value(value)}")


def _spaced(key: str) -> str:
    """«RestaurantsTakeOut» and «business_stars» as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).replace("_", " ").lower()


def _value(value: Any) -> str:
    return (
        {True: "yes", False: "no", None: "unknown"}.get(value, str(value))
        if isinstance(value, bool | None)
        else str(value)
    )


def _prose(text: str) -> Iterator[Unit]:
    speakers = [m[1] for line in text.splitlines() if (m := _SPEAKER.match(line)) and not _LABELS.match(m[1])]
    dialogue = len(speakers) >= 4 and len(set(speakers)) <= len(speakers) // 2
    speaker = ""
    for line in text.splitlines():
        match = _SPEAKER.match(line) if dialogue else None
        if match:
            speaker, line = match[1], line[match.end() :]
        for start, end in split_sentences(line):
            yield from (Unit(piece, speaker) for piece in _shortened(line[start:end]))


def _shortened(sentence: str) -> Iterator[str]:
    """A run-on «sentence» (a table gone flat, a page without full stops) in pieces that an embedder can tell apart."""
    if len(sentence) <= 2 * _LONG:
        yield sentence
        return
    words = sentence.split()
    yield from (" ".join(words[i : i + 30]) for i in range(0, len(words), 30))
