"""Handing a case to somebody who may approve what whoever wrote it may not, with the text as it stands."""

from __future__ import annotations

from collections.abc import Sequence

from voz.service import holding, scratches
from voz.service.actor import ROLES, Actor, require
from voz.service.cases import case_of, latest_draft
from voz.service.refusals import missing, refuse, unfit
from voz.service.review import PUBLIC, REPLY, Judged, judged, judged_as
from voz.service.service import Service
from voz.store import access
from voz.store.rows import CaseRow, UserRow


def candidates(
    service: Service, actor: Actor, case: CaseRow, users: Sequence[UserRow], seen: Sequence[Judged]
) -> tuple[UserRow, ...]:
    """Who may approve it in the actor's place: of the case's team first, and of the lowest role that may.

    `seen`: its texts as they were judged for the actor.
    """
    if all(_may(one, actor.role) for one in seen):
        return ()
    others = [user for user in users if user.active and user.id != actor.id and user.role in ROLES[1:]]
    roles = {user.role for user in others} - {actor.role}
    able = {role for role in roles if all(_may(judged_as(service, one.case, role), role) for one in seen)}
    found = [user for user in others if user.role in able]
    return tuple(sorted(found, key=lambda user: (case.team not in user.teams, _rank(user.role), user.name)))


def _may(seen: Judged, role: str) -> bool:
    """As it stands, or with a written reason."""
    return not seen.stops or (seen.overridable and _rank(role) >= _rank("lead"))


def _rank(role: str) -> int:
    return next(place for place, name in enumerate(ROLES) if name == role)


def pass_on(
    service: Service, actor: Actor, case_id: str, version: int, to: str, text: str, public: str | None = None
) -> CaseRow:
    """Hand the case to a user who may approve this text, and the text with it; the trail says what stopped the actor.

    Raises Refused for somebody who may not approve it either.
    """
    require(actor, "agent")
    with service.database.read() as tx:
        case = case_of(tx, case_id)
        draft, user = latest_draft(tx, case), access.get(tx, UserRow, to)
    if draft is None:
        raise unfit("no_draft", status=case.status)
    if user is None or not user.active:
        raise missing("no_user", user=to)
    parts = [(REPLY, text)] if not public or draft.public_reply is None else [(REPLY, text), (PUBLIC, public)]
    seen = [judged(service, actor, draft, said, part=part) for part, said in parts]
    stops = tuple(dict.fromkeys(stop for one in seen for stop in one.stops))
    if user not in candidates(service, actor, case, [user], seen):
        raise refuse("not_able", name=user.name)
    with service.database.write() as tx:
        passed = holding.assigned(tx, service, actor, case.id, version, to, reason=" ".join(stops))
        for part, said in parts:
            scratches.put(tx, service, case.id, user.id, part, said, draft)
    return passed
