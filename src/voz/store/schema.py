"""The tables. `voz.store.rows` has one frozen type for each, with the same names.

A change here needs a migration beside it (`migrations/versions`); a test compares the two on both databases.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip

from voz.store.columns import Instant, Json, Packed, rising_number

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A key that the database counts; SQLite only counts plain INTEGERs."""


def _key() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _case(nullable: bool = False) -> Column[str]:
    return Column("case_id", Text, ForeignKey("cases.id"), nullable=nullable, index=True)


cases = Table(
    "cases", metadata, _key(),
    Column("code", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("thread", Text),
    Column("channel", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_key", Text, nullable=False, index=True),
    Column("region", Text),
    Column("subject", Text, nullable=False),
    Column("reach", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False, index=True),
    Column("received_at", Instant, nullable=False),
    Column("kind", Text),
    Column("route", Text),
    Column("language", Text),
    Column("emotion", Text),
    Column("urgency", Text),
    Column("risks", Json, nullable=False),
    Column("topics", Json, nullable=False),
    Column("team", Text),
    Column("wants_person", Boolean, nullable=False),
    Column("claim", Boolean, nullable=False),
    Column("claim_reason", Text, nullable=False),
    Column("claim_due", Date, index=True),
    Column("claim_from", Instant),
    Column("claim_answered_at", Instant),
    Column("claim_matters", Json),
    Column("due_at", Instant),
    Column("priority_at", Instant, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("assignee", Text),
    Column("held_by", Text),
    Column("held_until", Instant),
    Column("snoozed_until", Instant, index=True),
    Column("drafting_since", Instant),
    Column("draft_id", Text),
    Column("drafted_at", Instant),
    Column("reopened_for", Text),
    Column("consulting", Integer, nullable=False),
    Column("decision_id", Text),
    Column("approved_at", Instant),
    Column("delivered_at", Instant),
    Column("answered_at", Instant),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Column("closed_reason", Text),
    Column("closed_note", Text),
    Column("failed_step", Text),
    Column("failure", Text),
    Column("erased_at", Instant),
    Index("ix_cases_queue", "open", "priority_at", "id"),
    Index("ix_cases_standing", "open", "status", "due_at"),
    Index("ix_cases_thread", "source", "thread"),
)  # fmt: skip

messages = Table(
    "messages", metadata, _key(), _case(),
    Column("source", Text, nullable=False),
    Column("external_id", Text),
    Column("incoming", Boolean, nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("content", Text, nullable=False, index=True),
    Column("edited_at", Instant),
    Column("number", BigInteger, nullable=False, unique=True, default=rising_number),  # see voz.store.search
    UniqueConstraint("source", "external_id"),
)  # fmt: skip

drafts = Table(
    "drafts", metadata, _key(), _case(),
    Column("number", Integer, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("writer", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("reply", Text),
    Column("public_reply", Text),
    Column("blocks", Integer, nullable=False),
    Column("unanswered", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", Packed),
    Column("public_body", Packed),
    UniqueConstraint("case_id", "number"),
)  # fmt: skip

scratches = Table(
    "scratches", metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("at", Instant, nullable=False),
)  # fmt: skip

decisions = Table(
    "decisions", metadata, _key(), _case(),
    Column("draft_id", Text),
    Column("by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("public_text", Text),
    Column("unchanged", Boolean, nullable=False),
    Column("distance", Float, nullable=False),
    Column("override", Text, nullable=False),
    Column("sent", Packed),
    Column("findings", Json, nullable=False),
    Column("needs", Json, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("withdrawn_at", Instant),
)  # fmt: skip

deliveries = Table(
    "deliveries", metadata, _key(), _case(),
    Column("decision_id", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("receipt", Json),
    Column("error", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    UniqueConstraint("decision_id", "part"),
)  # fmt: skip

WAITING, DONE = text("done_at IS NULL"), text("done_at IS NOT NULL")
jobs = Table(
    "jobs", metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    _case(nullable=True),
    Column("ref", Text, nullable=False),
    Column("key", Text, unique=True),
    Column("run_at", Instant, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("owner", Text),
    Column("fence", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index("ix_jobs_due", "rank", "run_at", "id", "kind", "lease_until", sqlite_where=WAITING, postgresql_where=WAITING),
    Index("ix_jobs_done", "done_at", sqlite_where=DONE, postgresql_where=DONE),
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("case_id", Text, index=True),
    Column("case_version", Integer),
    Column("subject", Text, nullable=False),
    Column("before", Json),
    Column("after", Json),
    Column("erased_at", Instant),
)  # fmt: skip

users = Table(
    "users", metadata, _key(),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("teams", Json, nullable=False),
    Column("language", Text, nullable=False),
    Column("password_hash", Text),
    Column("issuer", Text),
    Column("subject", Text),
    Column("active", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("issuer", "subject"),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("csrf", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)  # fmt: skip

api_keys = Table(
    "api_keys", metadata, _key(),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
)  # fmt: skip

consultations = Table(
    "consultations", metadata, _key(), _case(),
    Column("ask", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("link_hash", Text, unique=True),
    Column("link_until", Instant),
    Column("answer", Text),
    Column("answered_by", Text),
    Column("answered_at", Instant),
    Column("cancelled_at", Instant),
    Column("proposal", Text, nullable=False),
)  # fmt: skip

commitments = Table(
    "commitments", metadata, _key(), _case(),
    Column("decision_id", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", Float),
    Column("currency", Text),
    Column("due_on", Date, index=True),
    Column("basis", Text, nullable=False),
    Column("passage_id", Text),
    Column("clause", Text, nullable=False),
    Column("owner", Text),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("done_by", Text),
    Column("note", Text, nullable=False),
    Column("reminded_at", Instant),
)  # fmt: skip

candidates = Table(
    "candidates", metadata, _key(), _case(),
    Column("decision_id", Text, nullable=False, unique=True),
    Column("message", Json, nullable=False),
    Column("drafted", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("use", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Instant),
)  # fmt: skip

endpoints = Table(
    "endpoints", metadata, _key(),
    Column("url", Text, nullable=False),
    Column("secrets", Json, nullable=False),
    Column("events", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("disabled_at", Instant),
    Column("disabled_for", Text, nullable=False),
)  # fmt: skip

events = Table(
    "events", metadata, _key(), _case(nullable=True),
    Column("type", Text, nullable=False),
    Column("body", Json),
    Column("at", Instant, nullable=False, index=True),
)  # fmt: skip

answers = Table(
    "answers", metadata,
    Column("key", Text, primary_key=True),
    Column("asked", Text, nullable=False),
    Column("status", Integer),
    Column("headers", Json),
    Column("body", Packed),
    Column("begun_at", Instant, nullable=False, index=True),
    Column("done_at", Instant),
)  # fmt: skip

early = Table(
    "early", metadata, _key(),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("thread", Text),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant),
    Column("stored_at", Instant, nullable=False, index=True),
    UniqueConstraint("kind", "source", "external_id"),
    Index("ix_early_thread", "source", "thread"),
)  # fmt: skip

inbox = Table(
    "inbox", metadata, _key(),
    Column("key", Text, unique=True),
    Column("helpdesk", Text, nullable=False),
    Column("thread", Text),
    Column("headers", Json),
    Column("body", LargeBinary),
    Column("at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("done_at", Instant, index=True),
    Index("ix_inbox_thread", "helpdesk", "thread", "state"),
    Index("ix_inbox_state", "state", "at"),
)  # fmt: skip
