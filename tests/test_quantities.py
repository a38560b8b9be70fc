"""Figures in digits and letters, in four languages, and when two say the same."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.figures import derived, discounted, equal, stands_in
from voz.quantities import Quantity, quantities


def only(text: str) -> Quantity:
    found = quantities(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "kind", "value", "unit"),
    [
        ("12,90 €", "money", 12.9, "EUR"),
        ("$1,250.00 MXN", "money", 1250, "$"),
        ("$ 18.500", "money", 18500, "$"),
        ("$U 1.490", "money", 1490, "UYU"),
        ("treinta y cinco euros", "money", 35, "EUR"),
        ("dos mil quinientos pesos", "money", 2500, "$"),
        ("quince por ciento", "percent", 15, "%"),
        ("15 %", "percent", 15, "%"),
        ("la mitad", "percent", 50, "%"),
        ("treinta días", "duration", 30, "day"),
        ("três semanas", "duration", 21, "day"),
        ("48 horas", "duration", 2880, "minute"),
        ("mig any", "duration", 6, "month"),
        ("two weeks", "duration", 14, "day"),
        ("31 de diciembre de 2026", "date", 0, "2026-12-31"),
        ("15/01/2027", "date", 0, "2027-01-15"),
        ("January 5, 2026", "date", 0, "2026-01-05"),
        ("14:30", "time", 870, "clock"),
    ],
)
def test_a_figure_is_read(text: str, kind: str, value: float, unit: str) -> None:
    figure = only(text)
    assert (figure.kind, figure.value, figure.unit) == (kind, value, unit)


def test_working_days_are_not_calendar_days() -> None:
    working, calendar, plain = only("15 días hábiles"), only("15 días naturales"), only("15 días")
    assert not equal(working, calendar)
    assert equal(plain, working)
    assert equal(plain, calendar)


def test_a_range_lends_its_unit_to_both_ends() -> None:
    assert [(q.kind, q.value) for q in quantities("de 3 a 5 días laborables")] == [("duration", 3), ("duration", 5)]
    assert [q.kind for q in quantities("20 o 30 euros")] == ["money", "money"]


def test_an_article_is_no_figure() -> None:
    assert quantities("una tarde con un amigo") == ()


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("dos semanas", "14 días naturales"),
        ("quince", "15 días hábiles"),
        ("ocho mil", "$8,000.00"),
        ("un mes", "30 días naturales"),
    ],
)
def test_the_same_figure_in_other_words(said: str, written: str) -> None:
    assert equal(only(said), only(written))


@pytest.mark.parametrize(
    ("said", "written"),
    [("un mes", "14 días"), ("16 días", "15 días"), ("12 €", "12 %"), ("un mes", "30 días hábiles")],
)
def test_another_figure_is_another(said: str, written: str) -> None:
    assert not equal(only(said), only(written))


def test_arithmetic_needs_a_figure_that_was_told() -> None:
    today = dt.date(2026, 11, 23)
    paid, kept = quantities("pagué $9,800.00"), quantities("se restan $690.00")
    assert derived(only("$9,110.00"), paid, kept, today)
    assert not derived(only("$9,110.00"), (), (*paid, *kept), today)
    assert not derived(only("$9,200.00"), paid, kept, today)


def test_a_date_may_be_reckoned_from_today() -> None:
    today = dt.date(2026, 11, 23)
    assert derived(only("23 de diciembre"), (), quantities("30 días naturales"), today)
    assert not derived(only("9 de marzo de 2027"), (), quantities("30 días naturales"), today)


def test_a_price_less_a_percentage_that_is_told() -> None:
    prices = quantities("cuesta 749 €")
    assert discounted(only("674,10 €"), quantities("al 10 %"), prices)
    assert not discounted(only("600 €"), quantities("al 10 %"), prices)


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_ordered_figures_inside_it(text: str) -> None:
    found = quantities(text)
    assert all(0 <= q.start < q.end <= len(text) for q in found)
    assert [q.start for q in found] == sorted(q.start for q in found)
    assert all(stands_in(q, found) for q in found)


@given(st.integers(0, 999_999), st.sampled_from(["€", "euros"]))
@settings(max_examples=100, deadline=None)
def test_every_way_to_write_an_amount_is_the_same(value: int, sign: str) -> None:
    dotted = f"{value:,}".replace(",", ".")
    assert equal(only(f"{value} {sign}"), only(f"{dotted} {sign}"))
