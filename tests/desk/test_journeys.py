"""What a team does at the desk all day, in headless Chromium."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from reviewing import IN_A_BROWSER, LIE, TRUTH, editor, open_case, ready, rewrite_all, side, text, user_of, wait

from voz.service.view import case_view
from voz.store import access
from voz.store.rows import CaseRow

pytestmark = IN_A_BROWSER


def test_from_the_queue_to_an_answered_case(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    assert "tres semanas esperando" in side(page)
    rewrite_all(page, LIE)
    wait(lambda: "No puedes aprobarla" in side(page))
    rewrite_all(page, TRUTH)
    wait(lambda: "Se puede aprobar" in side(page))
    page.locator("#voz-approve").click()
    wait(lambda: bool(desk.mailbox.posts))
    assert desk.mailbox.posts[0][1] == TRUTH
    wait(lambda: case_view(desk.service, receipt.case_id).case.status == "delivered")
    view = case_view(desk.service, receipt.case_id)
    assert view.names[view.decision.by] == "Ana"


def test_what_is_beyond_an_agent_is_refused_with_its_reason_and_passed_to_a_lead(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    rewrite_all(page, LIE)
    wait(lambda: "No puedes aprobarla" in side(page))
    page.locator("#voz-approve").click()
    wait(lambda: "cannot be approved" in side(page) or "No puedes" in side(page))
    assert case_view(desk.service, receipt.case_id).case.status == "in_review"
    lead = enter("eva")
    open_case(lead)
    rewrite_all(lead, LIE)
    reason = lead.get_by_label(re.compile("Motivo para aprobarla"))
    reason.wait_for(timeout=20_000)
    reason.fill("La tarifa nueva entra hoy.")
    lead.locator("#voz-approve").click()
    wait(lambda: case_view(desk.service, receipt.case_id).case.approved_at is not None)
    trail = case_view(desk.service, receipt.case_id).trail
    assert any(entry.action == "overridden" for entry in trail)


def test_the_second_reviewer_is_told_and_keeps_what_they_wrote(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    first, second = enter("ana"), enter("luis")
    open_case(first)
    open_case(second)
    rewrite_all(second, TRUTH + " Un saludo.")
    wait(lambda: "Se puede aprobar" in side(second))
    first.locator("#voz-approve").click()
    wait(lambda: case_view(desk.service, receipt.case_id).case.approved_at is not None)
    second.locator("#voz-approve").click()
    wait(lambda: "ha cambiado" in side(second) or "Contestado" in side(second) or "Aprobada" in side(second))
    wait(lambda: "Lo que cambia en el texto" in side(second))
    wait(lambda: len(desk.mailbox.posts) == 1)
    typed = case_view(desk.service, receipt.case_id, user_of(desk, "luis")).typed
    assert typed["reply"].text == TRUTH + " Un saludo."


def test_nothing_typed_is_lost_on_a_reload_or_while_voz_is_away(desk: Any, enter: Any) -> None:
    ready(desk, desk.receive())
    page = enter("ana")
    open_case(page)
    rewrite_all(page, TRUTH)
    wait(lambda: "Se puede aprobar" in side(page))
    page.reload()
    open_case(page)
    wait(lambda: text(page) == TRUTH)
    page.route("**/gradio_api/**", lambda route: route.abort())  # voz cannot be reached
    rewrite_all(page, TRUTH + " Gracias.")
    wait(lambda: f"{TRUTH} Gracias." in page.evaluate("JSON.stringify({...localStorage})"))
    page.unroute("**/gradio_api/**")
    page.reload()
    open_case(page)
    wait(lambda: text(page) == TRUTH + " Gracias.")


def test_a_restart_of_voz_comes_back_to_the_case_and_to_what_was_typed_meanwhile(desk: Any, enter: Any) -> None:
    ready(desk, desk.receive())
    page = enter("ana")
    open_case(page)
    wait(lambda: "case=" in page.evaluate("location.search"))
    port = desk.server.port
    desk.server.stop()
    rewrite_all(page, TRUTH)
    page.locator("#voz-offline").wait_for(state="visible")
    desk.server = type(desk.server)(desk.service, port)
    page.wait_for_load_state()
    wait(lambda: editor(page).count() == 1)
    wait(lambda: text(page) == TRUTH)
    wait(lambda: "Se puede aprobar" in side(page))


def test_a_rewrite_is_asked_for_and_arrives(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    page.get_by_text("Pedir otra redacción").click()
    page.get_by_role("button", name="De usted").click()
    wait(lambda: case_view(desk.service, receipt.case_id).draft.number == 2)
    again = case_view(desk.service, receipt.case_id).draft.reply
    wait(lambda: text(page) == again, 30)


def test_a_colleague_is_asked_and_answers_from_the_link(desk: Any, enter: Any, browser: Any) -> None:
    receipt = desk.receive("¿La taza azul se puede meter en el microondas?")
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    page.get_by_text("Consultar a un equipo").click()
    page.get_by_label("Pregunta").fill("¿La taza azul se puede meter en el microondas?")
    page.get_by_label("Equipo", exact=True).click()
    page.get_by_role("option", name="el taller").click()
    page.get_by_role("button", name="Consultar", exact=True).click()
    wait(lambda: case_view(desk.service, receipt.case_id).case.status == "consulting")
    shown = page.locator("textarea, input").filter(visible=True)
    wait(lambda: any("/c/" in box.input_value() for box in shown.all()))
    told = next(box.input_value() for box in shown.all() if "/c/" in box.input_value())
    colleague = browser.new_page(locale="es-ES")
    colleague.goto(re.search(r"http\S+", told)[0])
    assert "microondas" in colleague.inner_text("main")
    assert "Marta" not in colleague.inner_text("main")
    colleague.fill("#name", "Rosa")
    colleague.fill("#answer", "Sí: la taza azul se puede meter en el microondas, hasta 800 vatios.")
    colleague.click("button[type=submit]")
    colleague.get_by_text("Gracias").wait_for()
    colleague.close()
    wait(lambda: "800 vatios" in text(page))
    wait(lambda: "Rosa" in side(page))


def test_customer_text_is_text_and_never_acts(desk: Any, enter: Any) -> None:
    hostile = (
        "<img src=x onerror=\"document.title='hacked'\"> ![x](http://127.0.0.1:9/x.png) "
        "<script>document.title='hacked'</script> \u202edrow\u202c \u200b ¿Cuánto cuesta el envío?"
    )
    receipt = desk.receive(hostile, author="<b>Eva</b>\u202e")
    long = desk.receive("¿Y el envío? " + "palabra " * 12_000, author="Largo")
    ready(desk, receipt)
    ready(desk, long)
    page = enter("ana")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#voz-queue label", has_text="Eva").first.click(timeout=20_000)
    wait(lambda: "<script>" in side(page))
    assert page.title() != "hacked"
    assert "\u202e" not in page.locator("#voz-queue").inner_text()
    assert "\u202e" not in side(page)
    page.locator("#voz-queue label", has_text="Largo").first.click()
    wait(lambda: "palabra palabra" in side(page))
    assert not [url for url in asked if not url.startswith((desk.address, "data:", "blob:"))]


def held(desk: Any, login: str) -> bool:
    with desk.service.database.read() as tx:
        return any(row.held_by == user_of(desk, login) for row in access.find(tx, CaseRow))


def test_keys_do_what_is_done_all_day(desk: Any, enter: Any) -> None:
    first, second = desk.receive(), desk.receive("¿Cuánto cuesta el envío?", author="Otro Cliente")
    ready(desk, first)
    ready(desk, second)
    page = enter("ana")
    page.locator("#voz-queue label").nth(1).wait_for(timeout=20_000)
    page.keyboard.press("Alt+j")
    wait(lambda: text(page) != "")
    page.keyboard.press("Alt+e")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.press("Alt+b")
    assert page.evaluate("document.activeElement.closest('#voz-search') !== null")
    for key, box in (("r", "#voz-wish"), ("c", "#voz-ask"), ("p", "#voz-snooze"), ("x", "#voz-close")):
        page.keyboard.press(f"Alt+{key}")
        wait(lambda box=box: page.evaluate(f"document.activeElement.closest('{box}') !== null"), 10)
    page.keyboard.press("Alt+t")
    wait(lambda: held(desk, "ana"))
    page.locator("#voz-take").wait_for(state="hidden")
    page.keyboard.press("Alt+s")
    wait(lambda: not held(desk, "ana"))
    page.locator("#voz-take").wait_for()
    page.keyboard.press("Alt+h")
    page.get_by_text("Alt+X: cerrar sin respuesta").wait_for(timeout=10_000)
    page.keyboard.press("Alt+e")
    page.keyboard.press("Control+Enter")
    wait(lambda: len(desk.mailbox.posts) == 1)


def test_setting_aside_past_the_deadline_takes_a_second_click_in_the_readers_language(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    key = receipt.case_id
    with desk.service.database.write() as tx:
        access.change(tx, CaseRow, key, due_at=desk.service.now() + dt.timedelta(minutes=20))
    page = enter("ana", f"/desk/en/?case={key}")
    wait(lambda: page.locator("#voz-reply-text textarea").input_value() != "")
    page.keyboard.press("Alt+p")  # opens the fold
    page.get_by_role("button", name="Snooze", exact=True).click()
    page.get_by_text("It has to be answered by").wait_for(timeout=10_000)
    assert case_view(desk.service, key).case.snoozed_until is None
    page.get_by_role("button", name="Snooze anyway").click()
    wait(lambda: case_view(desk.service, key).case.snoozed_until is not None)
    page.locator("#voz-snooze-late").wait_for(state="hidden")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_no_serious_fault(desk: Any, enter: Any, width: int, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    ready(desk, desk.receive())
    page = enter("ana", f"/desk/?__theme={theme}", width=width, color_scheme=theme)
    open_case(page)
    wait(lambda: "Se puede aprobar" in side(page))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), "it scrolls sideways"
    found = Axe().run(page).response["violations"]
    serious = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
