"""The claim clock at every moment of its life."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.brand import Claims
from voz.deadlines.calendar import WorkCalendar
from voz.deadlines.clock import Clock, Pause, clock, completion_due
from voz.deadlines.rules import load_rules

RULES = load_rules("ES")
MADRID = WorkCalendar(country="ES", region="MD")
BOUND = Claims(country="ES", region="MD", large_company=True)
SUPPLIER = Claims(country="ES", basic_service=True, continuous=True)
RECEIVED = dt.datetime(2026, 12, 1, 10)  # due on 24 December in Madrid


def at(now: dt.datetime, claims: Claims = BOUND, received: dt.datetime = RECEIVED, **more: object) -> Clock:
    return clock(received, RULES, MADRID, now=now, claims=claims, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "state", "left"),
    [
        (dt.datetime(2026, 12, 1, 10), "running", 15),
        (dt.datetime(2026, 12, 18, 23, 59), "running", 4),
        (dt.datetime(2026, 12, 21), "warning", 3),
        (dt.datetime(2026, 12, 24, 23, 59), "warning", 0),
        (dt.datetime(2026, 12, 25), "overdue", 0),
        (dt.datetime(2026, 12, 28), "overdue", -1),
    ],
)
def test_unanswered(now: dt.datetime, state: str, left: int) -> None:
    found = at(now)
    assert (found.state, found.due) == (state, dt.date(2026, 12, 24))
    assert found.working_days_left(now.date()) == left


def test_an_answer_stops_the_clock() -> None:
    later = dt.datetime(2027, 3, 1)
    assert at(later, answered_at=dt.datetime(2026, 12, 24, 23, 59)).state == "met"
    assert at(later, answered_at=dt.datetime(2026, 12, 25, 0, 0)).state == "late"


def test_it_says_where_the_term_comes_from_and_whether_it_binds_yet() -> None:
    found = at(RECEIVED)
    assert (found.terms[0].law, found.terms[0].article) == ("ley-10-2025", "17.1")
    assert not found.binding
    assert at(RECEIVED, received=dt.datetime(2026, 12, 28, 9)).binding


def test_off() -> None:
    for found in (
        at(RECEIVED, Claims(country="ES", large_company=True, clock=False)),
        at(RECEIVED, received=dt.datetime(2025, 12, 27, 10)),
        at(RECEIVED, Claims(country="ES"), kind="query"),
        clock(RECEIVED, None, MADRID, now=RECEIVED, claims=BOUND),
    ):
        assert (found.state, found.due, found.working_days_left(RECEIVED.date())) == ("off", None, None)


def test_the_day_of_receipt_is_that_of_the_place() -> None:
    evening = dt.datetime(2026, 12, 1, 23, 30, tzinfo=dt.UTC)  # 2 December in Madrid
    assert at(evening, received=evening).received_on == dt.date(2026, 12, 2)
    assert at(evening, received=evening).due == dt.date(2026, 12, 28)


def test_five_days_for_charges_whatever_days_they_are() -> None:
    found = at(RECEIVED, matters=("billing",))
    assert (found.due, found.terms[0].term) == (dt.date(2026, 12, 6), "es-billing")


def test_a_company_that_is_not_bound_has_fifteen_days() -> None:
    found = at(RECEIVED, Claims(country="ES"))
    assert (found.due, found.binding) == (dt.date(2026, 12, 16), True)


def test_cautious_runs_on_the_term_that_ends_first() -> None:
    found = at(RECEIVED, Claims(country="ES", large_company=True, cautious=True))
    assert [due.due.day for due in found.terms] == [16, 24]
    assert found.due == dt.date(2026, 12, 16)


def test_two_hours_for_a_cut() -> None:
    night = dt.datetime(2027, 1, 1, 23, 15)

    def state(hour: dt.datetime, **more: object) -> str:
        return at(hour, SUPPLIER, received=night, matters=("continuity",), **more).state

    assert state(night) == "running"
    assert state(night + dt.timedelta(minutes=61)) == "warning"
    assert state(night + dt.timedelta(hours=2)) == "overdue"
    assert state(night, answered_at=night + dt.timedelta(minutes=119)) == "met"
    assert state(night, answered_at=night + dt.timedelta(minutes=120)) == "late"
    assert at(night, SUPPLIER, received=night, matters=("continuity",)).due == dt.date(2027, 1, 2)


def test_two_hours_are_two_hours_when_the_clocks_change() -> None:
    night = dt.datetime(2027, 3, 28, 1, 30)  # at 2:00 it is 3:00
    due = at(night, SUPPLIER, received=night, matters=("continuity",)).due_at
    assert due is not None
    assert (due.hour, due.minute) == (4, 30)


def test_the_term_begins_anew_when_the_customer_has_completed_the_claim() -> None:
    asked, complete = dt.datetime(2026, 12, 3, 9), dt.datetime(2026, 12, 21, 9)
    assert at(dt.datetime(2026, 12, 30), paused=(Pause(since=asked),)).state == "paused"
    resumed = at(dt.datetime(2026, 12, 30), paused=(Pause(since=asked, until=complete),))
    assert (resumed.state, resumed.due) == ("running", dt.date(2027, 1, 14))


def test_asking_too_late_brings_nothing_back() -> None:
    found = at(dt.datetime(2027, 1, 10), paused=(Pause(since=dt.datetime(2026, 12, 26)),))
    assert (found.state, found.due) == ("overdue", dt.date(2026, 12, 24))


def test_nothing_pauses_where_the_law_does_not_say_so() -> None:
    found = at(dt.datetime(2026, 12, 10), Claims(country="ES"), paused=(Pause(since=dt.datetime(2026, 12, 3)),))
    assert (found.state, found.due) == ("running", dt.date(2026, 12, 16))


def test_the_customer_has_ten_working_days_to_complete() -> None:
    assert RULES is not None
    law, general = RULES.laws
    assert completion_due(dt.datetime(2026, 12, 1, 9), law, MADRID) == dt.date(2026, 12, 17)
    assert completion_due(dt.datetime(2026, 12, 1, 9), general, MADRID) is None


@given(st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2040, 1, 1)), st.integers(0, 60))
def test_states_follow_each_other(received: dt.datetime, days: int) -> None:
    order = ["running", "warning", "overdue"]
    one, next_day = (at(received + dt.timedelta(days=n), received=received) for n in (days, days + 1))
    assert order.index(one.state) <= order.index(next_day.state)
    assert one.due is not None
    assert MADRID.working_days_between(received.date(), one.due) == 15
