"""The page: paste a message, read the draft sentence by sentence beside what supports it.

What strangers wrote (customers, documents) goes only into Textbox, HighlightedText and Dataframe of
texts: Gradio's HTML and Markdown would run or load what is in it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from voz.case import Case, Message
from voz.errors import VozError
from voz.page_view import Item, Piece, View, view_of
from voz.wire import CHANNELS, parse_message, parse_pair
from voz.words import LANGUAGES, Words, words

if TYPE_CHECKING:
    import gradio as gr

    from voz.pipeline import Desk

AT_ONCE = 4
"""So many drafts are written for the page at the same time."""
COLOURS = {
    "fact": "#1f8a5b",
    "commitment": "#2667c9",
    "courtesy": "#8a8f98",
    "question": "#8b5cc7",
    "unsupported": "#b7791f",
    "warn": "#d98200",
    "block": "#d33131",
}
TONES = {"plain": "#8a8f99", "mild": "#d98201", "strong": "#d33132", "source": "#1f8a5c"}
log = logging.getLogger(__name__)


def mount_page(app: FastAPI, desk: Desk, examples: tuple[Message, ...] = ()) -> None:
    """The page at `/` in Spanish, and at `/en` and `/pt`. Nothing on it comes from another machine."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    css = (files("voz") / "data" / "ui" / "page.css").read_text(encoding="utf-8")
    theme = _theme(gr)
    for language in (*LANGUAGES[1:], LANGUAGES[0]):  # the one at / would swallow the others
        gr.mount_gradio_app(
            app, build_page(desk, words(language), examples), f"/{'' if language == 'es' else language}",
            footer_links=[], run_history=False, show_error=False, ssr_mode=False, pwa=False,
            theme=theme, css=css + colour_css(), max_file_size=1,
            js=f"() => {{ document.documentElement.lang = '{language}' }}",
        )  # fmt: skip


def _theme(gr: Any) -> Any:
    """Fonts that the machine has, and text that keeps 4.5:1 against what it stands on, light and dark."""
    theme = gr.themes.Base(
        primary_hue="teal", neutral_hue="stone", text_size="lg", radius_size="md",
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    )  # fmt: skip
    return theme.set(
        color_accent="*primary_700",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
    )


def build_page(desk: Desk, told: Words, examples: tuple[Message, ...] = ()) -> gr.Blocks:
    import gradio as gr

    with gr.Blocks(title=told("page.title"), analytics_enabled=False, fill_width=True) as page:
        _header(gr, desk, told)
        with gr.Tabs():
            with gr.Tab(told("page.tab_draft")):
                _draft_tab(gr, desk, told, examples)
            with gr.Tab(told("page.tab_check")):
                _check_tab(gr, desk, told, examples)
    return page


def _header(gr: Any, desk: Desk, told: Words) -> None:
    company = desk.brand.voice.company
    line = told("page.tagline", company=company) if company else told("page.tagline_anonymous")
    model = getattr(desk.client, "model", "") or "model"
    writer = told.label("writer", "model").format(model=model) if desk.client else told.label("writer", "extractive")
    state = told(
        "page.state", day=told.day(desk.day()), passages=len(desk.library.passages), writer=writer
    )
    others = [name for name in LANGUAGES if name != told.language]
    links = " · ".join(f"[{words(name)('name')}](/{'' if name == 'es' else name + '/'})" for name in others)
    with gr.Row(elem_id="voz-head"):
        gr.HighlightedText(
            [(line, "title"), (f"\n{state}", None)], show_label=False, container=False, scale=5,
            show_inline_category=False, elem_id="voz-title", elem_classes=["voz-lines"], min_width=200,
            color_map={"title": "#000001"},
        )  # fmt: skip
        gr.Markdown(links, elem_id="voz-languages", min_width=90)


def _draft_tab(gr: Any, desk: Desk, told: Words, examples: tuple[Message, ...]) -> None:
    from voz.pipeline import prepare

    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=280):
            inputs = _message_inputs(gr, told)
            with gr.Row():
                clear = gr.Button(told("page.clear"), scale=1, min_width=80)
                go = gr.Button(told("page.draft"), variant="primary", scale=3, min_width=160)
            _examples(gr, told, examples, inputs)
        with gr.Column(scale=6, min_width=280):
            board = _Board(gr, told, "page.draft_reply", "page.empty")

    def work(text: str, channel: str, author: str, public: str) -> list[Any]:
        return board.show(lambda: prepare(_message(text, channel, author, public), desk))

    options = {"api_visibility": "private", "concurrency_limit": AT_ONCE, "concurrency_id": "draft"}
    go.click(work, inputs, board.outputs, show_progress_on=board.status, scroll_to_output=True, **options)
    empty = ["", CHANNELS[0], "", "auto"]
    clear.click(lambda: [*empty, *board.blank()], None, [*inputs, *board.outputs], **options)


