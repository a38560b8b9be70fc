"""The entries of a directory of teams: «**Cobros** es Amparo Gil: cobros@… Recibos, facturas y devoluciones.»

An entry opens with the emphasised name of the team; what follows tells its person, its address and its topics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from voz.prose_read import Clause, cue, lexicon, plain

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{2,80}\w")
_PAREN = re.compile(r"\s*[(\[][^()\[\]]{0,160}[)\]]")
_NUMBERS = re.compile(r"(?:\+?\d[\d -]{5,18}\d|\bde \w+ a \w+ de \d|\d{1,2}:\d\d).*")
_SPLIT = re.compile(r"[,;]|\s+(?:y|e|o|u|ou|and)\s+")
_ARTICLE = re.compile(
    r"^(?:(?:el|la|los|las|o|a|os|as) )?(?:(?:equipo|area|área|sector|departamento) de )?", re.IGNORECASE
)
_BEFORE_TOPIC = re.compile(
    r"^(?:(?:todo )?lo que (?:traiga|tenga|huela a|mencione|hable de|suponga|sea|incluya)\s+)?"
    r"(?:(?:tod[oa]s?|cualquier(?: cosa)?|de|del|los|las|el|la|lo de|o|os|as|un|una|con|sobre)\s+)+"
)
_LONGEST_NAME, _LONGEST_TOPIC = 6, 8
_SEVERAL = 3  # as many people in one entry are no team


@dataclass(frozen=True)
class Entry:
    name: str
    topics: tuple[str, ...]
    mail: str | None
    clause: Clause
    told: str = ""
    """The topics as they stand, for the risks they name."""


def entries(clauses: Sequence[Clause]) -> Iterator[Entry]:
    """The teams among entries that open with an emphasised name, or stand under a heading of their own."""
    groups: dict[tuple[str, int, str], list[Clause]] = {}
    for clause in clauses:
        opening = clause.head or (clause.title if _heads_an_entry(clause) else "")
        if opening and not clause.cells and not clause.row_cell:
            groups.setdefault((clause.source, clause.block if clause.head else -1, opening), []).append(clause)
    for (_, _, opening), group in groups.items():
        name = _name(opening)
        if name and (entry := _entry(name, opening, group)):
            yield entry


def opens_entry(clause: Clause) -> bool:
    """Whether a clause belongs to an entry, so that nobody else reads it as prose."""
    return bool(_name(clause.head)) or _heads_an_entry(clause)


def _heads_an_entry(clause: Clause) -> bool:
    """«### Cobros» under «Quién es quién»."""
    above = clause.context.split(" > ")
    return (
        len(above) > 1 and above[-1] == plain(clause.title) and _headings().search(" > ".join(above[:-1])) is not None
    )


def under_team_heading(clause: Clause) -> bool:
    return _headings().search(clause.context) is not None


def names_teams(text: str) -> bool:
    """Whether a document outside the guides holds a heading under which teams stand."""
    titles = re.findall(r"(?m)^ {0,3}#{1,4} (.{3,120})", text[:40_000])
    return any(_headings().search(plain(title)) for title in titles)


def _name(opening: str) -> str:
    name = _PAREN.sub("", opening).strip(" .,:;")
    if _words("no_name").match(plain(name)) or not 1 <= len(name.split()) <= _LONGEST_NAME or "@" in name:
        return ""
    name = _ARTICLE.sub("", name)
    return name[:1].upper() + name[1:]


