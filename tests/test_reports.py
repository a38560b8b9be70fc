"""The reports: nobody unanswered, claims by law, commitments; on SQLite and once on PostgreSQL."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from postgres import new_database, postgres_url
from stored_cases import ANA, DAY, HOUR, T0, add_user, answered, change, closed, drafted, new_case, promise
from typer.testing import CliRunner

from voz import cli_report
from voz.brand import Brand, Claims, ServiceLevels, Voice
from voz.packaged import packaged
from voz.service import claims_report, reports
from voz.service.period import Period, period_of
from voz.service.tabular import csv_text
from voz.store import access
from voz.store.database import Database, open_database, sqlite_url
from voz.store.rows import AuditRow, CaseRow, DecisionRow, DeliveryRow, MessageRow

__all__ = ["postgres_url"]  # a fixture
MADRID = "Europe/Madrid"
EVER = Period(zone=MADRID)
NOW = T0 + 10 * DAY
LARGE = Brand(voice=Voice(country="ES"), sla=ServiceLevels(claims=Claims(large_company=True)))
SMALL = Brand(voice=Voice(country="ES"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    db = open_database(sqlite_url(tmp_path / "home"))
    yield db
    db.close()


def desk(db: Database) -> None:
    """Five cases, each standing somewhere else; all as they should be."""
    with db.write() as tx:
        add_user(tx)
        answered(tx, new_case(tx, 1))
        closed(tx, new_case(tx, 2), "spam")
        new_case(tx, 3, T0 + DAY, due_at=T0 + 2 * DAY)
        drafted(tx, new_case(tx, 4, T0 + 2 * DAY, team="taller", due_at=T0 + 20 * DAY))
        answered(tx, new_case(tx, 5, T0 + 40 * DAY))


def test_the_sum_comes_out_and_the_open_ones_are_listed(database: Database) -> None:
    desk(database)
    found = reports.unanswered(database, Period(dt.date(2026, 3, 1), dt.date(2026, 3, 31), MADRID), NOW)
    assert (found.received, found.answered, len(found.closed), len(found.open)) == (4, 1, 1, 2)
    assert found.holds
    assert found.overdue == 1
    assert [one.code for one in found.open] == ["0003-TEST", "0004-TEST"]
    assert found.open[0].age == NOW - (T0 + DAY)
    assert found.open[1].waits_for == "taller"
    assert reports.by_reason(found.closed) == {"spam": {"Ana Agente": 1}}


def test_a_period_counts_whole_days_of_the_company(database: Database) -> None:
    midnight = dt.datetime(2026, 3, 1, 23, 0, tzinfo=dt.UTC)  # of the second of March in Madrid
    with database.write() as tx:
        new_case(tx, 1, midnight - dt.timedelta(microseconds=1))
        new_case(tx, 2, midnight)
        new_case(tx, 3, midnight + DAY - dt.timedelta(microseconds=1))
        new_case(tx, 4, midnight + DAY)
    found = reports.unanswered(database, period_of("2026-03-02", "2026-03-02", MADRID), NOW)
    assert [one.code for one in found.endings] == ["0002-TEST", "0003-TEST"]


Break = Callable[[Any, CaseRow], object]
BREAKS: dict[str, Break] = {
    "no_reason": lambda tx, row: closed(tx, row, reason="porque sí"),
    "no_person": lambda tx, row: closed(tx, row, by="voz"),
    "idle": lambda tx, row: (drop_work(tx, row), row),
    "unsent": lambda tx, row: set_state(tx, answered(tx, row), "failed"),
    "unapproved": lambda tx, row: access.remove(tx, get(tx, DecisionRow, f"a-{answered(tx, row).id}")),
    "written_after": lambda tx, row: write_again(tx, answered(tx, row)),
    "passed_over": lambda tx, row: write_again(tx, drafted(tx, row), decided=True),
    "wrong_status": lambda tx, row: access.change(tx, CaseRow, row.id, open=False),
    "silent": lambda tx, row: access.change(tx, MessageRow, f"m-{row.id}", incoming=False),
    "vanished": lambda tx, row: access.add(tx, AuditRow(0, T0, "voz", "received", "c-gone", 1)),
}


def get(tx: Any, kind: type, key: str) -> Any:
    return access.get(tx, kind, key)


def drop_work(tx: Any, row: CaseRow) -> None:
    from stored_cases import jobs_done

    jobs_done(tx, row, T0)


def set_state(tx: Any, row: CaseRow, state: str) -> None:
    access.change(tx, DeliveryRow, f"s-{row.id}", state=state)


def write_again(tx: Any, row: CaseRow, *, decided: bool = False) -> None:
    """The customer's second message: after the answer, or before it was decided on the draft for the first one."""
    at = T0 + 5 * HOUR
    access.add(tx, MessageRow("m-again", row.id, "desk", None, True, "Carla", "¿Hola?", at, at, ""))
    if decided:
        answered(tx, row, 9 * HOUR)


