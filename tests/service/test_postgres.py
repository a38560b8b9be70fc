"""What both databases must do alike: one state for each reading, faults told in a sentence, any text kept."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest
from office import ANA, Office
from sqlalchemy import create_engine, text

from voz.errors import StoreError
from voz.service import review
from voz.store import access, queue
from voz.store.database import Database, open_database
from voz.store.rows import CaseRow, MessageRow


def test_a_reading_sees_one_state_although_others_write_meanwhile(office: Office) -> None:
    case = office.view(office.receive().case_id).case
    with office.service.database.read() as tx:
        before = access.get(tx, CaseRow, case.id)
        writer = threading.Thread(
            target=review.close, args=(office.service, ANA, case.id, case.version, "no_answer_needed")
        )
        writer.start()
        writer.join(60)
        assert access.get(tx, CaseRow, case.id) == before
    assert office.view(case.id).case.status == "closed"


def test_a_reading_cannot_write_on_postgresql(office: Office) -> None:
    if office.service.database.is_sqlite:
        pytest.skip("SQLite has no such transactions")
    office.receive()
    with pytest.raises(Exception, match="read-only transaction"), office.service.database.read() as tx:
        tx.execute(text("UPDATE cases SET status = 'closed'"))


def test_what_was_begun_and_failed_changes_nothing(office: Office) -> None:
    case = office.view(office.receive().case_id).case

    def fails() -> None:
        with office.service.database.write() as tx:
            access.change(tx, CaseRow, case.id, status="closed")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        fails()
    assert office.view(case.id).case == case


def test_a_server_that_goes_away_is_told_in_a_sentence_and_found_again(office: Office) -> None:
    database = office.service.database
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    receipt = office.receive()

    def cut_off() -> None:
        with database.write() as tx:
            own = tx.execute(text("SELECT pg_backend_pid()")).scalar()
            with database.read() as other:
                other.execute(text(f"SELECT pg_terminate_backend({own})"))
            access.change(tx, CaseRow, receipt.case_id, status="closed")

    with pytest.raises(StoreError, match="did not take it"):
        cut_off()
    assert office.view(receipt.case_id).case.status == "received"
    assert office.receive("Otra cosa", external_id="2").new_case


def test_too_many_at_once_are_told_to_try_again(office: Office) -> None:
    full = create_engine(office.service.database.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.2)
    small = Database(full)
    with small.read(), pytest.raises(StoreError, match="try again"), small.read():
        pass
    small.close()


@pytest.mark.parametrize(
    "said",
    [
        "nul: \x00.", "half a pair: \ud83d.", "\u202eal revés\u202c", "\U0001f9d1\u200d\U0001f680" * 500,
        "a\u0301" * 10_000, "palabra" * 14_000, "a b c " * 20_000, " ".join(map(str, range(18_000))),
        "' \" \\ % :asked $1 ?",
        "1:2 <-> !x & (y",
    ],
)  # fmt: skip
def test_any_text_is_kept_and_found_again(office: Office, said: str) -> None:
    receipt = office.receive(f"{said} ornitorrinco"[-100_000:], author=f"Ana {said[:40]}")
    with office.service.database.read() as tx:
        kept = access.find(tx, MessageRow, case_id=receipt.case_id)
        found = queue.page(tx, queue.Filter(search="Ornitorrinco"), office.clock.now).cases
    assert len(kept) == 1
    assert kept[0].text.endswith("ornitorrinco")
    assert [case.id for case in found] == [receipt.case_id]


def test_the_same_questions_have_the_same_answers(tmp_path: Path, postgres_url: str) -> None:
    """What a person's day leaves behind is the same on both, but for ids and codes."""
    from office import open_office
    from postgres import new_database

    from voz.store.database import sqlite_url

    seen = []
    for url in (sqlite_url(tmp_path), new_database(postgres_url, "same")):
        office = open_office(tmp_path, url)
        first = office.drafted(external_id="1", thread="t")
        review.approve(office.service, ANA, first.case.id, first.case.version, first.draft.reply or "")
        office.drain()
        second = office.drafted("¿Cuánto cuesta el envío?", external_id="2")
        review.close(office.service, ANA, second.case.id, second.case.version, "duplicate")
        office.receive("Sigo esperando.", external_id="3", thread="t")
        cases = [office.view(key).case for key in (first.case.id, second.case.id)]
        trails = [[(one.who, one.action, one.case_version) for one in office.view(case.id).trail] for case in cases]
        seen.append(([fields(case) for case in cases], trails))
        office.service.database.close()
    assert seen[0] == seen[1]


def fields(case: CaseRow) -> dict[str, object]:
    own = ("id", "code", "draft_id", "decision_id")
    return {name: value for name, value in dataclasses.asdict(case).items() if name not in own}


def test_a_closed_database_opens_again_as_it_was(office: Office, url: str) -> None:
    receipt = office.receive()
    office.service.database.close()
    again = open_database(url)
    with again.read() as tx:
        case = access.get(tx, CaseRow, receipt.case_id)
    again.close()
    assert case is not None
    assert case.code == receipt.code
