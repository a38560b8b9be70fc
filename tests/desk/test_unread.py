"""What a helpdesk delivered and could not be read, as the team sees it above the queue, in headless Chromium."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from headless import CHROMIUM

from voz.case import Message
from voz.service.receive import Incoming
from voz.service.service import utc_now
from voz.store import access
from voz.store.rows import InboxEntry, InboxRow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="NO CHROMIUM FOUND: the desk was NOT tested (apt-get install chromium, or VOZ_CHROMIUM)",
    ),
]


def wait(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_what_could_not_be_read_is_tried_again_or_dropped(desk: Any, enter: Any) -> None:
    def parse(headers: Any, body: bytes) -> Incoming:
        return Incoming(Message(text=body.decode(), author="Marta Ruiz"), "mailbox", external_id="m-1", thread="20")

    def states() -> list[str]:
        with desk.service.database.read() as tx:
            return [one.state for one in access.find(tx, InboxEntry, order=("id",))]

    desk.mailbox.parse = parse
    why = "Freshdesk answered 401 when voz looked: <b>invalid</b>"
    with desk.service.database.write() as tx:
        for thread in ("20", "21"):
            row = InboxRow(access.new_id("i"), "mailbox", utc_now(), thread=thread, state="failed", error=why,
                           headers={}, body="¿Dónde está mi pedido?".encode())  # fmt: skip
            access.add(tx, row)
    page = enter("ana")
    shown = page.locator("#voz-stuck")
    wait(lambda: "sin leer: 2" in shown.inner_text())
    assert why in shown.inner_text()
    shown.get_by_text("descartar").click()
    wait(lambda: "sin leer: 1" in shown.inner_text())
    assert states() == ["dropped", "failed"]
    shown.get_by_text("Volver a intentarlo").click()
    wait(lambda: page.locator("#voz-queue label", has_text="pedido").count() == 1)
    wait(lambda: not shown.is_visible())
    assert states() == ["dropped", "taken"]
