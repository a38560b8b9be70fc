"""The voice of a company read from its guide: how it addresses people, greets, signs, and its words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from voz.brand import RegisterRule
from voz.case import Address
from voz.prose_read import Clause, cue, lexicon, plain, quotes
from voz.prose_scope import channels_in

_ADDRESS = re.compile(r"(?<!\w)(?:de |por |el |por o )?(tu|usted|ustedes|vos|voce|voces|o senhor)(?!\w)")
_VERB_ADDRESS = {"tute": "tú", "ustede": "usted", "vose": "vos"}
_NAMES: dict[str, Address] = {
    "tu": "tú", "usted": "usted", "ustedes": "usted", "vos": "vos", "voce": "usted", "voces": "usted",
    "o senhor": "usted",
}  # fmt: skip
_DE = re.compile(r"(?<!\w)(?:de|por|el|por o)\s+$|^\W*$|[:;,]\s*$|(?<!\w)siempre\s+$|(?<!\w)también\s+$")


@dataclass(frozen=True)
class Said:
    """A value and the clause it was read from."""

    value: str
    clause: Clause


@dataclass(frozen=True)
class Register:
    address: tuple[Address, Clause] | None
    rules: tuple[tuple[RegisterRule, Clause], ...]


def register(clauses: Iterable[Clause]) -> Register:
    """The address the guide sets, and its exceptions per country and channel.

    How customers address the company («también con quien nos trata de usted») sets nothing.
    """
    main: tuple[Address, Clause] | None = None
    rules: list[tuple[RegisterRule, Clause]] = []
    for clause in clauses:
        if clause.cells or clause.text.endswith("?"):
            continue
        for address, start, part in _addresses(clause):
            countries = [code for name, code in lexicon("words")["countries"].items() if _has(part, name)]
            channels = channels_in(part)
            exception = bool(countries or channels) and not part.lstrip().startswith("siempre")
            if main is None and (not exception or (start == 0 and len(part) > 12 and not countries)):
                main = (address, clause)
                exception = exception and not (channels and _also(part))
            if exception:
                for country in countries or [None]:
                    for channel in channels or (None,):
                        rules.append((RegisterRule(address=address, country=country, channel=channel), clause))
    chosen = main[0] if main else None
    kept = [(r, c) for r, c in rules if r.address != chosen or (r.country and not r.channel)]
    return Register(main, tuple(dict.fromkeys(kept)))


def _also(part: str) -> bool:
    return re.search(r"(?<!\w)(?:tambien|incluso|tambem|ate)(?!\w)", part) is not None


def _has(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){word}(?!\w)", text) is not None


def _addresses(clause: Clause) -> Iterator[tuple[Address, int, str]]:
    """(address, start of its part, the part) for every part of a sentence that sets how to address people."""
    text = clause.plain
    for theirs in cue("address_theirs").finditer(text):
        text = text[: theirs.start()] + "·" * (theirs.end() - theirs.start()) + text[theirs.end() :]
    about = cue("address_us").search(text) or cue("address_us").search(clause.context)
    offset = 0
    for part in re.split(r"[;.]|, (?=(?:pero|salvo|excepto|mas|exceto|y en|en|em|e em|e no|y con)\b)", text):
        for stem, address in _VERB_ADDRESS.items():
            match = re.search(rf"(?<!\w){stem}\w+", part)
            if match and not _denied(part[: match.start()]):
                yield _NAMES[plain(address)], offset, part
                break
        else:
            match = _ADDRESS.search(part)
            if match and about and _governed(part, match) and not _denied(part[: match.start()]):
                yield _NAMES[match[1]], offset, part
        offset += len(part) + 1


def _governed(part: str, match: re.Match[str]) -> bool:
    """«de tú», «por tu», «usted» on its own: not «tu pedido», nor «se sienta con usted»."""
    if match[0].startswith(("de ", "por ")):
        return not re.match(r"\s*(?:pedido|compra|cuenta|parte|casa)", part[match.end() :])
    before = part[: match.start()]
    if re.search(r"(?<!\w)(?:con|a|para|que)\s+$", before):
        return False
    if match[1] == "tu" and re.match(r"\s+\w", part[match.end() :]) and "también" not in part:
        return re.match(r"\s+(?:a|en|siempre|con|y)(?!\w)", part[match.end() :]) is not None
    return _DE.search(before) is not None or len(part.split()) <= 8


def _denied(before: str) -> bool:
    return re.search(r"(?<!\w)(?:no|nunca|jamas|nao|sin)(?: se| les?| lo)?(?: \w+){0,2}\s*$", before) is not None


def spoken_address(texts: Iterable[str]) -> Address | None:
    """How the public documents address their reader, where that is clear."""
    counts: Counter[Address] = Counter()
    for text in texts:
        sample = plain(text[:20_000])
        for address, pattern in _marks():
            counts[address] += min(6, len(pattern.findall(sample)))
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < 3 or (len(ranked) > 1 and ranked[0][1] < 1.5 * ranked[1][1]):
        return None
    return ranked[0][0]


@cache
def _marks() -> tuple[tuple[Address, re.Pattern[str]], ...]:
    table: dict[Address, list[str]] = lexicon("words")["address_marks"]
    return tuple((address, re.compile(rf"(?<!\w)(?:{'|'.join(words)})")) for address, words in table.items())


HELLO = re.compile(
    r"^(?:hola|buen(?:os|as)? (?:dia|tarde|noche)s?|buenas?\b(?! \w)|ola\b|bom dia|boas? (?:tarde|noite)s?"
    r"|hello|hi\b|saludos|que tal|querid|estimad|car[oa]\b|hey)"
)
_SLOT = re.compile(
    r"[\[{<(]\s*(?:\w+ (?:del? )?)?(?:nombre|name|nome)\b[^\]})>]{0,20}[\]})>]"
    r"|(?<!\w)(?:NOMBRE|NOME|XXX?)(?!\w)|\[…\]|…$",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?:el |la |o |a )?(?:señor(?:a|ita)?|sra?|srta|don|doña|dra?|senhora?)\.? (?=\{name\})", re.IGNORECASE
)
_NAME = re.compile(r"(?<=[\s,])[A-ZÁÉÍÓÚÑ][a-záéíóúñãç]{1,20}(?=\s*[:,!.]?\s*$)")


def greeting(clauses: Iterable[Clause]) -> Said | None:
    """The greeting as a template: «Hola, Mariela:» and «Hola» y el nombre both give «Hola, {name}:»."""
    best: Said | None = None
    for clause in clauses:
        if clause.cells or not (cue("greeting").search(clause.plain) or cue("greeting").search(clause.context)):
            continue
        for start, end, inner in quotes(clause.text):
            if not HELLO.match(plain(inner)) or negative_before(clause.plain, start):
                continue
            template = _with_slot(inner, clause.plain[end : end + 60])
            if best is None or ("{name}" in template and "{name}" not in best.value):
                best = Said(template, clause)
    return best


_SHOWN = re.compile(r"^[«“\"‘—–\s-]*([^:,!.?]{2,24}[, ]\s*)([A-ZÁÉÍÓÚÑ][a-záéíóúñ]{1,20})([:,])")


def shown_greeting(examples: Iterable[Clause]) -> Said | None:
    """«Hola, Fermín: tienes razón…» among the replies that a guide gives as its own."""
    for clause in examples:
        match = _SHOWN.match(clause.text)
        if match and HELLO.match(plain(match[1])) and not cue("not").search(clause.context.split(" > ")[-1]):
            return Said(f"{match[1]}{{name}}{match[3]}", clause)
    return None


def _with_slot(inner: str, following: str) -> str:
    template = _SLOT.sub("{name}", inner)
    if "{name}" not in template:
        template = _NAME.sub("{name}", template)
    if "{name}" not in template and re.match(
        r"\s*(?:,|y|e|mas|con|seguido de|\+)?\s*(?:e )?(?:y )?(?:el |o )?(?:nombre|nome)", following
    ):
        template = f"{template.rstrip(' ,.:')}, {{name}}:"
    template = _TITLE.sub("", template)  # nobody knows it from a name
    if template.endswith("{name}"):
        template += ":"
    return template.replace("{name}.", "{name}:")


def negative_before(text: str, start: int) -> bool:
    """Whether the last cue before `start` says «no», «nunca», «nada de», and nothing takes it back."""
    negatives = [m.end() for m in cue("not").finditer(text, 0, start)]
    if not negatives:
        return False
    positives = [m.end() for m in cue("used").finditer(text, 0, start)]
    positives += [
        m.end()
        for m in re.finditer(r"(?<!\w)(?:sino|cerramos|empezamos|mejor|si)(?!\w)|[:;]\s*(?=\W{0,2}$)", text[:start])
    ]
    return max(negatives) >= max(positives, default=-1)


def reply_languages(clauses: Iterable[Clause]) -> tuple[tuple[str, Clause], ...]:
    """Languages that the guide says it answers in, in the order it names them."""
    found: dict[str, Clause] = {}
    names = lexicon("words")["languages"]
    for clause in clauses:
        topic = clause.context.split(" > ")[-1]
        if clause.cells or not cue("language_of_reply").search(f"{clause.plain} {topic if len(topic) < 30 else ''}"):
            continue
        spots = [(m.start(), m[0]) for m in re.finditer(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)", clause.plain)]
        if len(spots) >= 1 and not re.search(r"(?<!\w)(?:no|nao) (?:\w+ ){0,2}$", clause.plain[: spots[0][0]]):
            for _, name in spots:
                found.setdefault(names[name], clause)
    return tuple(found.items())
