"""The page: its words, how a reply is cut into coloured pieces, and the page itself in a real browser."""

from __future__ import annotations

import string
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import small_company
import yaml
from headless import CHROMIUM
from hypothesis import given
from hypothesis import strategies as st

from voz.case import Case, Draft, Evidence, Filtered, Finding, Message, Passage, Sentence
from voz.page_view import pieces_of, view_of
from voz.serve import listen
from voz.ui_board import COLOURS, TONES, colour_css
from voz.words import LANGUAGES, words

KINDS = ("courtesy", "fact", "commitment", "question")


def leaves(table: Any, path: str = "") -> dict[str, str]:
    if isinstance(table, dict):
        return {k: v for name, inner in table.items() for k, v in leaves(inner, f"{path}.{name}").items()}
    return {path: table}


def test_every_language_has_the_same_words_with_the_same_places_to_fill() -> None:
    spanish = leaves(words("es").table)
    for language in LANGUAGES:
        table = leaves(words(language).table)
        assert set(table) == set(spanish)
        for key, text in table.items():
            assert isinstance(text, str), f"{language}{key} is {text!r}"
            assert _places(text) == _places(spanish[key]), key


def _places(text: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_value_of_the_triage_has_its_word() -> None:
    from typing import get_args

    from voz import case

    table = words("es").table
    for group, values in (
        ("kind", case.Kind), ("route", case.Route), ("emotion", case.Emotion), ("urgency", case.Urgency),
        ("risk", case.Risk), ("filter_reason", case.FilterReason), ("severity", case.Severity),
        ("channel", case.Channel),
    ):  # fmt: skip
        assert set(table[group]) == set(get_args(values)), group
    assert set(table["support"]) == set(COLOURS)


def test_every_colour_is_told_from_the_others_in_the_style_sheet() -> None:
    assert len(set(COLOURS.values()) | set(TONES.values())) == len(COLOURS) + len(TONES)
    assert colour_css().count("box-shadow") == len(COLOURS) + len(TONES)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    parts = draw(st.lists(st.tuples(st.text("ab .", min_size=1, max_size=12), st.sampled_from(KINDS)), max_size=6))
    reply, sentences = "", []
    for text, kind in parts:
        reply += draw(st.sampled_from(["", " ", "\n\n"]))
        cited = draw(st.sampled_from([(), ("p",), ("p", "q"), ("unknown",)]))
        placed = draw(st.booleans())
        span = (len(reply), len(reply) + len(text)) if placed else (0, 0)
        sentences.append(Sentence(text=text, kind=kind, citations=cited, start=span[0], end=span[1]))
        reply += text
    reply += draw(st.sampled_from(["", "\n", " ¡fin!"]))
    spans = st.tuples(
        st.integers(0, len(reply) + 2), st.integers(0, len(reply) + 2), st.sampled_from(["block", "warn"])
    )
    findings = tuple(
        Finding(check="c", severity=severity, start=min(a, b), end=max(a, b), detail="d")
        for a, b, severity in draw(st.lists(spans, max_size=4))
    )
    passages = tuple(Passage(id=name, source=f"{name}.md", heading=name, text=name) for name in "pq")
    evidence = Evidence(filtered=tuple(Filtered(passage=passage, reason="expired") for passage in passages))
    return Case(
        message=Message(text="x"), today=small_company.TODAY, evidence=evidence,
        draft=Draft(reply=reply or None, sentences=tuple(sentences)), findings=findings,
    )  # fmt: skip


@given(cases())
def test_the_pieces_are_the_reply_and_nothing_else(case: Case) -> None:
    marks = str.maketrans("", "", "⁰¹²³⁴⁵⁶⁷⁸⁹\u2009")
    assert case.draft is not None
    assert "".join(piece.text for piece in pieces_of(case)).translate(marks) == (case.draft.reply or "")
    view_of(case, words("es"))


def test_a_finding_colours_its_words_and_a_fact_without_source_is_told_apart() -> None:
    reply = "Hola. Cuesta 9 €. Llega mañana."
    case = Case(
        message=Message(text="x"), today=small_company.TODAY,
        draft=Draft(reply=reply, sentences=(
            Sentence(text="Hola.", kind="courtesy", start=0, end=5),
            Sentence(text="Cuesta 9 €.", kind="fact", citations=("p",), start=6, end=17),
            Sentence(text="Llega mañana.", kind="fact", start=18, end=31),
        )),
        findings=(Finding(check="figures", severity="block", start=13, end=16, detail="d"),),
    )  # fmt: skip
    assert [(piece.text, piece.support) for piece in pieces_of(case)] == [
        ("Hola.", "courtesy"), (" ", None), ("Cuesta ", "fact"), ("9 €", "block"), (".", "fact"), (" ", None),
        ("Llega mañana.", "unsupported"),
    ]  # fmt: skip
    assert view_of(case, words("es")).status == words("es")("page.blocked", count=1)


def test_the_data_are_yaml_without_surprises() -> None:
    """`no: No` is false: false in YAML."""
    for language in LANGUAGES:
        assert all(isinstance(key, str) for key in words(language).table["page"])
    assert yaml.safe_load("no: No") == {False: False}


pytestmark_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="NO CHROMIUM FOUND: the page was NOT tested (apt-get install chromium, or VOZ_CHROMIUM)"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    import uvicorn

    from voz.api import create_app

    hostile = Message(text="<img src=x onerror=\"document.title='hacked'\"> ¿Cuánto cuesta el envío?", channel="x")
    app = create_app(small_company.desk(), examples=(hostile,))
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The Spanish page; at the end nothing may have been asked of another machine, and no script have failed."""
    opened = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    wrong: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.goto(address)
    opened.get_by_role("button", name=words("es")("page.draft")).wait_for()
    yield opened
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert wrong == []
    opened.close()


def fill(page: Any, label: str, text: str) -> None:
    page.get_by_label(words("es")(f"page.{label}"), exact=True).locator("visible=true").fill(text)


@pytest.mark.browser
@pytestmark_browser
def test_a_pasted_message_gets_a_draft_with_its_clause_a_click_away(page: Any) -> None:
    told = words("es")
    fill(page, "message", "¿Cuántos días tengo para devolver un pedido?")
    fill(page, "author", "Nuria")
    page.get_by_role("button", name=told("page.draft")).click()
    sentence = page.locator(".voz-reply .token.highlighted .text", has_text="30 días").first
    sentence.wait_for()
    assert page.get_by_text(told("page.no_findings")).is_visible()
    sentence.click()
    clause = page.locator(".voz-clause textarea").first
    clause.wait_for()
    assert "devoluciones.md" in clause.input_value()
    assert "El cliente dispone de 30 días naturales" in clause.input_value()
    source = page.locator(".voz-open .token.highlighted .text", has_text="Devoluciones").first
    source.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.documentElement.lang") == "es"


@pytest.mark.browser
@pytestmark_browser
def test_markup_in_a_message_or_a_reply_does_nothing(page: Any) -> None:
    told = words("es")
    hack = "document.title='hacked'"
    attack = f'<img src=https://evil.example/x.png onerror="{hack}"><script>{hack}</script>'
    page.get_by_role("tab", name=told("page.tab_check")).click()
    fill(page, "message", f"{attack} ¿Cuánto cuesta el envío? [x](javascript:alert(1))")
    fill(page, "reply", f"Cuesta 90 €. {attack} ![x](https://evil.example/y.png)")
    page.get_by_role("button", name=told("page.check"), exact=True).click()
    page.locator(".voz-reply:visible .token.highlighted .text", has_text="Cuesta").first.wait_for()
    assert "onerror" in page.locator(".voz-reply:visible").inner_text()
    assert page.locator("img[src*=evil]").count() == 0
    assert page.title() != "hacked"


@pytest.mark.browser
@pytestmark_browser
def test_an_empty_message_is_said_in_the_language_of_the_page(page: Any) -> None:
    page.get_by_role("button", name=words("es")("page.draft")).click()
    page.get_by_text(words("es").problem("text", "")).wait_for()


@pytest.mark.browser
@pytestmark_browser
def test_the_page_speaks_the_other_languages_too(browser: Any, address: str) -> None:
    for language in ("en", "pt"):
        opened = browser.new_page()
        opened.goto(f"{address}/{language}/")
        opened.get_by_role("button", name=words(language)("page.draft")).wait_for()
        opened.wait_for_function(f"document.documentElement.lang == '{language}'")
        opened.close()


@pytest.mark.browser
@pytestmark_browser
def test_the_doors_that_the_page_does_not_need_are_shut(browser: Any, address: str) -> None:
    opened = browser.new_page()
    for path in ("/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/en/gradio_api/proxy=http://x/"):
        assert opened.request.get(address + path).status == 404
    opened.close()
