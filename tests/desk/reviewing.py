"""What a reviewer does at the desk, for the tests that do it in a browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from headless import CHROMIUM

from voz.service import users
from voz.service.view import case_view

IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="NO CHROMIUM FOUND: the desk was NOT tested (apt-get install chromium, or VOZ_CHROMIUM)",
    ),
]
PASSWORD = "una frase bastante larga"
LIE = "Hola, Marta: el envío a la península cuesta 17,50 €."
TRUTH = "Hola, Marta: el envío estándar a la península cuesta 4,90 €."


def log_in(page: Any, desk: Any, login: str, path: str = "/desk/") -> None:
    page.goto(desk.address + path)
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#voz-queue", timeout=30_000)


def user_of(desk: Any, login: str) -> str:
    return next(user.id for user in users.list_users(desk.service.database) if user.login == login)


def wait(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def ready(desk: Any, receipt: Any) -> None:
    wait(lambda: case_view(desk.service, receipt.case_id).case.status == "in_review")


def open_case(page: Any, author: str = "Marta Ruiz") -> None:
    page.locator("#voz-queue label", has_text=author).first.click(timeout=20_000)
    wait(lambda: text(page) != "")


def editor(page: Any) -> Any:
    return page.locator("#voz-reply-text textarea")


def text(page: Any) -> str:
    return str(editor(page).input_value())


def rewrite_all(page: Any, said: str) -> None:
    editor(page).fill(said)


def side(page: Any) -> str:
    return str(page.locator("#voz-case-side").inner_text())
