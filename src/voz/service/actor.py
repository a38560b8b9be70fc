"""Who acts: a person with a role, or voz itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voz.service.refusals import refuse

Role = Literal["observer", "agent", "lead", "admin"]
ROLES: tuple[Role, ...] = ("observer", "agent", "lead", "admin")
"""From the one who may least to the one who may most."""


@dataclass(frozen=True)
class Actor:
    id: str
    """The user's id, as it stands in the audit trail; `voz` for voz itself."""
    name: str
    role: Role
    teams: tuple[str, ...] = ()
    language: str = "es"
    scopes: tuple[str, ...] | None = None
    """What an API key is limited to; None: whatever the role may."""

    def at_least(self, role: Role) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


SYSTEM = Actor("voz", "voz", "admin")
"""What voz does by itself: receiving, drafting, delivering what was approved, reminding."""
OWNER = Actor("local", "local", "admin")
"""Whoever sits at this machine while no user was added: the desk answers this machine only then."""


def require(actor: Actor, role: Role) -> None:
    """Raises Refused where the actor's role is below `role`."""
    if not actor.at_least(role):
        raise refuse("role", role=role, name=actor.name, own=actor.role, could=_from(role))


def _from(role: Role) -> tuple[str, ...]:
    return ROLES[ROLES.index(role) :]
