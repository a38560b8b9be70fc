"""Who may promise or give what, read from prose; and what nobody may."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import cast

from voz.brand import Action, Grant
from voz.prose_money import amounts
from voz.prose_read import Clause, cue, lexicon
from voz.prose_read import plain as _plain
from voz.prose_roles import FoundGrant, FoundRole, Person, with_ids
from voz.prose_teams import slug


@cache
def _roles() -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = lexicon("authority")["roles"]
    return tuple((role, re.compile(rf"(?<!\w)(?:{'|'.join(words)})")) for role, words in table.items())


@cache
def _actions() -> tuple[tuple[Action, re.Pattern[str]], ...]:
    table = lexicon("authority")["actions"]
    return tuple((cast(Action, a), re.compile(rf"(?<!\w)(?:{'|'.join(words)})")) for a, words in table.items())


def people(plain: str) -> list[tuple[int, int, str]]:
    """(start, end, hinted role) of those with authority whom a sentence names; the longest wording wins."""
    found: list[tuple[int, int, str]] = []
    for role, pattern in _roles():
        for match in pattern.finditer(plain):
            rival = next((f for f in found if f[0] < match.end() and match.start() < f[1]), None)
            if rival and rival[1] - rival[0] >= match.end() - match.start():
                continue
            found = [f for f in found if f is not rival] + [(match.start(), match.end(), role)]
    return sorted(found)


def actions_in(plain: str) -> tuple[Action, ...]:
    """The kinds of promise a text names; words taken by one («crédito de cortesía») are not read again."""
    found: list[Action] = []
    for action, pattern in _actions():
        if pattern.search(plain):
            found.append(action)
            plain = pattern.sub("·", plain)
    return tuple(found)


def roles(clauses: Iterable[Clause], currency: str) -> tuple[FoundRole, ...]:
    """The roles and their grants; ids by wording («asesor» → agent) and then by how far they reach."""
    persons: dict[str, Person] = {}
    carried: tuple[str, tuple[Action, ...]] = ("", ())
    for clause in clauses:
        if not (_on_authority(clause) or _gives(clause, currency, carried)):
            continue
        section = clause.context
        if carried[0] != section:
            carried = (section, ())
        if clause.cells:
            _from_row(clause, currency, persons)
        elif not clause.row_cell:
            carried = (section, _from_sentence(clause, currency, carried[1], persons))
    return with_ids([p for p in persons.values() if p.grants])


def _on_authority(clause: Clause) -> bool:
    return cue("authority").search(clause.context) is not None or cue("authority").search(clause.plain) is not None


def _gives(clause: Clause, currency: str, carried: tuple[str, tuple[Action, ...]]) -> bool:
    """«Quien atiende puede dar un vale de hasta 10 €», under whatever heading; and what follows on it."""
    named = people(clause.plain) or opening_people(clause.head)
    if named and cue("may").search(clause.plain) and amounts(clause.plain, currency):
        return True
    return bool(carried[1]) and carried[0] == clause.context and cue("beyond").search(clause.plain) is not None


def _from_row(clause: Clause, currency: str, persons: dict[str, Person]) -> None:
    who = next(
        (cell for h, cell in clause.cells if people(_plain(cell)) and not amounts(_plain(cell), currency)),
        None,
    )
    if who is None:
        return
    rest = " ; ".join(cell for _, cell in clause.cells if cell != who)
    found = amounts(_plain(rest), currency)
    beyond = cue("beyond").search(_plain(rest))
    headers = " ".join(header for header, _ in clause.cells)
    actions = actions_in(_plain(rest)) or actions_in(headers) or _any_gesture()
    person = _person(persons, who, people(_plain(who))[0][2])
    for _, _, value, code in found[:2]:
        _add(person, actions, value, code, clause)
    if not found and beyond:
        _add(person, actions, None, currency, clause)


def _any_gesture() -> tuple[Action, ...]:
    return tuple(lexicon("authority")["any_gesture_means"])


def _from_sentence(
    clause: Clause, currency: str, carried: tuple[Action, ...], persons: dict[str, Person]
) -> tuple[Action, ...]:
    """Adds what one sentence grants; gives the actions that the next sentence takes over if it names none."""
    text = clause.plain
    if clause.text.endswith("?") or cue("nobody").match(text):
        return carried
    money_found = [found for found in amounts(text, currency) if not cue("from_there").search(text[: found[0]])]
    who, names = _who(clause, bool(money_found))
    may = any(cue(name).search(text) for name in ("may", "beyond")) or cue("may").search(clause.context)
    if not who or not (may or clause.item):
        return carried
    for start, _end, value, code in money_found:
        before = [person for person in who if person[0] <= start]
        after = [person for person in who if person[0] > start]
        near_after = after and not before
        place, end, role = after[0] if near_after else before[-1]
        part = text[max(place, 0) : _next_person(text, who, place, start)]
        actions = actions_in(_without_negated(part)) or carried or actions_in(text[:start]) or _any_gesture()
        _add(_person(persons, names.get(place, clause.text[place:end]), role), actions, value, code, clause)
        carried = actions
    for match in cue("beyond").finditer(text):
        last = [p for p in who if p[0] >= match.start()] or [p for p in who if p[0] < match.start()][-1:]
        if last and not any(match.start() < start < last[0][0] for start, _, _, _ in money_found):
            place, end, role = last[0]
            name = names.get(place) or _whole_name(clause.text, place, end)
            own = actions_in(_without_negated(text)) if cue("decides").search(text) else ()
            actions = tuple(dict.fromkeys([*carried, *own])) or _any_gesture()
            _add(_person(persons, name, role), actions, None, None, clause)
            break
    else:
        if not money_found and not _thing(clause, currency, who, names, persons) and not cue("not").search(text):
            _without_amount(clause, who, names, persons)
    return carried


_Who = list[tuple[int, int, str]]


def _who(clause: Clause, money_found: bool) -> tuple[_Who, dict[int, str]]:
    """Those whom a sentence is about, and how the guide names the one who opens the entry or the section."""
    who, names = people(clause.plain), dict[int, str]()
    head = clause.head.strip(" .,:")
    if head and (clause.text.startswith(head) or not who):
        hints = opening_people(head)
        if not hints and money_found and len(head.split()) <= _LONGEST_NAME and not cue("no_role").match(_plain(head)):
            hints = [(0, 0, "lead")]
        end = len(head) if clause.text.startswith(head) else 0
        if hints:
            who = [(0, end, hints[0][2]), *(person for person in who if person[0] >= end)]
            names[0] = head
    elif clause.context and not who and money_found:
        title = clause.context.split(" > ")[-1]
        who = [(0, 0, role) for _, _, role in people(title)][:1]
        names[0] = title
    return who, names


_LONGEST_NAME = 6


def opening_people(head: str) -> _Who:
    """Those whom the words that open an entry name: «Mostrador» is who answers there."""
    folded = _plain(head)
    return people(folded) or [(0, 0, role) for role, words in _head_roles() if words.match(folded)]


@cache
def _head_roles() -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = lexicon("authority")["head_roles"]
    return tuple((role, re.compile(rf"(?:{'|'.join(words)})")) for role, words in table.items())


_THING = re.compile(
    r"(?<!\w)(?:regalar|obsequiar|invitar a|dar|ofrecer|mandar|enviar)\s+"
    r"((?:un|una|dos|tres|el|la)\s(?![^.;,(]{0,60}\d)[^.;,(:]{3,60})"
)


def _thing(
    clause: Clause,
    currency: str,
    who: Sequence[tuple[int, int, str]],
    names: dict[int, str],
    persons: dict[str, Person],
) -> bool:
    """«Pueden regalar una entrada suelta»: that thing and nothing else; no amount of money."""
    text = clause.plain
    match = _THING.search(text)
    if not match or not cue("may").search(text[: match.start()] or " ") or cue("not").search(text[: match.start()]):
        return False
    actions = [action for action in actions_in(match[0]) if action in _any_gesture()]
    if not actions:
        return False
    place, end, role = next((p for p in reversed(who) if p[0] <= match.start()), who[0])
    person = _person(persons, names.get(place, clause.text[place:end]), role)
    note = clause.text[match.start(1) : match.end(1)].strip()
    if all(found.grant.action != actions[0] for found in person.grants):
        person.grants.append(FoundGrant(Grant(action=actions[0], up_to=0, currency=currency, note=note), clause))
    return True


def _without_amount(
    clause: Clause, who: Sequence[tuple[int, int, str]], names: dict[int, str], persons: dict[str, Person]
) -> None:
    """«Perdonar una deuda es de Gerencia», «la encargada puede aprobar cambios»: a grant without limit."""
    decides = cue("decides").search(clause.plain)
    if decides is None or cue("only_talks").search(clause.plain[decides.start() :]):
        return
    place, end, role = who[0]
    actions = actions_in(clause.plain[:place] + clause.plain[end:])
    if role == "agent":  # whoever answers is granted money only where the guide says how much
        actions = tuple(action for action in actions if action not in (*_any_gesture(), "refund", "admit_liability"))
    name = names.get(place) or _whole_name(clause.text, place, end)
    _add(_person(persons, name, role), actions, None, None, clause)


def _next_person(text: str, who: Sequence[tuple[int, int, str]], place: int, start: int) -> int:
    """Where the part of the sentence about one person ends."""
    return min((p[0] for p in who if p[0] > max(place, start)), default=len(text))


def _without_negated(text: str) -> str:
    return re.sub(r"(?<!\w)(?:no|nunca|sin|ni)\s[^.;,]{0,60}", " ", text)


def _whole_name(text: str, start: int, end: int) -> str:
    """«Dirección de Atención al Cliente», where the lexicon found «Dirección»."""
    more = re.match(r"(?:\s+(?:de|del|al|a la|de la)\s+[A-ZÁÉÍÓÚ]\w+){0,3}", text[end:])
    return text[start : end + (more.end() if more else 0)]


def _person(persons: dict[str, Person], name: str, hint: str) -> Person:
    name = re.sub(r"\s+(?:de|del|que|con|pueden?|llegan?|deciden?|autorizan?|tienen?)$", "", name.strip(" .,:;"))
    name = re.sub(r"^(?:[Ll]os|[Ll]as|[Ee]l|[Ll]a)\s+", "", name)
    key = slug(re.sub(r"(?i)\b(?:una?|el|la|persona)\s+", "", name))
    stem = next((k for k in persons if k[:5] == key[:5] and persons[k].hint == hint), key)
    return persons.setdefault(stem, Person(name, hint, []))


def _add(person: Person, actions: Sequence[Action], value: float | None, currency: str | None, clause: Clause) -> None:
    for action in actions:
        grant = Grant(action=action, up_to=value, currency=currency if value is not None else None)
        if all(f.grant.action != action or f.grant.currency != grant.currency for f in person.grants):
            person.grants.append(FoundGrant(grant, clause))
