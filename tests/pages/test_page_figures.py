"""The page of figures in a real browser: the same numbers as the service counts, and their files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from front import HACK, Site
from headless import CHROMIUM

from voz.pages.figures_plots import starts
from voz.pages.topic_words import topic_words
from voz.service.figures import HEADER, Figures, figures
from voz.service.period import DAY, Period
from voz.service.reports import unanswered

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM FOUND: the page was NOT tested"),
]
Visit = Callable[..., Any]
TOLD = topic_words("page_figures")


def month(site: Site) -> Period:
    today = site.front.service.today()
    return Period(today - DAY * 29, today, "Europe/Madrid")


def counted(site: Site) -> Figures:
    return figures(site.front.service.database, month(site), site.front.clock.now)


def choose(page: Any, label: str, name: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=name, exact=True).click()


def test_the_page_shows_what_the_service_counts(visit: Visit, site: Site) -> None:
    found = counted(site)
    page = visit("/figures/")
    tile = page.locator(".voz-tiles > div", has_text=TOLD("tiles.received"))
    tile.wait_for()
    assert tile.locator("dd").inner_text() == str(found.received)
    drawn = page.locator(f"figure:has-text('{TOLD('volume')}') svg rect")
    assert drawn.count() == sum(one.by == "kind" for one in found.volume)
    rows = page.locator(f"figure:has-text('{TOLD('volume')}') table tr")
    rows.first.wait_for(state="attached")
    days = {one.start for one in found.volume if one.by == "all"}
    assert rows.count() == 1 + len(days)
    choose(page, TOLD("by"), TOLD("bys.all"))
    page.wait_for_function(f"document.querySelectorAll('figure svg rect').length == {len(days)}")
    choose(page, TOLD("step"), TOLD("steps.week"))
    weeks = {one.start for one in figures(
        site.front.service.database, month(site), site.front.clock.now, "week"
    ).volume if one.by == "all"}  # fmt: skip
    page.wait_for_function(f"document.querySelectorAll('figure svg rect').length == {len(weeks)}")


def test_an_ask_that_no_document_answers_is_shown_as_the_customer_wrote_it(visit: Visit, site: Site) -> None:
    missing = counted(site).missing
    assert missing
    page = visit("/figures/")
    for one in missing[:3]:
        page.get_by_text(one.code).first.wait_for()


def test_the_csv_of_the_period_is_a_click_away_and_gradios_own_files_stay_shut(visit: Visit, site: Site) -> None:
    page = visit("/figures/")
    link = page.locator("a#voz-csv, #voz-csv a").first
    page.locator(".voz-tiles").wait_for()
    href = link.get_attribute("href")
    assert href.endswith(f"/figures.csv?from={month(site).first}&to={month(site).last}&step=day")
    answer = page.request.get(href if href.startswith("http") else site.address + href)
    assert answer.status == 200
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text().removeprefix("\ufeff"))))
    assert tuple(rows[0]) == HEADER
    total = sum(int(row[4]) for row in rows if row[:1] == ["cases"] and row[2] == "all")
    assert total == counted(site).received
    assert page.request.get(f"{site.address}/figures/gradio_api/file=/etc/passwd").status == 404
    assert page.request.get(f"{site.address}/figures.csv?from=ayer").status == 422
    assert page.request.get(f"{site.address}/figures.csv?step=hour").status == 422


def test_nobody_unanswered_is_proven_on_the_page_and_in_its_file(visit: Visit, site: Site) -> None:
    found = unanswered(site.front.service.database, month(site), site.front.clock.now)
    page = visit("/figures/")
    page.get_by_role("tab", name=TOLD("tabs.unanswered")).click()
    page.get_by_text(TOLD("unanswered.holds")).wait_for()
    said = TOLD("unanswered.sum", received=found.received, answered=found.answered, closed=len(found.closed),
                open=len(found.open))  # fmt: skip
    assert page.get_by_text(said).is_visible()
    first = page.get_by_role("link", name=found.open[0].code)
    assert first.get_attribute("href") == f"/desk/?case={found.open[0].id}"
    rows = list(csv.DictReader(io.StringIO(
        page.request.get(f"{site.address}/unanswered.csv").text().removeprefix("\ufeff")
    )))  # fmt: skip
    assert {row["code"] for row in rows if row["outcome"] == "open"} == {one.code for one in found.open}


def test_a_period_of_ones_own_is_read_and_what_is_no_day_is_said(visit: Visit) -> None:
    page = visit("/figures/")
    page.locator(".voz-tiles").wait_for()
    choose(page, TOLD("period"), TOLD("periods.own"))
    first = page.get_by_label(TOLD("first"), exact=True)
    first.fill(HACK[:30])
    page.get_by_role("button", name=TOLD("show"), exact=True).click()
    page.get_by_text(TOLD("no_day", text=HACK[:30])).wait_for()
    first.fill("2026-11-09")
    page.get_by_label(TOLD("last"), exact=True).fill("2026-11-09")
    page.get_by_role("button", name=TOLD("show"), exact=True).click()
    page.get_by_text(TOLD("between", first="09/11/2026", last="09/11/2026")).wait_for()
    assert page.locator(".voz-tiles dd").first.inner_text() == "4"


def test_every_day_and_week_has_its_place(site: Site) -> None:
    found = counted(site)
    assert len(starts(found)) == 30
    weekly = figures(site.front.service.database, month(site), site.front.clock.now, "week")
    assert {one.start for one in weekly.volume} <= set(starts(weekly))
    assert all(day.weekday() == 0 for day in starts(weekly))


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_page_speaks_the_other_languages(visit: Visit, language: str) -> None:
    page = visit(f"/figures/{language}/")
    page.get_by_text(topic_words("page_figures", language)("tiles.first_draft")).wait_for()
    page.wait_for_function(f"document.documentElement.lang == '{language}'")
