"""The page of evaluations in a real browser, over two runs of the real pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from front import HOSTILE, Site
from headless import CHROMIUM

from voz.errors import SuiteError
from voz.evaluate.compare import MEASURES
from voz.pages.runs_read import compared, summaries, whole
from voz.pages.runs_text import figure
from voz.pages.topic_words import topic_words

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM FOUND: the page was NOT tested"),
]
Visit = Callable[..., Any]
TOLD = topic_words("page_runs")


def test_runs_are_read_from_the_disk_with_their_scores(site: Site) -> None:
    new, old = summaries(site.front.home)
    assert (new.suites, new.cases, new.finished) == (("prueba",), 4, True)
    assert set(new.means) <= set(MEASURES)
    assert old.means["accuracy"] > new.means["accuracy"]
    found = compared(whole(site.front.home, old.id), whole(site.front.home, new.id))
    assert [flip.case for flip in found.flips] == ["plazo", "roto"]


def test_only_runs_of_the_folder_can_be_asked_for(site: Site, tmp_path: Path) -> None:
    for name in ("../../etc", "", ".", "no-such-run"):
        with pytest.raises(SuiteError):
            whole(site.front.home, name)
    assert summaries(tmp_path) == []


def test_the_latest_two_are_compared_and_a_case_that_flipped_is_opened(visit: Visit, site: Site) -> None:
    new, old = summaries(site.front.home)
    page = visit("/runs/")
    row = page.locator("tr", has=page.get_by_role("rowheader", name=TOLD("measures.accuracy"))).last
    row.wait_for()
    cells = row.inner_text()
    assert figure(old.means["accuracy"], TOLD) in cells
    assert figure(new.means["accuracy"], TOLD) in cells
    assert page.locator(".voz-cards label").count() == 2
    card = page.locator(".voz-cards label").first
    assert TOLD("cases.worse") in card.inner_text()
    card.click()
    diff = page.locator(".voz-diff")
    diff.wait_for()
    removed = diff.locator(".token.highlighted").first
    assert "30 días" in removed.inner_text()
    assert "line-through" in removed.locator(".text").evaluate("(one) => getComputedStyle(one).textDecorationLine")
    assert page.get_by_text("facts").first.is_visible()


def test_any_case_can_be_found_and_its_hostile_text_stays_text(visit: Visit) -> None:
    page = visit("/runs/")
    page.locator(".voz-cards label").first.wait_for()
    page.get_by_label(TOLD("cases.show"), exact=True).click()
    page.get_by_role("option", name=TOLD("cases.views.all"), exact=True).click()
    page.wait_for_function("document.querySelectorAll('.voz-cards label').length == 4")
    page.get_by_label(TOLD("cases.search")).fill("cuánto TARDA")
    page.wait_for_function("document.querySelectorAll('.voz-cards label').length == 1")
    page.locator(".voz-cards label").click()
    box = page.get_by_label(TOLD("cases.message"), exact=True)
    box.wait_for()
    assert HOSTILE in box.input_value()
    assert page.get_by_text("document.title='hacked'").count() > 0
    assert page.locator("img[src=x], img[src*=evil]").count() == 0


def test_one_run_alone_shows_the_cases_that_fail(visit: Visit) -> None:
    page = visit("/runs/")
    page.locator(".voz-cards label").first.wait_for()
    page.get_by_label(TOLD("before"), exact=True).click()
    page.get_by_role("option", name=TOLD("nothing_before"), exact=True).click()
    page.get_by_text(TOLD("cases.empty")).wait_for()
    assert page.get_by_label(TOLD("cases.show"), exact=True).input_value() == TOLD("cases.views.failed")
    assert page.get_by_role("rowheader", name=TOLD("measures.accuracy")).count() == 0
