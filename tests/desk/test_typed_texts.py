"""What becomes of the text that a reviewer types: other people, other tabs, other drafts, in headless Chromium."""

from __future__ import annotations

import time
from typing import Any

from reviewing import IN_A_BROWSER, TRUTH, editor, log_in, open_case, ready, rewrite_all, side, text, user_of, wait

from voz.case import Message
from voz.service import review
from voz.service.actor import Actor
from voz.service.receive import Incoming, receive
from voz.service.view import CaseView, case_view

pytestmark = IN_A_BROWSER
MINE = f"{TRUTH} Lo miro yo."


def earlier(page: Any) -> list[str]:
    return [box.input_value() for box in page.locator("#voz-earlier textarea").filter(visible=True).all()]


def view(desk: Any, receipt: Any, login: str = "ana") -> CaseView:
    return case_view(desk.service, receipt.case_id, user_of(desk, login))


def kept_as(desk: Any, receipt: Any, said: str) -> None:
    wait(lambda: any(row.text == said for row in view(desk, receipt).typed.values()))


def in_the_browser(page: Any) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('voz'))"))


def write_again(desk: Any, said: str) -> None:
    """The customer writes once more in the conversation «t»."""
    message = Message.model_validate({"text": said, "author": "Marta Ruiz"})
    receive(desk.service, Incoming(message, source="mailbox", external_id=said[:20], thread="t"))


