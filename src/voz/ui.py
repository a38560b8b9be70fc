"""The page: paste a message, read the draft sentence by sentence beside what supports it.

What strangers wrote (customers, documents) goes only into Textbox and HighlightedText: Gradio's HTML
and Markdown would run or load what is in it. Lists flow, as tables do not fit on a phone.
"""

from __future__ import annotations

import os
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request

from voz.case import Case, Message
from voz.ui_board import Board, colour_css
from voz.wire import CHANNELS, parse_message, parse_pair
from voz.words import LANGUAGES, Words, words

if TYPE_CHECKING:
    from voz.pipeline import Desk

AT_ONCE = 4
"""So many drafts are written for the page at the same time."""


def mount_page(app: FastAPI, desk: Desk, examples: tuple[Message, ...] = (), *, cases: bool = False) -> None:
    """The page at `/` in Spanish, and at `/en` and `/pt`. Nothing on it comes from another machine.

    `cases`: there is a review desk to link to.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    css = (files("voz") / "data" / "ui" / "page.css").read_text(encoding="utf-8")
    theme = page_theme(gr)
    for language in (*LANGUAGES[1:], LANGUAGES[0]):  # the one at / would swallow the others
        path = "/" if language == LANGUAGES[0] else f"/{language}"
        if path != "/":
            add_slash(app, path)
        gr.mount_gradio_app(
            app, build_page(desk, words(language), examples, cases=cases), path,
            footer_links=[], run_history=False, show_error=False, ssr_mode=False, pwa=False,
            theme=theme, css=css + colour_css(), max_file_size=1,
            js=f"() => {{ document.documentElement.lang = '{language}' }}",
        )  # fmt: skip


def add_slash(app: FastAPI, path: str) -> None:
    """Send who types `/desk` to `/desk/`, where the page is; the page at / would answer that it is not there."""
    from starlette.responses import RedirectResponse

    async def slashed(request: Request) -> RedirectResponse:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{path.rsplit('/', 1)[-1]}/{query}", 307)

    app.router.add_route(path, slashed, methods=["GET", "HEAD"], include_in_schema=False)


def page_theme(gr: Any) -> Any:
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


def build_page(desk: Desk, told: Words, examples: tuple[Message, ...] = (), *, cases: bool = False) -> Any:
    """The page in one language, as Gradio's Blocks."""
    import gradio as gr

    with gr.Blocks(title=told("page.title"), analytics_enabled=False, fill_width=True) as page:
        _header(gr, desk, told, cases)
        with gr.Tabs():
            with gr.Tab(told("page.tab_draft")):
                _draft_tab(gr, desk, told, examples)
            with gr.Tab(told("page.tab_check")):
                _check_tab(gr, desk, told)
    return page


def _header(gr: Any, desk: Desk, told: Words, cases: bool) -> None:
    company = desk.brand.voice.company
    line = told("page.tagline", company=company) if company else told("page.tagline_anonymous")
    model = getattr(desk.client, "model", "") or "model"
    writer = told.label("writer", "model").format(model=model) if desk.client else told.label("writer", "extractive")
    state = told("page.state", day=told.day(desk.day()), passages=len(desk.library.passages), writer=writer)
    others = [name for name in LANGUAGES if name != told.language]
    links = " · ".join(f"[{words(name)('name')}](/{'' if name == 'es' else name + '/'})" for name in others)
    if cases:
        links = f"[{told('page.to_desk')}](/desk/{'' if told.language == 'es' else told.language + '/'}) · {links}"
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
            if examples:
                with gr.Accordion(told("page.examples"), open=False):
                    _examples(gr, told, examples, inputs)
        with gr.Column(scale=6, min_width=280):
            board = Board(gr, told, desk.brand, "page.draft_reply", "page.empty")

    def work(text: str, channel: str, author: str, public: str) -> list[Any]:
        return board.show(lambda: prepare(_message(text, channel, author, public), desk))

    options = {"api_visibility": "private", "concurrency_limit": AT_ONCE, "concurrency_id": "draft"}
    go.click(work, inputs, board.outputs, show_progress_on=board.status, scroll_to_output=True, **options)
    empty = ["", CHANNELS[0], "", "auto"]
    clear.click(lambda: [*empty, *board.blank()], None, [*inputs, *board.outputs], **options)


def _check_tab(gr: Any, desk: Desk, told: Words) -> None:
    from voz.pipeline import examine

    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=280):
            inputs = _message_inputs(gr, told)
            reply = gr.Textbox(label=told("page.reply"), placeholder=told("page.reply_hint"), lines=6, max_lines=16)
            with gr.Row():
                clear = gr.Button(told("page.clear"), scale=1, min_width=80)
                go = gr.Button(told("page.check"), variant="primary", scale=3, min_width=160)
        with gr.Column(scale=6, min_width=280):
            board = Board(gr, told, desk.brand, "page.judged_reply", "page.empty_check")

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
    text = gr.Textbox(label=told("page.message"), placeholder=told("page.message_hint"), lines=7, max_lines=20)
    with gr.Row():
        channel = gr.Dropdown(
            [(told.label("channel", name), name) for name in CHANNELS], value=CHANNELS[0],
            label=told("page.channel"), filterable=False, min_width=120,
        )  # fmt: skip
        author = gr.Textbox(label=told("page.author"), placeholder=told("page.author_hint"), max_lines=1, min_width=120)
    choices = [(told("page.public_auto"), "auto"), (told("page.yes"), "yes"), (told("page.no"), "no")]
    public = gr.Radio(choices, value="auto", label=told("page.public"), elem_classes="voz-public")
    return [text, channel, author, public]


def _examples(gr: Any, told: Words, examples: tuple[Message, ...], inputs: list[Any]) -> None:
    as_public = {None: "auto", True: "yes", False: "no"}
    gr.Examples(
        [[m.text, m.channel, m.author, as_public[m.public]] for m in examples],
        inputs,
        label=told("page.examples"),
        example_labels=[f"{told.label('channel', m.channel)}: {' '.join(m.text.split())}"[:50] + "…" for m in examples],
        examples_per_page=len(examples),
        api_visibility="private",
    )


def _raw(text: str, channel: str, author: str, public: str) -> dict[str, Any]:
    said = {"yes": True, "no": False}.get(public)
    return {"text": text, "channel": channel, "author": author, "public": said}


def _message(text: str, channel: str, author: str, public: str) -> Message:
    return parse_message(_raw(text, channel, author, public))
