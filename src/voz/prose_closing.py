"""How replies end, read from a guide: what a sentence on signing or saying goodbye puts in quotation marks.

A wrong sign-off stands under every reply, so a phrase is one only where a word of closing governs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from voz.case import Channel
from voz.prose_read import Clause, cue, lexicon, plain, quotes
from voz.prose_scope import kinds_in, pair, risks_in, scopes
from voz.prose_voice import HELLO, Said, negative_before

_LONGEST = 14  # words
_SLOT = re.compile(r"\[[^\]]{0,40}\]|\{[^}]{0,40}\}|<[^>]{0,40}>")
_JOINED = re.compile(r"(?<!\w)(?:y|e|firma|debajo|nombre|seguido|con|assinatura|abaixo|abajo|luego|mas)(?!\w)")


@dataclass(frozen=True)
class Closing:
    """How replies end: in general, per channel ('' for nothing), and when someone is hurt or angry."""

    default: Said | None
    channels: tuple[tuple[Channel, int, Said], ...]
    moods: tuple[Said, ...]


def closing(clauses: Iterable[Clause], company: str) -> Closing:
    default: Said | None = None
    channels: list[tuple[Channel, int, Said]] = []
    moods: list[Said] = []
    for clause in clauses:
        if clause.cells or not (cue("signoff").search(clause.plain) or _under_closing(clause)):
            continue
        texts = _closings(clause, company)
        groups = [g for g in scopes(clause.plain) if g.channels]
        conditional = cue("conditional").match(clause.plain) and not groups
        if conditional or kinds_in(clause.plain) or risks_in(clause.plain):
            moods += [Said(text, clause) for _, _, text in texts if text]
            continue
        chosen = pair(groups, [(start, end) for start, end, _ in texts])
        for place, content in chosen.items():
            said = Said(texts[content][2], clause)
            channels += [(channel, special, said) for channel, special in groups[place].channels]
        free = [text for place, (_, _, text) in enumerate(texts) if place not in chosen.values() and text]
        if free and default is None and not (groups and chosen):
            default = Said(free[0], clause)
    return Closing(default, tuple(channels), tuple(moods))


def _under_closing(clause: Clause) -> bool:
    """Under a heading, lead, question or column on how to sign."""
    return cue("signoff").search(" > ".join(clause.context.split(" > ")[-2:])) is not None


def _closings(clause: Clause, company: str) -> list[tuple[int, int, str]]:
    """The sign-offs a sentence names, each where it stands; quotes joined by «y la firma», «debajo» are one."""
    found: list[tuple[int, int, str]] = []
    for start, end, inner in quotes(clause.text):
        hello = HELLO.match(plain(inner)) and not _farewell().search(plain(inner))
        text = _SLOT.sub("", inner).strip().strip("\\/ ,")
        if hello or negative_before(clause.plain, start) or not _is_one(clause, start, text, company):
            continue
        text = without_person(text, company)
        between = clause.plain[found[-1][1] : start] if found else ""
        if found and text.lower() in found[-1][2].lower():
            continue  # «Nombre y «Clara»: «Itzel, de Clara»»: the second shows the first
        if found and _JOINED.search(between) and not scopes(between):
            first = found[-1][2].rstrip(" ,.")
            found[-1] = (found[-1][0], end, f"{first},\n{text}")
        elif text:
            found.append((start, end, text))
    found = found or list(_unquoted(clause, company))
    for match in cue("no_need").finditer(clause.plain):
        if not any(start <= match.start() < end for start, end, _ in found):
            found.append((match.start(), match.end(), ""))
    if company:
        found = [(s, e, re.sub(r"(?i)\b(?:nombre de la empresa|empresa)\b", company, t)) for s, e, t in found]
    return sorted(found)


def _is_one(clause: Clause, start: int, text: str, company: str) -> bool:
    """Whether what is quoted at `start` closes a reply: short, written as such, and governed by a word of closing."""
    if not text or len(text.split()) > _LONGEST or text.endswith("?"):
        return False
    known = _farewell().search(plain(text)) or (company and plain(company) in plain(text))
    if not known and not text[:1].isupper():
        return False
    before = re.split(r"[.;](?=\s)", clause.plain[:start])[-1]
    signs = [m.end() for m in cue("signoff").finditer(before)]
    others = [m.end() for m in cue("greeting").finditer(before)]
    if signs:
        return max(signs) > max(others, default=-1)
    return (_under_closing(clause) or bool(cue("signoff").search(clause.plain[:start]))) and not others


def without_person(text: str, company: str) -> str:
    """«Itzel, de Clara» → «Clara»: nobody else signs with the name of the guide's example."""
    if not company:
        return text
    parts = re.match(
        rf"([A-ZÁÉÍÓÚÑÇ][\w'’-]+),?\s+(?:de |desde |del? equipo de |[-–—|/] )?({re.escape(company)})$", text
    )
    return parts[2] if parts and not _farewell().search(plain(parts[1])) and parts[1] not in company else text


def _unquoted(clause: Clause, company: str) -> Iterator[tuple[int, int, str]]:
    """«Despedida: Un saludo, el equipo de Lince.», or a line of its own under «Firmamos así:»."""
    text, at = clause.text, 0
    label = re.match(r"([^:«»\"“”]{3,60}):\s+(?=\S)", text)
    if label and cue("signoff").search(plain(label[1])):
        text, at = text[label.end() :], label.end()
    elif not cue("signoff").search(clause.context.split(" > ")[-1]):
        return
    value = _SLOT.sub("", text).strip(" .,")
    folded = plain(value)
    if not (2 <= len(value.split()) <= _LONGEST) or re.search(r"[.;:?]|\d", value) or cue("signoff").search(folded):
        return
    if _farewell().match(folded) and not re.search(r"(?<!\w)(?:nombre|segun|cuando|si|nunca|no|en|o)(?!\w)", folded):
        lines = re.sub(r",\s+(?=(?:el |la )?(?:[Ee]quip|[A-ZÁÉÍÓÚÑ]))", ",\n", value)
        yield at, at + len(text), lines


@cache
def _farewell() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(lexicon('words')['farewells'])})")