@pytest.mark.parametrize("fault", sorted(BREAKS))
def test_each_way_to_lose_a_case_is_named(database: Database, fault: str) -> None:
    desk(database)
    with database.write() as tx:
        BREAKS[fault](tx, new_case(tx, 9))
    found = reports.unanswered(database, EVER, NOW + 60 * DAY)
    assert not found.holds
    if fault == "vanished":
        assert found.lost == ("c-gone",)
    else:
        assert [(one.code, fault in one.faults) for one in found.broken] == [("0009-TEST", True)]


def test_an_approved_reply_that_no_worker_will_send_is_named(database: Database) -> None:
    with database.write() as tx:
        row = answered(tx, new_case(tx, 1))
        access.change(tx, DeliveryRow, f"s-{row.id}", state="waiting", destination="folder", sent_at=None)
        change(tx, row, delivered_at=None, answered_at=None)
    found = reports.unanswered(database, EVER, NOW)
    assert [one.faults for one in found.broken] == [("idle",)]


def test_every_fault_and_every_word_stands_in_three_languages() -> None:
    from typing import get_args

    from voz.service.status import CLOSE_REASONS, STATUSES

    es, *others = (packaged(f"desk/reports.{language}") for language in ("es", "en", "pt"))
    assert all(keys(other) == keys(es) for other in others)
    wanted = {
        "faults": get_args(reports.Fault), "standing": reports.STANDINGS, "closed": CLOSE_REASONS, "status": STATUSES,
        "claim_reasons": (*claims_report.CODES, claims_report.CORRECTED),
    }  # fmt: skip
    for group, names in wanted.items():
        assert set(names) <= set(es[group]), group


def keys(table: dict[str, Any], before: str = "") -> set[str]:
    inner = (keys(v, f"{before}{k}.") if isinstance(v, dict) else {f"{before}{k}"} for k, v in table.items())
    return set().union(*inner)


def claim(tx: Any, number: int, at: dt.datetime, **more: Any) -> CaseRow:
    return new_case(tx, number, at, claim=True, language="es", claim_reason="fault: roto; redress: mi dinero", **more)


def test_claims_are_counted_law_by_law(database: Database) -> None:
    with database.write() as tx:
        answered(tx, claim(tx, 1, T0, topics=("damaged",)), 2 * DAY)
        answered(tx, claim(tx, 2, T0), 40 * DAY)
        claim(tx, 3, T0)
        claim(tx, 4, T0 + 34 * DAY)
        closed(tx, claim(tx, 5, T0), "duplicate")
        new_case(tx, 6, T0)
    found = claims_report.claims(database, LARGE, EVER, T0 + 41 * DAY)
    law = found.laws[0]
    assert [one.law for one in found.laws] == ["ley-10-2025"]
    assert (law.opened, law.answered, law.closed, law.open) == (5, 2, 1, 2)
    assert (law.in_time, law.late, law.overdue) == (1, 1, 1)
    assert law.share_in_time == pytest.approx(1 / 3)
    assert law.not_binding == 5  # until the 28th of December 2026
    assert found.claims[0].working_days == 2
    assert found.claims[0].terms[0].due == dt.date(2026, 3, 23)  # 15 working days after Monday the second
    assert found.reasons == (("fault", 5), ("redress", 5))
    assert found.languages == (("es", 5),)
    assert found.topics == (("damaged", 1),)
    assert "asesoramiento" in found.no_legal_advice


