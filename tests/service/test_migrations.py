"""The tables as the migrations make them, on both databases, and an audit trail that nobody can rewrite."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from office import ANA, NOW, Office
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from voz.errors import StoreError
from voz.service import review, work
from voz.store import access
from voz.store.database import Database, open_database
from voz.store.migrate import upgrade
from voz.store.rows import AuditRow, InboxEntry
from voz.store.schema import metadata
from voz.store.search import declared


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.close()


def test_the_migrations_make_the_tables_that_the_code_writes(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": declared})
        assert compare_metadata(context, metadata) == []


def test_a_difference_would_be_seen(database: Database) -> None:
    with database.write() as tx:
        tx.execute(text("ALTER TABLE users ADD COLUMN nickname TEXT"))
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": declared})
        assert [change[0] for change in compare_metadata(context, metadata)] == ["remove_column"]


def test_a_database_of_a_newer_voz_is_refused_with_a_sentence(database: Database, url: str) -> None:
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"was written by a newer voz \(its tables are at 9999\): install"):
        open_database(url)
    with database.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_processes_that_open_an_empty_database_at_once_make_its_tables_once(url: str) -> None:
    found: list[Any] = []

    def opens() -> None:
        try:
            found.append(open_database(url))
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=opens) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [type(one) for one in found] == [Database] * 4, found
    for one in found:
        one.close()


@pytest.mark.parametrize("url", ["mysql://a@b/c", "nonsense", "sqlite:////proc/nowhere/cases.db",
                                 "postgresql://nobody:geheim@127.0.0.1:9/none"], indirect=False)  # fmt: skip
def test_a_database_that_cannot_be_opened_is_told_in_one_sentence_without_its_password(url: str) -> None:
    with pytest.raises(StoreError) as told:
        open_database(url)
    assert "geheim" not in str(told.value)
    assert "\n" not in str(told.value)


FORBIDDEN = (
    "UPDATE audit SET who = 'nobody'",
    "UPDATE audit SET after = NULL",
    "UPDATE audit SET who = 'nobody', erased_at = at",
    "UPDATE audit SET at = '2020-01-01 00:00:00', erased_at = at",
    "DELETE FROM audit",
    "DELETE FROM audit WHERE id > 1",
)
BY_DATABASE = {
    "sqlite": ("INSERT OR REPLACE INTO audit (id, at, who, action, subject) VALUES (1, '2020', 'x', 'x', '')",
               "REPLACE INTO audit (id, at, who, action, subject) SELECT id, at, 'x', action, subject FROM audit",
               "UPDATE OR REPLACE audit SET id = 2 WHERE id = 1"),
    "postgresql": ("TRUNCATE audit",
                   "INSERT INTO audit (id, at, who, action, subject) SELECT id, at, 'x', action, subject FROM audit "
                   "ON CONFLICT (id) DO UPDATE SET who = 'x'"),
}  # fmt: skip


def test_entries_of_the_audit_trail_cannot_be_changed_or_deleted(office: Office) -> None:
    office.receive()
    office.receive("¿Cuánto cuesta el envío?")
    database = office.service.database
    with database.read() as tx:
        before = access.find(tx, AuditRow)
    assert len(before) == 2
    for statement in (*FORBIDDEN, *BY_DATABASE[database.engine.dialect.name]):
        with pytest.raises((DBAPIError, StoreError), match="append-only"), database.write() as tx:
            tx.execute(text(statement))
        with database.read() as tx:
            assert access.find(tx, AuditRow) == before, statement


def test_an_erasure_takes_the_words_out_of_an_entry_once_and_leaves_the_rest(office: Office) -> None:
    office.receive()
    database = office.service.database
    with database.write() as tx:
        entry = access.find(tx, AuditRow)[0]
        access.change(tx, AuditRow, entry.id, before=None, after=None, erased_at=NOW)
    with database.read() as tx:
        after = access.find(tx, AuditRow)[0]
    assert (after.at, after.who, after.action, after.case_id) == (entry.at, entry.who, entry.action, entry.case_id)
    with pytest.raises((DBAPIError, StoreError), match="append-only"), database.write() as tx:
        access.change(tx, AuditRow, entry.id, after={"told": "anew"}, erased_at=NOW)


def without_ranks(database: Database) -> None:
    """Its jobs as they were before they had a rank."""
    with database.write() as tx:
        for statement in (
            "DROP INDEX ix_jobs_due",
            "DROP INDEX ix_jobs_done",
            "ALTER TABLE jobs DROP COLUMN rank",
            "CREATE INDEX ix_jobs_due ON jobs (done_at, run_at, kind, lease_until)",
            "UPDATE alembic_version SET version_num = '0004'",
        ):
            tx.execute(text(statement))


def test_a_reply_approved_before_jobs_had_ranks_still_goes_first(office: Office) -> None:
    view = office.drafted()
    office.receive("¿Cuánto cuesta el envío?")
    office.clock.later(minutes=1)
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    without_ranks(office.service.database)
    upgrade(office.service.database)
    assert work.step(office.service, "w")
    assert len(office.mailbox.posts) == 1


def test_cases_of_the_first_tables_keep_the_terms_that_they_had(office: Office) -> None:
    database = office.service.database
    view = office.drafted()
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    without_ranks(database)
    with database.write() as tx:
        for column in ("claim_from", "claim_answered_at", "claim_matters"):
            tx.execute(text(f"ALTER TABLE cases DROP COLUMN {column}"))
        tx.execute(text("DROP TABLE inbox"))
        tx.execute(text("CREATE TABLE arrivals (key TEXT PRIMARY KEY, at TIMESTAMP NOT NULL)"))
        tx.execute(text("INSERT INTO arrivals VALUES ('k', '2026-11-23 09:00:00.000000')"))
        tx.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    upgrade(database)
    with database.read() as tx:
        known = access.find(tx, InboxEntry)
    assert [(one.key, one.state, one.done_at == one.at) for one in known] == [("k", "taken", True)]
    case = office.view(view.case.id).case
    assert (case.claim_from, case.claim_answered_at, case.claim_matters) == (case.opened_at, case.answered_at, ())
    assert case.claim_answered_at is not None
