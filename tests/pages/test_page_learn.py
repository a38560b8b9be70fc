"""The page of examples in a real browser: replies accepted or declined, answers of teams added to the knowledge."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from front import HOSTILE, Site
from headless import CHROMIUM

from voz.pages.topic_words import topic_words
from voz.service.actor import OWNER
from voz.store import access
from voz.store.rows import CandidateRow, ConsultationRow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM FOUND: the page was NOT tested"),
]
Visit = Callable[..., Any]
TOLD = topic_words("page_learn")


def candidates(site: Site, state: str) -> list[CandidateRow]:
    with site.front.service.database.read() as tx:
        return access.find(tx, CandidateRow, state=state, order=(access.newest(CandidateRow),))


def proposals(site: Site, state: str) -> list[ConsultationRow]:
    with site.front.service.database.read() as tx:
        return access.find(tx, ConsultationRow, proposal=state)


def card(page: Any, text: str) -> Any:
    return page.locator(".voz-cards:visible label", has_text=text)


def test_a_reply_becomes_a_case_of_evaluation_and_the_next_one_is_opened(visit: Visit, site: Site) -> None:
    waiting = candidates(site, "waiting")
    page = visit("/learn/")
    page.get_by_role("tab", name=TOLD("tabs.examples", n=len(waiting))).wait_for()
    card(page, "Llevo tres semanas").click()
    sent = page.get_by_label(TOLD("examples.sent"))
    sent.wait_for()
    assert "te llamamos mañana por la tarde" in sent.input_value()
    page.get_by_role("button", name=TOLD("examples.suite")).click()
    page.get_by_text(TOLD("examples.done.suite")).wait_for()
    page.get_by_role("tab", name=TOLD("tabs.examples", n=len(waiting) - 1)).wait_for()
    row = candidates(site, "accepted")[0]
    assert (row.use, row.decided_by) == ("suite", OWNER.id)
    written = json.loads((site.front.service.suites / "candidates" / "suite" / f"{row.id}.json").read_text("utf-8"))
    assert written["message"]["text"].startswith("Llevo tres semanas")
    page.wait_for_function("document.querySelectorAll('.voz-cards input:checked').length == 1")


def test_a_reply_with_markup_is_text_and_can_be_declined(visit: Visit, site: Site) -> None:
    page = visit("/learn/")
    card(page, "Gracias por todo").click()
    sent = page.get_by_label(TOLD("examples.sent"))
    sent.wait_for()
    page.wait_for_function("document.querySelector('.voz-detail textarea').value.includes('Gracias por todo')")
    assert "<script>" in sent.input_value()
    assert page.locator("img[src=x], img[src*=evil]").count() == 0
    page.get_by_role("button", name=TOLD("examples.decline")).click()
    page.get_by_text(TOLD("examples.done.declined")).wait_for()
    assert [row.use for row in candidates(site, "declined")] == [""]
    assert card(page, "Gracias por todo").count() == 0


def test_an_answer_of_a_team_is_added_to_the_knowledge_as_its_difference_says(visit: Visit, site: Site) -> None:
    waiting = proposals(site, "proposed")
    page = visit("/learn/")
    page.get_by_role("tab", name=TOLD("tabs.knowledge", n=len(waiting))).click()
    card(page, "¿Arregláis asas de taza?").click()
    code = page.locator(".voz-code .cm-content")
    code.wait_for()
    assert "+Sí, en una semana, y cuesta 6 €." in code.inner_text()
    page.get_by_role("button", name=TOLD("knowledge.accept")).click()
    page.get_by_text(TOLD("knowledge.done.accepted", path="knowledge/consultas/taller.md")).wait_for()
    page.get_by_role("tab", name=TOLD("tabs.knowledge", n=len(waiting) - 1)).wait_for()
    written = (site.front.service.knowledge / "consultas" / "taller.md").read_text("utf-8")
    assert "## ¿Arregláis asas de taza?\n\nSí, en una semana, y cuesta 6 €." in written
    assert len(proposals(site, "accepted")) == 1


def test_a_hostile_answer_is_shown_as_text_and_declined_without_a_trace(visit: Visit, site: Site) -> None:
    page = visit("/learn/")
    page.get_by_role("tab").nth(1).click()
    card(page, "¿Vendemos asas?").click()
    box = page.get_by_label(TOLD("knowledge.answer"))
    box.wait_for()
    assert box.input_value() == f"No, nunca. {HOSTILE}"
    assert "<script>" in page.locator(".voz-code .cm-content").inner_text()
    assert page.locator("img[src=x], img[src*=evil]").count() == 0
    page.get_by_role("button", name=TOLD("knowledge.decline")).locator("visible=true").click()
    page.get_by_text(TOLD("knowledge.done.declined")).wait_for()
    path = site.front.service.knowledge / "consultas" / "taller.md"
    assert not path.is_file() or "Vendemos" not in path.read_text("utf-8")