def _check_tab(gr: Any, desk: Desk, told: Words, examples: tuple[Message, ...]) -> None:
    from voz.pipeline import examine

    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=280):
            inputs = _message_inputs(gr, told)
            reply = gr.Textbox(
                label=told("page.reply"), placeholder=told("page.reply_hint"), lines=6, max_lines=16
            )
            with gr.Row():
                clear = gr.Button(told("page.clear"), scale=1, min_width=80)
                go = gr.Button(told("page.check"), variant="primary", scale=3, min_width=160)
        with gr.Column(scale=6, min_width=280):
            board = _Board(gr, told, "page.judged_reply", "page.empty_check")

    def work(text: str, channel: str, author: str, public: str, answer: str) -> list[Any]:
        def judge() -> Case:
            pair = {"message": _raw(text, channel, author, public), "reply": answer}
            message, clean = parse_pair(pair)
            return examine(message, clean, desk)

        return board.show(judge)

    options = {"api_visibility": "private", "concurrency_limit": AT_ONCE, "concurrency_id": "check"}
    taken = [*inputs, reply]
    go.click(work, taken, board.outputs, show_progress_on=board.status, scroll_to_output=True, **options)
    empty = ["", CHANNELS[0], "", "auto", ""]
    clear.click(lambda: [*empty, *board.blank()], None, [*taken, *board.outputs], **options)


def _message_inputs(gr: Any, told: Words) -> list[Any]:
    text = gr.Textbox(
        label=told("page.message"), placeholder=told("page.message_hint"), lines=7, max_lines=20
    )
    with gr.Row():
        channel = gr.Dropdown(
            [(told.label("channel", name), name) for name in CHANNELS], value=CHANNELS[0],
            label=told("page.channel"), filterable=False, min_width=120,
        )  # fmt: skip
        author = gr.Textbox(
            label=told("page.author"), placeholder=told("page.author_hint"), max_lines=1, min_width=120
        )
    choices = [(told("page.public_auto"), "auto"), (told("page.yes"), "yes"), (told("page.no"), "no")]
    public = gr.Radio(choices, value="auto", label=told("page.public"), elem_classes="voz-public")
    return [text, channel, author, public]


def _examples(gr: Any, told: Words, examples: tuple[Message, ...], inputs: list[Any]) -> None:
    if not examples:
        return
    as_public = {None: "auto", True: "yes", False: "no"}
    gr.Examples(
        [[m.text, m.channel, m.author, as_public[m.public]] for m in examples],
        inputs,
        label=told("page.examples"),
        example_labels=[
            f"{told.label('channel', m.channel)}: {' '.join(m.text.split())[:60]}…" for m in examples
        ],
        examples_per_page=len(examples),
        api_visibility="private",
    )


def _raw(text: str, channel: str, author: str, public: str) -> dict[str, Any]:
    said = {"yes": True, "no": False}.get(public)
    return {"text": text, "channel": channel, "author": author, "public": said}


def _message(text: str, channel: str, author: str, public: str) -> Message:
    return parse_message(_raw(text, channel, author, public))


