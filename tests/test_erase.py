"""Erasing a person's data: nothing of it is left in the rows, in the trail, or in the bytes of the file."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres import new_database, postgres_url
from sqlalchemy import select
from stored_cases import ANA, DAY, HOUR, T0, add_user, answered, change, closed, drafted, new_case, promise

from voz.errors import InputError, NotFound, Refused
from voz.service import erase
from voz.service.actor import Actor
from voz.service.copies import Left, Places
from voz.service.erase import Erased, forget, plan, retain
from voz.service.export import whole
from voz.service.figures import figures
from voz.service.period import Period
from voz.service.reports import unanswered
from voz.store import access, erasure, jobs
from voz.store.database import Database, open_database, sqlite_url
from voz.store.rows import (
    AnswerRow,
    AuditRow,
    CandidateRow,
    CaseRow,
    ConsultationRow,
    DecisionRow,
    DeliveryRow,
    DraftRow,
    JobRow,
    MessageRow,
    ScratchRow,
)
from voz.store.schema import metadata

__all__ = ["postgres_url"]  # a fixture
LEAD = Actor("u-lea", "Lea", "lead")
NAME = "Zoraida Quintanapalla"
WORD = "xilofonotropical"
"""Stands in every text about her, and nowhere else."""
NOW = T0 + 30 * DAY


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    db = open_database(sqlite_url(tmp_path / "home"))
    yield db
    db.close()


def body(said: str, part: str) -> dict[str, Any]:
    """A drafted case that is large enough to be told from others once it is deflated."""
    numbers = [f"{hash((said, part, number)) & 0xFFFFFF:x}" for number in range(900)]
    return {"message": {"text": said}, "part": part, "evidence": numbers}


def everything(tx: Any, number: int, *, text: str = WORD, author: str = NAME, open_again: bool = False) -> CaseRow:
    """An answered case with a row of every kind, all of which quote the customer."""
    said = f"{text} soy {author}, de la calle Mayor"
    row = new_case(tx, number, author=author, text=said, thread=f"hilo-{text}-{number}", region=text, language="es",
                   claim=True, claim_reason=f"fault: {text}; formal", topics=("late",), source="zendesk")  # fmt: skip
    row = drafted(tx, row, wish=f"{text} más cálida", body=body(said, "reply"), public_body=body(said, "public"),
                  unanswered=({"ask": said, "team": "taller"},), public_reply=said)  # fmt: skip
    row = answered(tx, row, text=f"Hola, {said}", unchanged=False, distance=0.25, override=f"porque {text}")
    key = row.id
    finding = {"check": "support", "severity": "block", "start": 0, "end": 9, "detail": said}
    access.change(
        tx, DecisionRow, f"a-{key}", sent={"reply": body(said, "sent")}, findings=(finding,), public_text=said,
        needs=({"action": "refund", "text": said, "up_to": 50},),
    )  # fmt: skip
    access.change(tx, DeliveryRow, f"s-{key}", receipt={"url": f"https://desk.example/{text}"}, error=text)
    access.add(tx, ScratchRow(key, ANA, "reply", said, said, T0))
    access.add(tx, ConsultationRow(f"q-{key}", key, said, said, "taller", ANA, T0, link_hash=f"hash-{key}",
                                   answer=said, answered_by=ANA, answered_at=T0, proposal="accepted"))  # fmt: skip
    promise(tx, number, row, dt.date(2026, 3, 6), text=said, basis=text, note=said, done_at=T0 + DAY,
            clause="Llamamos en tres días.")  # fmt: skip
    access.add(tx, CandidateRow(f"e-{key}", key, f"a-{key}", {"text": said}, said, said, T0, state="accepted",
                                use="style"))  # fmt: skip
    access.add(tx, AuditRow(0, T0, ANA, "approved", key, 3, f"a-{key}", {"draft": said}, {"reply": said}))
    access.add(tx, AuditRow(0, T0, ANA, "candidate_accepted", subject=f"e-{key}", after={"text": said}))
    jobs.enqueue(tx, "draft", now=T0, case_id=key, ref=f"wish:{said}", key=f"again:{key}")
    held = json.dumps({"reply": f"Hola, {said}"})
    access.add(tx, AnswerRow(f"k-{key}", "hash", NOW, status=200, headers={}, body=held, done_at=NOW))
    for job in access.find(tx, JobRow, case_id=key):
        access.change(tx, JobRow, job.id, error=said)
    if open_again:
        row = change(tx, row, delivered_at=None, approved_at=None, decision_id=None, failed_step="draft", failure=said)
    return row


def told(db: Database) -> str:
    """Every value of every table as text, what is packed unpacked."""
    found = []
    with db.read() as tx:
        for table in metadata.tables.values():
            found += [repr(tuple(row)) for row in tx.execute(select(table))]
    return "\n".join(found)


def raw(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("cases.db*")))


def packed(value: Any) -> bytes:
    """A piece of a deflated value that fits on one page of the file, and that no other value has."""
    whole = zlib.compress(json.dumps(value, ensure_ascii=False).encode(), 6)
    return whole[len(whole) // 2 : len(whole) // 2 + 40]


def test_nothing_of_the_person_is_left_in_any_row_and_the_figures_stay(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        everything(tx, 1)
        everything(tx, 2, text="otra", author="Berta Solano")
    period = Period(zone="Europe/Madrid")
    before = figures(database, period, NOW)
    done = forget(database, LEAD, "  zoraida   QUINTANAPALLA ", NOW)
    left = told(database)
    assert WORD not in left
    assert "Quintanapalla" not in left
    assert "quintanapalla" not in left
    assert left.count("Berta Solano") > 5
    assert done.codes == ("0001-TEST",)
    assert done.clean
    assert {name: count for name, count in done.rows.items() if not count} == {}
    after = figures(database, period, NOW)
    assert (after.volume, after.times, after.approvals, after.gaps) == (
        before.volume, before.times, before.approvals, before.gaps,
    )  # fmt: skip
    assert [one.code for one in after.missing] == ["0002-TEST"]
    assert unanswered(database, period, NOW).holds


def test_what_stays_of_an_erased_case(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        row = everything(tx, 1)
    forget(database, LEAD, NAME, NOW)
    with database.read() as tx:
        case = access.get(tx, CaseRow, row.id)
        decision = access.get(tx, DecisionRow, f"a-{row.id}")
        trail = access.find(tx, AuditRow, order=("id",))
        work = access.find(tx, JobRow, case_id=row.id)
        consultation = access.get(tx, ConsultationRow, f"q-{row.id}")
        draft = access.get(tx, DraftRow, f"d-{row.id}")
    assert case is not None
    assert (case.status, case.erased_at, case.claim_reason, case.topics) == (
        "delivered",
        NOW,
        "fault; formal",
        ("late",),
    )
    assert (case.answered_at, case.code, case.language) == (row.answered_at, row.code, "es")
    assert decision is not None
    assert (decision.by, decision.distance, decision.unchanged, bool(decision.override)) == (ANA, 0.25, False, True)
    assert decision.findings == ({"check": "support", "severity": "block", "start": 0, "end": 0, "detail": ""},)
    assert decision.needs == ({"action": "refund", "up_to": 50},)
    assert draft is not None
    assert draft.unanswered == ({"ask": "", "team": "taller"},)
    assert all(job.done_at for job in work)
    assert consultation is not None
    assert consultation.link_hash is None
    old = [one for one in trail if one.action != "erased"]
    assert all(one.erased_at == NOW and one.before is None and one.after is None for one in old)
    assert [(one.who, one.action) for one in trail if one.action == "erased"] == [(LEAD.id, "erased")] * 2
    assert trail[-1].after["reason"] == "right to erasure"


def test_no_byte_of_it_is_left_in_the_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    db = open_database(sqlite_url(home))
    with db.write() as tx:
        row = everything(tx, 1)
        add_user(tx)
        everything(tx, 2, text="otra", author="Berta Solano")
        for number in range(3, 60):  # rows beside it, so that pages are shared and split
            drafted(tx, new_case(tx, number, author=f"Cliente {number}", text=f"mensaje {number} " * 20))
    for number in range(60):  # what was typed again and again leaves copies in free places of the file
        with db.write() as tx:
            tx.exec_driver_sql("PRAGMA secure_delete=OFF")  # as SQLite is on some systems
            access.replace(tx, ScratchRow(row.id, ANA, "reply", f"{WORD} {number} " * (60 - number) ** 2, "", T0))
    said = f"{WORD} soy {NAME}, de la calle Mayor"
    pieces = [packed(body(said, "reply")), packed(body(said, "public")), packed({"reply": body(said, "sent")})]
    before = raw(home)
    assert WORD.encode() in before
    assert NAME.encode() in before
    assert all(piece in before for piece in pieces)
    assert forget(db, LEAD, NAME, NOW).clean
    after = raw(home)
    for gone in (WORD, NAME, NAME.casefold(), "Quintanapalla"):
        assert gone.encode() not in after
        assert gone.encode("utf-16-le") not in after
    assert not any(piece in after for piece in pieces)
    assert b"Berta Solano" in after
    db.close()
    assert WORD.encode() not in raw(home)


def test_another_process_that_reads_is_told_of_and_the_file_written_anew_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "PATIENCE", 1)
    url = sqlite_url(tmp_path / "home")
    db, other = open_database(url), open_database(url)
    with db.write() as tx:
        add_user(tx)
        everything(tx, 1)
    with other.read() as tx:
        access.find(tx, CaseRow)
        assert not forget(db, LEAD, NAME, NOW).clean
    assert retain(db, NOW, None, rewrite=True).clean
    assert WORD.encode() not in raw(tmp_path / "home")
    db.close()
    other.close()


def test_open_cases_are_closed_only_when_that_was_said(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        add_user(tx, LEAD.id, "Lea", "lea", "lead")
        everything(tx, 1, open_again=True)
        everything(tx, 2)
    assert [case.code for case in plan(database, NAME).open] == ["0001-TEST"]
    with pytest.raises(Refused, match="0001-TEST"):
        forget(database, LEAD, NAME, NOW)
    assert WORD in told(database)
    done = forget(database, LEAD, NAME, NOW, close_open=True)
    assert (done.codes, done.closed) == (("0001-TEST", "0002-TEST"), ("0001-TEST",))
    with database.read() as tx:
        case = access.get(tx, CaseRow, "c000001")
        closing = access.find(tx, AuditRow, case_id="c000001", action="closed")
    assert case is not None
    assert (case.status, case.closed_by, case.closed_reason) == ("closed", LEAD.id, "customer_withdrew")
    assert [(one.who, one.after) for one in closing] == [(LEAD.id, {"reason": "customer_withdrew"})]
    assert WORD not in told(database)
    assert unanswered(database, Period(), NOW).holds


def between(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Let something happen after what would be erased was looked at, and before it is."""

    def look(*given: Any) -> erase.Plan:
        found = plan(*given)
        monkeypatch.setattr(erase, "plan", plan)
        what()
        return found

    monkeypatch.setattr(erase, "plan", look)


