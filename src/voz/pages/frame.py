"""What the pages beside the desk have in common: heading and links, one line of news, lists to choose from.

`escaped` is the only way for a text into gr.HTML; what customers wrote does not go there at all.
"""

from __future__ import annotations

import datetime as dt
import html
import logging
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from voz.errors import VozError
from voz.pages.desk import navigation
from voz.pages.desk_words import desk_words
from voz.pages.visible import visible
from voz.service.refusals import told
from voz.ui_board import TONES
from voz.words import LANGUAGES

log = logging.getLogger(__name__)
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 8}
TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;", "\\": "&#92;"})
"""Gradio takes what gr.HTML holds for a template of Handlebars and JavaScript."""
Updates = dict[Any, Any]


def escaped(text: object) -> str:
    """A text that stays text inside gr.HTML."""
    return html.escape(str(text)).translate(TEMPLATE)


class Heading:
    """The title of the page with a line of its state below, and the way to the other pages."""

    def __init__(self, here: str, language: str, title: str, hint: str, company: str) -> None:
        self.title, self.company = title, company
        with gr.Row(elem_id="voz-head"):
            self.shown = gr.HTML(self.saying(hint), padding=False, elem_id="voz-heading")
            gr.Markdown(navigation(desk_words(language), here), elem_id="voz-nav", min_width=200)

    def saying(self, state: str) -> str:
        name = f" <span>{escaped(self.company)}</span>" if self.company else ""
        return f'<h1>{escaped(self.title)}{name}</h1><p class="voz-state">{escaped(state)}</p>'


def news() -> Any:
    """One line on what was done or refused, in a place that is read out when it changes."""
    with gr.Column(elem_id="voz-news"):
        return gr.HighlightedText(None, show_label=False, container=False, visible=False,
                                  elem_classes=["voz-lines", "voz-status"])  # fmt: skip


def say(text: str, tone: str = "good") -> Any:
    classes = ["voz-lines", "voz-status", f"voz-{tone}"]
    return gr.update(value=[(text, None)] if text else None, elem_classes=classes, visible=bool(text))


def told_by(work: Callable[[], Updates], notice: Any, language: str) -> Updates:
    """What the work gives; a refusal becomes one line in the page's language, and leaves everything else as it is."""
    try:
        return work()
    except VozError as error:
        return {notice: say(told(error, language), "block")}
    except Exception as error:
        log.exception("the page's work failed")
        return {notice: say(f"voz: {type(error).__name__}", "block")}


def cards(label: str) -> Any:
    """A list to choose one from, as the queue of the desk: plain text over several lines."""
    return gr.Radio([], label=label, elem_classes=["voz-cards"])


def note(text: str = "", *, visible: bool | None = None) -> Any:
    return gr.HighlightedText(
        [(text, None)] if text else None, show_label=False, container=False,
        visible=bool(text) if visible is None else visible, elem_classes=["voz-lines", "voz-note"],
    )  # fmt: skip


def noted(text: str) -> Any:
    return gr.update(value=[(text, None)] if text else None, visible=bool(text))


def pieces(label: str | None = None, classes: str = "voz-list") -> Any:
    """Text of which parts stand out; whatever is in it is shown as text."""
    return gr.HighlightedText(
        None, visible=False, show_inline_category=False, color_map=TONES, show_label=label is not None, label=label,
        elem_classes=["voz-lines", *classes.split()],
    )  # fmt: skip


def shown(value: Sequence[tuple[str, str | None]]) -> Any:
    return gr.update(value=list(value) or None, visible=bool(value))


def box(label: str, lines: int = 1) -> Any:
    """A text to read, as text."""
    return gr.Textbox(label=label, interactive=False, lines=lines, max_lines=14)


def case_link(case_id: str, language: str) -> str:
    tongue = "" if language == LANGUAGES[0] else f"{language}/"
    return f"/desk/{tongue}?case={case_id}"


def day(value: dt.date | None, language: str) -> str:
    return value.strftime(desk_words(language)("day")) if value else ""


def excerpt(text: str, most: int = 160) -> str:
    line = " ".join(visible(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def chosen(ids: Sequence[str], before: str | None) -> str | None:
    """What stays chosen in a list that has changed."""
    return before if before in ids else None


def difference(before: str, after: str) -> list[tuple[str, str | None]]:
    """Two texts laid over one another: what went is «strong» (struck through in «voz-diff»), what came is «source»."""
    from voz.evaluate.compare import word_diff

    tones = {"same": None, "removed": "strong", "added": "source"}
    return [(visible(part.text), tones[part.kind]) for part in word_diff(before, after)]
