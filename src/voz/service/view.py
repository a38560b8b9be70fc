"""Everything that is known about one case, read in one transaction, for the desk and the API."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from voz.case import Case
from voz.service.cases import conversation, latest_draft, restored
from voz.service.refusals import missing
from voz.service.service import Service
from voz.store import access
from voz.store.database import Tx
from voz.store.rows import (
    AuditRow,
    CaseRow,
    CommitmentRow,
    ConsultationRow,
    DecisionHead,
    DeliveryRow,
    DraftRow,
    MessageRow,
    ScratchRow,
    UserRow,
)  # fmt: skip

ASIDE = "~"
"""Stands in the part of a scratch that another has taken the place of: see voz.service.scratches."""


@dataclass(frozen=True)
class CaseView:
    case: CaseRow
    messages: tuple[MessageRow, ...]
    draft: DraftRow | None
    drafted: Case | None
    """The draft with its evidence and findings; None before the first one, and once it was erased."""
    public: Case | None
    decision: DecisionHead | None
    deliveries: tuple[DeliveryRow, ...]
    consultations: tuple[ConsultationRow, ...]
    commitments: tuple[CommitmentRow, ...]
    trail: tuple[AuditRow, ...]
    typed: dict[str, ScratchRow]
    """What one person has typed last, by part."""
    aside: tuple[ScratchRow, ...]
    """What they typed before and took nothing of it back."""
    users: tuple[UserRow, ...]

    @property
    def editable(self) -> bool:
        """Whether there is still something to write: neither closed nor approved."""
        return self.case.open and self.case.approved_at is None

    @cached_property
    def names(self) -> dict[str, str]:
        """What the users are called, by id."""
        return {user.id: user.name for user in self.users}


def case_view(service: Service, case_id: str, user_id: str | None = None) -> CaseView:
    """Raises NotFound. `user_id` brings along what that person has typed."""
    with service.database.read() as tx:
        case = _case(tx, case_id)
        key = case.id
        draft = latest_draft(tx, case)
        typed = access.find(tx, ScratchRow, case_id=key, user_id=user_id) if user_id else []
        return CaseView(
            case=case,
            messages=tuple(conversation(tx, key)),
            draft=draft,
            drafted=restored(draft.body) if draft and draft.body else None,
            public=restored(draft.public_body) if draft and draft.public_body else None,
            decision=access.get(tx, DecisionHead, case.decision_id) if case.decision_id else None,
            deliveries=tuple(access.find(tx, DeliveryRow, case_id=key, order=("created_at", "id"))),
            consultations=tuple(access.find(tx, ConsultationRow, case_id=key, order=("asked_at", "id"))),
            commitments=tuple(access.find(tx, CommitmentRow, case_id=key, order=("due_on", "id"))),
            trail=tuple(access.find(tx, AuditRow, case_id=key, order=("id",))),
            typed={row.part: row for row in typed if ASIDE not in row.part},
            aside=tuple(row for row in typed if ASIDE in row.part),
            users=tuple(access.find(tx, UserRow)),
        )


def _case(tx: Tx, case_id: str) -> CaseRow:
    """By id or by tracking code, as people read it out."""
    from voz.deadlines.tracking import canonical_code

    case = access.get(tx, CaseRow, case_id)
    code = canonical_code(case_id) if case is None else None
    case = case or (access.first(tx, CaseRow, code=code) if code else None)
    if case is None:
        raise missing("no_case", id=case_id)
    return case
