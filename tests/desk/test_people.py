"""Who is who at the desk: people without a team, of another language, with less authority; in headless Chromium."""

from __future__ import annotations

import re
from typing import Any

from reviewing import IN_A_BROWSER, LIE, PASSWORD, editor, open_case, ready, rewrite_all, side, text, user_of, wait

from voz.service import consult, users
from voz.service.actor import OWNER
from voz.service.view import case_view

pytestmark = IN_A_BROWSER


def test_a_stopped_approval_is_handed_in_one_click_to_somebody_who_may(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    assert not page.locator("#voz-pass").is_visible()
    rewrite_all(page, LIE)
    page.get_by_role("button", name="Pasárselo").wait_for(timeout=30_000)
    assert page.locator("#voz-pass input").input_value() == "Eva (coordinación)"
    page.get_by_role("button", name="Pasárselo").click()
    wait(lambda: case_view(desk.service, receipt.case_id).case.assignee == user_of(desk, "eva"))
    wait(lambda: "Pasado." in side(page))
    assert "4,90 €" in case_view(desk.service, receipt.case_id).trail[-1].after["reason"]
    lead = enter("eva")
    open_case(lead)
    wait(lambda: text(lead) == LIE)


def test_a_case_can_be_handed_to_those_who_may_answer_it_alone(desk: Any, enter: Any) -> None:
    users.add(desk.service.database, OWNER, "oto", "Oto", "observer")
    users.disable(desk.service.database, OWNER, "luis")
    ready(desk, desk.receive())
    page = enter("ana")
    open_case(page)
    page.get_by_text("Más", exact=True).click()
    page.get_by_label("Pasar a", exact=True).click()
    page.get_by_role("option").first.wait_for()
    offered = [option.inner_text().strip() for option in page.get_by_role("option").all()]
    assert [re.sub(r"^✓\s*", "", name) for name in offered] == ["Ana (agente)", "Eva (coordinación)"]


def test_who_only_looks_cannot_type(desk: Any, enter: Any) -> None:
    users.add(desk.service.database, OWNER, "oto", "Oto", "observer", password=PASSWORD)
    ready(desk, desk.receive())
    page = enter("oto")
    open_case(page)
    assert not editor(page).is_editable()


def test_who_is_in_no_team_is_told_so_and_shown_nobodys_cases(desk: Any, enter: Any) -> None:
    ready(desk, desk.receive())
    page = enter("ana")
    page.locator("#voz-queue label").first.wait_for(timeout=20_000)
    page.get_by_label("Ver", exact=True).click()
    page.get_by_role("option", name="Los de mi equipo").click()
    page.get_by_text("No estás en ningún equipo").wait_for(timeout=20_000)
    assert page.locator("#voz-queue label").count() == 0


def test_the_english_desk_says_in_english_what_stops_an_approval(desk: Any, enter: Any) -> None:
    ready(desk, desk.receive())
    page = enter("ana", "/desk/en/")
    open_case(page)
    rewrite_all(page, "Hola, Marta: te regalamos un vale de 500 € por las molestias.")
    wait(lambda: "You cannot approve it like this" in side(page))
    assert re.search("No document says who may|may not give a voucher", side(page))
    page.locator("#voz-approve").click()
    wait(lambda: "It cannot be approved like this" in side(page))
    assert "Ningún documento" not in side(page)


def test_the_page_behind_a_link_says_what_is_missing_in_its_language(desk: Any, browser: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    version = case_view(desk.service, receipt.case_id).case.version
    asked = consult.ask(desk.service, OWNER, receipt.case_id, version, "¿Va al microondas?", "taller")
    page = browser.new_page(locale="es-ES")
    page.goto(f"{desk.address}/c/{asked.token}")
    page.evaluate("document.querySelectorAll('[required]').forEach((one) => one.removeAttribute('required'))")
    page.click("button[type=submit]")
    assert page.locator("#error").inner_text() == "Escribe la respuesta y quién la da."
    page.close()


def test_a_question_to_a_team_carries_the_address_that_people_use(desk: Any, enter: Any) -> None:
    receipt = desk.receive("¿La taza azul se puede meter en el microondas?")
    ready(desk, receipt)
    port = desk.server.port
    desk.server.stop()
    desk.server = type(desk.server)(desk.service, port, "http://ayuda.example/voz/")
    page = enter("ana")
    open_case(page)
    page.get_by_text("Consultar a un equipo").click()
    page.get_by_label("Pregunta").fill("¿Va al microondas?")
    page.get_by_label("Equipo", exact=True).click()
    page.get_by_role("option", name="el taller").click()
    page.get_by_role("button", name="Consultar", exact=True).click()
    shown = page.locator("textarea, input").filter(visible=True)
    wait(lambda: any("http://ayuda.example/voz/c/" in box.input_value() for box in shown.all()))
