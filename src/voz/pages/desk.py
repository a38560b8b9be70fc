"""The review desk: the queue on the left, one case on the right. Layout only; `desk_wiring` says what happens.

What customers, documents and reviewers wrote goes only into Textbox, Radio and HighlightedText, which show it as text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import gradio as gr

from voz.case import Risk
from voz.pages.desk_words import desk_words
from voz.service.service import Service
from voz.service.status import CLOSE_REASONS
from voz.ui_board import TONES, Board
from voz.wire import CHANNELS
from voz.words import LANGUAGES, Words, words

VIEWS = ("open", "mine", "team", "overdue", "claims", "person", "snoozed", "done")
WISHES = ("shorter", "warmer", "tú", "usted", "vos")
SNOOZES = ("hour", "tomorrow", "week")
PAGES = ("desk", "commitments", "figures", "runs", "learn", "try")


@dataclass
class Layout:
    """Every component that an event reads or writes."""

    told: Words
    ui: Words
    service: Service
    public_url: str = ""
    """What people type to reach the desk, where that is not the address that their browser asks here for."""
    board: Any = None
    parts: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.parts[name]

    def put(self, name: str, component: Any) -> Any:
        self.parts[name] = component
        return component


def build_desk(service: Service, language: str, public_url: str = "") -> Any:
    """The desk in one language, as Gradio's Blocks."""
    from voz.pages.desk_wiring import listen

    layout = Layout(desk_words(language), words(language), service, public_url)
    title = layout.told("title", company=service.desk.brand.voice.company or "voz")
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as page:
        lay_out(layout, title)
        listen(page, layout)
    return page


def lay_out(layout: Layout, title: str) -> None:
    """Every component in its place, inside a page that is being built."""
    _header(layout, title)
    with gr.Row(equal_height=False, elem_id="voz-desk"):
        with gr.Column(scale=4, min_width=300, elem_id="voz-queue-side"):
            _queue(layout)
        with gr.Column(scale=8, min_width=300, elem_id="voz-case-side"):
            _case(layout)


def navigation(told: Words, here: str) -> str:
    """Links between the pages; all of it is voz's own text."""
    tongue = "" if told.language == LANGUAGES[0] else f"{told.language}/"
    paths = {"try": f"/{tongue}", "desk": f"/desk/{tongue}"} | {
        name: f"/{name}/{tongue}" for name in PAGES if name not in ("try", "desk")
    }
    named = {name: told(f"nav.{name}") for name in PAGES}
    links = [f"**{named[name]}**" if name == here else f"[{named[name]}]({paths[name]})" for name in PAGES]
    return " · ".join([*links, f"[{told('nav.out')}](/logout)"])


def _header(layout: Layout, title: str) -> None:
    told = layout.told
    with gr.Row(elem_id="voz-head"):
        layout.put("title", gr.HighlightedText(
            [(title, "title")], show_label=False, container=False, scale=5, show_inline_category=False,
            elem_id="voz-title", elem_classes=["voz-lines"], min_width=200, color_map={"title": "#000001"},
        ))  # fmt: skip
        gr.Markdown(navigation(told, "desk"), elem_id="voz-nav", min_width=200)


def _queue(layout: Layout) -> None:
    told, ui, put = layout.told, layout.ui, layout.put
    put("search", gr.Textbox(label=told("queue.search"), placeholder=told("queue.search_hint"), max_lines=1,
                             elem_id="voz-search"))  # fmt: skip
    with gr.Row():
        put("view", gr.Dropdown([(told(f"queue.views.{name}"), name) for name in VIEWS], value=VIEWS[0],
                                label=told("queue.view"), filterable=False, min_width=140))  # fmt: skip
    with gr.Accordion(told("queue.filters"), open=False):
        anything = [(told("queue.any"), "")]
        channels = anything + [(ui.label("channel", name), name) for name in CHANNELS]
        risks = anything + [(ui.label("risk", name), name) for name in get_args(Risk)]
        tongues = anything + [(label, name) for name, label in ui.table["language"].items()]
        for name, choices in (("channel", channels), ("risk", risks), ("language", tongues)):
            put(name, gr.Dropdown(choices, value="", label=told(f"queue.{name}"), filterable=False))
    _stuck(layout)
    put("queue", gr.Radio([], label=told("queue.label"), elem_id="voz-queue", elem_classes="voz-cards"))
    put("queue_empty", _line(told("queue.empty"), "voz-status"))
    put("more", gr.Button(told("queue.more"), size="sm", visible=False))
    with gr.Accordion(told("queue.new"), open=False):
        put("new_text", gr.Textbox(label=ui("page.message"), lines=3, max_lines=10))
        put("new_channel", gr.Dropdown(channels[1:], value="email", label=ui("page.channel"), filterable=False))
        put("new_author", gr.Textbox(label=ui("page.author"), max_lines=1))
        put("new_do", gr.Button(told("queue.new_do"), size="sm"))
    with gr.Accordion(told("keys"), open=False, elem_id="voz-keys"):
        _line(told("shortcuts"), "voz-list")
    put("shown", gr.State(1))
    put("clock", gr.Timer(5))


