"""Plots and tables drawn from numbers: heights that are right, every number readable, no text that becomes markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from front import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from voz.pages.charts import Plot, Series, bar_table, columns, lines, nice_top, table
from voz.pages.figures_plots import number
from voz.pages.frame import difference, escaped, excerpt
from voz.pages.topic_words import topic_words


def plot(*series: Series, places: tuple[str, ...]) -> Plot:
    return Plot("Casos", "Casos: tres", places, series, lambda value: f"{value:g}", "Ver", "Fecha")


class Tags(HTMLParser):
    """The names of the elements, and all text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.floats(0, 1e12))
def test_the_top_of_an_axis_holds_the_value_and_is_not_far_above(value: float) -> None:
    top = nice_top(value)
    assert top >= value
    assert top <= max(2.0 * value, 1.0) + 1e-9


def test_columns_are_as_high_as_their_numbers_and_stand_upon_one_another() -> None:
    drawn = columns(plot(Series("a", (1, 0)), Series("b", (3, 2)), places=("lunes", "martes")))
    found = [
        (float(y), float(height)) for y, height in re.findall(r' y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn)
    ]
    assert found == [(75.0, 25.0), (0.0, 75.0), (50.0, 50.0)]  # of a top of 4; of nothing there is no column
    assert "<title>lunes · b: 3</title>" in drawn


def test_a_line_goes_over_what_is_not_known() -> None:
    drawn = lines(plot(Series("a", (1.0, None, 2.0)), places=("x", "y", "z")))
    assert re.findall(r'points="([^"]+)"', drawn) == ["16.667,50.000 83.333,0.000"]


def test_every_number_of_a_plot_stands_in_its_table() -> None:
    drawn = columns(plot(Series("a", (1, 0)), Series("b", (3, 0)), places=("lunes", "martes")))
    rows = drawn[drawn.index("<table") :]
    assert Tags(rows).text == "CasosFechaablunes13"


def test_a_plot_says_what_it_shows_to_who_does_not_see_it() -> None:
    assert 'role="img" aria-label="Casos: tres"' in columns(plot(Series("a", (1,)), places=("x",)))


def test_names_stay_text_in_markup_and_in_the_templates_of_gradio() -> None:
    for markup in (
        columns(plot(Series(HOSTILE, (1,)), Series("b", (1,)), places=(HOSTILE,))),
        bar_table(HOSTILE, (HOSTILE, "n"), [(HOSTILE, 2)], lambda value: f"{value:g}"),
        table(HOSTILE, [HOSTILE], [[escaped(HOSTILE)]]),
    ):
        assert not {"img", "script", "a"} & set(Tags(markup).names)
        assert not re.search(r"[{}$`]", markup)
        assert HOSTILE in Tags(markup).text


@given(st.text(max_size=200))
def test_what_is_escaped_reads_as_it_was(text: str) -> None:
    clean = text.replace("\r", "").replace("\0", "")
    assert not re.search(r"[<>{}$`\"']", escaped(clean))
    assert Tags(f"<p>{escaped(clean)}</p>").text == clean


def test_two_texts_laid_over_one_another() -> None:
    assert difference("Llega mañana.", "Llega hoy.") == [
        ("Llega ", None), ("mañana", "strong"), ("hoy", "source"), (".", None),
    ]  # fmt: skip


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    written = {name: number(12345.678, topic_words("page_figures", name), 1) for name in ("es", "en", "pt")}
    assert written == {"es": "12.345,7", "en": "12,345.7", "pt": "12 345,7"}


def test_marks_that_turn_text_around_are_shown_for_what_they_are() -> None:
    turned = "Pagar \u202e€ 5\u202c ya\u200b"
    assert excerpt(turned) == "Pagar \ufffd€ 5\ufffd ya\ufffd"
    assert difference("", turned) == [("Pagar \ufffd€ 5\ufffd ya\ufffd", "source")]
