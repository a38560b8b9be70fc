"""The company's own targets, and the brand file that holds them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.brand import Brand, Claims, OpeningHours, ServiceLevels, Target
from voz.brand_files import load_brand_files
from voz.case import Message
from voz.deadlines.calendar import WorkCalendar, calendar_for
from voz.deadlines.targets import MessageFacts, facts_of, first_answer_due, targets_for
from voz.errors import BrandError
from voz.triage import triage

MADRID = WorkCalendar(country="ES", region="MD")
SAMPLE = Path(__file__).parent.parent / "knowledge" / "brand"
SLA = """\
targets:
  - hours: 9
  - {channel: x, hours: 1}
  - {urgency: critical, hours: 2, around_the_clock: true}
  - {channel: x, urgency: critical, hours: 0.5, around_the_clock: true}
hours: {days: [mon, tue, wed, thu, fri], opens: 9:00, closes: 18:00}
claims: {country: ES, region: MD, large_company: true}
"""


def load(folder: Path, text: str) -> ServiceLevels:
    (folder / "sla.yaml").write_text(text, encoding="utf-8")
    levels: ServiceLevels = load_brand_files(folder)["sla"]
    return levels


def due(levels: ServiceLevels, when: dt.datetime, **facts: object) -> str:
    found = first_answer_due(MessageFacts(**facts), levels, when, MADRID)
    return f"{found:%m-%d %H:%M}" if found else "none"


@pytest.mark.parametrize(
    ("when", "facts", "expected"),
    [
        (dt.datetime(2026, 12, 2, 9), {}, "12-02 18:00"),
        (dt.datetime(2026, 12, 2, 12), {}, "12-03 12:00"),
        (dt.datetime(2026, 12, 4, 17), {}, "12-09 17:00"),  # Friday; the 7th and 8th are holidays in Madrid
        (dt.datetime(2026, 12, 5, 3), {}, "12-09 18:00"),
        (dt.datetime(2026, 12, 5, 3), {"channel": "x"}, "12-09 10:00"),
        (dt.datetime(2026, 12, 5, 3), {"urgency": "critical"}, "12-05 05:00"),
        (dt.datetime(2026, 12, 5, 3), {"channel": "x", "urgency": "critical"}, "12-05 03:30"),
        (dt.datetime(2026, 12, 2, 20), {}, "12-03 18:00"),
        (dt.datetime(2026, 12, 2, 16, 30, tzinfo=dt.UTC), {"channel": "x"}, "12-03 09:30"),
    ],
)
def test_first_answers(tmp_path: Path, when: dt.datetime, facts: dict[str, object], expected: str) -> None:
    assert due(load(tmp_path, SLA), when, **facts) == expected


def test_of_equally_specific_targets_the_first_due_wins() -> None:
    slow, fast = Target(hours=8, channel="x"), Target(hours=1, urgency="high")
    levels = ServiceLevels(targets=(slow, fast))
    assert targets_for(MessageFacts(channel="x", urgency="high"), levels.targets) == (slow, fast)
    assert due(levels, dt.datetime(2026, 12, 2, 9), channel="x", urgency="high") == "12-02 10:00"
    assert due(levels, dt.datetime(2026, 12, 2, 9)) == "none"


def test_closed_days_and_open_holidays() -> None:
    shut = ServiceLevels(targets=(Target(hours=1),), hours=OpeningHours(closed=(dt.date(2026, 12, 2),)))
    assert due(shut, dt.datetime(2026, 12, 2, 10)) == "12-03 10:00"
    always = OpeningHours(days=("tue",), opens="00:00", closes="24:00", holidays_off=False)
    levels = ServiceLevels(targets=(Target(hours=1),), hours=always)
    assert due(levels, dt.datetime(2026, 12, 7, 10)) == "12-08 01:00"


@given(st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2060, 1, 1)), st.floats(0.1, 200))
def test_a_due_moment_lies_ahead_and_in_opening_hours(when: dt.datetime, hours: float) -> None:
    levels = ServiceLevels(targets=(Target(hours=hours),))
    found = first_answer_due(MessageFacts(), levels, when, MADRID)
    assert found is not None
    assert found > MADRID.local(when)
    assert MADRID.is_working(found.date())
    assert 9 <= found.hour < 18 or (found.hour, found.minute) == (18, 0)


def test_the_defaults_hurry_for_what_is_critical() -> None:
    levels, when = ServiceLevels(), dt.datetime(2026, 12, 2, 9)
    assert due(levels, when, urgency="critical") < due(levels, when, urgency="high") < due(levels, when)
    assert due(levels, when, public=True) < due(levels, when)


def test_facts_come_from_message_and_triage() -> None:
    message = Message(text="Se me ha quemado la mano con vuestro hervidor, estoy en urgencias", channel="x")
    facts = facts_of(message, triage(message, Brand()))
    assert (facts.channel, facts.public) == ("x", True)
    assert facts.urgency in ("high", "critical")
    assert facts_of(message).urgency == "normal"


def test_the_only_target_is_named_when_it_is_wrong(tmp_path: Path) -> None:
    for text, says in (("- hours: 0\n", "field 'targets.0.hours'"), ("targets: []\n", "should not be empty")):
        with pytest.raises(BrandError, match=says):
            load(tmp_path, text)


def test_missing_file_bare_list_and_sample(tmp_path: Path) -> None:
    assert "sla" not in load_brand_files(tmp_path)
    assert Brand().sla == ServiceLevels()
    assert load(tmp_path, "- hours: 3\n").targets == (Target(hours=3),)
    sample = load_brand_files(SAMPLE)["sla"]
    assert sample.claims.large_company
    assert calendar_for(Brand(sla=sample)).region == "AR"


@pytest.mark.parametrize(
    ("old", "new", "starts", "says"),
    [
        ("hours: 9", "hours: 0", "sla.yaml:2: field 'targets.0.hours'", "greater than 0"),
        ("channel: x, hours", "channel: twiter, hours", "sla.yaml:3: field 'targets.1.channel'", "not one of"),
        ("hours: 1}", "hour: 1}", "sla.yaml:3: field 'targets.1.hours'", "missing"),
        ("opens: 9:00", "opens: 19:00", "sla.yaml:6: field 'hours'", "earlier than closes"),
        ("closes: 18:00", "closes: las seis", "sla.yaml:6: field 'hours.closes'", "las seis"),
        ("[mon,", "[lunes,", "sla.yaml:6: field 'hours.days.0'", "not one of mon"),
        ("region: MD", "region: Madrid", "sla.yaml:7: field 'claims'", "not one of AN"),
        ("large_company", "big_company", "sla.yaml:7: field 'claims.big_company'", "large_company"),
        ("closes: 18:00", "closes: 18:00, timezone: Madrid", "sla.yaml:6: field 'hours.timezone'", "Europe/Madrid"),
        ("claims:", "claim:", "sla.yaml:7: field 'claim'", "did you mean 'claims'"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(tmp_path: Path, old: str, new: str, starts: str, says: str) -> None:
    with pytest.raises(BrandError) as caught:
        load(tmp_path, SLA.replace(old, new))
    message = str(caught.value).replace(f"{tmp_path}/", "")
    assert message.startswith(starts), message
    assert says in message


@pytest.mark.parametrize("given_time", ["9", "9:00", "'9:00'", "'09:00'"])
def test_times_as_people_write_them(tmp_path: Path, given_time: str) -> None:
    hours = load(tmp_path, f"hours: {{opens: {given_time}, closes: 24:00}}\n").hours
    assert due(ServiceLevels(targets=(Target(hours=1),), hours=hours), dt.datetime(2026, 12, 2, 6)) == "12-02 10:00"


def test_a_company_says_what_binds_it() -> None:
    assert not Claims().large_company
    assert Claims().clock
