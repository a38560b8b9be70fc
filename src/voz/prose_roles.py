"""People with authority as a guide words them, and the role ids that their wording and their reach give them."""

from __future__ import annotations

from dataclasses import dataclass

from voz.brand import Grant, Role
from voz.prose_read import Clause
from voz.prose_teams import slug

_ORDER = ("agent", "lead", "admin")


@dataclass(frozen=True)
class FoundGrant:
    grant: Grant
    clause: Clause


@dataclass
class Person:
    """Someone with authority, as the guide words them, before a role id is chosen."""

    name: str
    hint: str
    grants: list[FoundGrant]

    @property
    def reach(self) -> float:
        limits = [float("inf") if f.grant.up_to is None else f.grant.up_to for f in self.grants]
        return max(limits, default=0.0)


@dataclass(frozen=True)
class FoundRole:
    role: Role
    clauses: tuple[Clause, ...]


def with_ids(persons: list[Person]) -> tuple[FoundRole, ...]:
    """Roles from the one who reaches least to the one who reaches furthest; `agent` always among them."""
    ranked = sorted(persons, key=lambda p: (p.reach, _ORDER.index(p.hint)))
    chosen: dict[int, str] = {}
    agent = next((i for i, p in enumerate(ranked) if p.hint == "agent"), None)
    if agent is not None:
        chosen[agent] = "agent"
    rest = [i for i in range(len(ranked)) if i not in chosen]
    if rest:
        lead = next((i for i in rest if ranked[i].hint == "lead"), None)
        lead = lead if lead is not None else rest[0] if len(rest) > 1 else None
        lead = rest[0] if lead == rest[-1] else lead  # whoever reaches furthest stands above
        if lead is not None:
            chosen[lead] = "lead"
            rest.remove(lead)
    if rest:
        chosen[rest[-1]] = "admin"
    found = [
        FoundRole(
            Role(id=chosen.get(i, slug(p.name)), name=p.name, grants=tuple(f.grant for f in p.grants)),
            tuple(f.clause for f in p.grants),
        )
        for i, p in enumerate(ranked)
    ]
    if "agent" not in chosen.values():
        found.insert(0, FoundRole(Role(id="agent"), ()))
    return tuple(found)