def _entry(name: str, opening: str, group: Sequence[Clause]) -> Entry | None:
    bodies = [_body(clause.text, opening) for clause in group]
    first = bodies[0].lstrip(" ,")
    mail = next((found for body in bodies if (found := _mail(body))), None)
    topics = list(dict.fromkeys(topic for place, body in enumerate(bodies) for topic in _topics(body, place == 0)))
    listed = first.startswith((":", "—", "–", "-"))
    run = _words("is_run_by").match(plain(first.lstrip(": ")))
    owns = any(_words("owns").match(plain(body.lstrip(" ,:"))) for body in bodies)
    directory = any(under_team_heading(clause) for clause in group)
    if not ((directory and (mail or run or (listed and topics))) or (owns and topics)):
        return None
    if not directory and (run or not _owns_first(first)):
        return None
    if not _words("general_name").match(plain(name)) and sum("(" in body for body in bodies[0].split(",")) < _SEVERAL:
        topics.insert(0, name.lower())
    if not topics and not mail:
        return None
    told = ", ".join(topics) + (" " + " ".join(bodies) if re.search(r"habla con", plain(" ".join(bodies))) else "")
    return Entry(name, tuple(topics), mail, group[0], told)


def _owns_first(first: str) -> bool:
    """«**Jurídico** ve demandas y abogados» outside a directory: a team, not a rule on what one may do."""
    return _words("owns").match(plain(first)) is not None and not cue("may").match(plain(first))


def _body(text: str, opening: str) -> str:
    return text[len(opening) :] if text.startswith(opening) else text


def _mail(body: str) -> str | None:
    """The team's own address: not one in brackets behind another name, nor one that customers write to."""
    lead = re.match(r"\s*\(([^()]{0,120})\)", body)
    alone = re.search(r"\(\s*([^()\s]{3,140}@[^()\s]{3,80})\s*\)", body)
    for part in filter(None, (lead[1] if lead else "", _PAREN.sub("", body), alone[1] if alone else "")):
        match = _MAIL.search(part)
        if match and not _words("not_theirs").search(plain(part[: match.start()])):
            return match[0].rstrip(".")
    return None


def _topics(body: str, first: bool) -> Iterator[str]:
    text = _MAIL.sub("", _PAREN.sub("", body)).strip(" ,.")
    listed = re.match(r"[\s,]*[:—–-]\s+(.*)", text) if first else None
    for part in re.split(r"[.;]\s|:\s(?=\w)|\.$", listed[1] if listed else text):
        part = _NUMBERS.sub("", part).strip(" .,:;")
        folded = plain(part)
        owns = _words("owns").match(folded)
        if owns and "que ver con" in part:  # «todo lo que tenga que ver con el trato a un niño» is not about children
            yield from _list(re.sub(r"\s(?:y|e|o|u)\s", " / ", part[owns.end() :]))
        elif owns:
            yield from _list(part[owns.end() :])
        elif (listed and not _words("is_run_by").match(folded)) or (not first and not _verb().search(folded)):
            found = list(_list(part))
            if listed or len(found) == len(_SPLIT.split(part)) > 1:
                yield from found


def _list(part: str) -> Iterator[str]:
    part = re.split(r"(?<!\w)(?:va|van|se pasan?|se deriva\w*|llegan?) (?:a|al|para)\b", part)[0]
    shared = ""
    for piece in _SPLIT.split(part):
        words = piece.strip(' .:«»"').lower()
        if shared and re.match(r"(?:de|del|da|do)\s", words):
            words = f"{shared} {words}"  # «toda queja de trato, de espera»
        topic = _BEFORE_TOPIC.sub("", words)
        of = re.match(r"(\w+) (?:de|del|da|do)\s", topic)
        shared = of[1] if of else ""
        folded = plain(topic)
        wrong = _words("no_topic").match(folded) or _verb().search(re.split(r"(?<!\w)que\s", folded)[0])
        if (
            2 < len(topic) <= 60
            and len(topic.split()) <= _LONGEST_TOPIC
            and not wrong
            and not re.search(r"[\d@.]", topic)
        ):
            yield topic


@cache
def _words(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(lexicon('teams')[name])})")


def _headings() -> re.Pattern[str]:
    return _words("headings")


@cache
def _verb() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(lexicon('teams')['verbs'])})(?!\w)")