def _stuck(layout: Layout) -> None:
    """What helpdesks delivered and could not be read: see desk_inbox."""
    told, put = layout.told, layout.put
    with gr.Column(visible=False, elem_id="voz-stuck") as stuck:
        put("stuck_said", _line("", "voz-status voz-warn"))
        put("stuck_which", gr.Dropdown([], label=told("queue.stuck_which"), filterable=False))
        with gr.Row():
            put("stuck_retry", gr.Button(told("queue.stuck_retry"), size="sm", min_width=120))
            put("stuck_drop", gr.Button(told("queue.stuck_drop"), size="sm", min_width=120))
    put("stuck", stuck)


def _case(layout: Layout) -> None:
    told, put = layout.told, layout.put
    put("case_id", gr.Textbox("", visible="hidden", elem_id="voz-case-id", label="case"))
    put("version", gr.Number(0, visible="hidden", precision=0, label="version"))
    put("who", gr.Textbox("", visible="hidden", elem_id="voz-who", label="who"))
    put("had", gr.Textbox("", visible="hidden", label="had"))  # what this tab was shown: see voz.service.scratches
    put("draft_id", gr.Textbox("", visible="hidden", elem_id="voz-draft-id", label="draft"))
    put("local_at", gr.Textbox("", visible="hidden", elem_id="voz-typed-at", label="typed"))
    put("notice", _line(told("queue.none"), "voz-status"))
    with gr.Column(visible=False) as whole:
        put("heading", _pieces("voz-chips"))
        put("conversation", gr.HighlightedText(
            None, label=told("case.conversation"), show_inline_category=False, color_map=TONES,
            elem_classes=["voz-lines", "voz-talk"],
        ))  # fmt: skip
        put("consulted", _pieces("voz-list"))
        put("promised", _pieces("voz-list", told("case.promises")))
        with gr.Row():
            put("kept", gr.Dropdown([], label=told("case.promises"), visible=False, filterable=False))
            put("kept_do", gr.Button(told("case.kept"), size="sm", visible=False))
        _editor(layout)
        _decisions(layout)
        brand = layout.service.desk.brand
        layout.board = Board(gr, told=layout.ui, brand=brand, title="page.judged_reply", empty="page.empty")
        _more(layout)
        with gr.Accordion(told("case.history"), open=False):
            put("history", gr.Textbox(show_label=False, container=False, interactive=False, lines=1, max_lines=30))
    put("whole", whole)


def _editor(layout: Layout) -> None:
    told, put = layout.told, layout.put
    put("public_reply", gr.Textbox(label=told("case.reply_public"), lines=3, max_lines=8, visible=False,
                                   elem_id="voz-public", interactive=True))  # fmt: skip
    put("no_public", gr.Checkbox(False, label=told("case.no_public"), visible=False, elem_id="voz-no-public"))
    put("reply", gr.Textbox(label=told("case.reply"), lines=8, max_lines=24, elem_id="voz-reply-text",
                            interactive=True))  # fmt: skip
    put("typed", gr.Button("", visible="hidden", elem_id="voz-typed"))  # desk.js presses it once nobody types
    put("left", gr.Button("", visible="hidden", elem_id="voz-left"))  # and this one where it has kept more
    put("left_text", gr.Textbox("", visible="hidden", label="left"))
    put("verdict", _line("", "voz-status"))
    put("changed", _pieces("voz-diff", told("case.difference")))
    _other_texts(layout)


def _other_texts(layout: Layout) -> None:
    """A draft that came while somebody typed, and what they typed before."""
    told, put = layout.told, layout.put
    with gr.Column(visible=False, elem_id="voz-newer") as newer:
        _line(told("case.newer"), "voz-status voz-warn")
        with gr.Row():
            put("newer_show", gr.Button(told("case.newer_show"), size="sm", min_width=140))
            put("newer_keep", gr.Button(told("case.newer_keep"), size="sm", min_width=140))
    put("newer", newer)
    with gr.Column(visible=False, elem_id="voz-earlier") as earlier:
        put("earlier_which", gr.Dropdown([], label=told("case.earlier_which"), filterable=False, visible=False))
        put("earlier_text", gr.Textbox(label=told("case.earlier"), lines=2, max_lines=8, interactive=False))
        with gr.Row():
            put("earlier_back", gr.Button(told("case.earlier_back"), size="sm", min_width=120))
            put("earlier_drop", gr.Button(told("case.earlier_drop"), size="sm", min_width=120))
    put("earlier", earlier)