def test_who_comes_to_the_same_browser_next_does_not_see_what_was_typed(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    rewrite_all(page, MINE)
    kept_as(desk, receipt, MINE)
    assert len(in_the_browser(page)) == 1
    left_over = page.evaluate("JSON.stringify(Object.entries(localStorage))")
    page.goto(f"{desk.address}/logout")
    page.click("button[type=submit]")
    page.wait_for_selector("input[name=login]")
    assert in_the_browser(page) == []
    page.evaluate("(all) => JSON.parse(all).forEach(([name, said]) => localStorage.setItem(name, said))", left_over)
    log_in(page, desk, "luis")
    open_case(page)
    wait(lambda: in_the_browser(page) == [])
    assert text(page) == view(desk, receipt).draft.reply


def test_an_approved_case_leaves_nothing_in_the_browser(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    rewrite_all(page, TRUTH)
    wait(lambda: "Se puede aprobar" in side(page))
    assert len(in_the_browser(page)) == 1
    page.locator("#voz-approve").click()
    wait(lambda: in_the_browser(page) == [])
    assert view(desk, receipt).case.approved_at


def test_what_was_typed_before_a_new_draft_is_there_after_a_reload_and_can_be_taken_back(desk: Any, enter: Any) -> None:
    receipt = desk.receive(thread="t")
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    rewrite_all(page, MINE)
    kept_as(desk, receipt, MINE)
    write_again(desk, "Por cierto, también falta el plato.")
    wait(lambda: view(desk, receipt).draft.number == 2)
    page.reload()
    open_case(page)
    wait(lambda: earlier(page) == [MINE])
    again = view(desk, receipt).draft.reply
    wait(lambda: text(page) == again)
    page.get_by_role("button", name="Recuperarlo").click()
    wait(lambda: text(page) == MINE)
    wait(lambda: earlier(page) == [])
    page.reload()
    open_case(page)
    wait(lambda: text(page) == MINE)


def test_what_was_typed_while_voz_was_away_is_not_lost_to_a_new_draft(desk: Any, enter: Any) -> None:
    receipt = desk.receive(thread="t")
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    page.route("**/gradio_api/**", lambda route: route.abort())  # voz cannot be reached
    rewrite_all(page, MINE)
    wait(lambda: MINE in page.evaluate("JSON.stringify({...localStorage})"))
    write_again(desk, "Por cierto, también falta el plato.")
    wait(lambda: view(desk, receipt).draft.number == 2)
    page.unroute("**/gradio_api/**")
    page.reload()
    open_case(page)
    wait(lambda: earlier(page) == [MINE])
    wait(lambda: in_the_browser(page) == [])
    page.get_by_role("button", name="Descartarlo").click()
    wait(lambda: earlier(page) == [])
    time.sleep(6)
    assert earlier(page) == [], "what was discarded does not come back"


def test_a_draft_that_comes_while_somebody_types_is_offered(desk: Any, enter: Any) -> None:
    receipt = desk.receive(thread="t")
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    rewrite_all(page, MINE)
    kept_as(desk, receipt, MINE)
    write_again(desk, "Por cierto, también falta el plato.")
    page.get_by_role("button", name="Ver el borrador nuevo").wait_for(timeout=30_000)
    assert text(page) == MINE
    page.locator("#voz-approve").click()
    wait(lambda: "borrador nuevo: míralo" in side(page))
    assert not view(desk, receipt).case.approved_at
    page.get_by_role("button", name="Ver el borrador nuevo").click()
    wait(lambda: text(page) == view(desk, receipt).draft.reply)
    wait(lambda: earlier(page) == [MINE])


def test_who_goes_on_with_their_own_text_keeps_it_over_the_new_draft(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    rewrite_all(page, MINE)
    kept_as(desk, receipt, MINE)
    eva = Actor(user_of(desk, "eva"), "Eva", "lead")
    review.rewrite(desk.service, eva, receipt.case_id, view(desk, receipt).case.version, "de usted")
    page.get_by_role("button", name="Seguir con mi texto").wait_for(timeout=30_000)
    page.get_by_role("button", name="Seguir con mi texto").click()
    wait(lambda: page.get_by_role("button", name="Seguir con mi texto").filter(visible=True).count() == 0)
    page.reload()
    open_case(page)
    wait(lambda: text(page) == MINE)
    assert view(desk, receipt).typed["reply"].base == view(desk, receipt).draft.id


def test_a_rewrite_that_was_asked_for_after_typing_is_shown_and_the_text_kept(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    rewrite_all(page, MINE)
    page.get_by_text("Pedir otra redacción").click()
    page.get_by_role("button", name="De usted").click()
    wait(lambda: view(desk, receipt).draft.number == 2)
    wait(lambda: text(page) == view(desk, receipt).draft.reply, 30)
    wait(lambda: earlier(page) == [MINE])


def test_a_second_tab_does_not_write_over_the_first(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    first = enter("ana")
    open_case(first)
    second = first.context.new_page()
    second.goto(first.url)
    open_case(second)
    rewrite_all(first, MINE)
    kept_as(desk, receipt, MINE)
    rewrite_all(first, f"{MINE} Un saludo.")
    kept_as(desk, receipt, f"{MINE} Un saludo.")
    assert view(desk, receipt).aside == (), "one tab is not taken for two"
    rewrite_all(second, TRUTH)
    wait(lambda: "En otra pestaña" in side(second))
    wait(lambda: earlier(second) == [f"{MINE} Un saludo."])
    assert text(second) == TRUTH


def test_fast_typing_in_one_tab_is_not_taken_for_two(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    box = editor(page)
    box.fill("")
    for part in TRUTH.split():
        box.press_sequentially(f"{part} ", delay=5)
        time.sleep(0.25)
    kept_as(desk, receipt, f"{TRUTH} ")
    assert view(desk, receipt).aside == ()
    assert "En otra pestaña" not in side(page)


def test_what_is_being_typed_stays_when_something_else_is_done_on_the_case(desk: Any, enter: Any) -> None:
    receipt = desk.receive()
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    rewrite_all(page, MINE)
    page.locator("#voz-take").click()
    wait(lambda: "Guardado" in side(page))
    time.sleep(1)
    assert text(page) == MINE


def test_a_cleared_public_half_is_asked_for_until_it_is_said_that_there_is_none(desk: Any, enter: Any) -> None:
    receipt = desk.receive(channel="x")
    ready(desk, receipt)
    page = enter("ana")
    open_case(page)
    public = page.locator("#voz-public textarea")
    wait(lambda: public.input_value() != "")
    public.fill("   ")
    wait(lambda: "Falta la respuesta pública" in side(page))
    wait(lambda: view(desk, receipt).typed["public"].text == "   ")
    page.locator("#voz-approve").click()
    time.sleep(1)
    assert not view(desk, receipt).case.approved_at
    page.reload()
    open_case(page)
    wait(lambda: public.input_value() == "   ")
    page.get_by_label("Sin respuesta pública").check()
    wait(lambda: "Se puede aprobar" in side(page))
    page.locator("#voz-approve").click()
    wait(lambda: view(desk, receipt).case.approved_at is not None)
    assert view(desk, receipt).decision.public_text is None
