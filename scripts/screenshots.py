"""Pictures of the page for the README, as it really comes out: `screenshots.py [--today 2026-11-23]`.

Needs a Chromium (`apt-get install chromium`, or VOZ_CHROMIUM) and the packages of `make test`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voz.commands.options import read_settings
from voz.serve import example_messages, listen
from voz.words import words

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "images"
TOLD = words("es")
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def main(today: str) -> None:
    from playwright.sync_api import sync_playwright

    OUT.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("VOZ_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with served(today) as (address, complaint), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, size, scheme in (
            ("page-light", DESK, "light"), ("page-dark", DESK, "dark"), ("page-phone", PHONE, "light"),
        ):  # fmt: skip
            page = browser.new_page(viewport=size, color_scheme=scheme, locale="es-ES")
            page.goto(address)
            draft(page, complaint)
            save(page, name, full=size is PHONE)
        page = browser.new_page(viewport=DESK, locale="es-ES")
        page.goto(address)
        check(page)
        save(page, "page-check")
        for name, size, scheme in (
            ("desk-light", DESK, "light"), ("desk-dark", DESK, "dark"), ("desk-phone", PHONE, "light"),
        ):  # fmt: skip
            page = browser.new_page(viewport=size, color_scheme=scheme, locale="es-ES")
            page.goto(f"{address}/desk/?__theme={scheme}")
            show_case(page, complaint.author)
            save(page, name, full=size is PHONE)
        for name in ("commitments", "figures", "runs", "learn"):
            page = browser.new_page(viewport=DESK, locale="es-ES")
            page.goto(f"{address}/{name}/")
            page.wait_for_timeout(3000)
            save(page, f"desk-{name}")
        browser.close()


@contextmanager
def served(today: str) -> Iterator[tuple[str, Any]]:
    """The address of page and desk for the sample company, with its examples as cases, and the first example."""
    import uvicorn

    from voz.api import create_app
    from voz.pipeline import open_desk
    from voz.service.opened import open_service, working

    settings = read_settings(ROOT / "knowledge", today=today, writer="extractive")
    examples = tuple(example_messages(settings.knowledge))
    with tempfile.TemporaryDirectory(prefix="voz-pictures-") as folder:
        own = settings.model_copy(update={"database": f"sqlite:///{folder}/cases.db"})
        service = open_service(own, open_desk(settings))
        fill_desk(service, examples)
        app = create_app(service.desk, examples=examples, service=service)
        listener = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
        with working(service):
            while not server.started:
                time.sleep(0.1)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", examples[0]
            server.should_exit = True


def fill_desk(service: Any, examples: tuple[Any, ...]) -> None:
    """The examples as cases; the last is answered with a promise, so that every page has something to show."""
    from voz.service import review, work
    from voz.service.actor import OWNER
    from voz.service.receive import Incoming, receive
    from voz.service.view import case_view

    receipts = [receive(service, Incoming(message, "examples", external_id=message.id)) for message in examples]
    work.drain(service)
    view = case_view(service, receipts[-1].case_id)
    text = f"{view.draft.reply}\n\nTe escribimos antes del viernes."
    case = review.approve(service, OWNER, view.case.id, view.case.version, text, override="Lo acordado por teléfono.")
    delivery = case_view(service, case.id).deliveries[0]
    review.found(service, OWNER, case.id, case.version, delivery.id, True)


def show_case(page: Any, said: str) -> None:
    page.locator("#voz-queue label", has_text=said).first.click()
    page.wait_for_function("document.querySelector('#voz-reply-text textarea')?.value")
    page.locator(".voz-reply:visible .token.highlighted .text").first.wait_for()
    settle(page)


def fill(page: Any, label: str, text: str) -> None:
    page.get_by_label(TOLD(f"page.{label}"), exact=True).locator("visible=true").fill(text)


def draft(page: Any, message: Any) -> None:
    page.get_by_role("button", name=TOLD("page.draft")).wait_for()
    fill(page, "message", message.text)
    fill(page, "author", message.author)
    page.get_by_role("button", name=TOLD("page.draft")).click()
    page.locator(".voz-reply:visible .token.highlighted .text").first.wait_for()
    cited = page.locator(".voz-reply:visible .token.highlighted .text").filter(has_text="¹")
    if cited.count():
        cited.first.click()
    settle(page)


def check(page: Any) -> None:
    page.get_by_role("tab", name=TOLD("page.tab_check")).click()
    fill(page, "message", "Me llegó la cafetera con la jarra rota. ¿Puedo devolverla? ¿Cuántos días tengo?")
    fill(
        page, "reply",
        "Hola, Marta: siento mucho lo de la jarra. Tienes 90 días para devolverla y la recogida la pagamos nosotros. "
        "Además te regalamos un vale de 50 €. Llámanos al 900 123 456.",
    )  # fmt: skip
    page.get_by_role("button", name=TOLD("page.check"), exact=True).click()
    page.locator(".voz-reply:visible .token.highlighted .text").first.wait_for()
    settle(page)


def settle(page: Any) -> None:
    page.wait_for_timeout(900)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(300)


def save(page: Any, name: str, full: bool = False) -> None:
    """At most 256 colours, which text on plain ground does not miss."""
    from PIL import Image

    path = OUT / f"{name}.png"
    page.screenshot(path=path, full_page=full)
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")
    page.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--today", default=dt.date.today().isoformat())
    main(parser.parse_args().today)