def _decisions(layout: Layout) -> None:
    told, put = layout.told, layout.put
    put("override", gr.Textbox(label=told("case.override"), info=told("case.override_hint"), visible=False,
                               max_lines=2))  # fmt: skip
    with gr.Row(visible=False, elem_id="voz-pass") as able:
        put("pass_to", gr.Dropdown([], label=told("case.pass_to"), filterable=False, min_width=160))
        put("pass_do", gr.Button(told("case.pass_do"), min_width=120))
    put("pass", able)
    with gr.Row(elem_id="voz-decide"):
        put("approve", gr.Button(told("case.approve"), variant="primary", scale=3, min_width=160,
                                 elem_id="voz-approve"))  # fmt: skip
        put("take", gr.Button(told("case.take"), scale=1, min_width=100, elem_id="voz-take"))
        put("copy", gr.Button(told("case.copy"), visible=False, scale=1, min_width=100))
        put("posted", gr.Button(told("case.posted"), visible=False, scale=2, min_width=140, variant="primary"))
        put("not_posted", gr.Button(told("case.not_posted"), visible=False, scale=2, min_width=140))
        put("withdraw", gr.Button(told("case.withdraw"), visible=False, scale=1, min_width=140))
        put("retry", gr.Button(told("case.retry"), visible=False, scale=1, min_width=140))
        put("reopen", gr.Button(told("case.reopen"), visible=False, scale=1, min_width=140))


def _more(layout: Layout) -> None:
    told, put, brand = layout.told, layout.put, layout.service.desk.brand
    teams = [(team.name, team.id) for team in brand.teams]
    with gr.Accordion(told("case.rewrite"), open=False, elem_id="voz-rewrite") as fold:
        with gr.Row():
            for wish in WISHES:
                put(f"wish_{wish}", gr.Button(told(f"case.wishes.{wish}"), size="sm", min_width=90))
        put("wish", gr.Textbox(label=told("case.wish"), placeholder=told("case.wish_hint"), max_lines=3,
                               elem_id="voz-wish"))  # fmt: skip
        put("ask_rewrite", gr.Button(told("case.ask_rewrite"), size="sm"))
    put("rewrite_fold", fold)
    with gr.Accordion(told("case.consult"), open=False, elem_id="voz-consult") as fold:
        put("consult_ask", gr.Textbox(label=told("case.consult_ask"), max_lines=4, elem_id="voz-ask"))
        put("consult_team", gr.Dropdown(teams, label=told("case.consult_team"), filterable=False))
        put("consult_send", gr.Button(told("case.consult_send"), size="sm"))
        put("consult_link", gr.Textbox(visible=False, show_label=False, interactive=False))
        put("consultation", gr.Dropdown([], label=told("case.consult"), visible=False, filterable=False))
        put("consult_answer", gr.Textbox(label=told("case.consult_answer"), visible=False, max_lines=6))
        put("consult_save", gr.Button(told("case.consult_save"), size="sm", visible=False))
    put("consult_fold", fold)
    with gr.Accordion(told("case.more"), open=False, elem_id="voz-more"):
        with gr.Row():
            put("release", gr.Button(told("case.release"), size="sm", min_width=100, elem_id="voz-release"))
            put("claim", gr.Button(told("case.claim"), size="sm", min_width=140))
        with gr.Row():
            put("assign_to", gr.Dropdown([], label=told("case.assign"), filterable=False, min_width=140))
            put("assign_team", gr.Dropdown(teams, label=told("case.assign_team"), filterable=False, min_width=140))
            put("assign_do", gr.Button(told("case.assign_do"), size="sm", min_width=80))
        with gr.Row():
            put("snooze", gr.Dropdown([(told(f"case.snoozes.{name}"), name) for name in SNOOZES], value=SNOOZES[0],
                                      label=told("case.snooze"), filterable=False, min_width=160,
                                      elem_id="voz-snooze"))  # fmt: skip
            put("snooze_do", gr.Button(told("case.snooze_do"), size="sm", min_width=80))
            put("snooze_late", gr.Button(told("case.snooze_late"), size="sm", min_width=80, visible=False,
                                         variant="stop", elem_id="voz-snooze-late"))  # fmt: skip
        with gr.Row():
            reasons = [(told.label("close_reasons", name), name) for name in CLOSE_REASONS]
            put("close_reason", gr.Dropdown(reasons, label=told("case.close_reason"), filterable=False, min_width=160,
                                            elem_id="voz-close"))  # fmt: skip
            put("close_note", gr.Textbox(label=told("case.close_note"), max_lines=2, min_width=160))
            put("close_do", gr.Button(told("case.close_do"), size="sm", min_width=80))


def _line(text: str, classes: str) -> Any:
    return gr.HighlightedText([(text, None)] if text else None, show_label=False, container=False,
                              elem_classes=["voz-lines", classes])  # fmt: skip


def _pieces(classes: str, label: str | None = None) -> Any:
    return gr.HighlightedText(
        None, visible=False, show_inline_category=False, color_map=TONES, show_label=label is not None, label=label,
        elem_classes=["voz-lines", classes],
    )  # fmt: skip