def test_a_case_that_comes_in_meanwhile_is_not_closed_unsaid(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def comes() -> None:
        with database.write() as tx:
            everything(tx, 2, open_again=True)

    with database.write() as tx:
        everything(tx, 1)
    between(monkeypatch, comes)
    with pytest.raises(Refused, match="meanwhile"):
        forget(database, LEAD, NAME, NOW)
    assert WORD in told(database)


@pytest.mark.parametrize("case_id", [None, "c000001"])
def test_what_somebody_else_erased_meanwhile_is_told_of(
    database: Database, monkeypatch: pytest.MonkeyPatch, case_id: str | None
) -> None:
    with database.write() as tx:
        everything(tx, 1)
    between(monkeypatch, lambda: forget(database, LEAD, NAME, NOW))
    with pytest.raises(NotFound, match="meanwhile"):
        forget(database, LEAD, NAME, NOW, case_id=case_id)


def test_one_case_alone_and_never_somebody_elses(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        everything(tx, 1)
        everything(tx, 2)
        everything(tx, 3, text="otra", author="Berta Solano")
    with pytest.raises(InputError, match="not one of"):
        forget(database, LEAD, NAME, NOW, case_id="0003-TEST")
    assert forget(database, LEAD, NAME, NOW, case_id="0002-test").codes == ("0002-TEST",)
    with pytest.raises(NotFound, match="already"):
        forget(database, LEAD, NAME, NOW, case_id="c000002")
    assert [case.id for case in plan(database, NAME).cases] == ["c000001"]


def test_who_may_and_who_is_meant(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        everything(tx, 1)
    with pytest.raises(Refused, match="lead"):
        forget(database, Actor(ANA, "Ana", "agent"), NAME, NOW)
    with pytest.raises(InputError):
        forget(database, LEAD, "  ", NOW)
    with pytest.raises(NotFound, match=NAME):
        forget(database, LEAD, "Quintanapalla", NOW)
    forget(database, LEAD, NAME, NOW)
    with pytest.raises(NotFound):
        forget(database, LEAD, NAME, NOW)


def test_a_reply_on_its_way_is_waited_for(database: Database) -> None:
    with database.write() as tx:
        everything(tx, 1, open_again=True)
        access.change(tx, DeliveryRow, "s-c000001", state="sending")
    with pytest.raises(Refused, match="going out"):
        forget(database, LEAD, NAME, NOW, close_open=True)
    assert WORD in told(database)


def test_a_draft_that_is_being_written_meanwhile_is_not_kept(database: Database) -> None:
    with database.write() as tx:
        new_case(tx, 1, author=NAME)
        job = jobs.lease(tx, "worker", T0, HOUR)
        assert job is not None
    forget(database, LEAD, NAME, NOW, close_open=True)
    with pytest.raises(jobs.LostLease), database.write() as tx:
        jobs.finish(tx, job, NOW)


def test_other_peoples_cases_in_which_they_wrote_are_named(database: Database) -> None:
    with database.write() as tx:
        row = closed(tx, new_case(tx, 1, author="Berta Solano"))
        access.add(tx, MessageRow("m-2", row.id, "desk", None, True, NAME, WORD, T0, T0, ""))
        closed(tx, new_case(tx, 2, author=NAME, text=WORD))
    done = forget(database, LEAD, NAME, NOW)
    assert (done.codes, done.also_in) == (("0002-TEST",), ("0001-TEST",))
    again = forget(database, LEAD, NAME, NOW)
    assert (again.codes, again.also_in) == ((), ("0001-TEST",))
    assert forget(database, LEAD, NAME, NOW, case_id="0001-TEST").codes == ("0001-TEST",)
    assert WORD not in told(database)


def test_copies_outside_of_the_database(database: Database, tmp_path: Path) -> None:
    out, taken = tmp_path / "home/folder/out/s.json", tmp_path / "home/folder/in/done/x-c000002.json"
    style = tmp_path / "evals/candidates/style/e-c000001.json"
    for path in (out, taken, style):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"id": path.stem}), encoding="utf-8")
    suite = tmp_path / "evals" / "mine.jsonl"
    suite.write_text('{"id": "from e-c000001"}\n', encoding="utf-8")
    with database.write() as tx:
        everything(tx, 1)
        access.change(tx, DeliveryRow, "s-c000001", receipt={"file": str(out)})
        closed(tx, new_case(tx, 2, author=NAME, source="folder"))
        access.change(tx, MessageRow, "m-c000002", source="folder")
    done = forget(database, LEAD, NAME, NOW, places=Places(tmp_path / "home", tmp_path / "evals"))
    assert set(done.removed) == {str(style), str(out), str(taken)}
    assert [path for path in (style, out, taken) if path.exists()] == []
    assert set(done.left) == {
        Left("helpdesk", f"zendesk: hilo-{WORD}-1"), Left("example", str(suite)),
        Left("knowledge", "0001-TEST: q-c000001"),
    }  # fmt: skip