class _Board:
    """The right half of a tab: everything that is known about one reply."""

    def __init__(self, gr: Any, told: Words, title: str, empty: str) -> None:
        self.gr, self.told, self.empty = gr, told, told(empty)
        self.state = gr.State(None)
        self.status = gr.HighlightedText(
            [(self.empty, None)], show_label=False, container=False, elem_classes=["voz-lines", "voz-status"]
        )
        self.triage = self._lines(TONES, "voz-chips")
        supports = {told.label("support", name): colour for name, colour in COLOURS.items()}
        self.reply = self._lines(supports, "voz-reply", label=told(title), show_legend=True)
        self.plain = gr.Textbox(visible=False)
        self.copy = gr.Button(told("page.copy"), size="sm", visible=False, elem_classes="voz-copy")
        self.clause = gr.Textbox(
            label=told("page.clause"), interactive=False, lines=3, max_lines=16, visible=False,
            elem_classes="voz-clause",
        )  # fmt: skip
        self.findings = self._lines(TONES, "voz-list", label=told("page.findings"))
        self.unanswered = self._lines(TONES, "voz-list", label=told("page.unanswered"))
        self.sources = self._lines(TONES, "voz-list voz-open", label=f"{told('page.sources')}: {told('page.sources_hint')}")
        self.notes = self._folded("notes")
        self.reasons = self._folded("reasons")
        with gr.Accordion(told("page.filtered"), open=False, visible=False) as self.fold:
            self.filtered = self._lines(TONES, "voz-list voz-open")
        self.outputs = [
            self.state, self.status, self.triage, self.reply, self.plain, self.copy, self.clause,
            self.findings, self.unanswered, self.sources, *self.notes, *self.reasons,
            self.fold, self.filtered,
        ]  # fmt: skip
        self._listen()

    def _lines(self, colours: dict[str, str], classes: str, **more: Any) -> Any:
        return self.gr.HighlightedText(
            None, visible=False, show_inline_category=False, color_map=colours, show_label="label" in more,
            elem_classes=["voz-lines", *classes.split()], **more,
        )  # fmt: skip

    def _folded(self, name: str) -> tuple[Any, Any]:
        with self.gr.Accordion(self.told(f"page.{name}"), open=False, visible=False) as fold:
            box = self.gr.Textbox(**_BARE, lines=1, max_lines=20)
        return fold, box

    def _listen(self) -> None:
        gr, quiet = self.gr, {"show_progress": "hidden", "api_visibility": "private"}
        for component, field in (
            (self.reply, "reply"), (self.sources, "sources"), (self.filtered, "filtered"),
        ):  # fmt: skip
            component.select(
                self._opener(field), self.state, self.clause, scroll_to_output=field != "reply", **quiet
            )
        copied = f"(t) => {{ navigator.clipboard.writeText(t); return '{self.told('page.copied')}'; }}"
        back = f"() => new Promise(r => setTimeout(() => r('{self.told('page.copy')}'), 1500))"
        done = self.copy.click(None, self.plain, self.copy, js=copied, **quiet)
        done.then(None, None, self.copy, js=back, **quiet)

    def _opener(self, field: str) -> Callable[..., Any]:
        """What a click on a sentence or a source shows: its whole clause."""

        def open_clause(opened: dict[str, list[str]] | None, event: Any) -> Any:
            place = event.index[0] if isinstance(event.index, (list, tuple)) else event.index
            text = opened[field][place] if opened and 0 <= place < len(opened[field]) else ""
            return self.gr.update(value=text, visible=True) if text else self.gr.skip()

        # Gradio looks for its class in the annotation, and it is not imported up there.
        open_clause.__annotations__ = {"event": self.gr.SelectData}
        return open_clause

    def show(self, work: Callable[[], Case]) -> list[Any]:
        """What the outputs become; an error becomes one sentence, never markup."""
        try:
            return self._filled(view_of(work(), self.told))
        except VozError as error:
            return self.blank(str(error))
        except Exception as error:
            log.exception("the page's work failed")
            return self.blank(f"voz: {type(error).__name__}")

    def blank(self, problem: str = "") -> list[Any]:
        update = self.gr.update
        return [
            None, _said(self.gr, problem or self.empty, "warn" if problem else "none"),
            update(value=None, visible=False), update(value=None, visible=False), "",
            *(update(visible=False) for _ in self.outputs[5:]),
        ]  # fmt: skip

    def _filled(self, view: View) -> list[Any]:
        update = self.gr.update
        chips = [part for chip in view.triage for part in (chip, ("  ", None))]
        return [
            self._opened(view),
            _said(self.gr, view.status, view.tone),
            update(value=chips, visible=bool(chips)),
            update(value=self._marked(view.pieces) or None, visible=bool(view.pieces)),
            view.reply,
            update(visible=bool(view.reply)),
            update(value="", visible=False),
            *(_listed(self.gr, items) for items in (view.findings, view.unanswered, view.sources)),
            update(visible=bool(view.notes)), update(value=view.notes),
            update(visible=bool(view.reasons)), update(value=view.reasons),
            update(visible=bool(view.filtered)), _listed(self.gr, view.filtered),
        ]  # fmt: skip

    def _marked(self, pieces: tuple[Piece, ...]) -> list[tuple[str, str | None]]:
        label = self.told.label
        return [(piece.text, label("support", piece.support) if piece.support else None) for piece in pieces]

    def _opened(self, view: View) -> dict[str, list[str]]:
        """What each click shows, by the place of the piece that is clicked."""

        def reply_text(piece: Piece) -> str:
            found = [view.clauses[name] for name in piece.citations if name in view.clauses]
            if found or not piece.kind:
                return "\n\n———\n\n".join(found)
            return self.told("page.no_source", kind=self.told.label("support", piece.kind))

        def listed(items: tuple[Item, ...]) -> list[str]:
            return [view.clauses.get(item.clause or "", "") for item in items for _ in range(2)]

        return {
            "reply": [reply_text(piece) for piece in view.pieces],
            "sources": listed(view.sources),
            "filtered": listed(view.filtered),
        }


_BARE = {"show_label": False, "container": False, "interactive": False}


def _said(gr: Any, text: str, tone: str) -> Any:
    return gr.update(value=[(text, None)], elem_classes=["voz-lines", "voz-status", f"voz-{tone}"])


def _listed(gr: Any, items: tuple[Item, ...]) -> Any:
    """Two pieces a line: what stands out, and the rest."""
    pieces: list[tuple[str, str | None]] = []
    for item in items:
        pieces += [(item.head, item.tone), (f" {item.rest}\n", None)]
    return gr.update(value=pieces or None, visible=bool(items))


def colour_css() -> str:
    """Gradio paints a piece with half its colour and writes black on it; this makes it a tint, underlined.

    The only thing in its markup that tells one kind of piece from another is the colour itself.
    """
    rules = []
    for name, colour in {**COLOURS, **TONES}.items():
        rgb = ", ".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
        tint = 0.07 if name in ("courtesy", "plain") else 0.2
        rules.append(
            f'.voz-lines .token[style*="{rgb}"] .text, .voz-lines .legend-item[style*="{rgb}"] '
            f"{{ background-color: rgba({rgb}, {tint}) !important; box-shadow: inset 0 -2px 0 rgb({rgb}); }}"
        )
    return "\n".join(rules)