def test_a_small_company_has_the_general_term_and_a_country_without_rules_none(database: Database) -> None:
    with database.write() as tx:
        answered(tx, claim(tx, 1, T0), 2 * DAY)
    small = claims_report.claims(database, SMALL, EVER, NOW)
    assert [one.law for one in small.laws] == ["trlgdcu-21-3"]
    assert small.claims[0].state == "met"
    nowhere = claims_report.claims(database, Brand(voice=Voice(country="UY")), EVER, NOW)
    assert [(one.law, one.answered, one.share_in_time) for one in nowhere.laws] == [("", 1, None)]
    assert nowhere.no_legal_advice == ""


def test_the_last_day_that_the_law_gives_is_the_deadline_that_is_shown(database: Database) -> None:
    with database.write() as tx:
        claim(tx, 1, T0, claim_due=dt.date(2026, 3, 7), due_at=T0 + 30 * DAY)
    deadline = reports.unanswered(database, EVER, NOW).open[0].deadline
    assert deadline is not None
    assert EVER.day_of(deadline) == dt.date(2026, 3, 7)
    assert EVER.day_of(deadline + dt.timedelta(microseconds=1)) == dt.date(2026, 3, 8)


def test_the_term_for_what_the_claim_is_about_counts(database: Database) -> None:
    with database.write() as tx:
        claim(tx, 1, T0, claim_matters=("billing",))
    found = claims_report.claims(database, LARGE, EVER, NOW)
    assert [term.term for term in found.claims[0].terms][:1] == ["es-billing"]
    assert found.laws[0].overdue == 1


def test_no_word_of_the_customer_is_taken_for_a_reason() -> None:
    assert claims_report.reason_codes("fault: se rompió; y mi spam: nada; corrected:u1") == ("fault", "corrected")


@pytest.mark.parametrize(
    ("due", "done", "standing"),
    [
        (dt.date(2026, 3, 10), None, "overdue"),
        (dt.date(2026, 3, 11), None, "this_week"),
        (dt.date(2026, 3, 15), None, "this_week"),
        (dt.date(2026, 3, 16), None, "open"),
        (None, None, "open"),
        (dt.date(2026, 3, 10), dt.date(2026, 3, 10), "in_time"),
        (dt.date(2026, 3, 9), dt.date(2026, 3, 10), "late"),
        (None, dt.date(2026, 3, 10), "done"),
    ],
)
def test_how_a_promise_stands(due: dt.date | None, done: dt.date | None, standing: str) -> None:
    assert reports.standing(due, done, dt.date(2026, 3, 11)) == standing  # a Wednesday


