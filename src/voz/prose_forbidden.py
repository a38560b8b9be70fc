"""What nobody may promise or admit, read from prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from voz.brand import Action, Forbidden
from voz.prose_authority import actions_in, opening_people, people
from voz.prose_read import Clause, cue, quotes
from voz.prose_read import plain as _plain


@dataclass(frozen=True)
class FoundForbidden:
    forbidden: Forbidden
    clause: Clause


def forbidden(clauses: Iterable[Clause]) -> tuple[FoundForbidden, ...]:
    """What nobody may promise or admit, item by item; for one role only where the guide names it."""
    found: dict[str, FoundForbidden] = {}
    last_role: tuple[int, str | None] = (-1, None)
    last_item: tuple[str, int] = ("", -1)
    for clause in clauses:
        if clause.cells or clause.row_cell or clause.text.endswith("?"):
            continue
        named = people(clause.plain)
        if named:
            last_role = (clause.block, named[0][2])
        nobody = cue("nobody").search(clause.plain)
        may_not = None if nobody else cue("may_not").search(clause.plain)
        first = (clause.source, clause.line) != last_item  # what follows in an entry explains it
        last_item = (clause.source, clause.line)
        listed = first and clause.item and cue("nobody").search(clause.context.split(" > ")[-1])
        role = last_role[1] if may_not and last_role[0] == clause.block else None
        if may_not and not (role and cue("authority").search(clause.context)):
            continue
        own = _one_role(clause, named)
        if own:
            items, role = list(_denied(clause)), own
        elif about := list(_about(clause)):
            items = about
        elif nobody or may_not or listed:
            start = (nobody or may_not).end() if nobody or may_not else 0  # type: ignore[union-attr]
            items = [
                (what, when or _when_first(clause, start)) for what, when in _items(clause.text[start:], bool(listed))
            ]
        else:
            continue
        for what, when in items:
            item = Forbidden(what=what, action=_forbidden_action(_plain(what)), when=when, role=role)
            found.setdefault(_plain(what), FoundForbidden(item, clause))
    return tuple(found.values())


_DENIED = re.compile(
    r"(?:^|,\s|\sy\s|\sni\s)(?:no|tampoco)\s((?:hac|perdon|regal|d[aei]|promet|ofrec|devuelv|reembols|asegur|garantiz|aprueb"
    r"|autoriz|admit|reconoc|compens|conced|descuent|confirm)\w*)\s([^,.;]{3,90}?)(?=[,.;]|\s(?:y|ni)\s(?:no|tampoco)\s|$)"
)


def _one_role(clause: Clause, named: Sequence[tuple[int, int, str]]) -> str | None:
    """Of whom «No hace descuentos, no perdona cargos» is said, where the entry is about one role."""
    if not clause.head or "nadie" in clause.plain or not cue("authority").search(clause.context):
        return None
    roles = [role for _, _, role in opening_people(clause.head)]
    return roles[0] if roles and not named and _DENIED.search(clause.plain) else None


def _denied(clause: Clause) -> Iterator[tuple[str, str | None]]:
    for match in _DENIED.finditer(clause.plain):
        thing = clause.text[match.start(2) : match.end(2)]
        yield from _items(thing if actions_in(match[2]) else f"{match[1]} {thing}", True)


_ABOUT = re.compile(
    r"^(?:de|del|sobre)\s([^.;:]{3,100}?)\sno\s(?:se\s)?(?:promet\w+|asegur\w+|dice|garantiz\w+)\s(?:nada\s)?nadie"
    r"|^(?:el|la|los|las)\s([^.;:]{3,60}?)\sno\sl[oa]s?\spuede\s(\w+r)\snadie"
)
_NOT_EVEN = re.compile(r"\sni\ssiquiera\s\w+\s(?:dic|promet|asegur|admit|reconoc)\w+\s([^.;]{3,120})")


def _about(clause: Clause) -> Iterator[tuple[str, str | None]]:
    """«De una caída no promete nada nadie», «las plazas no las puede guardar nadie»: the thing stands first."""
    match = _ABOUT.match(clause.plain)
    if not match:
        return
    if match[1]:
        when = re.match(r"\s((?:salvo|excepto)\s[^,.;]{3,60})", clause.text[match.end() :])
        yield f"nada de {clause.text[match.start(1) : match.end(1)]}", when[1] if when else None
        if more := _NOT_EVEN.search(clause.plain):
            yield from _items(clause.text[more.start(1) : more.end(1)], True)
    else:
        yield f"{match[3]} {clause.text[: match.end(2)].lower()}", None


def _when_first(clause: Clause, start: int) -> str | None:
    """«Antes de que Calidad resuelva, nadie adelanta el resultado»."""
    match = re.match(r"(?:antes de|hasta que|mientras|sin que)[^,.;]{3,80}(?=,)", clause.plain[:start])
    return clause.text[:1].lower() + clause.text[1 : match.end()] if match else None


def _forbidden_action(plain: str) -> Action | None:
    for action in ("admit_liability", "compensation", "callback", "deadline"):
        if action in actions_in(plain):
            return cast(Action, action)
    return next(iter(actions_in(plain)), None)


def _items(text: str, listed: bool) -> Iterator[tuple[str, str | None]]:
    """(what, condition) for every thing a sentence forbids."""
    text = re.split(r":\s(?:eso|lo|la|los|las|isso|esto)\s|\sy\s(?=(?:no|así|tampoco)\s)", text)[0]
    for _, _, inner in quotes(text):
        text = text.replace(inner, inner.replace(",", "‚"))
    head = cue("promise_verbs").search(_plain(text))
    if not listed and head and head.start() < 45 and " ni " not in text[: head.start()]:
        text = text[head.end() :]
    text = re.sub(r"^(?:\s*(?:ni|y|o|nem|e)\s+\w+)?[\s,:]+", "", text)
    parts = re.split(r",\s+(?:ni\s+|y\s+|o\s+|nem\s+)?|\s+(?:ni|nem|o)\s+|;\s*|\s+y\s+(?=que\s)", text.rstrip(" ."))
    conditions = [cue("when").search(_plain(part)) for part in parts]
    for place, part in enumerate(parts):
        condition = conditions[place]
        shared = next((c for c in conditions[place:] if c), None) if condition is None else condition
        source = parts[conditions.index(shared)] if shared else ""
        when = source[shared.start() :].strip() if shared and (condition or _near(place, conditions)) else None
        what = (part[: condition.start()] if condition and condition.start() > 3 else part).strip(" .,:")
        what = re.sub(r"^se\s", "", what) if not listed else what
        verb = cue("promise_verbs").match(_plain(what)) if not listed else None
        what = re.sub(r"^(?:de|do|da)\s+", "", what[verb.end() :].strip() if verb else what)
        what = re.sub(r"^(?:ni|nem)\s+", "", what.strip())
        what = re.sub(r"^[«“\"]([^«»“”\"]+)[»”\"]$", r"\1", what)
        if len(what) > 3 and len(what.split()) <= 25 and not cue("no_promise").match(_plain(what)):
            yield what.replace("‚", ","), when


def _near(place: int, conditions: Sequence[object | None]) -> bool:
    """«un reembolso, un cambio o una garantía antes del dictamen»: the condition is of all three."""
    following = next((i for i in range(place, len(conditions)) if conditions[i]), None)
    return following is not None and following - place <= 3 and not any(conditions[:following])
