"""The authority matrix: what a reply promises or gives, who may, and who may approve it."""

from __future__ import annotations

from voz.authority.ladder import desk_authority, grants, ladder, may
from voz.authority.needs import Need, needs
from voz.authority.verdict import Stop, Verdict, findings_as, may_approve, verdict

__all__ = [
    "Need", "Stop", "Verdict", "desk_authority", "findings_as", "grants", "ladder", "may", "may_approve", "needs",
    "verdict",
]  # fmt: skip