def test_a_file_that_is_not_in_a_folder_of_vozs_own_is_left_to_a_person(database: Database, tmp_path: Path) -> None:
    elsewhere = tmp_path / "somewhere" / "s.json"
    elsewhere.parent.mkdir()
    elsewhere.write_text("{}", encoding="utf-8")
    with database.write() as tx:
        everything(tx, 1)
        access.change(tx, DeliveryRow, "s-c000001", receipt={"file": str(elsewhere)})
    done = forget(database, LEAD, NAME, NOW, places=Places(tmp_path / "home", tmp_path / "evals"))
    assert Left("delivered_file", str(elsewhere)) in done.left
    assert elsewhere.exists()


def test_who_may_be_the_same_person_and_who_tells_of_them_is_named(database: Database, tmp_path: Path) -> None:
    with database.write() as tx:
        closed(tx, new_case(tx, 1, author="Marta Ruiz"))
        closed(tx, new_case(tx, 2, author="Marta Ruíz"))
        closed(tx, new_case(tx, 3, author="Luis Pérez", text="Escribo por mi vecina, Marta RUIZ, que no oye bien."))
        closed(tx, new_case(tx, 4, author="Luis Pérez", text="Ruizeñores y martas."))
    found = plan(database, "marta ruiz")
    assert (found.twins, found.named_in) == (("Marta Ruíz (0002-TEST)",), ("0003-TEST",))
    done = forget(database, LEAD, "Marta Ruiz", NOW)
    assert (done.codes, done.twins, done.named_in) == (("0001-TEST",), found.twins, found.named_in)
    with pytest.raises(NotFound, match="Marta Ruíz"):
        forget(database, LEAD, "Marta Ruiz", NOW)


