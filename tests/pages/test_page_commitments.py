"""The page of commitments in a real browser, over commitments that approved replies made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from front import BRACES, HACK, Site
from headless import CHROMIUM

from voz.pages.commitments import read_book, wanted
from voz.pages.topic_words import topic_words
from voz.service.actor import OWNER

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM FOUND: the page was NOT tested"),
]
Visit = Callable[..., Any]
TOLD = topic_words("page_commitments")


def cards(page: Any) -> Any:
    return page.locator(".voz-cards label")


def test_what_was_promised_is_listed_the_late_first_and_leads_to_its_case(visit: Visit, site: Site) -> None:
    book = read_book(site.front.service)
    page = visit("/commitments/")
    cards(page).first.wait_for()
    assert cards(page).count() == len(wanted(book, "open", "", ()))
    first = book.entries[0]
    assert first.standing == "overdue"
    assert TOLD("due.late", n=(book.today - first.row.due_on).days).upper() in cards(page).first.inner_text()
    said = TOLD("state", overdue=len(book.at("overdue")), week=len(book.at("this_week")), open=len(book.at("open")))
    assert page.locator(".voz-state").inner_text() == said
    cards(page).first.click()
    box = page.get_by_label(TOLD("text"))
    box.wait_for()
    assert box.input_value() == first.row.text
    link = page.get_by_role("link", name=TOLD("open"))
    assert link.get_attribute("href").endswith(f"/desk/?case={first.row.case_id}")


def test_a_commitment_that_is_marked_as_kept_leaves_the_list_and_stands_among_the_kept(
    visit: Visit, site: Site
) -> None:
    page = visit("/commitments/?view=overdue")
    cards(page).first.wait_for()
    late = wanted(read_book(site.front.service), "overdue", "", ())
    assert cards(page).count() == len(late)
    cards(page).first.click()
    page.get_by_label(TOLD("note")).fill("Llamada hecha. <b>ok</b>")
    page.get_by_role("button", name=TOLD("keep")).click()
    page.get_by_text(TOLD("kept", text=late[0].row.text)).wait_for()
    page.wait_for_function(f"document.querySelectorAll('.voz-cards label').length == {len(late) - 1}")
    book = read_book(site.front.service)
    kept = book.find(late[0].row.id)
    assert kept is not None
    assert (kept.row.done_by, kept.row.note) == (OWNER.id, "Llamada hecha. <b>ok</b>")
    page.get_by_label(TOLD("view")).click()
    page.get_by_role("option", name=TOLD("views.done")).click()
    cards(page).filter(has_text=kept.code).click()
    page.get_by_text("<b>ok</b>").wait_for()
    assert page.get_by_role("button", name=TOLD("keep")).count() == 0


def test_a_promise_with_markup_is_text(visit: Visit) -> None:
    page = visit("/commitments/")
    page.get_by_label(TOLD("search")).fill("Llamamos lunes")
    found = cards(page).filter(has_text="Te llamamos el lunes")
    page.wait_for_function("document.querySelectorAll('.voz-cards label').length == 1")
    found.click()
    page.get_by_label(TOLD("text")).wait_for()
    assert page.locator("img[src=x], .voz-cards img, .voz-cards script").count() == 0


def test_words_that_nobody_promised_find_nothing_and_say_so(visit: Visit) -> None:
    page = visit("/commitments/en/")
    told = topic_words("page_commitments", "en")
    cards(page).first.wait_for()
    page.get_by_label(told("search")).fill(f"{HACK} {BRACES}")
    page.get_by_text(told("empty")).wait_for()
    page.wait_for_function("document.documentElement.lang == 'en'")
