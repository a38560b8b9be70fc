"""One frozen type for each table of `voz.store.schema`, field for column."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

Status = str
"""received, drafting, in_review, consulting, approved, delivered, closed, failed: see voz.service.status."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """What a case holds; everything that is read of its text and drafts stands in other tables."""

    id: str
    code: str
    source: str
    channel: str
    public: bool
    author: str
    author_key: str
    subject: str
    opened_at: dt.datetime
    received_at: dt.datetime
    """When the message came that waits for an answer: the last one of the customer."""
    priority_at: dt.datetime
    """The queue's order: the time left, less what reach and risk take off it."""
    version: int = 1
    status: Status = "received"
    thread: str | None = None
    region: str | None = None
    reach: int = 0
    kind: str | None = None
    route: str | None = None
    language: str | None = None
    emotion: str | None = None
    urgency: str | None = None
    risks: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    team: str | None = None
    wants_person: bool = False
    claim: bool = False
    claim_reason: str = ""
    claim_due: dt.date | None = None
    """The last day on which the law takes an answer for in time; for queries too, where it sets them a term."""
    claim_from: dt.datetime | None = None
    """When the message came from which that term runs."""
    claim_answered_at: dt.datetime | None = None
    """When the first answer after that was delivered: the term is over, kept or not."""
    claim_matters: tuple[str, ...] = ()
    """What it is about, where the law has terms of its own for that: voz.deadlines.rules.Matter."""
    due_at: dt.datetime | None = None
    open: bool = True
    assignee: str | None = None
    held_by: str | None = None
    held_until: dt.datetime | None = None
    snoozed_until: dt.datetime | None = None
    drafting_since: dt.datetime | None = None
    draft_id: str | None = None
    drafted_at: dt.datetime | None = None
    """When the first draft was ready; it stays when the case is drafted again."""
    reopened_for: str | None = None
    """Why an answered case waits for a person again: an overdue commitment, a delivery that may have failed."""
    consulting: int = 0
    decision_id: str | None = None
    approved_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    answered_at: dt.datetime | None = None
    """When the first answer was delivered; it stays when a follow-up opens the case again."""
    closed_at: dt.datetime | None = None
    closed_by: str | None = None
    closed_reason: str | None = None
    closed_note: str | None = None
    failed_step: str | None = None
    failure: str | None = None
    erased_at: dt.datetime | None = None

    @property
    def term(self) -> dt.date | None:
        """The last day of the law's term that is running; None once that was answered."""
        return self.claim_due if self.claim_answered_at is None else None


@dataclass(frozen=True, slots=True)
class MessageRow:
    id: str
    case_id: str
    source: str
    external_id: str | None
    incoming: bool
    author: str
    text: str
    at: dt.datetime
    stored_at: dt.datetime
    content: str
    """Hash of source, thread, channel, author and text: the same message again has the same."""
    edited_at: dt.datetime | None = None
    """The helpdesk's time of the last edit, where it gives one."""