def test_retention_takes_what_is_old_and_owes_nothing(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        everything(tx, 1)
        closed(tx, new_case(tx, 2, text=WORD))
        new_case(tx, 3, text="sigue abierto")
        owing = answered(tx, new_case(tx, 4, text="espera una llamada"))
        promise(tx, 40, owing, dt.date(2027, 1, 1))
        answered(tx, new_case(tx, 5, T0 + 200 * DAY, text="reciente"))
    now = T0 + 300 * DAY
    done = retain(database, now, 180 * DAY)
    assert done.codes == ("0001-TEST", "0002-TEST")
    assert WORD not in told(database)
    with database.read() as tx:
        kept = [case.code for case in access.find(tx, CaseRow, erased_at=None, order=("id",))]
        entry = access.first(tx, AuditRow, case_id=None, action="erased")
    assert kept == ["0003-TEST", "0004-TEST", "0005-TEST"]
    assert entry is not None
    assert (entry.who, entry.after["reason"]) == ("voz", "retention of 180 days")
    assert retain(database, now, 180 * DAY) == Erased()
    assert retain(database, now, None) == Erased()


def test_more_cases_than_one_transaction_takes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from voz.service import erase

    monkeypatch.setattr(erase, "BATCH", 3)
    with database.write() as tx:
        for number in range(8):
            closed(tx, new_case(tx, number, text=WORD))
    assert len(retain(database, NOW, 7 * DAY).codes) == 8
    assert WORD not in told(database)


def test_every_table_that_belongs_to_a_case_is_emptied_and_exported() -> None:
    """Whoever adds a table about cases has to say here what erasing and exporting do with it."""
    from voz.service.export import PARTS
    from voz.store.access import TABLES

    own = {table.name for table in metadata.tables.values() if "case_id" in table.c}
    assert own == {TABLES[kind].name for _, kind, _ in PARTS} | {"audit"}
    assert own == {table.name for table in erasure.HOLDING} - {"cases", "answers", "early", "inbox"}


def test_the_trail_cannot_be_changed_but_by_erasing(database: Database) -> None:
    from voz.errors import StoreError

    with database.write() as tx:
        closed(tx, new_case(tx, 1, author=NAME))
    forget(database, LEAD, NAME, NOW)
    with pytest.raises(Exception, match="append-only") as raised, database.write() as tx:
        access.change(tx, AuditRow, 1, after={"text": "otra cosa"}, erased_at=NOW + DAY)
    assert not isinstance(raised.value, StoreError)


def test_an_erased_case_can_still_be_exported(database: Database) -> None:
    with database.write() as tx:
        everything(tx, 1)
    forget(database, LEAD, NAME, NOW)
    with database.read() as tx:
        case = access.get(tx, CaseRow, "c000001")
        assert case is not None
        found = whole(tx, case, NOW)
    assert WORD not in json.dumps(found)
    assert [entry["action"] for entry in found["audit"]][-1] == "erased"


def test_the_same_on_postgresql(postgres_url: str) -> None:
    db = open_database(new_database(postgres_url, "erase"))
    with db.write() as tx:
        add_user(tx)
        add_user(tx, LEAD.id, "Lea", "lea", "lead")
        everything(tx, 1, open_again=True)
        everything(tx, 2)
        everything(tx, 3, text="otra", author="Berta Solano")
    done = forget(db, LEAD, NAME, NOW, close_open=True)
    assert (done.codes, done.closed, done.clean) == (("0001-TEST", "0002-TEST"), ("0001-TEST",), True)
    left = told(db)
    assert WORD not in left
    assert "uintanapalla" not in left
    assert "Berta Solano" in left
    assert retain(db, T0 + 99 * DAY, 50 * DAY).codes == ("0003-TEST",)
    assert "Berta Solano" not in told(db)
    db.close()
