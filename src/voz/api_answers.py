"""What the API gives, as types for OpenAPI: the rows of the store and the types of the pipeline, as they are sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any, Literal, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from voz.case import Sentence, Severity, Triage, Unanswered
from voz.store import rows


class Given(BaseModel):
    model_config = ConfigDict(extra="allow")


def row_model(name: str, kind: type, *without: str) -> type[BaseModel]:
    """The JSON of a row: its own columns, but for some."""
    hints = get_type_hints(kind)
    columns: dict[str, Any] = {one.name: (hints[one.name], ...) for one in fields(kind) if one.name not in without}
    made = create_model(name, __base__=Given, __doc__=kind.__doc__ or "", **columns)
    return cast("type[BaseModel]", made)


CaseOut = row_model("Case", rows.CaseRow, "author_key", "priority_at")
MessageOut = row_model("StoredMessage", rows.MessageRow, "content", "stored_at")
DecisionOut = row_model("DecisionTaken", rows.DecisionHead, "findings", "needs")
DeliveryOut = row_model("Delivery", rows.DeliveryRow)
ConsultationOut = row_model("Consultation", rows.ConsultationRow, "link_hash")
CommitmentOut = row_model("Commitment", rows.CommitmentRow)
AuditOut = row_model("TrailEntry", rows.AuditRow, "before")


class PassageOut(Given):
    """A passage of the company's knowledge."""

    id: str
    source: str
    heading: str
    text: str
    score: float
    valid_from: dt.date | None
    valid_until: dt.date | None
    audience: Literal["public", "internal"]
    regions: list[str]
    products: list[str]
    team: str | None
    line: int


class FilteredOut(Given):
    """A passage that was found but does not apply."""

    passage: PassageOut
    reason: Literal["expired", "not_yet", "internal", "region", "superseded", "governed"]


class TriageOut(Triage):
    asks: tuple[str, ...] = ()  # type: ignore[assignment]  # the customer's words alone


class Finding(BaseModel):
    check: str = Field(description="name of the check, as the file in checks/ is called, or finer")
    severity: Severity
    start: int
    end: int
    detail: str = Field(description="for a person: what is wrong and what would mend it")


class Checked(Given):
    """What the checks say of a reply."""

    id: str
    sentences: list[Sentence]
    passages: list[PassageOut]
    findings: list[Finding]


class DraftOut(Checked):
    """A drafted reply; `reply` is null only where nothing should be sent."""

    reply: str | None
    unanswered: list[Unanswered]
    triage: TriageOut
    writer: Literal["extractive", "model", "person"]
    notes: list[str]
    filtered: list[FilteredOut]
    provenance: dict[str, Any]


class Received(Given):
    """Where the message stands."""

    case: str
    code: str
    message: str
    new_case: bool
    new_message: bool


class CasePage(Given):
    cases: list[CaseOut]  # type: ignore[valid-type]
    next: str | None


class NumberedDraft(DraftOut):
    number: int


class CaseFile(Given):
    """A case with everything that a reviewer sees of it."""

    case: CaseOut  # type: ignore[valid-type]
    messages: list[MessageOut]  # type: ignore[valid-type]
    draft: NumberedDraft | None
    public: DraftOut | None
    decision: DecisionOut | None  # type: ignore[valid-type]
    deliveries: list[DeliveryOut]  # type: ignore[valid-type]
    consultations: list[ConsultationOut]  # type: ignore[valid-type]
    commitments: list[CommitmentOut]  # type: ignore[valid-type]
    trail: list[AuditOut]  # type: ignore[valid-type]
    typed: dict[str, str]


class Decided(Given):
    case: CaseOut  # type: ignore[valid-type]


class Commitments(Given):
    commitments: list[CommitmentOut]  # type: ignore[valid-type]


class Kept(Given):
    commitment: CommitmentOut  # type: ignore[valid-type]


class Consultations(Given):
    consultations: list[ConsultationOut]  # type: ignore[valid-type]
    next: str | None


class Found(Given):
    """What the knowledge says: what applies on that day, and what was found but does not."""

    q: str
    on: dt.date
    passages: list[PassageOut]
    filtered: list[FilteredOut]
    weak: bool


class VolumeOut(Given):
    start: dt.date
    by: Literal["all", "kind", "channel", "language", "topic"]
    value: str
    cases: int


class TimesOut(Given):
    what: Literal["first_draft", "first_answer"]
    start: dt.date | None
    cases: int
    median_hours: float
    p90_hours: float


class ApprovalsOut(Given):
    start: dt.date | None
    approved: int
    unchanged: int
    distance: float
    overrides: int


class GapOut(Given):
    by: Literal["team", "topic"]
    value: str
    asks: int
    cases: int


class MissingOut(Given):
    code: str
    opened_at: dt.datetime
    ask: str
    team: str | None


class RisingOut(Given):
    topic: str
    recent: int
    before: int
    expected: float
    chance: float


class FiguresOut(Given):
    """The figures of a period; `rising`, `overdue_commitments` and `waiting` are as of now."""

    first: dt.date
    last: dt.date
    step: Literal["day", "week"]
    zone: str
    received: int
    volume: list[VolumeOut]
    times: list[TimesOut]
    approvals: list[ApprovalsOut]
    gaps: list[GapOut]
    missing: list[MissingOut]
    rising: list[RisingOut]
    overdue_commitments: int
    waiting: dict[str, int]


class Health(Given):
    status: Literal["ok"]
    version: str
    company: str
    today: dt.date
    passages: int
    index: str
    embedder: str
    writer: Literal["model", "extractive"]


class Ready(Given):
    status: Literal["ready"]
    checks: dict[str, str]


class WrongField(Given):
    field: str
    reason: str


class Problem(Given):
    """RFC 9457: `type` stays the same, `instance` is the request's id."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    field: str | None = None
    reason: str | None = None
    errors: list[WrongField] | None = None
