"""Who knows what, read from prose: «Taller: arreglos», «Dictámenes: Garantías», «de envíos sabe Logística»."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from voz.brand import Team
from voz.prose_directory import entries, opens_entry, under_team_heading
from voz.prose_read import Clause, cue, lexicon, plain
from voz.prose_scope import risks_in

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{2,80}\w")
_PAREN = re.compile(r"\s*[(\[][^()\[\]]{0,120}[)\]]")
_SPLIT_TOPICS = re.compile(r"[,;]|\s+(?:y|e|o|ou|and)\s+")
_NAME = r"[A-ZÁÉÍÓÚÑÇ][\wáéíóúñ-]*(?:\s+(?:(?:y|e|de|del|da|do|al|a la|la|los)\s+)?[A-ZÁÉÍÓÚÑÇ][\w-]*){0,4}"
_TEAM = re.compile(
    rf"(?:(?:el|la|los|las|o|a|os|as|del|al)\s+)?(?:(?:equipo|equipa|área|departamento)\s+(?:de|da|do)\s+)?({_NAME}|[a-záéíóúñ]{{4,20}})"
)


@dataclass(frozen=True)
class FoundTeam:
    team: Team
    clause: Clause


def slug(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", plain(name))
    small = {"de", "del", "y", "e", "la", "el", "los", "las", "da", "do", "a", "al"}
    return "-".join(word for word in words if word not in small)[:60].strip("-") or "equipo"


def teams(clauses: Iterable[Clause]) -> tuple[FoundTeam, ...]:
    """Every team the guide names, with its topics, its internal address and the risks that are its own."""
    found: dict[str, FoundTeam] = {}
    clauses = list(clauses)
    about = [clause for clause in clauses if _about_teams(clause)]
    for entry in entries([c for c in clauses if _about_teams(c) or cue("authority").search(c.context)]):
        _add(found, entry.name, entry.topics, entry.mail, plain(f"{entry.name}. {entry.told}"), entry.clause)
    for name, topics, clause in _pairs([clause for clause in about if not opens_entry(clause)]):
        name = re.sub(r"^(?:el|la|los|las|al|o|a|os|as)\s+(?=[A-ZÁÉÍÓÚÑ])", "", name.strip(" .,;:*"))
        if not 2 <= len(name) <= 60 or len(name.split()) > 7:
            continue
        mail = _MAIL.search(clause.text) or _mail_after(about, clause)
        address = mail[0].rstrip(".") if mail else None
        _add(found, name, tuple(_topics(topics)), address, plain(f"{name}. {topics}"), clause)
    return _one_team_per_risk(tuple(found.values()))


def _add(
    found: dict[str, FoundTeam], name: str, topics: tuple[str, ...], mail: str | None, told: str, clause: Clause
) -> None:
    """One team more, or more about one."""
    known = found.get(slug(name))
    team = Team(
        id=slug(name),
        name=known.team.name if known else name,
        knows=tuple(dict.fromkeys([*(known.team.knows if known else ()), *topics])),
        contact=(known.team.contact if known else None) or mail,
        risks=tuple(dict.fromkeys([*(known.team.risks if known else ()), *risks_in(told)])),
    )
    found[team.id] = FoundTeam(team, known.clause if known else clause)


def _mail_after(clauses: list[Clause], clause: Clause) -> re.Match[str] | None:
    """The address that stands as a sentence of its own behind an entry."""
    beside = (c for c in clauses if c.line == clause.line and c.block == clause.block and c.item)
    return next((m for c in beside if (m := _MAIL.fullmatch(c.text.strip(" .")))), None)


def _one_team_per_risk(found: tuple[FoundTeam, ...]) -> tuple[FoundTeam, ...]:
    """A risk named in a team's topics rather than in its name is its own only if no team is called so."""
    by_name = {risk for item in found for risk in risks_in(plain(item.team.name))}
    kept = []
    for item in found:
        own = risks_in(plain(item.team.name))
        risks = tuple(r for r in item.team.risks if r in own or r not in by_name)
        kept.append(FoundTeam(item.team.model_copy(update={"risks": risks}), item.clause))
    return tuple(kept)


def _about_teams(clause: Clause) -> bool:
    """Under a heading about who knows what; elsewhere only «de envíos sabe Logística» and its like."""
    return (
        cue("teams").search(clause.context) is not None
        or under_team_heading(clause)
        or _CLEARLY.search(clause.text) is not None
    )


def _topics(text: str) -> Iterator[str]:
    for part in _SPLIT_TOPICS.split(_MAIL.sub("", _PAREN.sub("", text))):
        topic = re.sub(
            r"^(?:de |del |los |las |el |la |lo de |todo lo de |a |o |os |as |do |da )+",
            "",
            part.strip(' .:«»"').lower(),
        )
        if 2 < len(topic) <= 60 and not topic.startswith(("de inmediato", "antes que")):
            yield topic


