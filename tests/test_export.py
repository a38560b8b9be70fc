"""`voz export` and `voz forget` as they are run, and what an export holds."""

from __future__ import annotations

import datetime as dt
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from stored_cases import ANA, T0, add_user, answered, drafted, new_case, promise
from typer.testing import CliRunner

from voz.commands import erase as commands
from voz.config import Settings
from voz.errors import InputError, NotFound, Refused
from voz.service.actor import OWNER, Actor
from voz.service.export import as_json, case_named, export
from voz.store import access
from voz.store.database import Database, open_database, sqlite_url
from voz.store.rows import AuditRow, CandidateRow, CaseRow, ConsultationRow, EventRow, ScratchRow

NOW = T0 + dt.timedelta(days=3)
KEYS = (
    "format", "exported_at", "case", "messages", "drafts", "scratches", "decisions", "deliveries", "consultations",
    "commitments", "candidates", "events", "jobs", "audit", "people",
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    db = open_database(sqlite_url(tmp_path / "home"))
    with db.write() as tx:
        add_user(tx)
        add_user(tx, "u-other", "Otra", "otra")
        row = drafted(tx, new_case(tx, 1, text="¿Y mi señal?\u202e\x9b"), body={"evidence": {"b": 1, "a": 2}})
        row = answered(tx, row)
        access.add(tx, ScratchRow(row.id, ANA, "reply", "a medias", "", T0))
        access.add(tx, ConsultationRow("q1", row.id, "¿?", "¿?", "taller", ANA, T0, link_hash="secreto"))
        access.add(tx, CandidateRow("e1", row.id, f"a-{row.id}", {}, "", "", T0))
        access.add(tx, EventRow("v1", "case.approved", T0, row.id, {"case": row.id}))
        access.add(tx, AuditRow(0, T0, ANA, "approved", row.id, 4, f"a-{row.id}", {"a": "antes"}, {"b": "después"}))
        access.add(tx, AuditRow(0, T0, ANA, "candidate_accepted", subject="e1"))
        promise(tx, 1, row, dt.date(2026, 3, 6))
        access.change(tx, CaseRow, row.id, code="K7M4-RT2C")
        new_case(tx, 2, author="Otra Persona", text="de otra persona")
    yield db
    db.close()


def test_everything_of_the_case_and_nothing_of_others(database: Database) -> None:
    found = export(database, Actor(ANA, "Ana", "agent"), "c000001", NOW)
    assert tuple(found) == KEYS
    assert all(found[part] for part in KEYS)
    text = as_json(found)
    assert "de otra persona" not in text
    assert "secreto" not in text
    assert found["drafts"][0]["body"] == {"evidence": {"a": 2, "b": 1}}
    entry = next(one for one in found["audit"] if one["action"] == "approved")
    assert (entry["who"], entry["name"], entry["at"]) == (ANA, "Ana Agente", T0.isoformat())
    assert (entry["before"], entry["after"]) == ({"a": "antes"}, {"b": "después"})
    assert "candidate_accepted" in {one["action"] for one in found["audit"]}
    assert found["people"] == {ANA: {"login": "ana", "name": "Ana Agente", "role": "agent"}}
    assert set(found["case"]) == set(CaseRow.__slots__)


def test_who_took_it_is_in_the_trail(database: Database) -> None:
    before = export(database, OWNER, "c000001", NOW)
    after = export(database, OWNER, "c000001", NOW)
    assert [entry["action"] for entry in after["audit"]][: len(before["audit"])] == [
        entry["action"] for entry in before["audit"]
    ]
    assert (after["audit"][-1]["action"], after["audit"][-1]["who"]) == ("exported", "local")
    assert {**before, "audit": 0} == {**after, "audit": 0}


@pytest.mark.parametrize("named", ["c000001", " c000001 ", "K7M4-RT2C", "k7m4-rt2c"])
def test_by_id_or_by_tracking_code(database: Database, named: str) -> None:
    with database.read() as tx:
        assert case_named(tx, named).id == "c000001"


def test_a_code_that_nobody_has(database: Database) -> None:
    with database.read() as tx, pytest.raises(NotFound, match="K7M4"):
        case_named(tx, "K7M4-0000")


def test_json_that_neither_drives_a_terminal_nor_turns_the_writing_round() -> None:
    said = {"text": "ñ \x1b[31m \x9b \u202e \u200b \ud800 \u2028"}
    text = as_json(said)
    assert json.loads(text) == said
    assert text.isprintable() or set(text) - {"\n"} <= set(filter(str.isprintable, text)) | {"\n"}
    assert "ñ" in text
    text.encode("utf-8")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", knowledge=tmp_path / "knowledge")


def run(command: Any) -> Any:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, [])


def test_export_to_a_file_that_its_owner_alone_can_read(company: Settings, tmp_path: Path) -> None:
    out = tmp_path / "case.json"
    commands.export_case(company, "c000001", out, "ana")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["case"]["id"] == "c000001"
    printed = run(lambda: commands.export_case(company, "c000001", None, None)).output
    assert json.loads(printed)["case"]["id"] == "c000001"
    with pytest.raises(InputError, match="cannot be written"):
        commands.export_case(company, "c000001", tmp_path / "no" / "case.json", None)
    with pytest.raises(NotFound, match="nadie"):
        commands.export_case(company, "c000001", None, "nadie")


def test_forget_says_what_it_did_and_who_may(company: Settings, database: Database) -> None:
    with database.write() as tx:
        add_user(tx, "u-lea", "Lea", "lea", "lead")
        new_case(tx, 3, author="Zoe Vidal")
    with pytest.raises(Refused, match="lead"):
        commands.forget_author(company, "Carla Quesada", None, "ana", False, "es")
    with pytest.raises(Refused, match="--yes"):
        commands.forget_author(company, "Zoe Vidal", None, "lea", False, "es")
    closing = run(lambda: commands.forget_author(company, "Zoe Vidal", None, "lea", True, "es")).output
    assert "Siguen abiertos 1 casos (0003-TEST)" in closing
    done = run(lambda: commands.forget_author(company, "carla quesada", None, "lea", False, "es")).output
    assert "Borrados 1 casos: K7M4-RT2C" in done
    assert "copias de seguridad" in done


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_retention_off_and_on(company: Settings, language: str) -> None:
    off = run(lambda: commands.retain_cases(company, language)).output
    assert "VOZ_RETENTION_DAYS" in off
    on = run(lambda: commands.retain_cases(company.model_copy(update={"retention_days": 1}), language)).output
    assert "K7M4-RT2C" in on
    assert "0002-TEST" not in on


def test_retention_is_a_number_of_days(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import ValidationError

    monkeypatch.setenv("VOZ_RETENTION_DAYS", "365")
    assert Settings().retention_days == 365
    monkeypatch.setenv("VOZ_RETENTION_DAYS", "0")
    with pytest.raises(ValidationError):
        Settings()
