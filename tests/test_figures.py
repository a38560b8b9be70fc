"""The figures: counted by SQLite and by PostgreSQL alike, and held against counting by hand."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections import Counter
from collections.abc import Iterator
from math import comb
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres import new_database, postgres_url
from stored_cases import ANA, DAY, HOUR, T0, add_user, answered, closed, drafted, new_case, promise

from voz.service.figures import HEADER, Figures, at_least, csv_rows, figures, risen
from voz.service.period import Period
from voz.service.tabular import csv_text
from voz.store import access
from voz.store.database import Database, open_database, sqlite_url
from voz.store.figures import offsets
from voz.store.rows import DecisionRow

__all__ = ["postgres_url"]  # a fixture
MADRID = "Europe/Madrid"
EVER = Period(zone=MADRID)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    db = open_database(sqlite_url(tmp_path / "home"))
    yield db
    db.close()


def counted(found: Figures, by: str) -> dict[tuple[str, str], int]:
    return {(one.start.isoformat(), one.value): one.cases for one in found.volume if one.by == by}


def test_volume_by_day_week_and_what_it_is(database: Database) -> None:
    with database.write() as tx:
        new_case(tx, 1, T0, kind="complaint", channel="x", topics=("late", "refund"), language="es")
        new_case(tx, 2, T0 + HOUR, kind="complaint", topics=("late",), language="pt")
        new_case(tx, 3, T0 + 7 * DAY)
    found = figures(database, EVER, T0 + 8 * DAY)
    assert (found.received, found.first, found.last) == (3, dt.date(2026, 3, 2), dt.date(2026, 3, 10))
    assert counted(found, "all") == {("2026-03-02", ""): 2, ("2026-03-09", ""): 1}
    assert counted(found, "kind") == {("2026-03-02", "complaint"): 2, ("2026-03-09", ""): 1}
    assert counted(found, "channel")["2026-03-02", "x"] == 1
    assert counted(found, "language") == {
        ("2026-03-02", "es"): 1, ("2026-03-02", "pt"): 1, ("2026-03-09", ""): 1,
    }  # fmt: skip
    assert counted(found, "topic") == {("2026-03-02", "late"): 2, ("2026-03-02", "refund"): 1}
    weekly = figures(database, EVER, T0 + 8 * DAY, "week")
    assert counted(weekly, "all") == {("2026-03-02", ""): 2, ("2026-03-09", ""): 1}


def test_days_are_those_of_the_company_also_when_the_clocks_change(database: Database) -> None:
    zone = ZoneInfo(MADRID)
    moments = [  # the clocks go forward on the 29th of March 2026, and back on the 25th of October
        dt.datetime(2026, 3, 28, 23, 59, tzinfo=zone), dt.datetime(2026, 3, 29, 0, 0, tzinfo=zone),
        dt.datetime(2026, 3, 29, 23, 59, tzinfo=zone), dt.datetime(2026, 3, 30, 0, 0, tzinfo=zone),
        dt.datetime(2026, 10, 25, 23, 59, tzinfo=zone), dt.datetime(2026, 10, 26, 0, 0, tzinfo=zone),
    ]  # fmt: skip
    with database.write() as tx:
        for number, moment in enumerate(moments):
            new_case(tx, number, moment.astimezone(dt.UTC))
    found = figures(database, EVER, T0 + 300 * DAY)
    assert counted(found, "all") == dict(Counter((moment.date().isoformat(), "") for moment in moments))
    weeks = Counter(((moment - dt.timedelta(days=moment.weekday())).date().isoformat(), "") for moment in moments)
    assert counted(figures(database, EVER, T0 + 300 * DAY, "week"), "all") == dict(weeks)


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1)),
    st.sampled_from([MADRID, "America/Montevideo", "America/Sao_Paulo", "Asia/Kolkata", "America/Santiago", "UTC"]),
)
def test_the_offset_of_every_moment_is_the_one_of_its_stretch(moment: dt.datetime, zone: str) -> None:
    at = moment.replace(tzinfo=dt.UTC)
    start, end = dt.datetime(2019, 12, 31, tzinfo=dt.UTC), dt.datetime(2030, 1, 2, tzinfo=dt.UTC)
    told = [minutes for since, minutes in offsets(start, end, zone) if since <= at][-1]
    wanted = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert wanted is not None
    assert told == wanted.total_seconds() / 60


def test_times_to_the_first_draft_and_the_first_answer(database: Database) -> None:
    waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100]
    with database.write() as tx:
        for number, minutes in enumerate(waits):
            row = drafted(tx, new_case(tx, number, T0), minutes * MINUTE)
            if number < 3:
                answered(tx, row, minutes * HOUR)
        drafted(tx, new_case(tx, 50, T0 + DAY), 30 * MINUTE)
        new_case(tx, 51, T0)
    found = figures(database, EVER, T0 + 2 * DAY)
    times = {(one.what, one.start): one for one in found.times}
    day = times["first_draft", dt.date(2026, 3, 2)]
    assert (day.cases, day.median, day.p90) == (10, 5 * MINUTE, 9 * MINUTE)
    whole = times["first_draft", None]
    assert (whole.cases, whole.median, whole.p90) == (11, 6 * MINUTE, 30 * MINUTE)
    answer = times["first_answer", None]
    assert (answer.cases, answer.median, answer.p90) == (3, 2 * HOUR, 3 * HOUR)


def test_what_people_did_with_the_drafts(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        answered(tx, new_case(tx, 1))
        answered(tx, new_case(tx, 2), unchanged=False, distance=0.5, override="lo sabe la tienda")
        answered(tx, new_case(tx, 3), unchanged=False, distance=1.0)
        access.change(tx, DecisionRow, "a-c000003", withdrawn_at=T0)
    found = figures(database, EVER, T0 + DAY)
    whole = found.approvals[0]
    assert (whole.start, whole.approved, whole.unchanged, whole.overrides) == (None, 2, 1, 1)
    assert (whole.share_unchanged, whole.distance) == (0.5, 0.25)
    assert found.approvals[1].start == dt.date(2026, 3, 2)


def ask(text: str, team: str | None) -> dict[str, str | None]:
    return {"ask": text, "team": team}


def test_what_the_knowledge_lacks_counts_the_latest_draft_alone(database: Database) -> None:
    from voz.store.rows import CaseRow, DraftRow

    with database.write() as tx:
        row = drafted(
            tx, new_case(tx, 1, topics=("late", "price")), unanswered=(ask("¿a?", "taller"), ask("¿b?", None))
        )
        drafted(tx, new_case(tx, 2, T0 + HOUR, topics=("late",)), unanswered=(ask("¿c?", "taller"),))
        old = drafted(tx, new_case(tx, 3, topics=("late",)), unanswered=(ask("¿vieja?", "taller"),))
        access.add(tx, DraftRow("d-new", old.id, 2, "m", "extractive", "r", 0, T0 + HOUR))
        access.change(tx, CaseRow, old.id, draft_id="d-new")
    found = figures(database, EVER, T0 + DAY)
    assert [(gap.by, gap.value, gap.asks, gap.cases) for gap in found.gaps] == [
        ("team", "taller", 2, 2), ("team", "", 1, 1), ("topic", "late", 3, 2), ("topic", "price", 2, 1),
    ]  # fmt: skip
    assert [(one.code, one.ask, one.team) for one in found.missing] == [
        ("0002-TEST", "¿c?", "taller"), ("0001-TEST", "¿a?", "taller"), ("0001-TEST", "¿b?", None),
    ]  # fmt: skip
    assert row.code == "0001-TEST"


@pytest.mark.parametrize(
    ("recent", "before", "rises"),
    [
        (3, 1, False),  # 1 → 3: too few to say anything
        (5, 4, False),  # one a week, and now five: once in fifty weeks by chance
        (6, 4, True),
        (5, 0, True),  # new
        (4, 0, False),
        (9, 20, False),  # expected 5: nine happen by chance
        (20, 20, True),
        (100, 380, False),  # much, but little more than the 95 expected
        (200, 400, True),
    ],
)
def test_a_topic_rises_only_beyond_chance(recent: int, before: int, rises: bool) -> None:
    assert (risen("late", recent, before, 28, looked_at=1) is not None) == rises


def test_rising_is_held_against_the_weeks_before(database: Database) -> None:
    now = T0 + 35 * DAY
    with database.write() as tx:
        for number in range(28):
            new_case(tx, number, T0 + number * DAY, topics=("price",))
        for number in range(7):
            new_case(tx, 100 + number, now - number * DAY - HOUR, topics=("price", "late"))
    found = figures(database, EVER, now).rising
    assert [(one.topic, one.recent, one.before) for one in found] == [("late", 7, 0)]
    assert figures(database, EVER, now - 29 * DAY).rising == ()  # not a week of its own to compare with


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.05, 0.95))
def test_the_tail_is_that_of_the_binomial_distribution(hits: int, more: int, share: float) -> None:
    tries = hits + more
    exact = sum(comb(tries, k) * share**k * (1 - share) ** (tries - k) for k in range(hits, tries + 1))
    assert at_least(hits, tries, share) == pytest.approx(exact, rel=1e-6, abs=1e-12)


def test_as_a_table(database: Database) -> None:
    with database.write() as tx:
        add_user(tx)
        row = answered(tx, new_case(tx, 1, topics=("=cmd",)))
        promise(tx, 1, row, dt.date(2026, 3, 3))
        drafted(tx, new_case(tx, 2), unanswered=(ask("dato de una persona", "taller"),))
    text = csv_text(csv_rows(figures(database, EVER, T0 + 5 * DAY)))
    table = list(csv.DictReader(io.StringIO(text)))
    assert tuple(table[0]) == HEADER
    assert ("overdue_commitments", "1") in {(row["figure"], row["number"]) for row in table}
    assert ("hours_to_first_answer", "median", "2.0") in {(row["figure"], row["value"], row["number"]) for row in table}
    assert "'=cmd" in text
    assert "dato de una persona" not in text


def test_nothing_yet(database: Database) -> None:
    found = figures(database, EVER, T0)
    assert (found.received, found.volume, found.times, found.approvals, found.rising) == (0, (), (), (), ())
    assert next(iter(csv_rows(found))) == HEADER


def desk(tx: Any) -> None:
    """Many cases with everything in them, the same each time."""
    draw = random.Random(7)
    add_user(tx)
    for number in range(150):
        at = T0 + draw.random() * 60 * DAY
        more = {
            "kind": draw.choice(["complaint", "question", None]),
            "channel": draw.choice(["x", "email"]),
            "language": draw.choice(["es", None]),
            "topics": tuple(draw.sample(["late", "price", "refund"], 2)),
        }
        row = new_case(tx, number, at, **more)
        if draw.random() < 0.8:
            asks = tuple(ask(f"¿{n}?", draw.choice(["taller", None])) for n in range(draw.randrange(3)))
            row = drafted(tx, row, draw.random() * HOUR, unanswered=asks)
            if draw.random() < 0.7:
                answered(
                    tx, row, draw.random() * 3 * DAY, by=ANA, unchanged=draw.random() < 0.5, distance=draw.random()
                )
        elif draw.random() < 0.5:
            closed(tx, row)


def test_the_same_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    found = []
    for url in (sqlite_url(tmp_path / "home"), new_database(postgres_url, "figures")):
        db = open_database(url)
        with db.write() as tx:
            desk(tx)
        for period in (EVER, Period(dt.date(2026, 3, 20), dt.date(2026, 4, 10), MADRID)):
            found += [figures(db, period, T0 + 60 * DAY, step) for step in ("day", "week")]  # type: ignore[arg-type]
        db.close()
    for mine, theirs in zip(found[:4], found[4:], strict=True):
        assert mine == theirs
    assert found[0].received == 150
    assert found[2].received == sum(one.cases for one in found[3].volume if one.by == "all")