def _pairs(clauses: list[Clause]) -> Iterator[tuple[str, str, Clause]]:
    """(team, topics, clause) in whatever form the guide has them."""
    labelled: list[tuple[str, str, Clause]] = []
    for clause in clauses:
        if clause.cells:
            yield from _row(clause)
        elif clause.row_cell:
            continue
        elif (question := _asked(clause)) and not clause.text.endswith("?"):
            yield from question
        elif match := _labelled(clause):
            labelled.append((match[1], match[2].rstrip("."), clause))
        else:
            yield from _prose(clause)
    if labelled:
        # In one guide all pairs stand the same way round; the majority decides.
        names_last = sum(_reads_as_names(right, left) for left, right, _ in labelled) * 2 > len(labelled)
        for left, right, clause in labelled:
            name, topics = (re.split(r"[,.;]", right)[0], left) if names_last else (left, right)
            if len(name.split()) <= 7:
                yield name, topics, clause


def _labelled(clause: Clause) -> re.Match[str] | None:
    """«Taller (taller@…): arreglos, garantías», or in a list «Taller — arreglos»."""
    text = _PAREN.sub("", clause.text)
    match = re.match(r"([^:.!?]{2,80}):\s+(\S.{1,300})", text)
    if match and not _verb(match[1]):
        return match
    return re.match(r"([^:.]{2,60}?)\s+[—–-]\s+(\S.{1,300})", text) if clause.item else None


def _verb(text: str) -> bool:
    return re.match(r"(?:si|cuando|ante|en|para|quando|no)(?!\w)", plain(text)) is not None


def _reads_as_names(right: str, left: str) -> bool:
    """«Rutas, fechas y armadores: Entregas y Bodega»: the right side is written as a name."""
    first = re.split(r"[,.;]", right)[0]
    words = [w for w in re.findall(r"[^\W\d_]+", first) if len(w) > 3]
    if not words or not first[:1].isupper():
        return False
    return all(word[0].isupper() for word in words) and (
        len(words) > 1 or "," in left or len(left.split()) > 1 or left[:1].isupper()
    )


def _row(clause: Clause) -> Iterator[tuple[str, str, Clause]]:
    name = topics = None
    for header, cell in clause.cells:
        if re.search(r"equipo|area|departamento|equipa|quien\b|pasa a|responsable|quem", header) and name is None:
            name = cell
        elif (
            re.search(r"sabe|tema|asunto|lleva|ocupa|que\b|de que|assunto|cuando|motivo|consulta", header)
            and topics is None
        ):
            topics = cell
    if name and topics:
        yield _PAREN.sub("", name), topics, clause


def _asked(clause: Clause) -> list[tuple[str, str, Clause]]:
    """«¿Quién sabe de envíos?» answered by «Logística.»"""
    match = re.search(
        r"(?:quien|quem) (?:sabe|lleva|se ocupa|responde|trata|atiende)(?: de(?:l)?| da| do)? ?([^?>]{3,80})\?$",
        clause.context,
    )
    name = _TEAM.match(clause.text)
    if match and name and not re.match(r"(?:que|de que|o que)(?!\w)", match[1]):
        return [(name[1], match[1], clause)]
    return []


_ARTICLE = r"(?:(?:[Ee]l|[Ll]a|[Ll]os|[Oo]|[Aa])\s+)?(?:(?:equipo|equipa) (?:de|da|do) )?"
_ANY_NAME = rf"{_ARTICLE}({_NAME}|[a-záéíóúñ]{{4,20}})"
_OWNS = re.compile(
    rf"(?:^|(?<=[;,.] )|(?<= y )|(?<= e )){_ANY_NAME}\s+"
    r"(?:se (?:ocupa|encarga) de|lleva|sabe de|responde de|atiende|entiende de|trata de|ocupa-se de"
    r"|trata d[aeo]s?|gestiona|resuelve)\s+([^.;]{3,160})"
)
_OWNED = re.compile(
    r"(?:^|(?<=[;.] )|(?<=, ))([^.;:]{3,120}?),?\s+"
    r"(?:(?:lo|la|los|las) (?:lleva|ve|atiende|resuelve|gestiona|mira)"
    r"|(?:van?|pasan?|se pasan?|se derivan?|vão|passam?) (?:directamente |directo )?(?:a|al|para)"
    rf"|(?:es|son) cosa del?|(?:é|são) com)\s+{_ANY_NAME}"
)
_OF = re.compile(r"(?<!\w)[Dd](?:e|el|a|o|os|as)\s+([^.;,]{3,80}?),?\s+(?:sabe|se ocupa|responde|trata)\s+" + _ANY_NAME)
_CLEARLY = re.compile(
    rf"(?:sabe|se ocupa|responde|trata|(?:es|son) cosa del?|(?:é|são) com)\s+{_ARTICLE}{_NAME}(?=[.;]|$)"
)


def _prose(clause: Clause) -> Iterator[tuple[str, str, Clause]]:
    for match in _OF.finditer(clause.text):
        yield match[2], match[1], clause
    if _OF.search(clause.text):
        return
    for match in _OWNED.finditer(clause.text):
        yield match[2], match[1], clause
    if not _OWNED.search(clause.text):
        for match in _OWNS.finditer(clause.text):
            yield match[1], match[2], clause


def default_team(language: str) -> Team:
    """The one team there is where no document names any."""
    names = lexicon("words")["default_team"]
    return Team(id="atencion", name=names.get(language, names["es"]))