@dataclass(frozen=True, slots=True)
class DraftHead:
    """A draft without its evidence, which is large and has to be unpacked."""

    id: str
    case_id: str
    number: int
    message_id: str
    writer: str
    reply: str | None
    blocks: int
    at: dt.datetime
    wish: str = ""
    public_reply: str | None = None
    """The short public half, where the case is answered in public and in private."""
    unanswered: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftRow(DraftHead):
    """A draft with its evidence and findings."""

    body: dict[str, Any] | None = None
    """voz.case.Case as JSON, with evidence and findings; None once it was erased."""
    public_body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ScratchRow:
    """What a reviewer has typed and not yet approved."""

    case_id: str
    user_id: str
    part: str
    text: str
    base: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class DecisionHead:
    """The reply that a person approved, and how."""

    id: str
    case_id: str
    draft_id: str | None
    by: str
    role: str
    text: str
    at: dt.datetime
    public_text: str | None = None
    unchanged: bool = False
    distance: float = 0.0
    """Share of the draft's words that were changed, 0 to 1."""
    override: str = ""
    findings: tuple[Any, ...] = ()
    needs: tuple[Any, ...] = ()
    withdrawn_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class DecisionRow(DecisionHead):
    """A decision with what it was judged on, which is large and has to be unpacked."""

    sent: dict[str, Any] = field(default_factory=dict)
    """For each part (`reply`, `public`): its voz.case.Case as it was judged for this person, as JSON."""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    id: str
    case_id: str
    decision_id: str
    part: str
    destination: str
    mode: str
    text: str
    created_at: dt.datetime
    state: str = "waiting"
    """waiting, sending, sent, uncertain, failed, cancelled; sending where an attempt may still get through."""
    attempts: int = 0
    """How often it was begun since the destination last said what became of it."""
    receipt: dict[str, Any] | None = None
    error: str = ""
    sent_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class JobRow:
    id: int
    kind: str
    run_at: dt.datetime
    created_at: dt.datetime
    rank: int = 2
    """Of the jobs that are due, the lowest goes first: see voz.store.jobs."""
    case_id: str | None = None
    ref: str = ""
    key: str | None = None
    attempts: int = 0
    lease_until: dt.datetime | None = None
    owner: str | None = None
    fence: int = 0
    error: str = ""
    done_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    id: int
    at: dt.datetime
    who: str
    action: str
    case_id: str | None = None
    case_version: int | None = None
    subject: str = ""
    before: Any = None
    after: Any = None
    erased_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class UserRow:
    id: str
    login: str
    name: str
    role: str
    created_at: dt.datetime
    teams: tuple[str, ...] = ()
    language: str = "es"
    password_hash: str | None = None
    issuer: str | None = None
    subject: str | None = None
    active: bool = True
    failures: int = 0
    locked_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    token_hash: str
    user_id: str
    csrf: str
    created_at: dt.datetime
    seen_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    id: str
    user_id: str
    name: str
    secret_hash: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    used_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsultationRow:
    id: str
    case_id: str
    ask: str
    question: str
    team: str
    asked_by: str
    asked_at: dt.datetime
    link_hash: str | None = None
    link_until: dt.datetime | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: dt.datetime | None = None
    cancelled_at: dt.datetime | None = None
    proposal: str = "none"
    """none, proposed, accepted, declined: what became of the answer as an addition to the knowledge."""


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    id: str
    case_id: str
    decision_id: str
    text: str
    kind: str
    created_at: dt.datetime
    amount: float | None = None
    currency: str | None = None
    due_on: dt.date | None = None
    basis: str = ""
    passage_id: str | None = None
    clause: str = ""
    owner: str | None = None
    done_at: dt.datetime | None = None
    done_by: str | None = None
    note: str = ""
    reminded_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """An approved reply that may become an example or a case of an evaluation suite, without personal data."""

    id: str
    case_id: str
    decision_id: str
    message: dict[str, Any]
    drafted: str
    reply: str
    created_at: dt.datetime
    state: str = "waiting"
    """waiting, accepted, declined."""
    use: str = ""
    """style: may serve as an example of tone; suite: a case of an evaluation, never retrievable."""
    decided_by: str | None = None
    decided_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An address that wants to be told of events."""

    id: str
    url: str
    secrets: tuple[str, ...]
    """Newest first: deliveries are signed with each, so that a secret can be changed without a gap."""
    events: tuple[str, ...]
    """Types that it wants; empty: all of them."""
    created_at: dt.datetime
    created_by: str
    disabled_at: dt.datetime | None = None
    disabled_for: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened to a case, as others are told of it; written in the transaction that did it."""

    id: str
    type: str
    at: dt.datetime
    case_id: str | None = None
    body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The first answer to a call with an idempotency key."""

    key: str
    """Who called, and the key that they gave."""
    asked: str
    """Hash of method, path and body."""
    begun_at: dt.datetime
    status: int | None = None
    headers: dict[str, Any] | None = None
    body: str | None = None
    done_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class EarlyRow:
    """What a helpdesk told before the message that it belongs to: an answer without a case, an edit without a text."""

    id: str
    kind: Literal["answer", "edit"]
    source: str
    external_id: str
    """Of the answer itself, or of the message that was edited."""
    thread: str | None
    author: str
    text: str
    at: dt.datetime | None
    stored_at: dt.datetime


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A delivery of a helpdesk, without what was in it."""

    id: str
    """They sort as they came."""
    helpdesk: str
    at: dt.datetime
    key: str | None = None
    """Hash of the helpdesk's name and its own id of the delivery; None where it gives none."""
    thread: str | None = None
    """The conversation that it is about, where it names one."""
    state: str = "waiting"
    """waiting, taken, failed, dropped: failed once it was tried for hours, dropped by a person."""
    error: str = ""
    done_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class InboxRow(InboxEntry):
    """A delivery as it came; what was in it is kept until it is taken in or dropped."""

    headers: dict[str, str] | None = None
    """Those that say what is in the body, their names in small letters."""
    body: bytes | None = None
