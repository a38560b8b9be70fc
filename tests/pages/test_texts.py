"""What the pages write of strangers, of moments and of refusals, in each language."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest
from starlette.requests import Request

from voz.door.door import home_of
from voz.errors import VozError
from voz.pages.desk_words import desk_words, moment
from voz.pages.frame import told_by
from voz.pages.queue_view import card
from voz.pages.visible import visible
from voz.service.refusals import refuse
from voz.store.rows import CaseRow
from voz.words import words

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
MARKS = "\u00ad\u061c\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff"
CASE = CaseRow(
    id="c1", code="ABCD", source="x", channel="x", public=True, author="Eva", author_key="", subject="Hola",
    opened_at=NOW, received_at=NOW, priority_at=NOW,
)  # fmt: skip


def shown(case: CaseRow, language: str = "es") -> str:
    return card(case, desk_words(language), words(language), NOW, names={}, me="", left=None)


def test_no_mark_that_turns_or_hides_text_reaches_a_card() -> None:
    text = shown(replace(CASE, author=f"Eva{MARKS}", subject=f"abc {MARKS} def"))
    assert not set(MARKS) & set(text)
    assert visible("a\u2060b") == "a\ufffdb"
    assert visible("¿Qué tal, señor? 👩‍🍳") == "¿Qué tal, señor? 👩‍🍳"


@pytest.mark.parametrize(("language", "many", "some"), [
    ("es", "1,5 M seguidores", "2 mil seguidores"), ("en", "1.5M followers", "2K followers"),
    ("pt", "1,5 M seguidores", "2 mil seguidores"),
])  # fmt: skip
def test_followers_are_counted_as_people_write_it(language: str, many: str, some: str) -> None:
    assert many in shown(replace(CASE, reach=1_500_000), language)
    assert some in shown(replace(CASE, reach=2_500), language)


def test_a_moment_of_another_year_says_which() -> None:
    desk, zone = desk_words("es"), "Europe/Madrid"
    assert moment(NOW, desk, zone, NOW) == "23/11 10:00"
    assert moment(NOW.replace(year=2025), desk, zone, NOW) == "23/11/2025 10:00"


@pytest.mark.parametrize(("language", "said"), [("es", "Alguien ya ha dicho"), ("en", "Somebody has already said")])
def test_a_refusal_is_told_in_the_language_of_the_page(language: str, said: str) -> None:
    def work() -> dict[Any, Any]:
        raise refuse("already_kept")

    assert said in told_by(work, "news", language)["news"]["value"][0][0]


def test_an_error_of_the_first_page_is_told_in_its_language() -> None:
    from voz.ui_board import Board

    def work() -> Any:
        raise refuse("already_kept")

    with gr.Blocks():
        board = Board(gr, words("es"), None, "page.draft_reply", "page.empty")  # type: ignore[arg-type]
    with pytest.raises(VozError):
        work()
    assert "Alguien ya ha dicho" in board.show(work)[1]["value"][0][0]


def test_links_lead_where_people_reach_the_desk() -> None:
    scope = {
        "type": "http", "scheme": "http", "server": ("voz.local", 8000), "path": "/voz/desk/", "headers": [],
        "query_string": b"", "root_path": "/voz/desk", "app_root_path": "/voz",
    }  # fmt: skip
    request = Request(scope)
    assert home_of(request, "") == "http://voz.local:8000/voz"
    assert home_of(request, "https://ayuda.example/") == "https://ayuda.example"
