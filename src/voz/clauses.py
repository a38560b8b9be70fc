"""A customer's text cut into clauses: sentences and lines, and the joints where a new ask begins.

Customers write without capitals, without accents and with question marks in the wrong place, so the cut is
looser than `voz.sentences`, which cuts replies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from voz import lexicon
from voz.lexicon import Folded, Hit

_STOP = re.compile(r"[.!?…]{1,20}[\"'”»)\]]{0,3}(?=\s|$|[¿¡A-ZÁÉÍÓÚÑ])|[?]{1,20}|[;\n\r]{1,20}|(?=¿)|(?<=[)»])\s(?=¿)")
_WORDS = re.compile(r"[^\W_]+")
LOOK = 20_000


@dataclass(frozen=True)
class Clause:
    """A span of the folded text; `question` where a question mark closes or opens it, `wish` where it is the
    second thing wanted («quiero un duplicado y cambiar el PIN»)."""

    start: int
    end: int
    question: bool
    sentence: int
    wish: bool = False


@cache
def _openers() -> lexicon.Lexicon:
    rules = lexicon.data("asks")
    return lexicon.Lexicon(
        {
            "open": lexicon.phrases(rules["interrogative"]),
            "indirect": lexicon.phrases(rules["indirect"]),
            "request": lexicon.phrases(rules["request"]),
            "joint": lexicon.phrases(rules["clause_joint"]),
        }
    )


@cache
def _marks() -> dict[str, re.Pattern[str]]:
    any_of = lexicon.any_of
    return {
        "abbreviation": re.compile(rf"(?:^|[\s(]){any_of('abbreviations')}\.$"),
        "joint": re.compile(rf"(?:,\s{{0,3}}|\s{{1,3}})(?={any_of('joints')}[\s,]|,)|,\s{{1,3}}"),
        "wanting": lexicon.whole("wanting"),
        "infinitive": re.compile(r"[^\W_]{2,14}(?:ar|er|ir)(?:me|te|se|lo|la|los|las|le|les|nos)?(?![^\W_])"),
        "whether": re.compile(rf"{any_of('whether')}\s{{1,2}}"),
    }


def sentences(view: Folded) -> list[tuple[int, int, bool]]:
    """Sentences of a folded text with whether they are questions by their marks."""
    plain = view.plain[:LOOK]
    found: list[tuple[int, int, bool]] = []
    start = 0
    for match in _STOP.finditer(plain):
        stop = match.group()
        if stop.startswith(".") and _marks()["abbreviation"].search(
            plain[max(0, match.start() - 8) : match.start() + 1]
        ):
            continue
        if match.end() == 0:
            continue
        _keep(plain, start, match.end(), "?" in stop, found)
        start = match.end()
    _keep(plain, start, len(plain), False, found)
    return found


def _keep(plain: str, start: int, end: int, asked: bool, found: list[tuple[int, int, bool]]) -> None:
    while start < end and plain[start] in " \t\n\r,;.-–—•*>":
        start += 1
    while end > start and plain[end - 1].isspace():
        end -= 1
    if _WORDS.search(plain, start, end):
        found.append((start, end, asked or plain[start] == "¿"))
    elif asked and found and found[-1][1] >= start - 3:  # «cuánto vale ?»
        first, _, _ = found[-1]
        found[-1] = (first, end, True)


def clauses(view: Folded) -> list[Clause]:
    """Sentences cut again where a second ask begins: «se puede devolver y hasta qué día»."""
    found: list[Clause] = []
    plain = view.plain
    for number, (start, end, asked) in enumerate(sentences(view)):
        cuts, wishes = [start], {start: False}
        openers = _openers().hits(plain, start, end)
        asking = asked or any(h.label == "indirect" for h in openers)
        wanting = _marks()["wanting"].search(plain, start, end)
        for match in _marks()["joint"].finditer(plain, start, end):
            after = after_joints(plain, match.end(), end)
            wish = bool(wanting and wanting.end() < after and _marks()["infinitive"].match(plain, after, end))
            if "," in match.group() and not wish and _condition(plain, cuts[-1], match.start(), after == match.end()):
                continue
            if match.start() - cuts[-1] > 5 and (wish or _opens(plain, after, end, question=asking)):
                cuts.append(match.end())
                wishes[match.end()] = wish
        for first, last in zip(cuts, [*cuts[1:], end], strict=True):
            trimmed = first + len(plain[first:last].rstrip(" ,\t"))
            ends_it = last == end or plain[start] == "¿" or _opens(plain, first, trimmed, question=True)
            if trimmed > first:
                found.append(Clause(first, trimmed, asked and ends_it, number, wishes[first]))
    return found


def _condition(plain: str, start: int, end: int, bare: bool) -> bool:
    """«Si compro hoy la otra, ¿hasta qué día…?»: the condition belongs to the question after the comma."""
    return bare and bool(_marks()["whether"].match(plain, after_joints(plain, start, end), end))


def after_joints(plain: str, start: int, end: int) -> int:
    """Past «y», «además», «¿» and the like, to where the clause itself begins."""
    rules, place = _openers(), start
    for _ in range(3):
        while place < end and not plain[place].isalnum():
            place += 1
        joint = max((h.end for h in rules.at(plain, place, end) if h.label == "joint"), default=0)
        if not joint or joint >= end:
            break
        place = joint
    while place < end and not plain[place].isalnum():
        place += 1
    return place


def opens(plain: str, place: int, end: int) -> tuple[Hit, ...]:
    """What ask-opening phrases begin at this place."""
    return tuple(h for h in _openers().at(plain, place, end) if h.label != "joint")


def _opens(plain: str, place: int, end: int, *, question: bool) -> bool:
    if question and (whether := _marks()["whether"].match(plain, place, end)):
        place = whether.end()
    hits = opens(plain, place, end)
    if question:
        return bool(hits)
    # Outside a question, «como», «que» and «si» mostly go on with the sentence: ask for a clearer word.
    return any(h.label == "request" or plain[h.start : h.end] not in _weak() for h in hits)


@cache
def _weak() -> frozenset[str]:
    return frozenset(lexicon.phrases(lexicon.data("asks")["weak"]))