def test_commitments_with_clause_and_owner(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        row = answered(tx, new_case(tx, 1))
        promise(tx, 1, row, dt.date(2026, 3, 5), clause="Llamamos en tres días.", owner="taller")
        promise(tx, 2, row, None)
        promise(tx, 3, row, dt.date(2026, 3, 4), done_at=T0 + DAY, done_by=ANA)
        promise(tx, 4, row, dt.date(2026, 3, 4), created_at=T0 - 9 * DAY)
    found = reports.commitments(database, period_of("2026-03-01", None, MADRID), NOW, {"taller": "el taller"})
    assert [(one.standing, one.owner, one.clause) for one in found.promises] == [
        ("in_time", None, ""), ("overdue", "el taller", "Llamamos en tres días."), ("open", None, ""),
    ]  # fmt: skip
    assert found.promises[0].done_by == "Ana Agente"
    assert found.promises[0].code == "0001-TEST"


def test_a_spreadsheet_computes_nothing() -> None:
    assert csv_text([("=1+1", "a,b", None, 3)]) == '\'=1+1,"a,b",,3\n'


@pytest.fixture
def company(tmp_path: Path) -> tuple[str, ...]:
    brand = tmp_path / "knowledge" / "brand"
    brand.mkdir(parents=True)
    (brand / "voice.yaml").write_text(yaml.safe_dump({"company": "Sol", "country": "ES"}), encoding="utf-8")
    db = open_database(sqlite_url(tmp_path / "home"))
    desk(db)
    with db.write() as tx:
        answered(tx, claim(tx, 7, T0), 2 * DAY)
        found = access.get(tx, CaseRow, "c000001")
        assert found is not None
        promise(tx, 1, found, dt.date(2026, 3, 5), text="\x1b[31mTe llamamos\u202e", clause="Llamamos.")
    db.close()
    return ("--knowledge", str(tmp_path / "knowledge"), "--home", str(tmp_path / "home"))


@pytest.mark.parametrize("report", ["unanswered", "claims", "commitments"])
def test_each_report_as_text_json_and_csv(company: tuple[str, ...], report: str) -> None:
    runner = CliRunner()
    for language in ("es", "en", "pt"):
        text = runner.invoke(cli_report.app, [report, *company, "--language", language])
        assert text.exit_code == 0, text.output
        assert "0003-TEST" in text.output or report != "unanswered"
        assert "\x1b" not in text.output
        assert "\u202e" not in text.output
    told = json.loads(runner.invoke(cli_report.app, [report, *company, "--json"]).output)
    assert told["period"]["zone"] == MADRID
    table = list(csv.DictReader(io.StringIO(runner.invoke(cli_report.app, [report, *company, "--csv"]).output)))
    assert len(table) == {"unanswered": 6, "claims": 1, "commitments": 1}[report]
    assert all(row["code"].endswith("-TEST") for row in table)


def test_a_broken_rule_is_the_exit_code(company: tuple[str, ...], tmp_path: Path) -> None:
    db = open_database(sqlite_url(tmp_path / "home"))
    with db.write() as tx:
        closed(tx, new_case(tx, 8), by=None)
    db.close()
    done = CliRunner().invoke(cli_report.app, ["unanswered", *company])
    assert done.exit_code == 1
    assert "0008-TEST: cerrado sin el nombre de una persona" in done.output


def test_a_day_that_is_none_and_a_home_without_cases_are_said(company: tuple[str, ...], tmp_path: Path) -> None:
    wrong = CliRunner().invoke(cli_report.app, ["unanswered", *company, "--from", "ayer"])
    assert "--from is 'ayer'" in str(wrong.exception)
    empty = CliRunner().invoke(cli_report.app, ["unanswered", "--home", str(tmp_path / "other")])
    assert "There are no cases yet" in str(empty.exception)
    assert not (tmp_path / "other").exists()


def test_the_same_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    found = []
    for url in (sqlite_url(tmp_path / "home"), new_database(postgres_url, "reports")):
        db = open_database(url)
        desk(db)
        with db.write() as tx:
            write_again(tx, answered(tx, claim(tx, 7, T0), 2 * HOUR))
            closed(tx, new_case(tx, 8), by=None)
            drop_work(tx, new_case(tx, 9))
            promise(tx, 1, access.get(tx, CaseRow, "c000001"), dt.date(2026, 3, 5))  # type: ignore[arg-type]
            access.add(tx, AuditRow(0, T0, "voz", "received", "c-gone", 1))
        told = reports.unanswered(db, EVER, NOW)
        law = claims_report.claims(db, LARGE, EVER, NOW)
        found.append((told, law, reports.commitments(db, EVER, NOW)))
        db.close()
    assert dataclasses.asdict(found[0][0]) == dataclasses.asdict(found[1][0])
    assert found[0][1:] == found[1][1:]
    assert [one.faults for one in found[1][0].broken] == [("written_after",), ("no_person",), ("idle",)]
