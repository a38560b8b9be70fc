"""What nobody may promise or admit, read from prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from voz.brand import Action, Forbidden
from voz.prose_authority import actions_in, people
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
        if nobody or may_not or listed:
            start = (nobody or may_not).end() if nobody or may_not else 0  # type: ignore[union-attr]
            for what, when in _items(clause.text[start:], bool(listed)):
                actions = _forbidden_action(_plain(what))
                item = Forbidden(what=what, action=actions, when=when, role=role)
                found.setdefault(_plain(what), FoundForbidden(item, clause))
    return tuple(found.values())


def _forbidden_action(plain: str) -> Action | None:
    for action in ("admit_liability", "compensation", "deadline"):
        if action in actions_in(plain):
            return cast(Action, action)
    return next(iter(actions_in(plain)), None)


def _items(text: str, listed: bool) -> Iterator[tuple[str, str | None]]:
    """(what, condition) for every thing a sentence forbids."""
    text = re.split(r":\s(?:eso|lo|la|los|las|isso|esto)\s", text)[0]
    for _, _, inner in quotes(text):
        text = text.replace(inner, inner.replace(",", "‚"))
    head = cue("promise_verbs").search(_plain(text))
    if not listed and head and head.start() < 45:
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
        verb = cue("promise_verbs").match(_plain(what)) if not listed else None
        what = re.sub(r"^(?:de|do|da)\s+", "", what[verb.end() :].strip() if verb else what)
        if len(what) > 3 and len(what.split()) <= 25:
            yield what.replace("‚", ","), when


def _near(place: int, conditions: Sequence[object | None]) -> bool:
    """«un reembolso, un cambio o una garantía antes del dictamen»: the condition is of all three."""
    following = next((i for i in range(place, len(conditions)) if conditions[i]), None)
    return following is not None and following - place <= 3 and not any(conditions[:following])
