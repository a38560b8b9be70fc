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

from voz.case import Case, Draft, Message
from voz.errors import VozError
from voz.page_view import SUPPORT, View, view_of
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
TONES = {"plain": "#8a8f98", "mild": "#d98200", "strong": "#d33131"}
log = logging.getLogger(__name__)


def mount_page(app: FastAPI, desk: Desk, examples: tuple[Message, ...] = ()) -> None:
    """The page at `/` in Spanish, and at `/en` and `/pt`. Nothing on it comes from another machine."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    css = (files("voz") / "data" / "ui" / "page.css").read_text(encoding="utf-8")
    here = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    theme = gr.themes.Base(
        primary_hue="teal", neutral_hue="stone", text_size="lg", radius_size="md",
        font=here, font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    )  # fmt: skip
    for language in (*LANGUAGES[1:], LANGUAGES[0]):  # the one at / would swallow the others
        gr.mount_gradio_app(
            app, build_page(desk, words(language), examples), f"/{'' if language == 'es' else language}",
            footer_links=[], run_history=False, show_error=False, ssr_mode=False, pwa=False,
            theme=theme, css=css, max_file_size=1,
        )  # fmt: skip


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
    links = " · ".join(f"[{words(name)('name')}](/{'' if name == 'es' else name})" for name in others)
    with gr.Row(elem_id="voz-head"):
        gr.Textbox(
            f"{line}\n{state}", lines=2, show_label=False, container=False, interactive=False,
            elem_id="voz-title", scale=5,
        )  # fmt: skip
        gr.Markdown(links, elem_id="voz-languages")


def _draft_tab(gr: Any, desk: Desk, told: Words, examples: tuple[Message, ...]) -> None:
    from voz.pipeline import prepare

    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=320):
            inputs = _message_inputs(gr, told)
            with gr.Row():
                clear = gr.Button(told("page.clear"), scale=1, min_width=80)
                go = gr.Button(told("page.draft"), variant="primary", scale=3, min_width=160)
            _examples(gr, told, examples, inputs)
        with gr.Column(scale=6, min_width=340):
            board = _Board(gr, told, "page.draft_reply", "page.empty")

    def work(text: str, channel: str, author: str, public: str) -> list[Any]:
        return board.show(lambda: prepare(_message(text, channel, author, public), desk))

    options = {"api_visibility": "private", "concurrency_limit": AT_ONCE, "concurrency_id": "draft"}
    go.click(work, inputs, board.outputs, show_progress_on=board.reply, scroll_to_output=True, **options)
    empty = ["", CHANNELS[0], "", "auto"]
    clear.click(lambda: [*empty, *board.blank()], None, [*inputs, *board.outputs], **options)


def _check_tab(gr: Any, desk: Desk, told: Words, examples: tuple[Message, ...]) -> None:
    from voz.pipeline import examine

    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=320):
            inputs = _message_inputs(gr, told)
            reply = gr.Textbox(
                label=told("page.reply"), placeholder=told("page.reply_hint"), lines=6, max_lines=16
            )
            with gr.Row():
                clear = gr.Button(told("page.clear"), scale=1, min_width=80)
                go = gr.Button(told("page.check"), variant="primary", scale=3, min_width=160)
        with gr.Column(scale=6, min_width=340):
            board = _Board(gr, told, "page.judged_reply", "page.empty_check")

    def work(text: str, channel: str, author: str, public: str, answer: str) -> list[Any]:
        def judge() -> Case:
            pair = {"message": _raw(text, channel, author, public), "reply": answer}
            message, clean = parse_pair(pair)
            return examine(message, clean, desk)

        return board.show(judge)

    options = {"api_visibility": "private", "concurrency_limit": AT_ONCE, "concurrency_id": "check"}
    taken = [*inputs, reply]
    go.click(work, taken, board.outputs, show_progress_on=board.reply, scroll_to_output=True, **options)
    empty = ["", CHANNELS[0], "", "auto", ""]
    clear.click(lambda: [*empty, *board.blank()], None, [*taken, *board.outputs], **options)


def _message_inputs(gr: Any, told: Words) -> list[Any]:
    text = gr.Textbox(
        label=told("page.message"), placeholder=told("page.message_hint"), lines=7, max_lines=20
    )
    with gr.Row():
        channel = gr.Dropdown(
            [(told.label("channel", name), name) for name in CHANNELS], value=CHANNELS[0],
            label=told("page.channel"), filterable=False, min_width=140,
        )  # fmt: skip
        author = gr.Textbox(
            label=told("page.author"), placeholder=told("page.author_hint"), max_lines=1, min_width=140
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
        self.status = gr.Textbox(
            self.empty, show_label=False, container=False, interactive=False, lines=1, max_lines=3,
            elem_classes="voz-status",
        )  # fmt: skip
        self.reply = gr.HighlightedText(
            None, label=told(title), visible=False, show_inline_category=False, show_legend=True,
            color_map={told.label("support", name): colour for name, colour in COLOURS.items()},
            elem_classes="voz-reply",
        )  # fmt: skip
        self.plain = gr.Textbox(visible=False)
        self.copy = gr.Button(told("page.copy"), size="sm", visible=False, elem_classes="voz-copy")
        self.clause = gr.Textbox(
            label=told("page.clause"), interactive=False, lines=3, max_lines=14, visible=False,
            elem_classes="voz-clause",
        )  # fmt: skip
        self.findings = self._table("findings", ["16%", "30%", "54%"])
        self.unanswered = self._table("unanswered", ["65%", "35%"])
        self.sources = self._table("sources", ["8%", "46%", "22%", "24%"])
        self.triage = gr.HighlightedText(
            None, label=told("page.triage"), visible=False, show_inline_category=False, show_legend=False,
            color_map=TONES, elem_classes="voz-triage",
        )  # fmt: skip
        self.reasons = self._folded("reasons")
        self.notes = self._folded("notes")
        with gr.Accordion(told("page.filtered"), open=False, visible=False) as self.filtered_fold:
            self.filtered = self._table("filtered", ["46%", "28%", "26%"], label=False)
        self.outputs = [
            self.state, self.status, self.reply, self.plain, self.copy, self.clause, self.findings,
            self.unanswered, self.sources, self.triage, *self.reasons, *self.notes,
            self.filtered_fold, self.filtered,
        ]  # fmt: skip
        self._listen()

    def _table(self, name: str, widths: list[str], label: bool = True) -> Any:
        return self.gr.Dataframe(
            headers=self.told.list(f"page.{name}_columns"), datatype="str", type="array", wrap=True,
            label=self.told(f"page.{name}") if label else None, show_label=label, interactive=False,
            visible=False, column_widths=widths, buttons=[], elem_classes=f"voz-table voz-{name}",
        )  # fmt: skip

    def _folded(self, name: str) -> tuple[Any, Any]:
        with self.gr.Accordion(self.told(f"page.{name}"), open=False, visible=False) as fold:
            box = self.gr.Textbox(
                show_label=False, container=False, interactive=False, lines=1, max_lines=20
            )
        return fold, box

    def _listen(self) -> None:
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        gr = self.gr

        # Gradio reads what an event gives from the annotation, which must be the class itself.
        def on_piece(view: dict[str, Any] | None, event: Any) -> Any:
            return self._clause(view, "pieces", event.index)

        def on_source(view: dict[str, Any] | None, event: Any) -> Any:
            return self._clause(view, "source_ids", event.index)

        def on_filtered(view: dict[str, Any] | None, event: Any) -> Any:
            return self._clause(view, "filtered_ids", event.index)

        for handler in (on_piece, on_source, on_filtered):
            handler.__annotations__["event"] = gr.SelectData
        self.reply.select(on_piece, self.state, self.clause, **quiet)
        self.sources.select(on_source, self.state, self.clause, **quiet)
        self.filtered.select(on_filtered, self.state, self.clause, scroll_to_output=True, **quiet)
        copied = f"(t) => {{ navigator.clipboard.writeText(t); return '{self.told('page.copied')}'; }}"
        back = f"() => new Promise(r => setTimeout(() => r('{self.told('page.copy')}'), 1500))"
        self.copy.click(None, self.plain, self.copy, js=copied, **quiet).then(
            None, None, self.copy, js=back, **quiet
        )

    def _clause(self, view: dict[str, Any] | None, field: str, index: Any) -> Any:
        place = index[0] if isinstance(index, (list, tuple)) else index
        if view is None or not 0 <= place < len(view[field]):
            return self.gr.skip()
        found = view[field][place]
        if field != "pieces":
            return self.gr.update(value=view["clauses"][found], visible=True)
        if not found["kind"]:
            return self.gr.skip()
        clauses = [view["clauses"][name] for name in found["citations"] if name in view["clauses"]]
        none = self.told("page.no_source", kind=self.told.label("support", found["kind"]))
        return self.gr.update(value="\n\n———\n\n".join(clauses) or none, visible=True)

    def show(self, work: Callable[[], Case]) -> list[Any]:
        """What the outputs become; an error becomes one sentence, never markup."""
        try:
            return self._filled(view_of(work(), self.told))
        except VozError as error:
            return self.blank(str(error))
        except Exception as error:
            log.exception("the page's work failed")
            return self.blank(f"voz: {type(error).__name__}")

    def blank(self, status: str = "") -> list[Any]:
        update = self.gr.update
        return [
            None, status or self.empty, update(value=None, visible=False), "",
            *(update(visible=False) for _ in self.outputs[4:]),
        ]  # fmt: skip

    def _filled(self, view: View) -> list[Any]:
        update, support = self.gr.update, self.told
        pieces = [
            (piece.text, support.label("support", piece.support) if piece.support else None)
            for piece in view.pieces
        ]
        chips = [part for label, tone in view.triage for part in ((label, tone), ("  ", None))]
        kept = {
            "pieces": [{"kind": p.kind, "citations": p.citations} for p in view.pieces],
            "source_ids": view.source_ids, "filtered_ids": view.filtered_ids, "clauses": view.clauses,
        }  # fmt: skip
        return [
            kept,
            view.status,
            update(value=pieces, visible=True),
            view.reply,
            update(visible=bool(view.reply)),
            update(value=self.told("page.sources_hint"), visible=bool(view.sources)),
            *(_rows(self.gr, rows) for rows in (view.findings, view.unanswered, view.sources)),
            update(value=chips, visible=bool(chips)),
            update(visible=bool(view.reasons)), update(value=view.reasons, visible=True),
            update(visible=bool(view.notes)), update(value=view.notes, visible=True),
            update(visible=bool(view.filtered)), _rows(self.gr, view.filtered),
        ]  # fmt: skip


def _rows(gr: Any, rows: tuple[tuple[str, ...], ...]) -> Any:
    return gr.update(value=[list(row) for row in rows] or None, visible=bool(rows))


