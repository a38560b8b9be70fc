"""What a reviewer types, kept as it is typed: nothing of it counts as a decision, and nothing of it is lost.

A scratch stands over the draft that it was typed on. One that another takes the place of is set aside, under a part of
its own, until its writer takes it back or discards it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from voz.service.actor import Actor, require
from voz.service.cases import case_of, latest_head
from voz.service.refusals import missing, unfit
from voz.service.review import MAX_REPLY_CHARS, PUBLIC, REPLY
from voz.service.service import Service
from voz.service.view import ASIDE, CaseView
from voz.store import access
from voz.store.database import Tx
from voz.store.rows import DraftHead, ScratchRow


def keep(
    service: Service, actor: Actor, case_id: str, part: str, text: str, base: str, *, seen: Collection[str] = ()
) -> bool:
    """Keep what somebody is typing over the draft `base`; the words of the draft itself are nobody's own.

    `seen`: the texts that whoever types had before. Says whether something else was there (typed in another tab): that
    is set aside.
    """
    require(actor, "agent")
    if len(text) > MAX_REPLY_CHARS:
        raise unfit("too_long", count=len(text), limit=MAX_REPLY_CHARS)
    with service.database.write() as tx:
        case = case_of(tx, case_id)
        there = _at(tx, case.id, actor.id, part)
        if there is not None and (there.text, there.base) == (text, base):
            return False
        own = text != _drafted(access.get(tx, DraftHead, base), part)
        if not own and there is not None and there.base != base:
            return False  # nothing takes its place
        unseen = there is not None and there.base == base and there.text != text and there.text not in seen
        if there is not None and there.text != text and (unseen or there.base != base):
            _set_aside(tx, service, there)
        if own:
            access.replace(tx, ScratchRow(case.id, actor.id, part, text, base, service.now()))
        elif there is not None:
            access.remove(tx, there)
        return unseen


def earlier(view: CaseView) -> tuple[ScratchRow, ...]:
    """What this person typed and no longer has in the editor, newest first."""
    now = view.draft.id if view.draft else ""
    gone = [row for row in view.typed.values() if row.base != now or not view.editable]
    shown = {view.decision.text, view.decision.public_text} if view.decision else set()
    found = [row for row in (*view.aside, *gone) if row.text.strip() and row.text not in shown]
    return tuple(sorted(found, key=lambda row: row.at, reverse=True))


def take_back(service: Service, actor: Actor, case_id: str, name: str) -> None:
    """Put an earlier text over the draft of today; what stood there is set aside. Raises NotFound."""
    require(actor, "agent")
    with service.database.write() as tx:
        case = case_of(tx, case_id)
        row, draft = _named(tx, case.id, actor, name), latest_head(tx, case)
        part = PUBLIC if part_of(name) == PUBLIC and draft and draft.public_reply is not None else REPLY
        there = _at(tx, case.id, actor.id, part)
        if there is not None and there.part != name:
            _set_aside(tx, service, there)
        access.remove(tx, row)
        access.replace(tx, ScratchRow(case.id, actor.id, part, row.text, draft.id if draft else "", service.now()))


def leave(service: Service, actor: Actor, case_id: str, part: str, text: str, base: str) -> None:
    """Set a text aside that was typed over an older draft and has never arrived; what is known already is not."""
    require(actor, "agent")
    with service.database.write() as tx:
        case = case_of(tx, case_id)
        own = access.find(tx, ScratchRow, case_id=case.id, user_id=actor.id)
        known = [row.text for row in own if part_of(row.part) == part]
        known.append(_drafted(access.get(tx, DraftHead, base), part))
        if part in (REPLY, PUBLIC) and len(text) <= MAX_REPLY_CHARS and not any(one.startswith(text) for one in known):
            _set_aside(tx, service, ScratchRow(case.id, actor.id, part, text, base, service.now()))


def discard(service: Service, actor: Actor, case_id: str, name: str) -> None:
    """Forget an earlier text for good. Raises NotFound."""
    with service.database.write() as tx:
        access.remove(tx, _named(tx, case_of(tx, case_id).id, actor, name))


def put(tx: Tx, service: Service, case_id: str, user_id: str, part: str, text: str, draft: DraftHead) -> None:
    """Give somebody the text that a colleague has typed; what they had there is set aside."""
    if text == _drafted(draft, part):
        return
    there = _at(tx, case_id, user_id, part)
    if there is not None and there.text != text:
        _set_aside(tx, service, there)
    access.replace(tx, ScratchRow(case_id, user_id, part, text, draft.id, service.now()))


def part_of(name: str) -> str:
    return name.partition(ASIDE)[0]


def _at(tx: Tx, case_id: str, user_id: str, part: str) -> ScratchRow | None:
    return access.first(tx, ScratchRow, case_id=case_id, user_id=user_id, part=part)


def _named(tx: Tx, case_id: str, actor: Actor, name: str) -> ScratchRow:
    row = _at(tx, case_id, actor.id, name)
    if row is None:
        raise missing("no_text")
    return row


def _drafted(draft: DraftHead | None, part: str) -> str:
    return ((draft.public_reply if part == PUBLIC else draft.reply) if draft else None) or ""


def _set_aside(tx: Tx, service: Service, row: ScratchRow) -> None:
    """Keep a text beside the one that takes its place, once; what it goes on from need not be kept twice."""
    if not row.text.strip():
        return
    part = part_of(row.part)
    others: Sequence[ScratchRow] = access.find(tx, ScratchRow, case_id=row.case_id, user_id=row.user_id)
    for other in others:
        if other.part.startswith(f"{part}{ASIDE}") and row.text.startswith(other.text):
            access.remove(tx, other)
    name = f"{part}{ASIDE}{access.new_id('w', service.now())}"
    access.add(tx, dataclasses.replace(row, part=name))
