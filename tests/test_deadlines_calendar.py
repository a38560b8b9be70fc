"""Working days, counted by hand on printed calendars of several communities and years."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.brand import Brand, Claims, OpeningHours, ServiceLevels, Voice
from voz.deadlines.calendar import WorkCalendar, calendar_for, regions_of, zone_of

D = dt.date


def spain(region: str | None = None) -> WorkCalendar:
    return WorkCalendar(country="ES", region=region)


@pytest.mark.parametrize(
    ("region", "received", "count", "due"),
    [
        # December 2026: the 6th is a Sunday; Madrid moves it to Monday 7, Catalonia does not; 8 and 25 off.
        ("MD", D(2026, 12, 1), 15, D(2026, 12, 24)),
        ("CT", D(2026, 12, 1), 15, D(2026, 12, 23)),
        ("VC", D(2026, 12, 4), 1, D(2026, 12, 7)),
        ("AR", D(2026, 12, 4), 1, D(2026, 12, 9)),
        # Over the year's end: 25 December, 1 and 6 January.
        ("MD", D(2026, 12, 21), 15, D(2027, 1, 14)),
        ("CT", D(2026, 12, 31), 1, D(2027, 1, 4)),
        ("CT", D(2027, 1, 5), 1, D(2027, 1, 7)),
        # Received on a Saturday before the long weekend.
        ("MD", D(2026, 12, 5), 15, D(2026, 12, 30)),
        # San José and Easter in the Basque Country: 19 March, 2, 3 and 6 April.
        ("PV", D(2026, 3, 16), 15, D(2026, 4, 10)),
        # Day of the Balearic Islands, 1 March, moved to Monday 2; in Andalusia 28 February was a Saturday.
        ("AN", D(2026, 2, 13), 15, D(2026, 3, 6)),
        ("IB", D(2026, 2, 13), 15, D(2026, 3, 9)),
        # Maundy Thursday and Easter Monday of 2025, the other way round in Catalonia.
        ("CT", D(2025, 4, 14), 3, D(2025, 4, 17)),
        ("MD", D(2025, 4, 14), 3, D(2025, 4, 21)),
        ("CT", D(2025, 4, 17), 1, D(2025, 4, 22)),
        # 29 February.
        ("MD", D(2028, 2, 25), 2, D(2028, 2, 29)),
        # Without a region: national holidays only.
        (None, D(2026, 12, 4), 1, D(2026, 12, 7)),
    ],
)
def test_hand_counted_dates(region: str | None, received: dt.date, count: int, due: dt.date) -> None:
    assert spain(region).plus_working_days(received, count) == due


@pytest.mark.parametrize(
    ("region", "days"),
    [
        ("MD", [D(2026, 12, 7), D(2026, 12, 8), D(2026, 12, 25), D(2027, 1, 1), D(2027, 1, 6)]),
        ("CT", [D(2026, 9, 11), D(2026, 12, 8), D(2026, 12, 25), D(2027, 1, 6)]),
        ("GA", [D(2026, 6, 24), D(2026, 12, 8)]),
        ("NC", [D(2026, 12, 3), D(2026, 12, 8)]),
    ],
)
def test_holidays_are_no_working_days(region: str, days: list[dt.date]) -> None:
    calendar = spain(region)
    assert [day for day in days if calendar.is_working(day)] == []
    assert all(calendar.holiday(day) for day in days)


def test_a_holiday_of_one_community_is_a_working_day_elsewhere() -> None:
    assert spain("MD").is_working(D(2026, 9, 11))
    assert spain("CT").is_working(D(2026, 12, 7))
    assert not spain("CT").is_working(D(2026, 12, 26))  # Sant Esteve, and a Saturday


def test_local_holidays_are_added() -> None:
    zaragoza = WorkCalendar(country="ES", region="AR", extra_holidays=(D(2026, 3, 5),))
    assert spain("AR").is_working(D(2026, 3, 5))
    assert zaragoza.plus_working_days(D(2026, 3, 4), 1) == D(2026, 3, 6)


def test_days_between_count_the_end_and_not_the_start() -> None:
    calendar = spain("MD")
    assert calendar.working_days_between(D(2026, 12, 3), D(2026, 12, 4)) == 1
    assert calendar.working_days_between(D(2026, 12, 4), D(2026, 12, 4)) == 0
    assert calendar.working_days_between(D(2026, 12, 4), D(2026, 12, 9)) == 1
    assert calendar.working_days_between(D(2026, 12, 9), D(2026, 12, 4)) == -1


@given(st.dates(D(2009, 1, 1), D(2090, 1, 1)), st.integers(1, 40), st.sampled_from(["MD", "CT", "AN", "CE", None]))
def test_counting_forth_and_back_agrees(day: dt.date, count: int, region: str | None) -> None:
    calendar = spain(region)
    due = calendar.plus_working_days(day, count)
    assert calendar.is_working(due)
    assert calendar.working_days_between(day, due) == count


def test_far_dates_and_unknown_places_still_have_weekends() -> None:
    assert spain("MD").plus_working_days(D(1700, 1, 1), 5) > D(1700, 1, 5)
    assert spain("MD").plus_working_days(D(9999, 12, 30), 15) == dt.date.max
    nowhere = WorkCalendar(country="XX", timezone="UTC")
    assert not nowhere.known
    assert nowhere.plus_working_days(D(2026, 12, 24), 1) == D(2026, 12, 25)
    assert not WorkCalendar(country="ES", region="Madriz").known
    assert WorkCalendar(country="ES", region="MD").known
    assert "MD" in regions_of("ES")


def test_the_day_is_that_of_the_place() -> None:
    late = dt.datetime(2026, 12, 1, 23, 30, tzinfo=dt.UTC)
    assert spain("MD").day_of(late) == D(2026, 12, 2)
    assert WorkCalendar(country="ES", region="CN", timezone="Atlantic/Canary").day_of(late) == D(2026, 12, 1)
    assert spain().day_of(dt.datetime(2026, 12, 1, 23, 30)) == D(2026, 12, 1)
    assert spain().day_of(dt.datetime.max.replace(tzinfo=dt.UTC)) == dt.date.max


def test_the_calendar_of_a_brand() -> None:
    brand = Brand(sla=ServiceLevels(claims=Claims(country="ES", region="CN")))
    assert calendar_for(brand) == WorkCalendar(country="ES", region="CN", timezone="Atlantic/Canary")
    assert calendar_for(Brand(voice=Voice(country="AR"))).timezone == "America/Argentina/Buenos_Aires"
    own = Brand(sla=ServiceLevels(hours=OpeningHours(timezone="Europe/Lisbon")))
    assert calendar_for(own).timezone == "Europe/Lisbon"
    assert calendar_for(brand, "MX") == WorkCalendar(country="MX", timezone="America/Mexico_City")
    assert zone_of("ZZ") == "UTC"
